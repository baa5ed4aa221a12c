// Any moment of a long history, compared with a replay from its beginning.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { silent } from '../../../src/commands/outside/logger.ts';
import { FutureError, NotReadError } from '../../../src/commands/reads.ts';
import type { Event } from '../../../src/events/catalogue.ts';
import { type EventLog, LogCorruptError } from '../../../src/events/log.ts';
import { FullLogFeed } from '../../../src/infra/past/full-log-feed.ts';
import { Past } from '../../../src/infra/past/past.ts';
import { StateAt } from '../../../src/infra/past/state-at.ts';
import { Committer } from '../../../src/infra/runtime/committer.ts';
import { applyAll } from '../../../src/projections/apply.ts';
import { addToLedger, emptyLedger } from '../../../src/projections/mutable/gpu-ledger.ts';
import { initialState, type State } from '../../../src/projections/state.ts';
import { MemoryLog, MemoryStore } from '../../doubles/memory-log.ts';
import { usage } from '../../doubles/whole-ledger.ts';
import { realClock } from '../../support/core.ts';
import { fill, events as synthetic } from '../log/synthetic.ts';

const test = suite('time travel');

const all = synthetic(3_000) as Event[];
/** Views show nothing of the commands that carry an Idempotency-Key. */
const viewed = (state: State): object => ({ ...state, commands: null });
const stateAt = (seq: number): State => applyAll(initialState, all.slice(0, seq));
const timeOf = (seq: number): number => Date.parse(all[seq - 1]?.time ?? '');

const source: Pick<EventLog, 'read'> & { reads: number; events: number } = {
  reads: 0,
  events: 0,
  async *read(from, to = all.length) {
    source.reads++;
    for (let at = from; at <= to; at += 100) {
      const part = all.slice(at - 1, Math.min(at + 99, to));
      source.events += part.length;
      yield part;
    }
  },
};

const head = stateAt(all.length);
const NOW = timeOf(all.length) + 60_000;

function travel(more: Partial<ConstructorParameters<typeof StateAt>[0]> = {}): StateAt {
  Object.assign(source, { reads: 0, events: 0 });
  return new StateAt({ source, head: () => head, now: () => NOW, every: 200, ...more });
}

test('after any event and at any time: as a replay from the beginning', async () => {
  const past = travel();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: all.length }), fc.integer({ min: -5, max: 105 }), async (seq, ms) => {
      assert.equal(viewed(await past.at({ seq })), viewed(stateAt(seq)));
      if (seq === 0) return;
      const asked = Math.min(timeOf(seq) + ms, NOW);
      const last = all.findLastIndex(({ time }) => Date.parse(time) <= asked) + 1;
      assert.equal(viewed(await past.at({ ms: asked })), viewed(stateAt(last)));
    }),
    { numRuns: 40 },
  );
});

test('a moment between two states that are kept costs only the events in between', async () => {
  const past = travel();
  for (let seq = 500; seq <= all.length; seq += 500) past.cache(stateAt(seq));
  source.events = 0;
  await past.at({ seq: 2_100 });
  assert.is(source.events, 100);
  await past.at({ seq: 2_100 });
  assert.is(source.events, 100);
  await past.at({ seq: 2_110 });
  assert.is(source.events, 110);
});

test('after a start a stored state saves the events before it; one that is at hand is not looked for on disk', async () => {
  const stored = [1_000, 2_000].map(stateAt);
  let asked = 0;
  const past = travel({
    stateBefore: async (isThen, after) => {
      asked++;
      return stored.findLast(({ head, time }) => head.seq > after && isThen(head.seq, time)) ?? null;
    },
  });
  assert.equal(viewed(await past.at({ seq: 2_150 })), viewed(stateAt(2_150)));
  assert.is(source.events, 150);
  assert.equal(viewed(await past.at({ ms: timeOf(1_070) })), viewed(stateAt(1_070)));
  assert.ok(source.events <= 150 + 200, `${source.events}: to the first event that is later, a hundred at a time`);
  source.events = 0;
  assert.equal(viewed(await past.at({ seq: 500 })), viewed(stateAt(500)));
  assert.is(source.events, 500, 'there is none before it');
  assert.is(asked, 3);
});

test('a long replay leaves states behind, for the next one', async () => {
  const past = travel({ every: 500 });
  await past.at({ seq: 2_999 });
  assert.ok(past.size >= 4, String(past.size));
  source.events = 0;
  await past.at({ seq: 1_400 });
  assert.ok(source.events <= 1_000, String(source.events));
});

