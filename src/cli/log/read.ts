// `log tail`, `log show`, `log export`: print the events of the log.
import { once } from 'node:events';
import type { Envelope } from '../../events/envelope.ts';
import { canonical, hashOf } from '../../events/hash.ts';
import { matches } from '../../events/query.ts';
import { readRecords } from '../../infra/log/archive/raw-records.ts';
import { eventAt, sequenceAt } from '../../infra/log/find.ts';
import { noteWritten } from '../../infra/log/last-written.ts';
import { FILTER_FLAGS, filterOf } from '../event-filter.ts';
import { eventDetails, eventText } from '../output/event-text.ts';
import { progress } from '../output/progress.ts';
import type { Arguments, Subcommand, Terminal } from '../subcommand.ts';
import { count, isoTime, moment, sequence } from '../values.ts';
import { dataDirOf, LOG_FLAGS, type OpenLog, openLog } from './open-log.ts';

export const logTail: Subcommand = {
  name: 'log tail',
  summary: 'Print the last events of the log.',
  flags: {
    lines: { value: 'N', short: 'n', help: 'number of events (default: 10)' },
    follow: { short: 'f', help: 'follow the log: print new events' },
    ...FILTER_FLAGS,
    'no-trunc': { help: 'cut nothing, however narrow the terminal is' },
    json: { help: 'print one JSON object a line' },
    ...LOG_FLAGS,
  },
  details:
    'Filters of different kinds must all match; of those of one kind, one. They look at one event after another: where few match, all are read.',
  run: tail,
};

async function tail(args: Arguments, io: Terminal): Promise<0> {
  const filter = filterOf(args);
  const wanted = (events: readonly Envelope[]): readonly Envelope[] =>
    filter === null ? events : events.filter((event) => matches(event, filter));
  const open = await openLog(args);
  const width = args.has('no-trunc') ? null : io.width;
  const print = (event: Envelope): void => io.out(args.has('json') ? `${canonical(event)}\n` : `${eventText(event, io.colours, width)}\n`);
  try {
    const { seq: last } = await open.history.head();
    const most = count(args.one('lines') ?? '10', '--lines');
    let next = Math.max(1, last - most + 1);
    if (filter !== null) {
      for (const event of await newest(open, last, most, wanted, io)) print(event);
      next = last + 1;
    }
    const readOn = async (): Promise<void> => {
      for await (const part of open.history.read(next)) {
        for (const event of wanted(part)) print(event);
        next = (part.at(-1)?.seq ?? next - 1) + 1;
      }
    };
    await readOn();
    if (!args.has('follow')) return 0;
    if (!open.running) throw new Error('no server runs, so nothing will be appended: --follow would only keep one from starting');
    let reading = Promise.resolve();
    const failed = new Promise<never>((_, reject) => {
      open.history.onMoved(() => {
        reading = reading.then(readOn);
        reading.catch(reject);
      }, io.signal);
    });
    await Promise.race([failed, io.signal.aborted ? null : once(io.signal, 'abort')]);
    return 0;
  } finally {
    await open.close();
  }
}

/** Events read at a time, from the end towards the beginning: few where any will do, more and more where few match. */
const STRIDE = { least: 1_000, most: 50_000 };

/** The last `most` of the wanted events up to `last`, oldest first. */
async function newest(
  { history }: OpenLog,
  last: number,
  most: number,
  wanted: (events: readonly Envelope[]) => readonly Envelope[],
  io: Terminal,
): Promise<readonly Envelope[]> {
  const shown = progress(io, 'looking', last);
  let found: Envelope[] = [];
  let stride = Math.min(most, STRIDE.least);
  for (let end = last; end > 0 && found.length < most; end -= stride, stride = Math.min(STRIDE.most, stride * 2)) {
    const events: Envelope[] = [];
    for await (const part of history.read(Math.max(1, end - stride + 1), end)) {
      io.signal.throwIfAborted();
      events.push(...wanted(part));
      shown.add(part.length);
    }
    found = [...events, ...found];
  }
  shown.end();
  return found.slice(Math.max(0, found.length - most));
}

