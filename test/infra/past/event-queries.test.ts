// How the index comes to be complete, and what is read of the log to answer.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { silent } from '../../../src/commands/outside/logger.ts';
import type { Event } from '../../../src/events/catalogue.ts';
import type { Envelope } from '../../../src/events/envelope.ts';
import { type EventFilter, EventsUnavailableError } from '../../../src/events/query.ts';
import { EventQueries, type EventQueriesDeps } from '../../../src/infra/past/event-queries.ts';
import { FullLogFeed } from '../../../src/infra/past/full-log-feed.ts';
import { Committer } from '../../../src/infra/runtime/committer.ts';
import { MemoryLog, MemoryStore } from '../../doubles/memory-log.ts';
import { realClock } from '../../support/core.ts';
import { HOST } from '../../support/scenario.ts';
import { fill, stateOf, events as synthetic } from '../log/synthetic.ts';

const test = suite('event queries');

const everything: EventFilter = { clauses: [] };
const all = synthetic(3_000) as readonly Event[];
const ending = new AbortController();
const typeIs = (type: string): EventFilter => ({ clauses: [{ field: 'type', values: [type] }] });

/** A log of three events a record, and what was read of it. */
async function world(
  options: {
    patienceMs?: number;
    delay?: (from: number) => Promise<void>;
    trouble?: () => ReturnType<EventQueriesDeps['history']['trouble']>;
  } = {},
) {
  const store = new MemoryStore();
  const log = new MemoryLog({ store });
  const groups = Array.from({ length: Math.ceil(all.length / 3) }, (_, i) => all.slice(i * 3, i * 3 + 3) as readonly Envelope[]);
  await fill(log, groups, 3);
  const reads: { from: number; to: number | undefined }[] = [];
  const history: EventQueriesDeps['history'] = {
    trouble: options.trouble ?? (() => null),
    head: () => log.head(),
    async *read(from, to) {
      reads.push({ from, to });
      await options.delay?.(from);
      yield* log.read(from, to);
    },
  };
  const committer = new Committer({ log, clock: realClock, host: HOST });
  const whole = new FullLogFeed({ committer, source: history, clock: realClock, logger: silent });
  const deps = { committer, history, whole, patienceMs: options.patienceMs ?? 60_000 };
  const queries = new EventQueries(deps);
  const patience = (ms: number): void => {
    deps.patienceMs = ms;
  };
  const begin = async (): Promise<void> => {
    await committer.catchUp();
    whole.begin(ending.signal);
  };
  return { committer, queries, reads, log, begin, whole, patience };
}

test.after(() => ending.abort());

const page = { order: 'desc' as const, limit: 5 };

test('a page of very large events ends early, and its cursor leads on to all of them', async () => {
  const store = new MemoryStore();
  const log = new MemoryLog({ store });
  const committer = new Committer({ log, clock: realClock, host: HOST });
  const whole = new FullLogFeed({ committer, source: log, clock: realClock, logger: silent });
  const queries = new EventQueries({ committer, history: log, whole });
  await committer.catchUp();
  whole.begin(ending.signal);
  const data = { gpu: 'GPU-00000000-0000-0000-0000-000000000000', index: 0, name: 'x'.repeat(200_000), memoryMiB: 1 };
  const large = { type: 'GpuDiscovered', stream: `host/${HOST}`, data } as const;
  for (let i = 0; i < 300; i++)
    await committer.submit({ id: `c${i}`, name: 'run', actor: 'test' }, () => ({ kind: 'events', events: [large] }));
  for (const order of ['asc', 'desc'] as const) {
    const seqs: number[] = [];
    for (let cursor: number | undefined; ; ) {
      const { events, next } = await queries.page(everything, { order, limit: 1_000, ...(cursor !== undefined && { cursor }) });
      assert.ok(events.length <= 100, `${events.length} events, 20 MB`);
      seqs.push(...events.map(({ seq }) => seq));
      if (next === null) break;
      cursor = next;
    }
    assert.equal(
      order === 'asc' ? seqs : seqs.reverse(),
      Array.from({ length: 300 }, (_, i) => i + 1),
    );
  }
});

