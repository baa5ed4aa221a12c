// The ledger against a count of its own, its sums over any parts of time, and its answers from parts of any size.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { silent } from '../../../src/commands/outside/logger.ts';
import type { Event } from '../../../src/events/catalogue.ts';
import { LogCorruptError } from '../../../src/events/log.ts';
import { LedgerQueries } from '../../../src/infra/past/ledger-queries.ts';
import { LogIndex } from '../../../src/infra/past/log-index.ts';
import { PartFiles } from '../../../src/infra/past/parts/part-files.ts';
import { addToLedger, emptyLedger, type Ledger } from '../../../src/projections/mutable/gpu-ledger.ts';
import { GROUPS, type Span } from '../../../src/projections/views/ledger.ts';
import { holderAt, holdingsOf, ledgersOf, sums, usage } from '../../doubles/whole-ledger.ts';
import { run, Scenario } from '../../support/scenario.ts';

const test = suite('ledger queries');

const EPOCH = Date.parse('2026-02-27T21:00:00.000Z');
const GPUS = ['GPU-a', 'GPU-b', 'GPU-c'];
/** The last one is the first in another host, where it may have been before. */
const PLACES = [...GPUS.map((gpu) => ({ gpu, host: 'box' })), { gpu: 'GPU-a', host: 'old-box' }];
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
function history(turns: readonly Turn[], places = PLACES.slice(0, 3)): Event[] {
  const events: Event[] = [];
  const holders = new Map<string, string>();
  const lost = new Set<string>();
  let ms = EPOCH;
  const add = (type: Event['type'], stream: string, host: string, data: object, actor = 'system:start'): void => {
    const seq = events.length + 1;
    const command = { id: `c${seq}`, name: type === 'GpuReleased' ? 'stop' : 'run', actor };
    events.push({
      seq,
      type,
      schema: 1,
      stream,
      time: new Date(ms).toISOString(),
      host,
      command,
      data,
      prev: '',
      hash: '',
    } as Event);
  };
  for (const [index, { gpu, host }] of places.entries())
    add('GpuDiscovered', `host/${host}`, host, { gpu, index, name: 'A100', memoryMiB: 1 });
  for (const turn of turns) {
    const { gpu, host } = places[turn.gpu % places.length] ?? { gpu: '', host: '' };
    const key = `${host}/${gpu}`;
    ms += turn.ms;
    const holder = holders.get(key);
    if (turn.loses) {
      if (lost.delete(key)) add('GpuDiscovered', `host/${host}`, host, { gpu, index: turn.gpu, name: 'A100', memoryMiB: 1 });
      else {
        lost.add(key);
        add('GpuLost', `host/${host}`, host, { gpu });
      }
    } else if (holder === undefined) {
      const name = NAMES[turn.name] ?? '';
      holders.set(key, name);
      add('GpuAllocated', `replicaSet/${name}`, host, { version: 1, gpus: [gpu] }, ACTORS[turn.actor]);
    } else {
      holders.delete(key);
      add('GpuReleased', `replicaSet/${holder}`, host, { version: 1, gpus: [gpu] }, ACTORS[turn.actor]);
    }
  }
  return events;
}

