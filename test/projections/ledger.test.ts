// The ledger against a count of its own, and its sums over any parts of time.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Event } from '../../src/events/catalogue.ts';
import { LogCorruptError } from '../../src/events/log.ts';
import { addToLedger, emptyLedger, type Ledger } from '../../src/projections/mutable/gpu-ledger.ts';
import { GROUPS, holderAt, holdingsOf, ledgersOf, type Span, sums, usage } from '../../src/projections/views/ledger.ts';
import { run, Scenario } from '../support/scenario.ts';

const test = suite('ledger');

const EPOCH = Date.parse('2026-02-27T21:00:00.000Z');
const GPUS = ['GPU-a', 'GPU-b', 'GPU-c'];
const NAMES = ['foo', 'bar'];
const ACTORS = ['alice', 'bob', 'system:reconcile'];

interface Turn {
  readonly gpu: number;
  readonly name: number;
  readonly actor: number;
  /** Since the event before. */
  readonly ms: number;
  readonly loses: boolean;
}

/** Gives a free GPU, takes a held one, or lets one vanish and come back: whatever a real log could hold. */
function history(turns: readonly Turn[]): Event[] {
  const events: Event[] = [];
  const holders = new Map<string, string>();
  const lost = new Set<string>();
  let ms = EPOCH;
  const add = (type: Event['type'], stream: string, data: object, actor = 'system:start'): void => {
    const seq = events.length + 1;
    const command = { id: `c${seq}`, name: type === 'GpuReleased' ? 'stop' : 'run', actor };
    events.push({
      seq,
      type,
      schema: 1,
      stream,
      time: new Date(ms).toISOString(),
      host: 'box',
      command,
      data,
      prev: '',
      hash: '',
    } as Event);
  };
  for (const [index, gpu] of GPUS.entries()) add('GpuDiscovered', 'host/box', { gpu, index, name: 'A100', memoryMiB: 1 });
  for (const turn of turns) {
    const gpu = GPUS[turn.gpu] ?? '';
    ms += turn.ms;
    const holder = holders.get(gpu);
    if (turn.loses) {
      if (lost.delete(gpu)) add('GpuDiscovered', 'host/box', { gpu, index: turn.gpu, name: 'A100', memoryMiB: 1 });
      else {
        lost.add(gpu);
        add('GpuLost', 'host/box', { gpu });
      }
    } else if (holder === undefined) {
      const name = NAMES[turn.name] ?? '';
      holders.set(gpu, name);
      add('GpuAllocated', `replicaSet/${name}`, { version: 1, gpus: [gpu] }, ACTORS[turn.actor]);
    } else {
      holders.delete(gpu);
      add('GpuReleased', `replicaSet/${holder}`, { version: 1, gpus: [gpu] }, ACTORS[turn.actor]);
    }
  }
  return events;
}

const turns = fc.array(
  fc.record({
    gpu: fc.nat(GPUS.length - 1),
    name: fc.nat(NAMES.length - 1),
    actor: fc.nat(ACTORS.length - 1),
    ms: fc.oneof(fc.constant(0), fc.nat(5), fc.nat(40_000_000)),
    loses: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  }),
  { maxLength: 60 },
);

function ledgerOf(events: readonly Event[]): Ledger {
  const ledger = emptyLedger();
  addToLedger(ledger, events);
  return ledger;
}

const total = (parts: readonly { readonly gpuMs: number }[]): number => parts.reduce((sum, { gpuMs }) => sum + gpuMs, 0);
const lastMs = (events: readonly Event[]): number => Date.parse(events.at(-1)?.time ?? '');

/** Counted otherwise: how many GPUs are held between one event and the next. */
function counted(events: readonly Event[], { from, to }: Span): number {
  let sum = 0;
  let held = 0;
  for (const [i, event] of events.entries()) {
    if (event.type === 'GpuAllocated') held += event.data.gpus.length;
    if (event.type === 'GpuReleased') held -= event.data.gpus.length;
    const start = Math.max(from, Date.parse(event.time));
    const end = Math.min(to, Date.parse(events[i + 1]?.time ?? new Date(to).toISOString()));
    if (end > start) sum += held * (end - start);
  }
  return sum;
}

/** Points in and around the history. */
const spanOf = (events: readonly Event[], cuts: readonly number[]): number[] => {
  const end = lastMs(events) + 2_000;
  return [EPOCH - 1_000, ...cuts.map((cut) => EPOCH - 1_000 + (cut % (end - EPOCH + 1_000))), end].sort((a, b) => a - b);
};