test('a replay fills the index; a page reads the records that it needs and no other, and the next time none', async () => {
  const { queries, reads, begin } = await world();
  await begin();
  assert.equal(reads, [], 'the index took the replay along');
  const expected = all.filter(({ type }) => type === 'SystemDiskSaved').slice(-5);
  const found = await queries.page(typeIs('SystemDiskSaved'), page);
  assert.equal(found.events, expected.toReversed());
  assert.ok(reads.length <= 5);
  for (const { from, to = 0 } of reads) assert.ok(to - from < 20, `${from}-${to}`);
  const before = reads.length;
  await queries.page(typeIs('SystemDiskSaved'), page);
  assert.is(reads.length, before);
});

test('after a start from a snapshot the index is built from the history, and questions wait for it', async () => {
  const { committer, queries, reads, begin } = await world();
  committer.restore(stateOf(all.slice(0, 2_000)));
  await begin();
  const found = await queries.page(everything, { order: 'asc', limit: 10 });
  assert.equal(found.events, all.slice(0, 10));
  assert.is(found.head, all.length);
  assert.is(reads[0]?.from, 1);
  assert.is(
    (await queries.page({ clauses: [{ field: 'actor', values: ['system:start'] }] }, page)).events[0]?.seq,
    all.findLast(({ command }) => command.actor === 'system:start')?.seq,
  );
});

test('an index that is late: the question is refused after a while, commits meanwhile are not lost', async () => {
  let go: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const { committer, queries, begin, patience } = await world({ patienceMs: 1, delay: (from) => (from === 1 ? gate : Promise.resolve()) });
  committer.restore(stateOf(all.slice(0, 2_990)));
  await begin();
  const refused = await queries.page(everything, page).catch((error: unknown) => error);
  assert.instance(refused, EventsUnavailableError);
  assert.match((refused as Error).message, `the log is still being read: 0 of ${all.length} events`);
  const event = { type: 'GpuLost' as const, stream: `host/${HOST}`, data: { gpu: 'GPU-0' } };
  for (let i = 0; i < 3; i++)
    await committer.submit({ id: `c${i}`, name: 'inventory', actor: 'system:inventory' }, () => ({ kind: 'events', events: [event] }));
  patience(60_000);
  go();
  const found = await queries.page(typeIs('GpuLost'), page);
  assert.equal(
    found.events.map(({ seq }) => seq),
    [all.length + 3, all.length + 2, all.length + 1],
  );
  assert.equal((await queries.one(1))?.event, all[0]);
});

test('while etcd is silent, what is at hand is given and the rest is refused at once', async () => {
  let silentNow = false;
  const { queries, begin } = await world({ trouble: () => (silentNow ? { since: 0, reason: 'connection refused' } : null) });
  await begin();
  await queries.page(everything, page);
  silentNow = true;
  assert.is((await queries.page(everything, page)).events.length, 5);
  const refused = await queries.one(7).catch((error: unknown) => error);
  assert.instance(refused, EventsUnavailableError);
  assert.match((refused as Error).message, 'the event log does not answer: connection refused');
});

test('an index is built without keeping others from running', async () => {
  const { committer, queries, begin, whole } = await world();
  committer.restore(stateOf(all.slice(0, 2_999)));
  // Each look at the clock takes 3 ms, so that work is counted and the machine's load is not: 8 ms are three records.
  const { now } = performance;
  let ms = 0;
  performance.now = () => {
    ms += 3;
    return ms;
  };
  let [last, most, running] = [0, 0, true];
  const beat = (): void => {
    most = Math.max(most, whole.index.last - last);
    last = whole.index.last;
    if (running) setImmediate(beat);
  };
  beat();
  await begin();
  await queries.page(everything, page);
  running = false;
  performance.now = now;
  assert.is(whole.index.last, all.length);
  assert.ok(most > 0 && most <= 12, `${most} events in one turn`);
});

test.run();
