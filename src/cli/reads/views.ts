// `gpus` and `ports`: what a running server leases, now or at any moment of the past; and what all views share.
import type { Flag } from '../../infra/options/flags.ts';
import type { ReplicaSetListEntry } from '../../projections/views/replica-set.ts';
import type { GpuListEntry, PortUsage } from '../../projections/views/resources.ts';
import { AT_FLAG, ask, SERVER_FLAGS } from '../ask.ts';
import { paint, type Table, tableText } from '../output/table.ts';
import type { Arguments, ExitCode, Subcommand, Terminal } from '../subcommand.ts';

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

export const printNames = (io: Terminal, names: readonly string[]): ExitCode => {
  io.out(names.map((name) => `${name}\n`).join(''));
  return 0;
};

export const moment = (args: Arguments): { readonly at: string | undefined } => ({ at: args.one('at') });

export interface ReplicaSetList {
  readonly replicaSets: readonly ReplicaSetListEntry[];
}
const listed = async (args: Arguments, io: Terminal, at: string | undefined): Promise<readonly ReplicaSetListEntry[]> =>
  (await ask<ReplicaSetList>(args, io, '/api/v1/replicaSet', { at })).data.replicaSets;

/** A GPU that was lost while it was held stays its holder's. */
export function gpuState({ present, holder, foreign }: GpuListEntry): string {
  if (!present) return 'lost';
  if (holder !== null) return 'held';
  return foreign === undefined ? 'free' : 'foreign';
}

/** Rows and columns of GPUs. The column FOREIGN is there only where somebody else uses one. */
export function gpuTable(gpus: readonly GpuListEntry[]): Table {
  const hasForeign = gpus.some(({ foreign }) => foreign !== undefined);
  const rows = gpus.map((gpu) => [
    ...[gpu.index, gpu.gpu, gpu.name, gpu.memoryMiB || null, gpuState(gpu), gpu.holder],
    ...(hasForeign ? [gpu.foreign ?? null] : []),
  ]);
  return { columns: ['INDEX', 'GPU', 'MODEL', 'MIB', 'STATE', 'REPLICASET', ...(hasForeign ? ['FOREIGN'] : [])], rows };
}

export const gpusCommand: Subcommand = {
  name: 'gpus',
  operands: ['[GPU]'],
  completes: 'gpu',
  summary: 'List the GPUs and which replicaSet holds each.',
  flags: { free: { help: 'only those that are free' }, quiet: { short: 'q', help: 'print the UUIDs alone' }, ...VIEW_FLAGS },
  details: `GPU is a UUID or an index: only that one. With --json as many fields as the table, and more.\n\n${EXIT_CODES}`,
  run: async (args, io) => {
    const { data, at } = await ask<{ readonly gpus: readonly GpuListEntry[] }>(args, io, '/api/v1/gpus', moment(args));
    const [named] = args.operands;
    const gpus = data.gpus.filter((gpu) => {
      if (args.has('free') && gpuState(gpu) !== 'free') return false;
      return named === undefined || gpu.gpu === named || String(gpu.index) === named;
    });
    if (named !== undefined && gpus.length === 0 && !args.has('free'))
      throw new Error(`there is no GPU ${named}: gpu-docker-api gpus lists them`);
    if (args.has('json')) return printJson(io, { ...data, gpus });
    if (args.has('quiet'))
      return printNames(
        io,
        gpus.map(({ gpu }) => gpu),
      );
    return show(io, gpuTable(gpus), at, args.has('free') ? 'No GPU is free.' : 'No GPUs.');
  },
};

export const portsCommand: Subcommand = {
  name: 'ports',
  summary: 'List the host ports that are leased.',
  flags: VIEW_FLAGS,
  details: EXIT_CODES,
  run: async (args, io) => {
    const { data, at } = await ask<{ readonly ports: PortUsage }>(args, io, '/api/v1/resources/ports', moment(args));
    const { StartPort, EndPort, AvailableCount, UsedPortSet } = data.ports;
    const holders = new Map(
      (await listed(args, io, args.one('at'))).flatMap(({ name, ports }) =>
        Object.entries(ports).map(([inside, port]) => [port, { name, inside }]),
      ),
    );
    const leases = Object.keys(UsedPortSet).map((port) => {
      const holder = holders.get(Number(port));
      return { port: Number(port), replicaSet: holder?.name ?? null, containerPort: holder?.inside ?? null };
    });
    if (args.has('json')) return printJson(io, { ...data, leases });
    io.out(`Range ${StartPort}-${EndPort}, ${AvailableCount} free.\n`);
    const rows = leases.map(({ port, replicaSet, containerPort }) => [port, replicaSet, containerPort]);
    return show(io, { columns: ['PORT', 'REPLICASET', 'CONTAINER PORT'], rows }, at, 'No port is leased.');
  },
};
