// `gpus` and `ports`: what a running server leases, now or at any moment of the past; and what all views share.
import type { Flag } from '../../infra/options/flags.ts';
import { AT_FLAG, answerOf, apiOf, resultOf, SERVER_FLAGS } from '../ask.ts';
import type { Schemas } from '../client/client.ts';
import { type Column, printRows, rowFlags } from '../output/rows.ts';
import type { Arguments, ExitCode, Subcommand, Terminal } from '../subcommand.ts';

export const VIEW_FLAGS: Readonly<Record<string, Flag>> = {
  at: AT_FLAG,
  json: { help: "print the server's data as one JSON object" },
  ...SERVER_FLAGS,
};
export const EXIT_CODES = 'Exit code: 0 done, 1 failed or no server, 2 wrong usage.';

/** The line above a table about the past. */
export const asOf = (at: string | null): string | undefined => (at === null ? undefined : `As of ${at}`);

export const printJson = (io: Terminal, data: unknown): ExitCode => {
  io.out(`${JSON.stringify(data)}\n`);
  return 0;
};

/** The parameter of --at. */
export function moment(args: Arguments): { at?: string } {
  const at = args.one('at');
  return at === undefined ? {} : { at };
}

type Gpu = Schemas['Gpu'];

/** A GPU that was lost while it was held stays its holder's. */
export function gpuState({ present, holder, foreign }: Gpu): string {
  if (!present) return 'lost';
  if (holder !== null) return 'held';
  return foreign === undefined ? 'free' : 'foreign';
}

const GPU_COLUMNS: readonly Column<Gpu>[] = [
  { field: 'index', of: ({ index }) => index },
  { field: 'gpu', of: ({ gpu }) => gpu, least: 12 },
  { field: 'model', of: ({ name }) => name, least: 10 },
  { field: 'mib', of: ({ memoryMiB }) => memoryMiB || null },
  { field: 'state', of: gpuState },
  { field: 'replicaSet', of: ({ holder }) => holder, least: 10 },
];
/** Shown only where somebody else uses a GPU. */
const FOREIGN: Column<Gpu> = { field: 'foreign', of: ({ foreign }) => foreign ?? null, least: 10 };

export const gpusCommand: Subcommand = {
  name: 'gpus',
  operands: ['[GPU]'],
  completes: 'gpu',
  summary: 'List the GPUs and which replicaSet holds each.',
  flags: { free: { help: 'only free ones' }, ...VIEW_FLAGS, ...rowFlags('UUID') },
  details: `GPU is a UUID or an index: only that one. With --json as many fields as the table, and more.\n\n${EXIT_CODES}`,
  run: async (args, io) => {
    const { data, at } = await answerOf(apiOf(args, io).GET('/api/v1/gpus', { params: { query: moment(args) } }));
    const [named] = args.operands;
    const gpus = data.gpus.filter((gpu) => {
      if (args.has('free') && gpuState(gpu) !== 'free') return false;
      return named === undefined || gpu.gpu === named || String(gpu.index) === named;
    });
    if (named !== undefined && gpus.length === 0 && !args.has('free'))
      throw new Error(`there is no GPU ${named}: gpu-docker-api gpus lists them`);
    const hasForeign = gpus.some(({ foreign }) => foreign !== undefined);
    return printRows(io, args, {
      columns: [...GPU_COLUMNS, { ...FOREIGN, hidden: !hasForeign }],
      name: ({ gpu }) => gpu,
      rows: gpus,
      json: { ...data, gpus },
      none: args.has('free') ? 'No GPU is free.' : 'No GPUs.',
      above: asOf(at),
    });
  },
};

interface PortLease {
  readonly port: number;
  readonly replicaSet: string | null;
  readonly containerPort: string | null;
}
const PORT_COLUMNS: readonly Column<PortLease>[] = [
  { field: 'port', of: ({ port }) => port },
  { field: 'replicaSet', of: ({ replicaSet }) => replicaSet, least: 10 },
  { field: 'containerPort', head: 'CONTAINER PORT', of: ({ containerPort }) => containerPort },
];

export const portsCommand: Subcommand = {
  name: 'ports',
  summary: 'List the host ports that are leased.',
  flags: { ...VIEW_FLAGS, ...rowFlags('port') },
  details: EXIT_CODES,
  run: async (args, io) => {
    const api = apiOf(args, io);
    const then = { params: { query: moment(args) } };
    const { data, at } = await answerOf(api.GET('/api/v1/resources/ports', then));
    const { StartPort, EndPort, AvailableCount, UsedPortSet } = data.ports;
    const { replicaSets } = await resultOf(api.GET('/api/v1/replicaSet', then));
    const holders = new Map(
      replicaSets.flatMap(({ name, ports }) => Object.entries(ports).map(([inside, port]) => [port, { name, inside }])),
    );
    const leases = Object.keys(UsedPortSet).map((port): PortLease => {
      const holder = holders.get(Number(port));
      return { port: Number(port), replicaSet: holder?.name ?? null, containerPort: holder?.inside ?? null };
    });
    const range = `Range ${StartPort}-${EndPort}, ${AvailableCount} free.`;
    return printRows(io, args, {
      columns: PORT_COLUMNS,
      rows: leases,
      json: { ...data, leases },
      none: 'No port is leased.',
      above: [range, ...(at === null ? [] : [asOf(at)])].join('\n'),
    });
  },
};
