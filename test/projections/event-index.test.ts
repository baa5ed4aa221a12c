// What the index finds is what looking at every event finds.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Event } from '../../src/events/catalogue.ts';
import { type Bound, type Clause, type EventFilter, INDEXED, matches, valuesOf } from '../../src/events/query.ts';
import { CommandIndex } from '../../src/projections/mutable/command-index.ts';
import { EventIndex } from '../../src/projections/mutable/event-index.ts';
import { intersect, PostingList } from '../../src/projections/mutable/posting-list.ts';
import { run, Scenario } from '../support/scenario.ts';

const test = suite('event index');

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
const index = new EventIndex();
// Records of three events.
index.add(
  events,
  events.filter((_, i) => i % 3 === 0).map(({ seq }) => seq),
);

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

test('any filter, either order, any range and limit: the same as looking at every event', () => {
  const at = fc.integer({ min: 1, max: events.length });
  fc.assert(
    fc.property(
      anyFilter,
      fc.constantFrom('asc' as const, 'desc' as const),
      at,
      at,
      fc.integer({ min: 1, max: 50 }),
      (filter, order, a, b, limit) => {
        const range = { from: Math.min(a, b), to: Math.max(a, b) };
        const all = events.filter(
          (event) => event.seq >= range.from && event.seq <= range.to && matches(event, filter) && within(filter, event),
        );
        const expected = (order === 'asc' ? all : all.toReversed()).slice(0, limit).map(({ seq }) => seq);
        assert.equal(index.candidates(filter, range, order, limit), expected);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('mounting a volume is found under the volume, and a replicaSet’s events under its stream', () => {
  const found = index.candidates({ clauses: [{ field: 'volume', values: ['data'] }] }, { from: 1, to: index.last }, 'asc', 1_000);
  const types = new Set(found.map((seq) => events[seq - 1]?.type));
  assert.ok(types.has('VolumeProvisioned'));
  assert.ok(types.has('ContainerVersionCreated'));
});

test('records, neighbours in a stream, and the events of a command', () => {
  assert.equal(index.recordOf(5), { from: 4, to: 6 });
  assert.equal(index.recordOf(1), { from: 1, to: 3 });
  assert.is(index.recordOf(index.last).to, index.last);
  const { seq, stream, command } = events[20] as Event;
  const inStream = events.filter((event) => event.stream === stream).map((event) => event.seq);
  const at = inStream.indexOf(seq);
  assert.equal(index.neighbours(stream, seq), { previous: inStream[at - 1] ?? null, next: inStream[at + 1] ?? null });
  assert.equal(
    index.candidatesOf(command.id, 100),
    events.filter((event) => event.command.id === command.id).map((event) => event.seq),
  );
  assert.is(index.candidatesOf(command.id, 2).length, 2);
});

test('events that it has are passed over, those that do not follow are left for later', () => {
  const late = new EventIndex();
  late.add(events.slice(5), [6]);
  assert.is(late.last, 0);
  late.add(events.slice(0, 10), [1]);
  late.add(events.slice(5, 20), [6]);
  assert.is(late.last, 20);
  assert.equal(late.candidates({ clauses: [] }, { from: 1, to: 20 }, 'asc', 100).length, 20);
});

test('until is closed once nothing later can be within it', () => {
  const last = Date.parse(events.at(-1)?.time ?? '');
  assert.is(index.rangeOf({ clauses: [], until: { seq: index.last } }).isClosed, true);
  assert.is(index.rangeOf({ clauses: [], until: { seq: index.last + 1 } }).isClosed, false);
  assert.is(index.rangeOf({ clauses: [], until: { ms: last } }).isClosed, false, 'another event of the same ms may follow');
  assert.is(index.rangeOf({ clauses: [], until: { ms: last - 1 } }).isClosed, true);
});

test('lists: any two intersect as sets do, from either end', () => {
  const anyList = fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { maxLength: 200 }).map((list) => list.sort((a, b) => a - b));
  fc.assert(
    fc.property(anyList, anyList, (a, b) => {
      const [left, right] = [a, b].map((list) => {
        const postings = new PostingList();
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

test('100,000 commands: each finds its own events', () => {
  const commands = new CommandIndex();
  const id = (i: number): string => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
  for (let i = 0; i < 100_000; i++) commands.add(id(i), i + 1);
  for (let i = 0; i < 100_000; i++) commands.add(id(i), 100_001 + i);
  for (let i = 0; i < 100_000; i += 997) {
    const found = commands.candidates(id(i));
    assert.ok(found.includes(i + 1) && found.includes(100_001 + i) && found.length <= 4, `${found}`);
  }
  assert.equal(commands.candidates('nobody'), []);
});

test.run();
