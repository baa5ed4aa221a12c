// `events`: what happened, of a server and with its filters; `rejections`: what it refused.
import type { Envelope } from '../../events/envelope.ts';
import { canonical } from '../../events/hash.ts';
import type { Flag } from '../../infra/options/flags.ts';
import { UsageError } from '../../infra/options/usage-error.ts';
import { ask, SERVER_FLAGS } from '../ask.ts';
import { FILTER_FLAGS } from '../event-filter.ts';
import { eventText } from '../output/event-text.ts';
import { type Column, printRows, rowFlags } from '../output/rows.ts';
import { shownTime } from '../output/time.ts';
import type { Arguments, Subcommand, Terminal } from '../subcommand.ts';
import { count } from '../values.ts';
import { eventsAfter } from './event-stream.ts';
import { EXIT_CODES } from './views.ts';

const FILTERS = {
  ...FILTER_FLAGS,
  gpu: { ...FILTER_FLAGS.gpu, completes: 'gpu', help: 'about this GPU, by UUID or by its index on the server’s host' },
} as const satisfies Record<string, Flag>;

type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

function filterOf(args: Arguments): Query {
  const filters = Object.keys(FILTERS).map((flag) => [flag === 'replica-set' ? 'replicaSet' : flag, args.list(flag)] as const);
  return { ...Object.fromEntries(filters.filter(([, values]) => values.length > 0)), since: args.one('since'), until: args.one('until') };
}

/** Events a page: the API's limit. */
const PAGE = 1_000;
/** Events that are printed where neither --lines nor --since says how many. */
const USUAL = 10;

interface Page {
  readonly events: readonly Envelope[];
  readonly next: number | null;
  readonly head: number;
}

/** The newest `most`, oldest first, and the head of the log that they were read at. */
async function newest(args: Arguments, io: Terminal, filter: Query, most: number): Promise<{ events: Envelope[]; head: number }> {
  const found: Envelope[] = [];
  let head: number | undefined;
  let cursor: string | undefined;
  for (;;) {
    const limit = String(Math.max(1, Math.min(PAGE, most - found.length)));
    const { data } = await ask<Page>(args, io, '/api/v1/events', { ...filter, limit, cursor });
    head ??= data.head;
    found.push(...data.events);
    if (data.next === null || found.length >= most) return { events: found.slice(0, most).reverse(), head };
    cursor = String(data.next);
  }
}

/** All from `since` on, as they come. Resolves to the last sequence that was looked at. */
async function since(args: Arguments, io: Terminal, filter: Query, print: (event: Envelope) => void): Promise<number> {
  let cursor: string | undefined;
  for (;;) {
    const { data } = await ask<Page>(args, io, '/api/v1/events', { ...filter, order: 'asc', limit: String(PAGE), cursor });
    for (const event of data.events) print(event);
    await io.drained();
    if (data.next === null) return data.head;
    cursor = String(data.next);
  }
}

export const eventsCommand: Subcommand = {
  name: 'events',
  summary: 'Print the events of a server that match, oldest first; with -f go on with those to come.',
  flags: {
    follow: { short: 'f', help: 'go on with what happens from now on, over restarts of the server, too' },
    lines: { value: 'N', short: 'n', help: `the newest N (default: ${USUAL}; with --since all)` },
    ...FILTERS,
    since: { value: 'SEQ|TIME', help: 'from this event or time on' },
    until: { value: 'SEQ|TIME', help: 'up to this event or time, which is included' },
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
    for await (const event of eventsAfter(args, io, { ...filter, since: undefined }, head)) {
      print(event);
      await io.drained();
    }
    return 0;
  },
};

interface Rejection {
  readonly time: string;
  readonly command: string;
  readonly stream: string;
  readonly actor: string;
  readonly code: number;
  readonly message: string;
}

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
    const { data } = await ask<{ readonly rejections: readonly Rejection[]; readonly total: number }>(args, io, '/api/v1/rejections');
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
