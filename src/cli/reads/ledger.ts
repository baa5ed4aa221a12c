// `ledger`: how long GPUs were held, and by whom.

import { UsageError } from '../../infra/options/usage-error.ts';
import { AT_FLAG, ask, askText, SERVER_FLAGS } from '../ask.ts';
import { paint } from '../output/table.ts';
import type { Arguments, ExitCode, Subcommand, Terminal } from '../subcommand.ts';
import { printJson, show } from './views.ts';

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
    json: { help: "print the server's data as one JSON object" },
    ...SERVER_FLAGS,
  },
  details: 'GPU is its UUID, or its index on the server’s host. Exit code: 0 done, 1 failed or no server, 2 wrong usage.',
  run: async (args, io) => {
    const [gpu] = args.operands;
    if (args.has('csv') && args.has('json')) throw new UsageError('--csv and --json: choose one');
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
  if (args.has('json')) return printJson(io, data);
  io.out(`${paint(io.colours)('dim', `From ${data.from} to ${data.to}`)}\n`);
  if (data.by === 'gpu') {
    const rows = data.gpus.map((use) => [
      use.index,
      use.gpu,
      use.name,
      seconds(use.gpuSeconds),
      hours(use.gpuHours),
      percent(use.utilization),
    ]);
    return show(io, { columns: ['INDEX', 'GPU', 'NAME', 'GPU-SECONDS', 'GPU-HOURS', 'USED'], rows }, null, 'No GPUs.');
  }
  const rows = data.rows.map((row) => [String(row[data.by]), seconds(row.gpuSeconds), hours(row.gpuHours), row.holdings]);
  const total = ['TOTAL', seconds(data.total.gpuSeconds), hours(data.total.gpuHours), null];
  const columns = [data.by.toUpperCase(), 'GPU-SECONDS', 'GPU-HOURS', 'HOLDINGS'];
  return show(io, { columns, rows: rows.length === 0 ? [] : [...rows, total] }, null, 'No GPU was held.');
}

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

const COLUMNS = ['REPLICASET', 'FROM', 'GIVEN BY', 'ACTOR', 'TO', 'TAKEN BY', 'ACTOR', 'GPU-SECONDS'];
const rowOf = ({ replicaSet, from, to, gpuSeconds }: Held): (string | null)[] => [
  replicaSet,
  from.time,
  from.command.name,
  from.actor,
  to?.time ?? 'still held',
  to?.command.name ?? null,
  to?.actor ?? null,
  seconds(gpuSeconds),
];

async function holders(args: Arguments, io: Terminal, gpu: string): Promise<ExitCode> {
  if (args.has('by')) throw new UsageError('--by sums up all GPUs: leave the GPU out');
  const path = `${BASE}/${encodeURIComponent(gpu)}`;
  const at = args.one('at');
  if (at !== undefined) {
    if (args.has('from') || args.has('to') || args.has('csv'))
      throw new UsageError('--at asks for one moment: leave --from, --to and --csv out');
    const { data, at: then } = await ask<HolderThen>(args, io, path, { at });
    if (args.has('json')) return printJson(io, data);
    return show(io, { columns: COLUMNS, rows: data.holder === null ? [] : [rowOf(data.holder)] }, then, `Nobody held ${data.gpu}.`);
  }
  if (args.has('csv')) {
    io.out(await askText(args, io, path, { ...spanIn(args), format: 'csv' }));
    return 0;
  }
  const { data } = await ask<Holders>(args, io, path, spanIn(args));
  if (args.has('json')) return printJson(io, data);
  const code = show(io, { columns: COLUMNS, rows: data.holdings.map(rowOf) }, null, `Nobody held ${data.gpu}.`);
  if (data.more) io.err('There are older holdings: narrow it down with --from and --to.\n');
  return code;
}
