// The server that leads starts dead containers again: with an engine in memory, through the whole service.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Mutation } from '../../../src/commands/command.ts';
import type { Clock } from '../../../src/commands/outside/host.ts';
import { silent } from '../../../src/commands/outside/logger.ts';
import type { Event } from '../../../src/events/catalogue.ts';
import type { FactSources } from '../../../src/infra/runtime/gather-facts.ts';
import { Slots } from '../../../src/infra/runtime/operations/slots.ts';
import { Restarter } from '../../../src/infra/runtime/restarts/restarter.ts';
import type { ReplicaSet } from '../../../src/projections/state.ts';
import { MemoryLog } from '../../doubles/memory-log.ts';
import { MemorySecretKeys } from '../../doubles/memory-secret-keys.ts';
import { type CoreOptions, realClock, TestCore } from '../../support/core.ts';
import { run, settings } from '../../support/scenario.ts';

const test = suite('restarter');

/** Every pause is a hundredth of what it should be; both clocks go a hundred times as fast. */
const began = { now: Date.now(), boot: performance.now() };
const quick: Clock = {
  now: () => began.now + (Date.now() - began.now) * 100,
  boot: () => began.boot + (performance.now() - began.boot) * 100,
  sleep: (ms, signal) => realClock.sleep(ms / 100, signal),
};
const core = (options: CoreOptions = {}): TestCore => new TestCore({ clock: quick, gpus: 8, reconcileEveryMs: 2_000, ...options });
const runOf = (name: string, restart: string, over: object = {}): Mutation => ({ ...run(name, over), restart }) as Mutation;
const rs = (t: TestCore, name: string): ReplicaSet | undefined => t.core.state().replicaSets.get(name);
const soon = async (what: string, isSo: () => boolean): Promise<void> => {
  for (let i = 0; i < 200 && !isSo(); i++) await new Promise((r) => setTimeout(r, 10));
  assert.ok(isSo(), what);
};
const pause = (ms: number): Promise<void> => new Promise((r) => setTimeout(r, ms));
const ofRestarts = async ({ store }: TestCore): Promise<Event[]> => {
  const events: Event[] = [];
  for await (const part of new MemoryLog({ store }).read(1)) events.push(...(part as readonly Event[]));
  return events.filter(({ command }) => command.actor === 'system:restart');
};

test('always is started again, on-failure:2 twice, no never, and a stop stays a stop', async () => {
  const t = await core().start();
  for (const [name, policy] of [
    ['ever', 'always'],
    ['twice', 'on-failure:2'],
    ['never', 'no'],
    ['stopped', 'always'],
  ] as const)
    assert.ok((await t.submit(runOf(name, policy))).ok);
  const gpus = rs(t, 'ever')?.gpus;
  await t.submit({ do: 'stop', name: 'stopped' });
  for (const name of ['ever', 'never']) t.engine.die(`${name}-1`, 0);
  await soon('it runs again', () => rs(t, 'ever')?.state === 'running' && rs(t, 'ever')?.restarts?.tries === 1);
  assert.equal(rs(t, 'ever')?.gpus, gpus);
  for (let i = 0; i <= 2; i++) {
    await soon('it runs', () => rs(t, 'twice')?.state === 'running' && (rs(t, 'twice')?.restarts?.tries ?? 0) === i);
    t.engine.die('twice-1', 3);
    await soon('its death is known', () => rs(t, 'twice')?.restarts?.exits === i + 1);
  }
  await pause(200);
  assert.equal(
    ['ever', 'twice', 'never', 'stopped'].map((name) => rs(t, name)?.state),
    ['running', 'exited', 'exited', 'stopped'],
  );
  const events = await ofRestarts(t);
  assert.equal(
    events.filter(({ stream }) => stream === 'replicaSet/twice').map(({ type }) => type),
    Array.from({ length: 2 }, () => ['OperationStarted', 'ContainerContinued', 'OperationCompleted']).flat(),
  );
  assert.equal(t.core.restarts, { done: 3, failed: 0, refused: 0 });
  t.die();
});

test('the default of the server counts where a name has no policy of its own', async () => {
  const t = await core({ settings: { restart: 'always' } }).start();
  await t.submit(run('foo') as Mutation);
  await t.submit(runOf('bar', 'no'));
  for (const name of ['foo', 'bar']) t.engine.die(`${name}-1`, 1);
  await soon('it runs again', () => rs(t, 'foo')?.state === 'running' && rs(t, 'foo')?.restarts?.tries === 1);
  await soon('its death is known', () => rs(t, 'bar')?.state === 'exited');
  t.die();
});

