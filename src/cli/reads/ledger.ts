// `ledger`: how long GPUs were held, and by whom.

import { UsageError } from '../../infra/options/usage-error.ts';
import { AT_FLAG, answerOf, apiOf, plainOf, resultOf, SERVER_FLAGS } from '../ask.ts';
import type { Schemas } from '../client/client.ts';
import { type Column, printRows, rowFlags } from '../output/rows.ts';
import type { Arguments, ExitCode, Subcommand, Terminal } from '../subcommand.ts';
import { choiceOf } from '../values.ts';
import { asOf } from './views.ts';

const BYS = ['replicaSet', 'gpu', 'actor', 'day'] as const;

export const ledgerCommand: Subcommand = {
  name: 'ledger',
  summary: 'Sum up how long GPUs were held; with a GPU, list who held it.',
  operands: ['[GPU]'],
  flags: {
    from: { value: 'SEQ|TIME', help: 'begin of the span (default: the beginning of the log)' },
    to: { value: 'SEQ|TIME', help: 'end of the span, exclusive (default: now)' },
    by: { value: 'WHAT', choices: BYS, help: 'replicaSet (the default), gpu, actor or day (UTC)' },
    at: { ...AT_FLAG, help: 'with a GPU: only its holder at this time' },
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

function spanIn(args: Arguments): { from?: string; to?: string } {
  const [from, to] = [args.one('from'), args.one('to')];
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

interface Time {
  readonly gpuSeconds: number;
  readonly gpuHours: number;
}
type Use = Schemas['GpuUse'];

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const seconds = (value: number): string => value.toFixed(3);
const hours = (value: number): string => value.toFixed(4);

async function gpuTime(args: Arguments, io: Terminal): Promise<ExitCode> {
  if (args.has('at')) throw new UsageError('--at needs a GPU: for a span of time use --from and --to');
  const by = choiceOf(args, 'by', BYS);
  const query = { ...spanIn(args), ...(by !== undefined && { by }) };
  const api = apiOf(args, io);
  if (args.has('csv')) {
    const asked = { params: { query: { ...query, format: 'csv' as const } }, parseAs: 'text' as const };
    io.out((await plainOf('text/csv', api.GET('/api/v1/ledger/gpus', asked))) ?? '');
    return 0;
  }
  const data = await resultOf(api.GET('/api/v1/ledger/gpus', { params: { query } }));
  const above = `From ${data.from} to ${data.to}`;
  if (data.by === 'gpu')
    return printRows(io, args, { columns: GPU_COLUMNS, name: ({ gpu }) => gpu, rows: data.gpus, json: data, none: 'No GPUs.', above });
  const rows = data.rows.map((row): Line => ({ ...row, name: nameOf(row) }));
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

/** The name of the replicaSet, actor or day that a row sums up. */
const nameOf = (row: object): string =>
  'replicaSet' in row ? String(row.replicaSet) : 'actor' in row ? String(row.actor) : 'day' in row ? String(row.day) : '-';

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

type Held = Schemas['Holding'];

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
  const api = apiOf(args, io);
  const path = { uuid: gpu };
  const at = args.one('at');
  if (at !== undefined) {
    if (args.has('from') || args.has('to') || args.has('csv'))
      throw new UsageError('--at asks for one moment: leave --from, --to and --csv out');
    const { data, at: then } = await answerOf(api.GET('/api/v1/ledger/gpus/{uuid}', { params: { path, query: { at } } }));
    const rows = data.holder == null ? [] : [data.holder];
    return printRows(io, args, { columns: COLUMNS, rows, json: data, none: `Nobody held ${data.gpu}.`, above: asOf(then) });
  }
  if (args.has('csv')) {
    const asked = { params: { path, query: { ...spanIn(args), format: 'csv' as const } }, parseAs: 'text' as const };
    io.out((await plainOf('text/csv', api.GET('/api/v1/ledger/gpus/{uuid}', asked))) ?? '');
    return 0;
  }
  const data = await resultOf(api.GET('/api/v1/ledger/gpus/{uuid}', { params: { path, query: spanIn(args) } }));
  const code = printRows(io, args, { columns: COLUMNS, rows: data.holdings ?? [], json: data, none: `Nobody held ${data.gpu}.` });
  if (data.more === true) io.err('There are older holdings: narrow it down with --from and --to.\n');
  return code;
}
