// The one writer of the log: conflicts, sizes and slices.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Decision } from '../../../src/commands/decision.ts';
import type { Clock } from '../../../src/commands/outside/host.ts';
import type { NewEvent } from '../../../src/events/catalogue.ts';
import { seal } from '../../../src/events/hash.ts';
import { LogCorruptError, MAX_BYTES_PER_RECORD } from '../../../src/events/log.ts';
import { MAX_EVENT_BYTES_PER_RECORD } from '../../../src/infra/etcd/record.ts';
import { Committer, TooLargeError } from '../../../src/infra/runtime/committer.ts';
import { MemoryLog, MemoryStore } from '../../doubles/memory-log.ts';

const test = suite('committer');

const clock: Clock = { now: () => Date.now(), boot: () => performance.now(), sleep: () => new Promise(setImmediate) };

const started = (engine = ''): NewEvent => ({
  type: 'HostStarted',
  stream: 'host/box',
  data: { pid: 1, version: '', engine, storageDriver: '', gpuMode: '' },
});

const start = (committer: Committer, id: string): Promise<string> =>
  committer
    .submit({ id, name: 'x', actor: 'a' }, () => ({ kind: 'events', events: [started()] }))
    .then(
      ({ kind }) => kind,
      (error: Error) => error.message,
    );

/** A log whose appends and reads are counted; `read` fails as often as is said. */
function counted(store: MemoryStore, failures = 0) {
  const log = new MemoryLog({ store });
  const count = { appends: 0, reads: 0 };
  const append = log.append.bind(log);
  const read = log.read.bind(log);
  let left = failures;
  log.append = (...args) => {
    count.appends++;
    return append(...args);
  };
  log.read = async function* (from, to) {
    count.reads++;
    if (left-- > 0) throw new Error('permission denied (token expired)');
    yield* read(from, to);
  };
  return { log, count };
}

const committedOf = (store: MemoryStore, id: string): number => store.records.filter(({ text }) => text.includes(`"id":"${id}"`)).length;

test('a command that meets a conflict waits until the log can be read, and is carried out once', async () => {
  const store = new MemoryStore();
  const { log, count } = counted(store, 5);
  const a = new Committer({ log, clock, host: 'box' });
  assert.is(await start(a, 'a1'), 'committed');
  const b = new Committer({ log: new MemoryLog({ store }), clock, host: 'other' });
  await b.catchUp();
  await start(b, 'b1'); // a is behind now
  const pending = start(a, 'a2');
  while (a.readTrouble === null) await new Promise(setImmediate);
  assert.match(a.readTrouble, /token expired/);
  assert.is(await pending, 'committed');
  assert.is(a.readTrouble, null);
  assert.is(committedOf(store, 'a2'), 1);
  assert.is(count.reads, 6);
  assert.is(count.appends, 3, 'no append is tried while the log cannot be read');
});

test('a log that this release cannot read stops it for good: everything is rejected, nothing is appended', async () => {
  const store = new MemoryStore();
  const { log, count } = counted(store);
  const a = new Committer({ log, clock, host: 'box', elapsed: () => 0 });
  await start(a, 'a1');
  const ofNextRelease = seal({
    seq: 2,
    type: 'NewInNextRelease',
    schema: 1,
    stream: 'host/other',
    time: new Date().toISOString(),
    host: 'other',
    command: { id: 'n', name: 'x', actor: 'a' },
    data: {},
    prev: store.head.hash,
  });
  await new MemoryLog({ store }).append([ofNextRelease], store.head);
  const told = await Promise.all([start(a, 'a2'), start(a, 'a3')]);
  for (const message of [...told, await start(a, 'a4'), a.readTrouble ?? '']) assert.match(message, /event 2.*NewInNextRelease/);
  await a.catchUp().then(
    () => assert.unreachable('the log was read'),
    (error: unknown) => assert.instance(error, LogCorruptError),
  );
  assert.is(count.appends, 2, 'one for a1, one that met the conflict');
  assert.is(count.reads, 1);
  for (const id of ['a2', 'a3', 'a4']) assert.is(committedOf(store, id), 0);
});

test('what fits by the count of bytes fits into a record, and what does not is refused before it is appended', async () => {
  /** Bytes of a record with one event around its text of this length. */
  const sizeOf = async (length: number): Promise<number> => {
    const store = new MemoryStore();
    const committer = new Committer({ log: new MemoryLog({ store }), clock, host: 'box', elapsed: () => 0 });
    await committer.submit({ id: 'i', name: 'x', actor: 'a' }, () => ({ kind: 'events', events: [started('x'.repeat(length))] }));
    return Buffer.byteLength(store.records[0]?.text ?? '') - 'memory'.length + 36;
  };
  const atLimit = 1_000 + MAX_BYTES_PER_RECORD - (await sizeOf(1_000));
  for (const beyond of [-60, -57, -30, -1, 0, 1, 30, 57, 60]) {
    const store = new MemoryStore();
    const committer = new Committer({ log: new MemoryLog({ store }), clock, host: 'box', elapsed: () => 0 });
    const decide = (): Decision => ({ kind: 'events', events: [started('x'.repeat(atLimit + beyond))] });
    const told = await committer.submit({ id: 'i', name: 'x', actor: 'a' }, decide).then(
      ({ kind }) => kind,
      (error: unknown) => error,
    );
    if (beyond <= 0) assert.is(told, 'committed', `${beyond} bytes beyond the limit`);
    else assert.instance(told, TooLargeError, `${beyond} bytes beyond the limit`);
  }
});

test('commands that share a record never make it larger than a record may be', async () => {
  const store = new MemoryStore();
  const committer = new Committer({ log: new MemoryLog({ store }), clock, host: 'box', elapsed: () => 0 });
  await committer.submit({ id: 'one', name: 'x', actor: 'a' }, () => ({ kind: 'events', events: [started()] }));
  const bytes = Buffer.byteLength(store.records[0]?.text ?? '');
  // Together they fill a record to within the size of a frame, from below and from above.
  for (let beyond = -60; beyond <= 60; beyond += 20) {
    const half = 'x'.repeat(Math.floor((MAX_EVENT_BYTES_PER_RECORD + beyond) / 2) - bytes);
    const both = ['p', 'q'].map((id) =>
      committer.submit({ id, name: 'x', actor: 'a' }, () => ({ kind: 'events', events: [started(half)] })),
    );
    for (const { kind } of await Promise.all(both)) assert.is(kind, 'committed');
  }
});

test('decisions are made in slices: what took as long as a slice is appended before the rest is decided', async () => {
  const store = new MemoryStore();
  let ms = 0;
  const committer = new Committer({ log: new MemoryLog({ store }), clock, host: 'box', elapsed: () => ms });
  const decide = (): Decision => {
    ms += 2;
    return { kind: 'events', events: [started()] };
  };
  const all = Array.from({ length: 20 }, (_, i) => committer.submit({ id: `i${i}`, name: 'x', actor: 'a' }, decide));
  await Promise.all(all);
  assert.equal(
    store.records.map(({ text }) => text.split('"type":"HostStarted"').length - 1),
    [4, 4, 4, 4, 4],
  );
});

test.run();
