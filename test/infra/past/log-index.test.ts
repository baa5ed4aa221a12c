// What the index finds, in parts of any size, is what looking at every event finds.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { silent } from '../../../src/commands/outside/logger.ts';
import type { Event } from '../../../src/events/catalogue.ts';
import { type Bound, type Clause, type EventFilter, INDEXED, matches, valuesOf } from '../../../src/events/query.ts';
import { LogIndex } from '../../../src/infra/past/log-index.ts';
import { PartFiles } from '../../../src/infra/past/parts/part-files.ts';
import { intersect, PostingList } from '../../../src/projections/mutable/posting-list.ts';
import { run, Scenario } from '../../support/scenario.ts';

const test = suite('log index');

/** A log with several replicaSets, a volume and all that happens to them. */
function logOf(rounds: number): readonly Event[] {
  const scenario = new Scenario(4, { start: 40_000, end: 40_050 });
  scenario.run({ do: 'createVolume', name: 'data', size: '1GB' });
  for (let i = 0; i < rounds; i++) {
    const name = `set${i % 5}`;
    scenario.run(
      run(name, { gpuCount: 1 + (i % 3), containerPorts: ['22'], binds: i % 2 === 0 ? [] : [{ src: 'data-1', dest: '/data' }] }),
    );
    scenario.run({ do: 'patch', name, gpuPatch: { gpuCount: 1 + ((i + 1) % 3) } });
    scenario.run({ do: 'delete', name });
  }
  return scenario.events;
}

const events = logOf(12);
const source = {
  async *read(from: number, to = events.length) {
    yield events.slice(from - 1, to);
  },
};
// Records of three events.
const begins = events.filter((_, i) => i % 3 === 0).map(({ seq }) => seq);

function indexOf(size: number, some: readonly Event[] = events): LogIndex {
  const index = new LogIndex({ size, source, logger: silent });
  index.add(some, begins);
  return index;
}

const dir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-index-'));
test.after(() => rmSync(dir, { recursive: true }));

/** Written, and read again by another. */
async function fromFiles(size: number): Promise<LogIndex> {
  const files = new PartFiles(join(dir, String(size)));
  const written = new LogIndex({ size, files, source, logger: silent });
  written.add(events, begins);
  await written.parts.written();
  const read = new LogIndex({ size, files, source, logger: silent });
  await read.open();
  assert.is(read.last, Math.floor(events.length / size) * size);
  await read.parts.load();
  read.add(events, begins);
  return read;
}

const indices = [indexOf(65_536), indexOf(1), indexOf(7), indexOf(100)];
const index = indexOf(20);
test.before(async () => {
  for (const size of [1, 7, 50]) indices.push(await fromFiles(size));
});

const within = ({ since, until }: EventFilter, event: Event): boolean => {
  const time = Date.parse(event.time);
  const after = since === undefined || ('seq' in since ? event.seq >= since.seq : time >= since.ms);
  return after && (until === undefined || ('seq' in until ? event.seq <= until.seq : time <= until.ms));
};

