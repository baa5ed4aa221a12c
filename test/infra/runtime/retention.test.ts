// Disks and volumes go from Docker when versions are given up, over the fake engine.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from '../../../src/commands/command.ts';
import { EngineError } from '../../../src/commands/outside/engine-error.ts';
import { CountedDisks } from '../../../src/infra/runtime/absence/counted-disks.ts';
import { FakeEngine } from '../../doubles/fake-engine.ts';
import { TestCore } from '../../support/core.ts';
import { run } from '../../support/scenario.ts';

type Mutation = Exclude<Command, { do: 'execute' }>;
const test = suite('retention in Docker');
const every = { reconcileEveryMs: 30 };

async function order(t: TestCore, command: Mutation): Promise<void> {
  const outcome = await t.submit(command);
  assert.ok(outcome.ok, JSON.stringify(outcome));
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 10_000; !isSo(); await new Promise((resolve) => setTimeout(resolve, 10)))
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
}

const disks = (t: TestCore): number[] =>
  [...t.engine.host.images.values()].flatMap(({ disk }) => (disk === undefined ? [] : [disk.version])).sort((a, b) => a - b);
const anonymous = (t: TestCore): string[] => [...t.engine.host.volumes.values()].filter((v) => v.anonymous).map((v) => v.name);
const write = (t: TestCore, path: string): void => {
  const version = t.core.state().replicaSets.get('foo')?.current;
  t.engine.host.write(t.engine.host.containerBy(`foo-${version}`) as never, path, path);
};

test('a removed version’s disk goes once nothing is built on it, and no call is made for it until then', async () => {
  const t = await new TestCore(every).start();
  await order(t, run('foo') as Mutation);
  for (let i = 0; i < 3; i++) await order(t, { do: 'patch', name: 'foo' });
  const removals: unknown[] = [];
  t.engine.before = async (call, [image]) => {
    if (call === 'removeDisk') removals.push(image);
  };
  await order(t, { do: 'removeVersion', name: 'foo', version: 2 });
  await order(t, { do: 'removeVersion', name: 'foo', version: 3 });
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(disks(t), [1, 2, 3], 'version 4 runs on 3, which is built on 2');
  assert.equal(removals, []);
  await order(t, { do: 'rollback', name: 'foo', version: 1 });
  assert.equal(disks(t), [1, 2, 3, 4]);
  await order(t, { do: 'removeVersion', name: 'foo', version: 4 });
  await until('the others are gone', () => disks(t).length === 1);
  assert.equal(disks(t), [1]);
  assert.is(removals.length, 3);
  t.die();
});

test('keepVersions: after many patches Docker has what can be rolled back to, and, until the next flattening, what that is built on', async () => {
  const engine = new FakeEngine();
  engine.addImage('img:latest', { cmd: ['sh'] });
  engine.layerLimit = 6;
  const t = await new TestCore({ ...every, engine, settings: { keepVersions: 2 } }).start();
  await order(t, run('foo') as Mutation);
  for (let i = 0; i < 14; i++) {
    write(t, `/file-${i}`);
    await order(t, { do: 'patch', name: 'foo' });
  }
  const { versions = [], current = 0 } = t.core.state().replicaSets.get('foo') ?? {};
  assert.equal(
    versions.map(({ version }) => version),
    [current - 1, current],
  );
  await until('the flattened disk left nothing of its chain', () => disks(t).length <= 6);
  await order(t, { do: 'rollback', name: 'foo', version: current - 1 });
  assert.is(t.engine.host.read(t.engine.host.containerBy(`foo-${current + 1}`) as never, '/file-0'), '/file-0');
  await order(t, { do: 'delete', name: 'foo' });
  assert.equal(disks(t), []);
  t.die();
});