test('the parts of any span add up to the whole, to the millisecond, however it is summed up', () => {
  fc.assert(
    fc.property(turns, fc.array(fc.nat(), { maxLength: 8 }), (made, cuts) => {
      const events = history(made);
      const ledger = ledgerOf(events);
      const points = spanOf(events, cuts);
      const whole = { from: points[0] ?? 0, to: points.at(-1) ?? 0 };
      const spans = points.slice(1).map((to, i) => ({ from: points[i] ?? 0, to }));
      const expected = counted(events, whole);
      for (const by of GROUPS) {
        assert.is(total(sums(ledger, whole, by)), expected, `by ${by}`);
        const parts = spans.flatMap((span) => sums(ledger, span, by));
        for (const { key, gpuMs } of sums(ledger, whole, by)) assert.is(total(parts.filter((p) => p.key === key)), gpuMs, `${by} ${key}`);
        assert.is(total(parts), expected, `parts by ${by}`);
      }
      for (const span of spans) assert.is(total(usage(ledger, span)), counted(events, span));
      const known = (span: Span): number => usage(ledger, span).reduce((sum, { knownMs }) => sum + knownMs, 0);
      assert.is(
        spans.reduce((sum, span) => sum + known(span), 0),
        known(whole),
      );
      for (const { gpuMs, knownMs } of usage(ledger, whole)) assert.ok(gpuMs <= knownMs && knownMs <= whole.to - whole.from);
    }),
    { numRuns: 400 },
  );
});

test('every holding is where the events say, and one query finds all of them', () => {
  fc.assert(
    fc.property(turns, (made) => {
      const events = history(made);
      const ledger = ledgerOf(events);
      const whole = { from: EPOCH, to: lastMs(events) + 1 };
      for (const gpu of GPUS) {
        const ledgers = ledgersOf(ledger, gpu);
        const mine = events.filter((e) => (e.type === 'GpuAllocated' || e.type === 'GpuReleased') && e.data.gpus.includes(gpu));
        const gave = mine.filter((e) => e.type === 'GpuAllocated');
        assert.equal(
          holdingsOf(ledgers, whole)
            .map((h) => h.gave.seq)
            .reverse(),
          gave.map((e) => e.seq),
        );
        for (const { seq } of events) {
          const last = mine.findLast((e) => e.seq <= seq);
          const expected = last?.type === 'GpuAllocated' ? last.stream.slice('replicaSet/'.length) : undefined;
          assert.is(holderAt(ledgers, seq)?.replicaSet, expected);
        }
      }
    }),
    { numRuns: 100 },
  );
});

test('event by event gives the same ledger as all at once', () => {
  const events = history(fc.sample(turns, { numRuns: 1, seed: 7 })[0] ?? []);
  const slowly = emptyLedger();
  for (const event of events) addToLedger(slowly, [event]);
  assert.equal(slowly, ledgerOf(events));
});

test('a GPU that is kept across versions is one holding; what a patch adds is the one of whoever ordered the patch', () => {
  const scenario = new Scenario(4);
  scenario.run(run('foo', { gpuCount: 1 }));
  scenario.run({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 2 } });
  scenario.run({ do: 'rollback', name: 'foo', version: 1 });
  scenario.run({ do: 'stop', name: 'foo' });
  const ledger = ledgerOf(scenario.events);
  const span = { from: 0, to: Date.parse(scenario.state.time) };
  const [first, second] = ['GPU-0', 'GPU-1'].map((gpu) => holdingsOf(ledgersOf(ledger, gpu), span));
  assert.is(first?.length, 1);
  assert.is(first?.[0]?.gave.commandName, 'run');
  assert.is(first?.[0]?.took?.commandName, 'stop');
  assert.is(second?.length, 1);
  assert.is(second?.[0]?.gave.commandName, 'patch');
  assert.is(second?.[0]?.version, 2);
  assert.is(second?.[0]?.took?.commandName, 'rollback');
});

test('a GPU counts as known from its discovery to its loss, and as long as it is held', () => {
  const ms = (name: number, gpu: number, after: number, loses = false): Turn => ({ gpu, name, actor: 0, ms: after, loses });
  // GPU-a: held from 10 to 40, lost from 20 on.
  const ledger = ledgerOf(history([ms(0, 0, 10), ms(0, 0, 10, true), ms(0, 0, 20)]));
  const [use] = usage(ledger, { from: EPOCH, to: EPOCH + 100 });
  assert.is(use?.gpuMs, 30);
  assert.is(use?.knownMs, 40);
  assert.equal(usage(ledger, { from: EPOCH - 50, to: EPOCH }), []);
});

test('what cannot have been stops it, with the sequence', () => {
  const events = history([{ gpu: 0, name: 0, actor: 0, ms: 1, loses: false }]);
  const again = { ...events.at(-1), seq: events.length + 1 } as Event;
  assert.throws(
    () => ledgerOf([...events, again]),
    (error: unknown) => error instanceof LogCorruptError && error.seq === 5,
  );
  assert.throws(
    () => ledgerOf(events.slice(1)),
    (error: unknown) => error instanceof LogCorruptError && error.seq === 1,
  );
});

test.run();