test('the number of states that are kept is bounded', () => {
  const past = travel({ every: 10, most: 16 });
  for (let seq = 10; seq <= 2_000; seq += 10) past.cache({ ...initialState, head: { seq, hash: '' } });
  assert.ok(past.size <= 16 && past.size >= 8, String(past.size));
});

test('a moment before the first event is empty, a future one is refused with the end of the log', async () => {
  const past = travel();
  assert.is((await past.at({ seq: 0 })).head.seq, 0);
  assert.is((await past.at({ ms: 0 })).head.seq, 0);
  assert.is((await past.at({ ms: NOW })).head.seq, all.length);
  for (const moment of [{ seq: all.length + 1 }, { ms: NOW + 1 }]) {
    await past.at(moment).then(
      () => assert.unreachable(),
      (error: unknown) => {
        assert.instance(error, FutureError);
        assert.match(String(error), `event ${all.length}, of ${head.time}`);
      },
    );
  }
});

/** A committer over a log with these events, as a server has it after its start. */
async function started(snapshotAt: number, broken = false): Promise<{ committer: Committer; past: Past; store: MemoryStore }> {
  const store = new MemoryStore();
  await fill(
    new MemoryLog({ store }),
    all.map((event) => [event]),
    500,
  );
  const log = new MemoryLog({ store });
  const committer = new Committer({ log, clock: realClock, host: 'box' });
  const source: Pick<EventLog, 'read'> = {
    read: (from, to) => {
      if (broken) throw new LogCorruptError(from, 'is missing');
      return log.read(from, to);
    },
  };
  const whole = new FullLogFeed({ committer, source, clock: realClock, logger: silent });
  const past = new Past({ committer, source, whole, clock: { ...realClock, now: () => NOW } });
  if (snapshotAt > 0) {
    committer.restore(stateAt(snapshotAt));
    past.cache(committer.state);
  }
  await committer.catchUp();
  whole.begin(new AbortController().signal);
  return { committer, past, store };
}

const EVER = { from: 0, to: NOW };
const usesOf = (): object => {
  const ledger = emptyLedger();
  addToLedger(ledger, all);
  return usage(ledger, EVER);
};

test('after a replay the ledger is there at once', async () => {
  const { past } = await started(0);
  assert.equal((await past.ledger().time(EVER, 'gpu')).uses, usesOf());
});

test('after a start from a snapshot the ledger is read in the background, while commits go on', async () => {
  const { committer, past } = await started(2_000);
  assert.throws(
    () => past.ledger(),
    (error: unknown) => error instanceof NotReadError && /0 of 3\d{3} events/.test(error.message),
  );
  for (let i = 0; i < 20; i++) {
    await committer.submit({ id: `p${i}`, name: 'start', actor: 'system:start' }, () => ({
      kind: 'events',
      events: [{ type: 'PortRangeSet', stream: 'host/box', data: { start: 40_000 + i, end: 50_000 } }],
    }));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const until = performance.now() + 5_000;
  for (;;) {
    try {
      past.ledger();
      break;
    } catch (error) {
      if (!(error instanceof NotReadError) || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  assert.equal((await past.ledger().time(EVER, 'gpu')).uses, usesOf());
  assert.equal(viewed(await past.at({ seq: 1_000 })), viewed(stateAt(1_000)));
  assert.is(await past.timeOf(1_234), timeOf(1_234));
  assert.is(await past.timeOf(9_999), null);
});

test('a beginning that cannot be read is said so, and the rest goes on', async () => {
  const { past } = await started(2_000, true);
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.throws(() => past.ledger(), /cannot be read: event 1: is missing/);
  assert.is((await past.at({ seq: all.length })).head.seq, all.length);
});

test('a log that does not answer is not waited for without end', async () => {
  const { committer: reader } = await started(0);
  const committer = new Committer({ log: new MemoryLog(), clock: realClock, host: 'box' });
  const source = { read: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) }) };
  const whole = new FullLogFeed({ committer, source, clock: realClock, logger: silent });
  const past = new Past({ committer, source, whole, clock: { now: () => NOW, boot: () => 0, sleep: async () => undefined } });
  committer.restore(reader.state);
  await past.at({ seq: 100 }).then(
    () => assert.unreachable(),
    (error: unknown) => assert.instance(error, NotReadError),
  );
});

test.run();