test('anonymous volumes of a removed version go, also where the server dies in between', async () => {
  const t = await new TestCore(every).start();
  t.engine.addImage('db:latest', { cmd: ['serve'], volumes: ['/data'] });
  await order(t, { do: 'createVolume', name: 'vol', size: '1GB' });
  const at = (dest: string): { src: string; dest: string } => ({ src: 'vol-1', dest });
  await order(t, run('foo', { imageName: 'db:latest', binds: [at('/data')] }) as Mutation);
  await order(t, { do: 'patch', name: 'foo', volumePatch: { oldBind: at('/data'), newBind: at('/mnt') } });
  const [brought = ''] = anonymous(t);
  await order(t, { do: 'rollback', name: 'foo', version: 1 });
  t.engine.before = async (call) => {
    if (call === 'removeAnonymousVolumes') throw new EngineError('unavailable', 'not now');
  };
  await order(t, { do: 'removeVersion', name: 'foo', version: 2 });
  assert.equal(t.core.state().replicaSets.get('foo')?.leftVolumes, [brought]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.die();
  assert.equal(anonymous(t), [brought]);
  t.engine.before = undefined;
  const next = await new TestCore({ ...every, store: t.store, engine: t.engine }).start();
  await until('it is gone', () => anonymous(next).length === 0);
  await until('the log says so', () => next.core.state().replicaSets.get('foo')?.leftVolumes.length === 0);
  next.die();
});

test('a failed version leaves nothing in Docker', async () => {
  const t = await new TestCore(every).start();
  t.engine.addImage('db:latest', { cmd: ['serve'], volumes: ['/data'] });
  await order(t, run('foo', { imageName: 'db:latest' }) as Mutation);
  const before = anonymous(t);
  t.engine.before = async (call, [ref]) => {
    const { containerName } = (ref ?? {}) as { containerName?: string };
    if (call === 'startContainer' && containerName !== 'foo-1') throw new EngineError('refused', 'no');
  };
  for (let i = 0; i < 5; i++) assert.is((await t.submit({ do: 'patch', name: 'foo' })).ok, false);
  assert.equal(disks(t), []);
  assert.equal(anonymous(t), before);
  assert.is(t.engine.host.containers.size, 1);
  const { versions = [], lastVersion } = t.core.state().replicaSets.get('foo') ?? {};
  assert.equal([versions.length, lastVersion], [1, 6]);
  t.die();
});

test('readyz warns when Docker’s data root fills up, and has a reason when it is full', async () => {
  const engine = new FakeEngine();
  engine.addImage('img:latest', { cmd: ['sh'] });
  engine.roomLeft = { path: '/var/lib/docker', total: 100 * 2 ** 30, free: 14 * 2 ** 30, usedRatio: 0.86 };
  const t = await new TestCore({ ...every, engine }).start();
  const warnings = (): readonly string[] => {
    const readiness = t.core.readiness();
    return readiness.ready ? (readiness.warnings ?? []) : [];
  };
  await until('it warns', () => warnings().some((text) => /\/var\/lib\/docker is 86 % full, 14\.0 GiB are free/.test(text)));
  engine.roomLeft = { ...engine.roomLeft, usedRatio: 0.84 };
  await until('it does not', () => warnings().length === 0);
  await order(t, run('foo') as Mutation);
  engine.roomLeft = { ...engine.roomLeft, usedRatio: 0.96, free: 4 * 2 ** 30 };
  const reasons = (): readonly string[] => t.core.readiness().reasons ?? [];
  await until('it is full', () => reasons().some((text) => /is 96 % full, 4\.0 GiB are free: no container/.test(text)));
  assert.equal([t.core.readiness().ready, t.core.isReady(), warnings()], [true, true, []]);
  const patched = await t.submit({ do: 'patch', name: 'foo' });
  assert.match(patched.ok ? '' : patched.rejection.message, /96 % full/);
  assert.ok((await t.submit({ do: 'stop', name: 'foo' })).ok, 'what gives room back goes on');
  engine.limitsMissed = ['no new container can be made: no addresses'];
  await until('it names what limits do not hold', () => warnings().includes('no new container can be made: no addresses'));
  t.die();
});

test('Docker counts once for all who ask at the same time; one that is slow or refuses is not waited for longer than told', async () => {
  const engine = new FakeEngine();
  let now = 1_000_000;
  const sleepers: (() => void)[] = [];
  const sleep = (_: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      sleepers.push(resolve);
      signal?.addEventListener('abort', () => reject(new Error('over')));
    });
  const counted = new CountedDisks({ engine, clock: { now: () => now, boot: () => now, sleep }, logId: () => 'log' });
  let counts = 0;
  let finish = (): void => {};
  engine.before = (call) =>
    call === 'diskUsage'
      ? new Promise((resolve) => {
          counts++;
          finish = resolve;
        })
      : Promise.resolve();
  const both = [counted.measure(), counted.measure()];
  for (const wake of sleepers) wake();
  for (const { countedAt, incomplete } of await Promise.all(both))
    assert.equal([countedAt, incomplete], [null, 'Docker is still counting: ask again later']);
  assert.is(counts, 1);
  finish();
  await new Promise((resolve) => setTimeout(resolve));
  const fresh = await counted.measure();
  assert.equal([fresh.countedAt, fresh.incomplete, counts], [new Date(now).toISOString(), undefined, 1]);
  now += 11_000;
  engine.before = async () => {
    throw new EngineError('unavailable', 'Docker does not answer');
  };
  const old = await counted.measure();
  assert.equal([old.countedAt, old.incomplete, old.room], [new Date(now - 11_000).toISOString(), 'Docker does not answer', null]);
  engine.before = async (call) => {
    if (call === 'diskUsage') now += 60_000;
  };
  const slow = await counted.measure();
  now += 599_000;
  assert.is((await counted.measure()).countedAt, slow.countedAt, 'Docker counts for a tenth of the time at most');
  now += 2_000;
  assert.is.not((await counted.measure()).countedAt, slow.countedAt);
});

test.run();
