// `events`: what happened, of a server and with its filters; `rejections`: what it refused.
import type { Envelope } from '../../events/envelope.ts';
import { canonical } from '../../events/hash.ts';
import type { Flag } from '../../infra/options/flags.ts';
import { UsageError } from '../../infra/options/usage-error.ts';
import { apiOf, resultOf, SERVER_FLAGS } from '../ask.ts';
import type { operations } from '../client/client.ts';
import { FILTER_FLAGS } from '../event-filter.ts';
import { eventText } from '../output/event-text.ts';
import { type Column, printRows, rowFlags } from '../output/rows.ts';
import { shownTime } from '../output/time.ts';
import type { Arguments, Subcommand, Terminal } from '../subcommand.ts';
import { count } from '../values.ts';
import { type EventQuery, eventsAfter } from './event-stream.ts';
import { EXIT_CODES } from './views.ts';

const FILTERS = {
  ...FILTER_FLAGS,
  gpu: { ...FILTER_FLAGS.gpu, completes: 'gpu', help: 'about this GPU, by UUID or by its index on the server’s host' },
} as const satisfies Record<string, Flag>;

function filterOf(args: Arguments): EventQuery {
  const all = (flag: keyof typeof FILTERS): string[] => [...args.list(flag)];
  const [since, until] = [args.one('since'), args.one('until')];
  return {
    ...{ stream: all('stream'), replicaSet: all('replica-set'), volume: all('volume'), gpu: all('gpu'), port: all('port') },
    ...{ type: all('type'), actor: all('actor'), command: all('command') },
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
}

/** Events a page: the API's limit. */
const PAGE = 1_000;
/** Events that are printed where neither --lines nor --since says how many. */
const USUAL = 10;

/** The newest `most`, oldest first, and the head of the log that they were read at. */
async function newest(args: Arguments, io: Terminal, filter: EventQuery, most: number): Promise<{ events: Envelope[]; head: number }> {
  const found: Envelope[] = [];
  let head: number | undefined;
  let next: { cursor?: number } = {};
  for (;;) {
    const query = { ...filter, limit: Math.max(1, Math.min(PAGE, most - found.length)), ...next };
    const page = await resultOf(apiOf(args, io).GET('/api/v1/events', { params: { query } }));
    head ??= page.head;
    found.push(...page.events);
    if (page.next === null || found.length >= most) return { events: found.slice(0, most).reverse(), head };
    next = { cursor: page.next };
  }
}

/** All from `since` on, as they come. Resolves to the last sequence that was looked at. */
async function since(args: Arguments, io: Terminal, filter: EventQuery, print: (event: Envelope) => void): Promise<number> {
  let next: { cursor?: number } = {};
  for (;;) {
    const query = { ...filter, order: 'asc' as const, limit: PAGE, ...next };
    const page = await resultOf(apiOf(args, io).GET('/api/v1/events', { params: { query } }));
    for (const event of page.events) print(event);
    await io.drained();
    if (page.next === null) return page.head;
    next = { cursor: page.next };
  }
}

export const eventsCommand: Subcommand = {
  name: 'events',
  summary: 'Print matching events of a server, oldest first; with -f also new ones.',
  flags: {
    follow: { short: 'f', help: 'follow: print new events, also over restarts of the server' },
    lines: { value: 'N', short: 'n', help: `the newest N (default: ${USUAL}; with --since all)` },
    ...FILTERS,
    since: { value: 'SEQ|TIME', help: 'from this event or time on' },
    until: { value: 'SEQ|TIME', help: 'up to and including this event or time' },
    json: { help: 'print one JSON object a line' },
    'no-trunc': { help: 'cut nothing, however narrow the terminal is' },
    ...SERVER_FLAGS,
  },
  details:
    'Filters of different kinds must all match; of those of one kind, one. gpu-docker-api log tail reads the log without a server.\n\n' +
    EXIT_CODES,
  run: async (args, io) => {
    const print = (event: Envelope): void =>
      io.out(args.has('json') ? `${canonical(event)}\n` : `${eventText(event, io.colours, args.has('no-trunc') ? null : io.width)}\n`);
    const filter = filterOf(args);
    const lines = args.one('lines');
    if (lines !== undefined && args.has('since')) throw new UsageError('--lines and --since: choose one');
    let head: number;
    if (args.has('since')) head = await since(args, io, filter, print);
    else {
      const found = await newest(args, io, filter, count(lines ?? String(USUAL), '--lines'));
      for (const event of found.events) print(event);
      head = found.head;
    }
    if (!args.has('follow')) return 0;
    const { since: _, ...always } = filter;
    for await (const event of eventsAfter(args, io, always, head)) {
      print(event);
      await io.drained();
    }
    return 0;
  },
};

type Rejection = operations['listRejections']['responses'][200]['content']['application/json']['data']['rejections'][number];

const REJECTION_COLUMNS: readonly Column<Rejection>[] = [
  { field: 'time', of: ({ time }) => shownTime(time) },
  { field: 'actor', of: ({ actor }) => actor, least: 8 },
  { field: 'command', of: ({ command }) => command },
  { field: 'about', of: ({ stream }) => stream, least: 12 },
  { field: 'code', of: ({ code }) => code },
  { field: 'message', of: ({ message }) => message, least: 10 },
];

export const rejectionsCommand: Subcommand = {
  name: 'rejections',
  summary: 'List the changes that the server refused since it started, newest first.',
  flags: { ...rowFlags('time'), ...SERVER_FLAGS },
  details: `At most 1000. serve --audit-rejections writes them to the log as well.\n\n${EXIT_CODES}`,
  run: async (args, io) => {
    const data = await resultOf(apiOf(args, io).GET('/api/v1/rejections'));
    const code = printRows(io, args, {
      columns: REJECTION_COLUMNS,
      rows: data.rejections,
      json: data,
      none: 'Nothing was refused since the server started.',
    });
    if (data.total > data.rejections.length) io.err(`Of ${data.total} these are the newest.\n`);
    return code;
  },
};