const anyEvent = fc.constantFrom(...events);
const anyClause: fc.Arbitrary<Clause> = fc
  .tuple(fc.constantFrom(...INDEXED, 'command' as const), fc.array(anyEvent, { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([field, some, foreign]) => ({
    field,
    values: [...some.flatMap((event) => valuesOf(field, event)), ...(foreign ? ['nowhere'] : [])],
  }))
  .filter(({ values }) => values.length > 0);
const anyBound: fc.Arbitrary<Bound> = fc.oneof(
  fc.integer({ min: 0, max: events.length + 5 }).map((seq) => ({ seq })),
  fc.tuple(anyEvent, fc.integer({ min: -1, max: 1 })).map(([event, off]) => ({ ms: Date.parse(event.time) + off })),
);
const anyFilter: fc.Arbitrary<EventFilter> = fc.record(
  { clauses: fc.array(anyClause, { maxLength: 3 }), since: anyBound, until: anyBound },
  { requiredKeys: ['clauses'] },
) as fc.Arbitrary<EventFilter>;

test('any filter, either order, any range and limit: the same as looking at every event', async () => {
  const at = fc.integer({ min: 1, max: events.length });
  await fc.assert(
    fc.asyncProperty(
      anyFilter,
      fc.constantFrom('asc' as const, 'desc' as const),
      at,
      at,
      fc.integer({ min: 1, max: 50 }),
      async (filter, order, a, b, limit) => {
        const range = { from: Math.min(a, b), to: Math.max(a, b) };
        const all = events.filter(
          (event) => event.seq >= range.from && event.seq <= range.to && matches(event, filter) && within(filter, event),
        );
        const expected = (order === 'asc' ? all : all.toReversed()).slice(0, limit).map(({ seq }) => seq);
        for (const one of indices) assert.equal(await one.candidates(filter, range, order, limit), expected);
      },
    ),
    { numRuns: 500 },
  );
});

test('mounting a volume is found under the volume, and a replicaSet’s events under its stream', async () => {
  const found = await index.candidates({ clauses: [{ field: 'volume', values: ['data'] }] }, { from: 1, to: index.last }, 'asc', 1_000);
  const types = new Set(found.map((seq) => events[seq - 1]?.type));
  assert.ok(types.has('VolumeProvisioned'));
  assert.ok(types.has('ContainerVersionCreated'));
});

test('records, neighbours in a stream, and the events of a command', async () => {
  assert.equal(await index.recordOf(5), { from: 4, to: 6 });
  assert.equal(await index.recordOf(1), { from: 1, to: 3 });
  assert.equal(await index.recordOf(20), { from: 19, to: 20 }, 'as far as it lies in the same part');
  assert.is((await index.recordOf(index.last)).to, index.last);
  for (const one of [index, ...indices]) {
    for (const { seq, stream, command } of events) {
      const inStream = events.filter((event) => event.stream === stream).map((event) => event.seq);
      const at = inStream.indexOf(seq);
      assert.equal(await one.neighbours(stream, seq), { previous: inStream[at - 1] ?? null, next: inStream[at + 1] ?? null });
      const ofCommand = events.filter((event) => event.command.id === command.id).map((event) => event.seq);
      assert.equal(await one.candidatesOf(command.id, 100), ofCommand);
      assert.equal(await one.candidatesOf(command.id, 2), ofCommand.slice(-2));
    }
  }
  assert.equal(await index.candidatesOf('nobody', 100), []);
});

test('events that it has are passed over, those that do not follow are left for later', async () => {
  const late = indexOf(6, events.slice(5));
  assert.is(late.last, 0);
  late.add(events.slice(0, 10), [1]);
  late.add(events.slice(5, 20), [6]);
  assert.is(late.last, 20);
  assert.equal((await late.candidates({ clauses: [] }, { from: 1, to: 20 }, 'asc', 100)).length, 20);
});

test('until is closed once nothing later can be within it', async () => {
  const last = Date.parse(events.at(-1)?.time ?? '');
  for (const one of indices) {
    assert.is((await one.rangeOf({ clauses: [], until: { seq: one.last } })).isClosed, true);
    assert.is((await one.rangeOf({ clauses: [], until: { seq: one.last + 1 } })).isClosed, false);
    assert.is((await one.rangeOf({ clauses: [], until: { ms: last } })).isClosed, false, 'another event of the same ms may follow');
    assert.is((await one.rangeOf({ clauses: [], until: { ms: last - 1 } })).isClosed, true);
  }
});

test('lists: any two intersect as sets do, from either end', () => {
  const anyList = fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { maxLength: 200 }).map((list) => list.sort((a, b) => a - b));
  fc.assert(
    fc.property(anyList, anyList, (a, b) => {
      const [left, right] = [a, b].map((list) => {
        const postings = new PostingList(1);
        for (const seq of list) postings.push(seq);
        return postings;
      }) as [PostingList, PostingList];
      const both = a.filter((seq) => b.includes(seq));
      assert.equal(intersect([left.cursor('asc'), right.cursor('asc')], 1, 300, 'asc', 300), both);
      assert.equal(intersect([left.cursor('desc'), right.cursor('desc')], 1, 300, 'desc', 300), both.reverse());
    }),
    { numRuns: 500 },
  );
});

test.run();