const turns = fc.array(
  fc.record({
    gpu: fc.nat(PLACES.length - 1),
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

const source = (events: readonly Event[]) => ({
  async *read(from: number, to = events.length) {
    yield events.slice(from - 1, to);
  },
});

/** The ledger in parts of that many events. */
function inParts(events: readonly Event[], size: number): LedgerQueries {
  const index = new LogIndex({ size, source: source(events), logger: silent });
  index.add(events, []);
  return new LedgerQueries(index);
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

test('the parts of any span add up to the whole, to the millisecond, however it is summed up', async () => {
  await fc.assert(
    fc.asyncProperty(turns, fc.array(fc.nat(), { maxLength: 8 }), fc.integer({ min: 1, max: 70 }), async (made, cuts, size) => {
      const events = history(made);
      const ledger = inParts(events, size);
      const sumsOf = async (span: Span, by: (typeof GROUPS)[number]) => {
        const { sums: rows, uses } = await ledger.time(span, by);
        return by === 'gpu' ? uses.map(({ gpu, gpuMs }) => ({ key: gpu, gpuMs })) : [...rows];
      };
      const usesOf = async (span: Span) => (await ledger.time(span, 'gpu')).uses;
      const points = spanOf(events, cuts);
      const whole = { from: points[0] ?? 0, to: points.at(-1) ?? 0 };
      const spans = points.slice(1).map((to, i) => ({ from: points[i] ?? 0, to }));
      const expected = counted(events, whole);
      for (const by of GROUPS) {
        assert.is(total(await sumsOf(whole, by)), expected, `by ${by}`);
        const parts = (await Promise.all(spans.map((span) => sumsOf(span, by)))).flat();
        for (const { key, gpuMs } of await sumsOf(whole, by)) assert.is(total(parts.filter((p) => p.key === key)), gpuMs, `${by} ${key}`);
        assert.is(total(parts), expected, `parts by ${by}`);
      }
      for (const span of spans) assert.is(total(await usesOf(span)), counted(events, span));
      const known = async (span: Span): Promise<number> => (await usesOf(span)).reduce((sum, { knownMs }) => sum + knownMs, 0);
      assert.is(
        (await Promise.all(spans.map(known))).reduce((sum, ms) => sum + ms, 0),
        await known(whole),
      );
      for (const { gpuMs, knownMs } of await usesOf(whole)) assert.ok(gpuMs <= knownMs && knownMs <= whole.to - whole.from);
    }),
    { numRuns: 200 },
  );
});

test('in parts of any size, also from files: the same answers as of one ledger in memory', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-ledger-'));
  let folders = 0;
  await fc.assert(
    fc.asyncProperty(
      turns,
      fc.integer({ min: 1, max: 70 }),
      fc.array(fc.nat(), { maxLength: 4 }),
      fc.nat(12),
      async (made, size, cuts, limit) => {
        const events = history(made, PLACES);
        const whole = ledgerOf(events);
        const files = new PartFiles(join(dir, String(folders++)));
        const written = new LogIndex({ size, files, source: source(events), logger: silent });
        written.add(events, []);
        await written.parts.written();
        const read = new LogIndex({ size, files, source: source(events), logger: silent });
        await reading(read, events);
        const points = spanOf(events, cuts);
        const spans = points.flatMap((from, i) => points.slice(i).map((to) => ({ from, to })));
        for (const ledger of [inParts(events, size), new LedgerQueries(read)]) {
          assert.is(ledger.began, whole.began);
          for (const span of spans) {
            for (const by of GROUPS) {
              const found = await ledger.time(span, by);
              assert.equal(found.uses, usage(whole, span));
              if (by !== 'gpu') assert.equal([...found.sums], sums(whole, span, by));
            }
            for (const gpu of GPUS) {
              const all = holdingsOf(ledgersOf(whole, gpu), span);
              assert.equal(await ledger.holdings(gpu, span, limit), { holdings: all.slice(0, limit), more: all.length > limit });
            }
          }
          for (const gpu of GPUS) {
            const known = ledgersOf(whole, gpu).map(({ holdings: _, ...about }) => about);
            assert.equal(await ledger.presences(gpu), known);
            for (let seq = 0; seq <= events.length; seq++)
              assert.equal(await ledger.holderAt(gpu, seq), holderAt(ledgersOf(whole, gpu), seq));
          }
          assert.equal(await ledger.presences('GPU-x'), []);
        }
      },
    ),
    { numRuns: 60 },
  );
  rmSync(dir, { recursive: true });
});

/** Opens the parts, and adds the events that they lack. */
async function reading(index: LogIndex, events: readonly Event[]): Promise<void> {
  await index.open();
  await index.parts.load();
  index.add(events, []);
}

test('every holding is where the events say, and one query finds all of them', async () => {
  await fc.assert(
    fc.asyncProperty(turns, fc.integer({ min: 1, max: 70 }), async (made, size) => {
      const events = history(made);
      const ledger = inParts(events, size);
      const whole = { from: EPOCH, to: lastMs(events) + 1 };
      for (const gpu of GPUS) {
        const mine = events.filter((e) => (e.type === 'GpuAllocated' || e.type === 'GpuReleased') && e.data.gpus.includes(gpu));
        const gave = mine.filter((e) => e.type === 'GpuAllocated');
        assert.equal(
          (await ledger.holdings(gpu, whole, 100)).holdings.map((h) => h.gave.seq).reverse(),
          gave.map((e) => e.seq),
        );
        for (const { seq } of events) {
          const last = mine.findLast((e) => e.seq <= seq);
          const expected = last?.type === 'GpuAllocated' ? last.stream.slice('replicaSet/'.length) : undefined;
          assert.is((await ledger.holderAt(gpu, seq))?.replicaSet, expected);
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

test('a GPU that is kept across versions is one holding; what a patch adds is the one of whoever ordered the patch', async () => {
  const scenario = new Scenario(4);
  scenario.run(run('foo', { gpuCount: 1 }));
  scenario.run({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 2 } });
  scenario.run({ do: 'rollback', name: 'foo', version: 1 });
  scenario.run({ do: 'stop', name: 'foo' });
  const ledger = inParts(scenario.events, 5);
  const span = { from: 0, to: Date.parse(scenario.state.time) };
  const [first, second] = await Promise.all(['GPU-0', 'GPU-1'].map(async (gpu) => (await ledger.holdings(gpu, span, 10)).holdings));
  assert.is(first?.length, 1);
  assert.is(first?.[0]?.gave.commandName, 'run');
  assert.is(first?.[0]?.took?.commandName, 'stop');
  assert.is(second?.length, 1);
  assert.is(second?.[0]?.gave.commandName, 'patch');
  assert.is(second?.[0]?.version, 2);
  assert.is(second?.[0]?.took?.commandName, 'rollback');
});

test('a GPU counts as known from its discovery to its loss, and as long as it is held', async () => {
  const ms = (name: number, gpu: number, after: number, loses = false): Turn => ({ gpu, name, actor: 0, ms: after, loses });
  // GPU-a: held from 10 to 40, lost from 20 on.
  const ledger = inParts(history([ms(0, 0, 10), ms(0, 0, 10, true), ms(0, 0, 20)]), 4);
  const [use] = (await ledger.time({ from: EPOCH, to: EPOCH + 100 }, 'gpu')).uses;
  assert.is(use?.gpuMs, 30);
  assert.is(use?.knownMs, 40);
  assert.equal((await ledger.time({ from: EPOCH - 50, to: EPOCH }, 'gpu')).uses, []);
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