test('tries of another host of the log are not counted', async () => {
  const t = await core({ gpus: 0 }).start();
  const far = await core({ store: t.store, gpus: 0, settings: { host: 'far' } }).start();
  await t.submit(runOf('foo', 'always', { gpuCount: 0 }));
  t.engine.die('foo-1', 1);
  await soon('it runs again', () => t.core.restarts.done === 1);
  await far.committer.catchUp();
  assert.equal([rs(far, 'foo')?.restarts?.tries, far.core.restarts], [1, { done: 0, failed: 0, refused: 0 }]);
  for (const each of [t, far]) each.die();
});

test('a reboot: the next server starts again what ran, and only that, four at a time', async () => {
  const t = await core({ bootId: 'boot 1', gpus: 0 }).start();
  const names = Array.from({ length: 12 }, (_, i) => `r${i}`);
  for (const name of names) await t.submit(runOf(name, 'on-failure:1', { gpuCount: 0 }));
  await t.submit(runOf('paused', 'always', { gpuCount: 0 }));
  await t.submit({ do: 'pause', name: 'paused' });
  t.die();
  for (const name of names) t.engine.die(`${name}-1`, 0);
  let most = 0;
  const heir = core({ store: t.store, engine: t.engine, bootId: 'boot 2', gpus: 0 });
  heir.committer.onCommit((_, state) => {
    most = Math.max(most, [...state.replicaSets.values()].filter(({ operation }) => operation !== null).length);
  });
  t.engine.before = async (call) => {
    if (call === 'startContainer') await pause(20);
  };
  await heir.start();
  await soon('all run', () => names.every((name) => rs(heir, name)?.state === 'running'));
  t.engine.before = undefined;
  assert.is(most, 4);
  assert.is(rs(heir, 'paused')?.state, 'paused');
  const reasons = new Set((await ofRestarts(heir)).flatMap((e) => (e.type === 'OperationStarted' ? [e.data.reason] : [])));
  assert.equal([...reasons], ['it ended with the machine or with Docker; restart: on-failure:1']);
  heir.die();
});

test('Docker is restarted: what it stopped is started again, though some was seen to die while it still answered', async () => {
  const t = await core().start();
  t.engine.host.startedAt = 1_000;
  for (const name of ['foo', 'bar', 'own']) await t.submit(runOf(name, 'on-failure:1'));
  await t.submit({ do: 'setPolicy', name: 'own', restart: 'no' });
  await soon('a look has seen this engine', () => rs(t, 'own')?.operation === null);
  t.engine.die('foo-1', 0);
  const foo = t.engine.host.containerBy('foo-1');
  assert.ok(foo !== undefined);
  foo.ran = { from: 1_500, to: 4_000 };
  await soon('its death is known', () => rs(t, 'foo')?.state === 'exited');
  assert.is(rs(t, 'foo')?.restarts?.withHost, undefined);
  t.engine.restartEngine(5_000);
  await soon('all run again', () => ['foo', 'bar'].every((name) => rs(t, name)?.state === 'running'));
  assert.is(rs(t, 'own')?.state, 'exited');
  assert.is(rs(t, 'own')?.restarts?.withHost, true);
  t.die();
});

