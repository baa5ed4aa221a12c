// What must not get into the log: it could never be mended.
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { catalogue, type EventType, LEVEL, levelOf, type NewEvent } from '../../src/events/catalogue.ts';
import { RELEASE } from '../../src/events/evolution/release.ts';
import { checkData, UnsealableEventError } from '../../src/events/evolution/sealable.ts';
import { Committer } from '../../src/infra/runtime/committer.ts';
import { writable } from '../../src/projections/state.ts';
import { MemoryLog, MemoryStore } from '../doubles/memory-log.ts';
import { realClock } from '../support/core.ts';
import { logCreated, sealAll, storeOf } from '../support/stored-log.ts';

const test = suite('sealable events');

const HOST = { stream: 'host/box' } as const;
const range: NewEvent = { type: 'PortRangeSet', ...HOST, data: { start: 40_000, end: 40_099 } };
/** As a program with a mistake gives it. */
const wrong = (type: string, data: unknown): NewEvent => ({ type, ...HOST, data }) as unknown as NewEvent;

function world(store = new MemoryStore()): {
  readonly store: MemoryStore;
  readonly committer: Committer;
  submit(...events: NewEvent[]): Promise<string>;
} {
  const committer = new Committer({ log: new MemoryLog({ store }), clock: realClock, host: 'box', elapsed: () => 0 });
  const submit = (...events: NewEvent[]): Promise<string> =>
    committer
      .submit({ id: 'c', name: 'c', actor: 'a' }, () => ({ kind: 'events', events }))
      .then(
        ({ kind }) => kind,
        (error: unknown) => {
          assert.instance(error, UnsealableEventError);
          return (error as Error).message;
        },
      );
  return { store, committer, submit };
}

test('an event that breaks its schema fails its command alone, with its type and the path', async () => {
  const { store, committer, submit } = world();
  const outcomes = await Promise.all([
    submit(range),
    submit(range, wrong('HostStarted', { pid: 'not a number', version: '1', engine: 'e', storageDriver: 's', gpuMode: 'g' })),
    submit(range),
  ]);
  assert.equal(outcomes, ['committed', 'HostStarted for host/box cannot be written to the log: data/pid must be integer', 'committed']);
  assert.is(store.records.length, 1, 'the other two share a record');
  assert.is(committer.state.head.seq, 2);
});

test('a field too many, one too few, and no such type', async () => {
  const { store, submit } = world();
  assert.match(await submit(wrong('GpuLost', { gpu: 'g', nonsense: 1 })), /data must NOT have additional properties: nonsense$/);
  assert.match(await submit(wrong('PortRangeSet', { start: 1 })), /data must have required property 'end'$/);
  assert.match(await submit(wrong('constructor', {})), /there is no such type$/);
  assert.is(store.records.length, 0);
});

test('every schema has a validator', () => {
  for (const type of Object.keys(catalogue)) assert.throws(() => checkData(wrong(type, 1)), /data must be object/, type);
});

test('a field that is undefined is absent, as it is in the log', async () => {
  const { submit } = world();
  const data = { version: 1, exitCode: undefined };
  assert.is(await submit(wrong('ContainerDied', data)).catch(() => 'sealed'), 'sealed', 'it is sealed, and has nothing to apply to');
  assert.not.throws(() => checkData(wrong('ContainerDied', data)));
});

test('a type of a higher level than the log’s is refused until the level is raised', async () => {
  const { store, committer, submit } = world(await storeOf(sealAll([logCreated])));
  await committer.catchUp();
  assert.is(committer.state.logLevel, 1);
  assert.not(writable(committer.state, 'LogLevelRaised'));
  assert.ok(writable(committer.state, 'GpuLost'));
  const lowered: NewEvent = { type: 'LogLevelRaised', stream: 'log', data: { level: 1, release: RELEASE } };
  assert.match(await submit(lowered), /LogLevelRaised for log .* is of level 2, and the log is at level 1/);
  assert.is(store.records.length, 1);
  assert.is(await submit({ ...lowered, data: { level: 2, release: RELEASE } }, range), 'committed');
  assert.is(committer.state.logLevel, 2);
  assert.ok(writable(committer.state, 'LogLevelRaised'));
});

test('an empty log may hold all that this release writes, and the levels are within it', () => {
  const { committer } = world();
  for (const type of Object.keys(catalogue) as EventType[]) assert.ok(levelOf(type) <= LEVEL && writable(committer.state, type), type);
});

test('the release is the package’s version', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  assert.is(RELEASE, version);
});

test.run();
