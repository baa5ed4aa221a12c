// `gpus`, `ports`, `ps`: the views of a running server, now or at any moment of the past.

import type { Flag } from '../infra/options/flags.ts';
import type { ReplicaSetListEntry } from '../projections/views/replica-set.ts';
import type { GpuListEntry, PortUsage } from '../projections/views/resources.ts';
import { AT_FLAG, ask, SERVER_FLAGS } from './ask.ts';
import { paint, type Table, tableText } from './output/table.ts';
import type { Arguments, ExitCode, Subcommand, Terminal } from './subcommand.ts';

export const VIEW_FLAGS: Readonly<Record<string, Flag>> = {
  at: AT_FLAG,
  json: { help: "print the server's data as one JSON object" },
  ...SERVER_FLAGS,
};
export const EXIT_CODES = 'Exit code: 0 done, 1 failed or no server, 2 wrong usage.';

/** The line above a table about the past. */
export const asOf = (at: string | null): string | undefined => (at === null ? undefined : `As of ${at}`);

/** Prints the moment of a table about the past. */
export function printMoment(io: Terminal, at: string | null): void {
  if (at !== null) io.out(`${paint(io.colours)('dim', `As of ${at}`)}\n`);
}

/** Prints the moment and the table, or `none` where it has no rows. */
export function show(io: Terminal, { rows, columns }: Table, at: string | null, none: string): ExitCode {
  printMoment(io, at);
  io.out(rows.length === 0 ? `${none}\n` : `${tableText({ rows, columns }, io.colours, io.width)}\n`);
  return 0;
}

export const printJson = (io: Terminal, data: unknown): ExitCode => {
  io.out(`${JSON.stringify(data)}\n`);
  return 0;
};

export const moment = (args: Arguments): { readonly at: string | undefined } => ({ at: args.one('at') });

interface List {
  readonly replicaSets: readonly ReplicaSetListEntry[];
}
const listed = async (args: Arguments, io: Terminal, at: string | undefined): Promise<readonly ReplicaSetListEntry[]> =>
  (await ask<List>(args, io, '/api/v1/replicaSet', { at })).data.replicaSets;

/** A GPU that was lost while it was held stays its holder's. */
function gpuState({ present, holder, foreign }: GpuListEntry): string {
  if (!present) return 'lost';
  if (holder !== null) return 'held';
  return foreign === undefined ? 'free' : 'foreign';
}

export const gpusCommand: Subcommand = {
  name: 'gpus',
  summary: 'List the GPUs and which replicaSet holds each.',
  flags: VIEW_FLAGS,
  details: EXIT_CODES,
  run: async (args, io) => {
    // The route of the Go program: programs rely on its shape.
    if (args.has('json')) return printJson(io, (await ask(args, io, '/api/v1/resources/gpus', moment(args))).data);
    const { data, at } = await ask<{ readonly gpus: readonly GpuListEntry[] }>(args, io, '/api/v1/gpus', moment(args));
    // The column is there only where somebody else uses a GPU.
    const hasForeign = data.gpus.some(({ foreign }) => foreign !== undefined);
    const rows = data.gpus.map((gpu) => [
      ...[gpu.index, gpu.gpu, gpu.name, gpu.memoryMiB || null, gpuState(gpu), gpu.holder],
      ...(hasForeign ? [gpu.foreign ?? null] : []),
    ]);
    const columns = ['INDEX', 'GPU', 'MODEL', 'MIB', 'STATE', 'REPLICASET', ...(hasForeign ? ['FOREIGN'] : [])];
    return show(io, { columns, rows }, at, 'No GPUs.');
  },
};

export const portsCommand: Subcommand = {
  name: 'ports',
  summary: 'List the host ports that are leased.',
  flags: VIEW_FLAGS,
  details: EXIT_CODES,
  run: async (args, io) => {
    const { data, at } = await ask<{ readonly ports: PortUsage }>(args, io, '/api/v1/resources/ports', moment(args));
    if (args.has('json')) return printJson(io, data);
    const { StartPort, EndPort, AvailableCount, UsedPortSet } = data.ports;
    const holders = new Map(
      (await listed(args, io, args.one('at'))).flatMap(({ name, ports }) =>
        Object.entries(ports).map(([inside, port]) => [port, { name, inside }]),
      ),
    );
    const rows = Object.keys(UsedPortSet).map((port) => {
      const holder = holders.get(Number(port));
      return [Number(port), holder?.name ?? null, holder?.inside ?? null];
    });
    io.out(`Range ${StartPort}-${EndPort}, ${AvailableCount} free.\n`);
    return show(io, { columns: ['PORT', 'REPLICASET', 'CONTAINER PORT'], rows }, at, 'No port is leased.');
  },
};

export const psCommand: Subcommand = {
  name: 'ps',
  summary: 'List the replicaSets.',
  flags: VIEW_FLAGS,
  details: EXIT_CODES,
  run: async (args, io) => {
    const { data, at } = await ask<List>(args, io, '/api/v1/replicaSet', moment(args));
    if (args.has('json')) return printJson(io, data);
    const rows = data.replicaSets.map((rs) => [
      rs.containerName,
      rs.operation === null ? rs.state : `${rs.state} (${rs.operation.kind})`,
      rs.imageName,
      rs.gpus.length,
      Object.entries(rs.ports)
        .map(([inside, port]) => `${port}->${inside}`)
        .join(' '),
      rs.createTime,
      rs.reason ?? null,
    ]);
    return show(io, { columns: ['CONTAINER', 'STATE', 'IMAGE', 'GPUS', 'PORTS', 'CREATED', 'REASON'], rows }, at, 'No replicaSets.');
  },
};
