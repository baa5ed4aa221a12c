// Events of older schemas, from the stored text to the views: a type that got schema 2, and one that was given up for several events.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Mutation } from '../../src/commands/command.ts';
import { schemas } from '../../src/events/catalogue.ts';
import type { Envelope } from '../../src/events/envelope.ts';
import { laterRelease } from '../../src/events/evolution/release.ts';
import { type Upcaster, upcast, upcasters } from '../../src/events/evolution/upcasters.ts';
import { Segments } from '../../src/infra/log/archive/segments.ts';
import { FullLog } from '../../src/infra/log/full-log.ts';
import { verifyChain } from '../../src/infra/log/verify/verify.ts';
import { run as cli, eventsFile, json } from '../cli/support.ts';
import { MemoryLog } from '../doubles/memory-log.ts';
import { auditOf } from '../support/audit.ts';
import { TestCore } from '../support/core.ts';
import { HOST, run } from '../support/scenario.ts';
import { hostStarted, logCreated, sealAll, storeOf, type Written } from '../support/stored-log.ts';

const test = suite('upcasters');

interface Old {
  readonly gpu: string;
  readonly gib: number;
}
/** Schema 1 of GpuDiscovered, as if it had given the memory in GiB and no model. */
const inMiB: Upcaster = ({ data }) => {
  const { gpu, gib, index } = data as Old & { readonly index: number };
  return [{ type: 'GpuDiscovered', schema: 2, data: { gpu, index, name: 'A100', memoryMiB: gib * 1024 } }];
};
/** A type of an earlier release: all GPUs in one event, each of which becomes a GpuDiscovered of schema 1. */
const oneEach: Upcaster = ({ data }) => {
  const [first, ...others] = (data as { readonly gpus: readonly Old[] }).gpus.map((gpu, index) => ({
    type: 'GpuDiscovered',
    schema: 1,
    data: { ...gpu, index },
  }));
  if (first === undefined) throw new Error('no GPUs');
  return [first, ...others];
};

const tables = upcasters as Record<string, Record<number, Upcaster>>;
const versions = schemas as Map<string, number>;

test.before(() => {
  tables['GpuDiscovered'] = { 1: inMiB };
  tables['GpusFound'] = { 1: oneEach };
  versions.set('GpuDiscovered', 2);
});
test.after(() => {
  delete tables['GpuDiscovered'];
  delete tables['GpusFound'];
  versions.set('GpuDiscovered', 1);
});

const stream = `host/${HOST}`;
const found = [
  { gpu: 'GPU-0', gib: 80 },
  { gpu: 'GPU-1', gib: 80 },
];
const old = sealAll([
  logCreated,
  { type: 'GpusFound', stream, data: { gpus: found } },
  { type: 'GpuDiscovered', stream, data: { gpu: 'GPU-2', gib: 40, index: 2 } },
]);

test('one stored event stands for several of today’s, which keep its envelope', () => {
  const [, stored] = old;
  assert.ok(stored !== undefined);
  const events = upcast(stored);
  assert.equal(
    events.map(({ host: _, command: __, ...rest }) => rest),
    [0, 1].map((index) => ({
      ...{ seq: 2, hash: stored.hash, prev: stored.prev, time: stored.time, stream, type: 'GpuDiscovered', schema: 2 },
      data: { gpu: `GPU-${index}`, index, name: 'A100', memoryMiB: 81_920 },
    })),
  );
});

