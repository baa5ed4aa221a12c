// `ledger`: how long GPUs were held, and by whom.

import { UsageError } from '../../infra/options/usage-error.ts';
import { AT_FLAG, ask, askText, SERVER_FLAGS } from '../ask.ts';
import { type Column, printRows, rowFlags } from '../output/rows.ts';
import type { Arguments, ExitCode, Subcommand, Terminal } from '../subcommand.ts';
import { asOf } from './views.ts';

const BASE = '/api/v1/ledger/gpus';

export const ledgerCommand: Subcommand = {
  name: 'ledger',
  summary: 'Sum up how long GPUs were held; with a GPU, list who held it.',
  operands: ['[GPU]'],
  flags: {
    from: { value: 'SEQ|TIME', help: 'where the span begins (default: the beginning of the log)' },
    to: { value: 'SEQ|TIME', help: 'where it ends, itself not included (default: now)' },
    by: { value: 'WHAT', help: 'replicaSet (the default), gpu, actor or day (UTC)' },
    at: { ...AT_FLAG, help: 'with a GPU: only who held it then' },
    csv: { help: 'print comma-separated values' },
    ...rowFlags('row’s name'),
    ...SERVER_FLAGS,
  },
  details: 'GPU is its UUID, or its index on the server’s host. Exit code: 0 done, 1 failed or no server, 2 wrong usage.',
  run: async (args, io) => {
    const [gpu] = args.operands;
    for (const other of ['json', 'format', 'quiet'])
      if (args.has('csv') && args.has(other)) throw new UsageError(`--csv and --${other}: choose one`);
    return gpu === undefined ? gpuTime(args, io) : holders(args, io, gpu);
  },
};

const spanIn = (args: Arguments): { from: string | undefined; to: string | undefined } => ({ from: args.one('from'), to: args.one('to') });

interface Time {
  readonly gpuSeconds: number;
  readonly gpuHours: number;
}
interface Use extends Time {
  readonly gpu: string;
  readonly host: string;
  readonly index: number;
  readonly name: string;
  readonly utilization: number;
}
interface Sums {
  readonly from: string;
  readonly to: string;
  readonly by: string;
  readonly rows: readonly (Time & { readonly holdings: number; readonly [key: string]: unknown })[];
  readonly total: Time;
  readonly gpus: readonly Use[];
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const seconds = (value: number): string => value.toFixed(3);
const hours = (value: number): string => value.toFixed(4);

async function gpuTime(args: Arguments, io: Terminal): Promise<ExitCode> {
  if (args.has('at')) throw new UsageError('--at needs a GPU: for a span of time use --from and --to');
  const query = { ...spanIn(args), by: args.one('by') };
  if (args.has('csv')) {
    io.out(await askText(args, io, BASE, { ...query, format: 'csv' }));
    return 0;
  }
  const { data } = await ask<Sums>(args, io, BASE, query);
  const above = `From ${data.from} to ${data.to}`;
  if (data.by === 'gpu')
    return printRows(io, args, { columns: GPU_COLUMNS, name: ({ gpu }) => gpu, rows: data.gpus, json: data, none: 'No GPUs.', above });
  const rows = data.rows.map((row): Line => ({ ...row, name: String(row[data.by]) }));
  const total: Line = { ...data.total, name: 'TOTAL', holdings: null };
  // A total is for who reads the table.
  const isTable = !args.has('quiet') && !args.has('format');
  return printRows(io, args, {
    columns: [{ field: data.by, of: ({ name }) => name, least: 10 }, ...SUM_COLUMNS],
    rows: rows.length === 0 || !isTable ? rows : [...rows, total],
    json: data,
    none: 'No GPU was held.',
    above,
  });
}

interface Line extends Time {
  readonly name: string;
  readonly holdings: number | null;
}
const SUM_COLUMNS: readonly Column<Line>[] = [
  { field: 'gpuSeconds', head: 'GPU-SECONDS', of: (row) => seconds(row.gpuSeconds) },
  { field: 'gpuHours', head: 'GPU-HOURS', of: (row) => hours(row.gpuHours) },
  { field: 'holdings', of: ({ holdings }) => holdings },
];
const GPU_COLUMNS: readonly Column<Use>[] = [
  { field: 'index', of: ({ index }) => index },
  { field: 'gpu', of: ({ gpu }) => gpu, least: 12 },
  { field: 'name', of: ({ name }) => name, least: 8 },
  { field: 'gpuSeconds', head: 'GPU-SECONDS', of: (use) => seconds(use.gpuSeconds) },
  { field: 'gpuHours', head: 'GPU-HOURS', of: (use) => hours(use.gpuHours) },
  { field: 'used', of: ({ utilization }) => percent(utilization) },
];

interface Side {
  readonly sequence: number;
  readonly time: string;
  readonly command: { readonly name: string };
  readonly actor: string;
}
interface Held extends Time {
  readonly replicaSet: string;
  readonly from: Side;
  readonly to: Side | null;
}
interface Holders {
  readonly gpu: string;
  readonly holdings: readonly Held[];
  readonly more: boolean;
}
interface HolderThen {
  readonly gpu: string;
  readonly holder: Held | null;
}

const COLUMNS: readonly Column<Held>[] = [
  { field: 'replicaSet', of: ({ replicaSet }) => replicaSet, least: 10 },
  { field: 'from', of: ({ from }) => from.time },
  { field: 'givenBy', head: 'GIVEN BY', of: ({ from }) => from.command.name },
  { field: 'givenByActor', head: 'ACTOR', of: ({ from }) => from.actor, least: 6 },
  { field: 'to', of: ({ to }) => to?.time ?? 'still held' },
  { field: 'takenBy', head: 'TAKEN BY', of: ({ to }) => to?.command.name ?? null },
  { field: 'takenByActor', head: 'ACTOR', of: ({ to }) => to?.actor ?? null, least: 6 },
  { field: 'gpuSeconds', head: 'GPU-SECONDS', of: (held) => seconds(held.gpuSeconds) },
];

async function holders(args: Arguments, io: Terminal, gpu: string): Promise<ExitCode> {
  if (args.has('by')) throw new UsageError('--by sums up all GPUs: leave the GPU out');
  const path = `${BASE}/${encodeURIComponent(gpu)}`;
  const at = args.one('at');
  if (at !== undefined) {
    if (args.has('from') || args.has('to') || args.has('csv'))
      throw new UsageError('--at asks for one moment: leave --from, --to and --csv out');
    const { data, at: then } = await ask<HolderThen>(args, io, path, { at });
    const rows = data.holder === null ? [] : [data.holder];
    return printRows(io, args, { columns: COLUMNS, rows, json: data, none: `Nobody held ${data.gpu}.`, above: asOf(then) });
  }
  if (args.has('csv')) {
    io.out(await askText(args, io, path, { ...spanIn(args), format: 'csv' }));
    return 0;
  }
  const { data } = await ask<Holders>(args, io, path, spanIn(args));
  const code = printRows(io, args, { columns: COLUMNS, rows: data.holdings, json: data, none: `Nobody held ${data.gpu}.` });
  if (data.more) io.err('There are older holdings: narrow it down with --from and --to.\n');
  return code;
}