export const logShow: Subcommand = {
  name: 'log show',
  summary: 'Print one event in full.',
  operands: ['SEQ'],
  flags: { json: { help: 'print the event as JSON' }, ...LOG_FLAGS },
  details: '',
  run: async (args, io) => {
    const seq = sequence(args.operands[0] ?? '', 'SEQ');
    const open = await openLog(args);
    try {
      const event = await eventAt(open.history, seq);
      if (event === null) throw new Error(`the log has no event ${seq}: it ends at ${(await open.history.head()).seq}`);
      const right = hashOf(event) === event.hash;
      io.out(args.has('json') ? `${canonical(event)}\n` : `${eventDetails(event, io.colours)}\n`);
      if (!right) io.err('Its hash is not that of its content: it was changed. See gpu-docker-api log verify.\n');
      return right ? 0 : 3;
    } finally {
      await open.close();
    }
  },
};

export const logExport: Subcommand = {
  name: 'log export',
  summary: 'Print events as canonical JSON, one a line, for log import, log verify and replay.',
  flags: {
    from: { value: 'SEQ|TIME', help: 'first event (default: 1)' },
    to: { value: 'SEQ|TIME', help: 'last event, or the time of it (default: the last one)' },
    ...LOG_FLAGS,
  },
  details: 'Archived events come along. Example: gpu-docker-api log export > events.jsonl',
  run: exported,
};

/** Sequences of the first and the last event to export. An event at the very time of `--to` is exported too. */
async function range(args: Arguments, open: OpenLog): Promise<{ from: number; to: number }> {
  const { seq: last } = await open.history.head();
  const [from, to] = (['from', 'to'] as const).map((flag) => {
    const given = args.one(flag);
    return given === undefined ? undefined : moment(given, `--${flag}`);
  });
  const first = from === undefined ? 1 : 'seq' in from ? from.seq : await sequenceAt(isoTime(from.ms), open.history);
  const end = to === undefined ? last : 'seq' in to ? to.seq : (await sequenceAt(isoTime(to.ms + 1), open.history)) - 1;
  return { from: Math.max(1, first), to: Math.min(end, last) };
}

async function exported(args: Arguments, io: Terminal): Promise<0> {
  const open = await openLog(args);
  try {
    const { from, to } = await range(args, open);
    const shown = progress(io, 'exporting', to - from + 1);
    let next = from;
    let hash = '';
    for await (const part of storedFrom(open, from, to)) {
      io.signal.throwIfAborted();
      let text = '';
      for (const event of part) {
        // Disaster recovery rests on exports: they are in order and without a hole, or they fail.
        if (event.seq !== next) throw new Error(`event ${next} is missing: see gpu-docker-api log verify`);
        next++;
        hash = event.hash;
        text += `${canonical(event)}\n`;
      }
      io.out(text);
      await io.drained();
      shown.add(part.length);
    }
    shown.end();
    if (next <= to) throw new Error(`event ${next} is missing: see gpu-docker-api log verify`);
    // A part is no backup, but what follows the archive is one: its segments never change, and are copied as they are. It counts once it is verified.
    if (from <= open.segments.head.seq + 1 && args.one('to') === undefined) noteWritten(dataDirOf(args), 'export', { seq: to, hash });
    return 0;
  } finally {
    await open.close();
  }
}

/** Yields the events as they are stored, not upcast, so that every hash stays right. */
async function* storedFrom({ segments, kv }: OpenLog, from: number, to: number): AsyncGenerator<readonly Envelope[], void, undefined> {
  yield* segments.read(from, to);
  const start = Math.max(from, segments.head.seq + 1);
  // A record may begin before the first wanted event.
  for await (const { events } of readRecords(kv, Math.max(segments.head.seq + 1, start - 499), to)) {
    const wanted = events.filter(({ seq }) => seq >= start && seq <= to);
    if (wanted.length > 0) yield wanted;
  }
}