test('what it needs is not there: it waits, says so, and goes on once it is back', async () => {
  const absent = new Set(['/data/foo']);
  const busy = new Set<number>();
  const t = await core({ absent, busy, dataRoot: '/docker' }).start();
  await t.submit(runOf('foo', 'always', { binds: [{ src: '/data/foo', dest: '/data' }], containerPorts: ['22'] }));
  t.engine.die('foo-1', 1);
  await soon('it is refused', () => rs(t, 'foo')?.restarts?.refused !== undefined);
  assert.match(JSON.stringify(t.core.readiness()), /1 replicaSet waits to be started again: foo \(host path \/data\/foo/);
  await pause(300);
  assert.equal(
    (await ofRestarts(t)).map(({ type }) => type),
    ['OperationStarted', 'OperationFailed'],
    'recorded once',
  );
  absent.clear();
  await soon('it runs again', () => rs(t, 'foo')?.state === 'running');
  assert.not.match(JSON.stringify(t.core.readiness()), /started again/);
  assert.equal(t.core.restarts, { done: 1, failed: 0, refused: 1 });
  t.die();
});

test('back-off outlives the server, and a wall clock that is set back does not make it wait for longer', async () => {
  let off = 0;
  const clock: Clock = { ...quick, now: () => quick.now() + off };
  const t = await core({ clock }).start();
  await t.submit(runOf('foo', 'always'));
  for (let i = 0; i <= 4; i++) {
    await soon('it runs', () => rs(t, 'foo')?.state === 'running' && (rs(t, 'foo')?.restarts?.tries ?? 0) === i);
    if (i === 4) t.die();
    t.engine.die('foo-1', 1);
    if (i < 4) await soon('its death is known', () => rs(t, 'foo')?.restarts?.exits === i + 1);
  }
  const heir = await core({ store: t.store, engine: t.engine, clock, time: { acceptClock: true } }).start();
  assert.is(rs(heir, 'foo')?.restarts?.tries, 4);
  off = -3_600_000;
  await pause(80);
  assert.is(rs(heir, 'foo')?.state, 'exited', 'sixteen seconds have not passed');
  await soon('it runs again', () => rs(heir, 'foo')?.state === 'running');
  heir.die();
});

test('a directory that does not answer holds up its own name alone, which is asked once and reported', async () => {
  const t = await core({ gpus: 0, dataRoot: '/docker', settings: { allowBind: ['/nfs'] } }).start();
  await t.submit(runOf('aaa', 'always', { gpuCount: 0, binds: [{ src: '/nfs/x', dest: '/x' }] }));
  await t.submit(runOf('bbb', 'always', { gpuCount: 0 }));
  let asked = 0;
  let answer: () => void = () => {};
  const hangs = new Promise<void>((resolve) => {
    answer = resolve;
  });
  t.onPath = async () => {
    asked++;
    await hangs;
  };
  t.engine.die('aaa-1', 1);
  await soon('it is asked', () => asked === 1);
  t.engine.die('bbb-1', 1);
  await soon('the other runs again', () => rs(t, 'bbb')?.state === 'running' && rs(t, 'bbb')?.restarts?.tries === 1);
  await pause(300);
  assert.is(asked, 1, 'it is not asked while the first question hangs');
  assert.match(JSON.stringify(t.core.readiness()), /started again: aaa \(whether what it needs is there cannot be told/);
  t.onPath = async () => {};
  answer();
  await soon('it runs again', () => rs(t, 'aaa')?.state === 'running');
  assert.not.match(JSON.stringify(t.core.readiness()), /cannot be told/);
  t.die();
});

test('a fault that nobody foresaw is reported, and what died is started again once it is gone', async () => {
  const t = await core({ gpus: 0 }).start();
  await t.submit(run('foo', { gpuCount: 0 }) as Mutation);
  let broken = false;
  const clock: Clock = {
    ...quick,
    boot: () => {
      if (broken) throw new Error('the clock is broken');
      return quick.boot();
    },
  };
  const stop = new AbortController();
  const factSources: FactSources = {
    slots: new Slots(clock),
    engine: t.engine,
    busyPorts: async () => new Set(),
    gpuUsers: async () => [],
    resolvePath: async (path) => path,
    exists: async () => true,
    dataRoot: async () => undefined,
    pullFrom: [],
    pulls: { pull: async () => {} },
    secretKeys: new MemorySecretKeys(),
    logId: () => t.core.state().logId,
  };
  const counts = { done: 0, failed: 0, refused: 0 };
  const ids = { next: () => 'again' };
  const own = { ...settings, restart: 'always' };
  const restarter = new Restarter({ committer: t.committer, clock, ids, settings: own, factSources, logger: silent, counts }, stop.signal);
  restarter.start();
  t.committer.onCommit((events) => {
    if (events.some(({ type }) => type === 'ContainerDied')) broken = true;
  });
  t.engine.die('foo-1', 1);
  await soon('it is reported', () => restarter.warning === 'what died cannot be started again now: the clock is broken');
  await pause(150);
  assert.is(rs(t, 'foo')?.state, 'exited');
  broken = false;
  await soon('it is begun', () => rs(t, 'foo')?.operation?.kind === 'continue' || rs(t, 'foo')?.state === 'running');
  await soon('the report goes', () => !String(restarter.warning).includes('broken'));
  stop.abort(new Error('the end'));
  t.die();
});

test('a server that does not lead any more starts nothing', async () => {
  const t = await core().start();
  await t.submit(runOf('foo', 'always'));
  t.die();
  t.engine.die('foo-1', 1);
  await pause(200);
  assert.is(t.engine.host.containerBy('foo-1')?.state, 'exited');
});

test.run();