test('the service goes on from an old log, and nothing stored has changed', async () => {
  const store = await storeOf(old);
  const text = store.records.map((record) => record.text);
  const t = new TestCore({ store, gpus: 3 });
  const audit = auditOf(t.committer, store);
  await t.start();
  const { gpus, reads } = t.core.state().hosts.get(HOST) ?? { gpus: [], reads: 0 };
  assert.equal(
    gpus.map(({ gpu, memoryMiB }) => [gpu, memoryMiB]),
    [
      ['GPU-0', 81_920],
      ['GPU-1', 81_920],
      ['GPU-2', 81_920], // the driver says so now
    ],
  );
  assert.is(reads, 2);
  assert.is((await t.submit(run('foo', { gpuCount: 3 }) as Mutation)).ok, true);
  assert.equal(
    store.records.slice(0, 1).map((record) => record.text),
    text,
  );

  const at = await t.past.at({ seq: 2 });
  assert.equal(
    at.hosts.get(HOST)?.gpus.map(({ gpu, memoryMiB }) => [gpu, memoryMiB]),
    [
      ['GPU-0', 81_920],
      ['GPU-1', 81_920],
    ],
  );
  assert.equal(at.head, { seq: 2, hash: old[1]?.hash });
  const between = await t.past.at({ seq: 3 });
  assert.is(between.hosts.get(HOST)?.gpus.at(-1)?.memoryMiB, 40_960);

  const page = await audit.events.page({ clauses: [{ field: 'gpu', values: ['GPU-1'] }] }, { order: 'asc', limit: 10 });
  assert.equal(page.events.slice(0, 1), [old[1]], 'found by what it means, shown as it is stored');
  const both = [
    { field: 'gpu', values: ['GPU-1'] },
    { field: 'type', values: ['GpuDiscovered'] },
  ] as const;
  assert.equal((await audit.events.page({ clauses: both }, { order: 'asc', limit: 1 })).events, [old[1]]);
  assert.is((await audit.events.one(2))?.event.hash, old[1]?.hash);
  assert.equal(
    (await t.past.ledger().time({ from: 0, to: Number.MAX_SAFE_INTEGER }, 'gpu')).uses.map(({ gpu, holdings }) => [gpu, holdings]),
    [
      ['GPU-0', 1],
      ['GPU-1', 1],
      ['GPU-2', 1],
    ],
  );
  assert.equal((await verifyChain(new MemoryLog({ store }).read(1))).ok, true);

  const heir = await new TestCore({ store, gpus: 3, engine: t.engine }).start();
  assert.is(heir.core.state().replicaSets.get('foo')?.gpus.length, 3);
  t.die();
  heir.die();
});

test('archived and exported, it is the same', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'upcasters-'));
  try {
    const segments = new Segments(dir);
    await segments.add(old.slice(0, 2), 1);
    const log = new FullLog(new MemoryLog({ store: await storeOf(old) }), segments);
    const read: Envelope[] = [];
    for await (const part of log.read(1)) read.push(...part);
    assert.equal(read, old);
    assert.equal(await log.archived([2]), [old[1]]);
    const file = eventsFile(join(dir, 'events.jsonl'), old);
    const { hosts } = json<{ hosts: { gpus: { gpu: string }[] }[] }>((await cli('replay', '--events', file, '--json')).out);
    assert.equal(
      hosts[0]?.gpus.map(({ gpu }) => gpu),
      ['GPU-0', 'GPU-1', 'GPU-2'],
    );
    assert.is((await cli('log', 'verify', '--events', file)).code, 0);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('an upcaster that does not get on is found out', () => {
  tables['GpusFound'] = { 1: () => [{ type: 'GpusFound', schema: 1, data: {} }] };
  try {
    assert.throws(() => upcast(old[1] as Envelope), /the upcaster of GpusFound, schema 1, gives schema 1/);
  } finally {
    tables['GpusFound'] = { 1: oneEach };
  }
});

const startOn = async (events: readonly Written[]): Promise<string> => {
  const t = new TestCore({ store: await storeOf(sealAll(events)) });
  return t.start().then(
    () => 'started',
    (error: Error) => `${error.name}: ${error.message}`,
  );
};

test('a program that is too old says at which event, and which release it needs', async () => {
  const started = (version: string): Written => hostStarted(HOST, version);
  assert.is(
    await startOn([logCreated, started('0.3.1'), started('0.2.0'), { type: 'MoonLanded', stream, data: {} }]),
    'LogCorruptError: event 4: this program does not know the event type MoonLanded; it needs release 0.3.1 or later; this is 0.2.0',
  );
  assert.is(
    await startOn([logCreated, started('0.2.0'), { type: 'PortRangeSet', schema: 2, stream, data: {} }]),
    'LogCorruptError: event 3: PortRangeSet has schema 2, and this program reads schema 1; it needs a release later than 0.2.0',
  );
  assert.is(
    await startOn([logCreated, { type: 'LogLevelRaised', stream: 'log', data: { level: 7, release: '1.10.0' } }]),
    'LogCorruptError: event 2: the log is at level 7 from here on, and this program reads level 2; it needs release 1.10.0 or later; this is 0.2.0',
  );
  assert.match(await startOn([{ ...logCreated, data: { id: 'x', level: 3, release: '0.4.0' } }]), /level 3 .* release 0\.4\.0 or later/);
});

test('which release is the later one', () => {
  assert.is(laterRelease('0.9.0', '0.10.0'), '0.10.0');
  assert.is(laterRelease('1.0.0', '0.10.0'), '1.0.0');
  assert.is(laterRelease('', '0.1.0'), '0.1.0');
  assert.is(laterRelease('0.1.0', 'built by hand'), '0.1.0');
  assert.is(laterRelease('0.1.0', '0.1.0'), '0.1.0');
});

test.run();
