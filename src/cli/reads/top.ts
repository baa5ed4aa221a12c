// `top`: GPUs, their holders and what is under way, drawn anew every few seconds.
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../../infra/options/usage-error.ts';
import { apiOf, resultOf, SERVER_FLAGS } from '../ask.ts';
import type { Schemas } from '../client/client.ts';
import { cut, paint, plainLines, tableText } from '../output/table.ts';
import type { Arguments, Subcommand, Terminal } from '../subcommand.ts';
import { type Pull, stepUnderWay, withProgress } from '../verbs/words.ts';
import { EXIT_CODES, gpuState, printJson } from './views.ts';

interface Seen {
  readonly gpus: readonly Schemas['Gpu'][];
  readonly replicaSets: readonly Schemas['ReplicaSet'][];
  readonly operations: readonly Schemas['Operation'][];
  readonly pulls: readonly Pull[];
}

async function look(args: Arguments, io: Terminal): Promise<Seen> {
  const api = apiOf(args, io);
  const [gpus, sets, operations] = await Promise.all([
    resultOf(api.GET('/api/v1/gpus')),
    resultOf(api.GET('/api/v1/replicaSet')),
    resultOf(api.GET('/api/v1/operations')),
  ]);
  return { ...gpus, ...sets, ...operations };
}

const HOLDER_HEADS = [
  'INDEX',
  { head: 'MODEL', least: 10 },
  'STATE',
  { head: 'HELD BY', least: 10 },
  'WHICH IS',
  { head: 'IMAGE', least: 6 },
];
const OPEN_HEADS = [
  { head: 'ABOUT', least: 10 },
  'KIND',
  { head: 'ACTOR', least: 6 },
  'FOR',
  { head: 'NOW', least: 10 },
  { head: 'HELD UP', least: 8 },
];

/** Seconds as 45s, 12m, 3h or 5d. */
function age(since: string): string {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(since)) / 1_000));
  if (seconds < 100) return `${seconds}s`;
  if (seconds < 6_000) return `${Math.round(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)}h` : `${Math.round(seconds / 86_400)}d`;
}

function text({ gpus, replicaSets, operations, pulls }: Seen, { colours, width }: Terminal): string {
  const named = new Map(replicaSets.map((rs) => [rs.name, rs]));
  const held = gpus.filter(({ holder }) => holder !== null).length;
  const present = gpus.filter(({ present: there }) => there).length;
  const running = replicaSets.filter(({ state }) => state === 'running').length;
  const head = `${new Date().toISOString()}  ${held} of ${present} GPUs held, ${running} of ${replicaSets.length} replicaSets running, ${operations.length} under way`;
  const holders = gpus.map((gpu) => {
    const rs = gpu.holder === null ? undefined : named.get(gpu.holder);
    return [
      gpu.index,
      gpu.name,
      gpuState(gpu),
      rs?.containerName ?? gpu.holder ?? gpu.foreign ?? null,
      rs?.state ?? null,
      rs?.imageName ?? null,
    ];
  });
  const open = operations.map(({ stream, kind, actor, since, step, progress, stalled, waiting }) => [
    stream,
    kind,
    actor,
    age(since),
    step === null ? null : withProgress(stepUnderWay(step), progress),
    stalled?.reason ?? (waiting === undefined ? null : 'waits for its turn'),
  ]);
  for (const { image, actors, since, progress } of pulls)
    open.push([image, 'pull', actors.join(' '), age(since), withProgress('pulling the image', progress), null]);
  const tables = [
    tableText({ columns: HOLDER_HEADS, rows: holders }, colours, width),
    ...(open.length === 0 ? [] : [tableText({ columns: OPEN_HEADS, rows: open }, colours, width)]),
  ];
  return [paint(colours)('dim', width === null ? head : cut(head, width)), ...tables].join('\n\n');
}

export const topCommand: Subcommand = {
  name: 'top',
  summary: 'Show GPUs, their holders and the operations under way, live on a terminal.',
  flags: {
    interval: { value: 'SECONDS', help: 'time between updates (default: 2)' },
    once: { help: 'print it once, as when standard output is not a terminal' },
    json: { help: 'print it once, as one JSON object' },
    ...SERVER_FLAGS,
  },
  details: `It ends with ^C.\n\n${EXIT_CODES}`,
  run: async (args, io) => {
    const interval = args.one('interval') ?? '2';
    if (!/^\d{1,4}(\.\d{1,3})?$/.test(interval) || Number(interval) < 0.5)
      throw new UsageError(`--interval "${interval}": it is a number of seconds, 0.5 at least`);
    if (args.has('json')) return printJson(io, await look(args, io));
    if (args.has('once') || !io.live) {
      io.out(`${text(await look(args, io), io)}\n`);
      return 0;
    }
    // To the corner and down: each line is cleared as it is drawn, so that nothing flickers.
    const draw = (shown: string): void => io.out(`\u001b[H${shown.replaceAll('\n', '\u001b[K\n')}\u001b[K\n\u001b[J`);
    io.out('\u001b[2J');
    while (!io.signal.aborted) {
      // A server that restarts is waited for.
      await look(args, io).then(
        (seen) => draw(text(seen, io)),
        (error: unknown) => {
          if (!io.signal.aborted) draw(plainLines(error instanceof Error ? error.message : String(error)));
        },
      );
      await sleep(Number(interval) * 1_000, undefined, { signal: io.signal }).catch(() => undefined);
    }
    return 0;
  },
};
