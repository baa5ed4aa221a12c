// Absence is doubted: what is missing from Docker is unknown before it is given up, and what comes back is taken back.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../../src/commands/outside/engine-error.ts';
import { shownState } from '../../../src/projections/state.ts';
import type { FakeContainer, FakeVolume } from '../../doubles/fake-host.ts';
import { MemoryStore } from '../../doubles/memory-log.ts';
import { TestCore } from '../../support/core.ts';
import { HOST, runs } from '../../support/scenario.ts';
import { logCreated, sealAll, storeOf } from '../../support/stored-log.ts';

const test = suite('absence');

const soon = async (isSo: () => boolean, what: string): Promise<void> => {
  for (let i = 0; i < 150 && !isSo(); i++) await new Promise((r) => setTimeout(r, 20));
  assert.ok(isSo(), what);
};
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const stateOf = (t: TestCore, name: string): string | undefined => {
  const rs = t.core.state().replicaSets.get(name);
  return rs === undefined ? undefined : shownState(rs);
};
const volumeState = (t: TestCore, name: string): string | undefined => {
  const volume = t.core.state().volumes.get(name);
  return volume?.missing !== undefined ? 'unknown' : volume?.versions.at(-1)?.state;
};
const held = (t: TestCore): string[] => (t.core.state().hosts.get(HOST)?.gpus ?? []).map(({ holder }) => holder ?? '-');
const refusal = async (t: TestCore, command: Parameters<TestCore['submit']>[0]): Promise<string> => {
  const outcome = await t.submit(command);
  assert.not(outcome.ok, command.do);
  return outcome.ok ? '' : `${outcome.rejection.kind}: ${outcome.rejection.message}`;
};

/** Docker without its disk: it answers, and has nothing. The function brings everything back. */
function unmount({ engine: { host } }: TestCore): () => void {
  const containers = new Map<string, FakeContainer>(host.containers);
  const volumes = new Map<string, FakeVolume>(host.volumes);
  host.containers.clear();
  host.volumes.clear();
  return () => {
    for (const [id, container] of containers) host.containers.set(id, container);
    for (const [name, volume] of volumes) host.volumes.set(name, volume);
  };
}

const every = { gpus: 4, reconcileEveryMs: 30 };

test('a Docker without its disk gives nothing up, and is as it was when the disk is back', async () => {
  const t = await new TestCore(every).start();
  await t.submit({ do: 'createVolume', name: 'vol', size: '1GB' });
  for (const name of ['a', 'b', 'c']) await t.submit(runs(name));
  const mount = unmount(t);
  await soon(() => stateOf(t, 'a') === 'unknown' && volumeState(t, 'vol') === 'unknown', 'unknown');
  await later(600);
  assert.equal(held(t), ['a', 'b', 'c', '-']);
  const readiness = t.core.readiness();
  assert.ok(readiness.ready);
  if (readiness.ready)
    assert.match(
      readiness.warnings?.join() ?? '',
      /4 of 4 containers and volumes are missing from Docker \(a-1, b-1, c-1 and 1 more\).*hosts accept-loss box/,
    );
  assert.match(
    await refusal(t, { do: 'restart', name: 'a' }),
    /^unavailable: the state of replicaSet a is unknown: container a-1 has not been in Docker since/,
  );
  assert.match(await refusal(t, { do: 'delete', name: 'a' }), /^unavailable: .*accept-loss/);
  assert.match(await refusal(t, { do: 'deleteVolume', name: 'vol' }), /^unavailable/);
  assert.match(await refusal(t, runs('d', { binds: [{ src: 'vol-1', dest: '/v' }] })), /^unavailable: the state of volume vol is unknown/);
  mount();
  await soon(() => stateOf(t, 'a') === 'running' && volumeState(t, 'vol') === 'ready', 'back');
  assert.equal(held(t), ['a', 'b', 'c', '-']);
  assert.equal(t.core.readiness(), { ready: true });
  assert.ok((await t.submit({ do: 'restart', name: 'a' })).ok);
  t.die();
});

test('in a log of level 1, which cannot say what is missing, the server says it, and the operator’s word gives it up', async () => {
  const t = await new TestCore({ ...every, store: await storeOf(sealAll([logCreated])) }).start();
  const names = ['a', 'b', 'c', 'd'];
  for (const name of names) await t.submit(runs(name));
  const warnings = (): string => {
    const readiness = t.core.readiness();
    return readiness.ready ? (readiness.warnings?.join() ?? '') : '';
  };
  assert.not.match(warnings(), 'missing from Docker');
  const mount = unmount(t);
  await soon(() => /4 of 4 containers and volumes are missing from Docker \(a-1.*hosts accept-loss box/.test(warnings()), 'warned');
  assert.is(t.core.absence().missing.length, 4);
  mount();
  await soon(() => !warnings().includes('missing from Docker'), 'back');
  assert.is(stateOf(t, 'd'), 'running');
  unmount(t);
  await t.core.acceptLoss(HOST, { actor: 'op' }, false);
  assert.not.match(warnings(), 'missing from Docker');
  assert.equal(held(t), ['-', '-', '-', '-']);
  t.die();
});

test('an older log is restored after names were stopped and pruned: the only copies of their files stay', async () => {
  const t = await new TestCore({ gpus: 4 }).start();
  const names = ['a', 'b', 'c', 'd'];
  for (const name of names) await t.submit(runs(name));
  const backup = new MemoryStore();
  backup.records.push(...t.store.records);
  backup.head = t.store.head;
  for (const name of names) await t.submit({ do: 'stop', name });
  t.die();
  t.engine.host.containers.clear();
  const restored = await new TestCore({ ...every, store: backup, engine: t.engine }).start();
  await soon(() => names.every((name) => stateOf(restored, name) === 'unknown'), 'too many are missing');
  await later(200);
  assert.is((await t.engine.listDisks(restored.core.state().logId)).length, 4);
  restored.die();
});

test('one that is removed is unknown first, holds what it holds, and is given up at a later look', async () => {
  const t = await new TestCore({ ...every, doubtMs: 400 }).start();
  await t.submit(runs('a'));
  t.engine.vanish('a-1');
  await soon(() => stateOf(t, 'a') === 'unknown', 'unknown');
  assert.is(held(t)[0], 'a');
  await soon(() => stateOf(t, 'a') === 'failed', 'failed');
  assert.is(held(t)[0], '-');
  t.die();
});

test('one that comes back after it was given up is taken back: stopped where it runs without its lease', async () => {
  const t = await new TestCore({ ...every, gpus: 1 }).start();
  await t.submit({ do: 'createVolume', name: 'vol', size: '1GB' });
  await t.submit(runs('foo'));
  const container = t.engine.host.containerBy('foo-1');
  assert.ok(container);
  t.engine.host.write(container, '/data/model', 'three weeks');
  const mount = unmount(t);
  await soon(() => stateOf(t, 'foo') === 'failed' && volumeState(t, 'vol') === 'vanished', 'given up');
  mount();
  await soon(() => stateOf(t, 'foo') === 'stopped' && container.state === 'exited', 'stopped');
  await soon(() => volumeState(t, 'vol') === 'ready', 'the volume is back');
  assert.is(held(t)[0], '-');
  assert.ok((await t.submit({ do: 'restart', name: 'foo' })).ok);
  const second = t.engine.host.containerBy('foo-2');
  assert.is(second && t.engine.host.read(second, '/data/model'), 'three weeks');
  t.die();
});

test('the operator’s word gives up exactly what is missing, in his name', async () => {
  const t = await new TestCore(every).start();
  for (const name of ['a', 'b', 'c', 'd']) await t.submit(runs(name));
  const mount = unmount(t);
  await soon(() => stateOf(t, 'd') === 'unknown', 'unknown');
  const all = ['a', 'b', 'c', 'd'];
  assert.equal(await t.core.acceptLoss(HOST, { actor: 'op' }, true), { ok: true, loss: { host: HOST, replicaSets: all, volumes: [] } });
  assert.is(stateOf(t, 'a'), 'unknown');
  assert.equal(await t.core.acceptLoss(HOST, { actor: 'op' }, false), { ok: true, loss: { host: HOST, replicaSets: all, volumes: [] } });
  assert.equal(held(t), ['-', '-', '-', '-']);
  assert.is(stateOf(t, 'a'), 'failed');
  const other = await t.core.acceptLoss('nowhere', { actor: 'op' }, false);
  assert.is(!other.ok && other.rejection.kind, 'not-found');
  mount();
  await soon(() => stateOf(t, 'a') === 'stopped', 'taken back');
  t.die();
});

test('--accept-loss at a start gives up what is missing then', async () => {
  const t = await new TestCore(every).start();
  for (const name of ['a', 'b', 'c', 'd']) await t.submit(runs(name));
  t.die();
  unmount(t);
  const doubtful = await new TestCore({ ...every, store: t.store, engine: t.engine }).start();
  assert.is(stateOf(doubtful, 'a'), 'unknown');
  doubtful.die();
  const sure = await new TestCore({ ...every, store: t.store, engine: t.engine, acceptLoss: true }).start();
  assert.equal(held(sure), ['-', '-', '-', '-']);
  sure.die();
});

test('an operation that meets no container asks again, and goes on when it is back', async () => {
  const t = await new TestCore({ gpus: 1, doubtMs: 5_000 }).start();
  await t.submit(runs('foo'));
  let mount = (): void => {};
  t.engine.before = async (call) => {
    if (call !== 'stopContainer') return;
    t.engine.before = undefined;
    mount = unmount(t);
    setTimeout(() => mount(), 200);
  };
  assert.ok((await t.submit({ do: 'restart', name: 'foo' })).ok);
  assert.is(stateOf(t, 'foo'), 'running');
  t.die();
});

test('an operation whose container is gone for good gives it up when it has been gone for long enough', async () => {
  const t = await new TestCore({ gpus: 1, doubtMs: 100 }).start();
  await t.submit(runs('foo'));
  t.engine.before = async (call) => {
    if (call !== 'stopContainer') return;
    t.engine.before = undefined;
    t.engine.vanish('foo-1');
  };
  assert.ok((await t.submit({ do: 'stop', name: 'foo' })).ok);
  assert.is(held(t)[0], '-');
  t.die();
});

test('a saved disk that somebody removed is noticed at the second look, named in a refusal, and found again', async () => {
  const t = await new TestCore(every).start();
  await t.submit(runs('foo'));
  for (let i = 0; i < 2; i++) await t.submit({ do: 'patch', name: 'foo' });
  const lost = (): unknown =>
    t.core
      .state()
      .replicaSets.get('foo')
      ?.versions.map((v) => v.diskLost ?? false);
  const image = t.core.state().replicaSets.get('foo')?.versions[1]?.disk?.image ?? '';
  const removed = t.engine.host.images.get(image);
  assert.ok(removed);
  t.engine.host.images.delete(image);
  await soon(() => JSON.stringify(lost()) === '[false,true,false]', 'lost');
  const said = await refusal(t, { do: 'rollback', name: 'foo', version: 2 });
  assert.match(
    said,
    /version 2 of foo has lost its saved system disk: image \S+ was removed from Docker by someone else; it can go back to 1$/,
  );
  t.engine.host.images.set(image, removed);
  await soon(() => JSON.stringify(lost()) === '[false,false,false]', 'found again');
  assert.ok((await t.submit({ do: 'rollback', name: 'foo', version: 2 })).ok);
  t.die();
});

test('what comes back of a superseded version or a deleted name and runs on GPUs is stopped, and its disk stays', async () => {
  const t = await new TestCore({ ...every, gpus: 3 }).start();
  await t.submit(runs('foo'));
  assert.ok((await t.submit({ do: 'patch', name: 'foo', gpuPatch: { gpuCount: 2 } })).ok);
  await t.submit(runs('bar'));
  const [old, gone] = [t.engine.host.containerBy('foo-2'), t.engine.host.containerBy('bar-1')];
  assert.ok(old && gone);
  const mount = unmount(t);
  await soon(() => stateOf(t, 'foo') === 'failed' && stateOf(t, 'bar') === 'failed', 'given up');
  assert.ok((await t.submit({ do: 'rollback', name: 'foo', version: 1 })).ok);
  assert.ok((await t.submit({ do: 'delete', name: 'bar' })).ok);
  assert.ok((await t.submit(runs('next', { gpuCount: 2 }))).ok);
  mount();
  assert.equal([old.state, gone.state], ['running', 'running']);
  await soon(() => old.state === 'exited' && gone.state === 'exited', 'stopped');
  await soon(() => !t.engine.host.containers.has(old.id), 'saved and removed');
  await later(200);
  assert.ok(t.engine.host.containers.has(gone.id), 'its disk stays');
  assert.ok(t.core.state().replicaSets.get('foo')?.versions[1]?.disk !== undefined, 'its disk can be rolled back to');
  assert.equal(held(t), ['foo', 'next', 'next']);
  assert.equal(t.core.readiness(), { ready: true });
  t.die();
});

test('a stray that holds nothing and is of no name that the log knows is left alone: it may be of a later log', async () => {
  const t = await new TestCore(every).start();
  const log = t.core.state().logId;
  t.engine.addForeignContainer('quiet-1', 'img:latest', { log });
  t.engine.addForeignContainer('loud-1', 'img:latest', { log, hostPorts: [40_001] });
  await soon(() => t.engine.host.containerBy('loud-1')?.state === 'exited', 'stopped');
  assert.is(t.engine.host.containerBy('quiet-1')?.state, 'running');
  t.die();
});

test('a server that dies in the middle of many deletes leaves none that waits for the operator', async () => {
  const t = await new TestCore({ gpus: 0 }).start();
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  for (const name of names) await t.submit(runs(name, { gpuCount: 0 }));
  t.engine.after = (call) => (call === 'removeContainer' ? new Promise<void>(() => {}) : Promise.resolve());
  for (const name of names) void t.submit({ do: 'delete', name });
  await soon(() => t.engine.host.containers.size === 0, 'removed from Docker, and not yet from the log');
  t.die();
  t.engine.after = undefined;
  const heir = await new TestCore({ store: t.store, engine: t.engine, gpus: 0, doubtMs: 50, reconcileEveryMs: 30 }).start();
  await soon(() => heir.core.state().replicaSets.size === 0, 'all deletes have ended');
  heir.die();
});

test('until a stray is stopped, the GPUs on which it runs are given to nobody', async () => {
  const t = await new TestCore({ gpus: 2, reconcileEveryMs: 60_000 }).start();
  const log = t.core.state().logId;
  t.engine.addForeignContainer('later-1', 'img:latest', { log, gpus: ['GPU-1'] });
  const refused = await t.submit(runs('foo', { gpuCount: 2 }));
  assert.ok(!refused.ok);
  if (!refused.ok) assert.match(refused.rejection.message, /but 1 of 2 free \(1 is used by containers outside this log: later-1/);
  assert.ok((await t.submit(runs('foo', { gpuCount: 1 }))).ok);
  assert.equal(held(t), ['foo', '-']);
  t.die();
});

test('the copy of a container, made by hand with its labels, uses the GPUs that it was given', async () => {
  const t = await new TestCore({ gpus: 3, reconcileEveryMs: 60_000 }).start();
  assert.ok((await t.submit(runs('foo'))).ok);
  const labels = t.engine.host.containerBy('foo-1')?.owner;
  assert.ok(labels);
  t.engine.addForeignContainer('copy', 'img:latest', { labels, gpus: ['GPU-2'] });
  const refused = await t.submit(runs('bar', { gpuCount: 2 }));
  assert.ok(!refused.ok);
  if (!refused.ok) assert.match(refused.rejection.message, /but 1 of 3 free \(1 is used by containers outside this log: copy/);
  t.die();
});

test('a start waits for no operation whose container is missing: only that name waits', async () => {
  const t = await new TestCore(every).start();
  for (const name of ['a', 'b', 'c', 'd']) await t.submit(runs(name));
  t.engine.before = async (call) => {
    if (call === 'stopContainer') await new Promise(() => {});
  };
  void t.submit({ do: 'restart', name: 'a' });
  await soon(() => t.core.state().replicaSets.get('a')?.operation !== null, 'an open operation');
  t.die();
  t.engine.before = undefined;
  const mount = unmount(t);
  const heir = await new TestCore({ ...every, store: t.store, engine: t.engine }).start();
  assert.ok(heir.core.readiness().ready);
  const warned = (): boolean => {
    const readiness = heir.core.readiness();
    const warnings = readiness.ready ? (readiness.warnings?.join() ?? '') : '';
    return /an operation on replicaSet\/a waits for its container.*hosts accept-loss box/.test(warnings);
  };
  await soon(warned, 'a warning');
  assert.is(held(heir)[0], 'a');
  assert.ok((await heir.submit(runs('e', { gpuCount: 0 }))).ok, 'other names are served');
  await later(400);
  assert.is(stateOf(heir, 'b'), 'unknown', 'three missing and one under way are four');
  mount();
  await soon(() => heir.core.state().replicaSets.get('a')?.operation === null && stateOf(heir, 'a') === 'running', 'goes on');
  assert.is(heir.core.state().replicaSets.get('a')?.current, 2);
  heir.die();
});

test('a name that changes while Docker is being looked at is as missing as it was', async () => {
  const t = await new TestCore({ ...every, doubtMs: 400 }).start();
  for (const name of ['a', 'b', 'c', 'd']) await t.submit(runs(name));
  const mount = unmount(t);
  await soon(() => ['a', 'b', 'c', 'd'].every((name) => stateOf(t, name) === 'unknown'), 'unknown');
  // Each look is overtaken by an event of one of them: three of four would be few enough to be believed.
  let changes = 0;
  t.engine.after = async (call) => {
    if (call === 'listVolumes') await t.submit({ do: 'setPolicy', name: 'a', keepVersions: ++changes });
  };
  await later(1_200);
  assert.ok(changes > 5, 'looks were overtaken');
  assert.equal(held(t), ['a', 'b', 'c', 'd']);
  t.engine.after = undefined;
  mount();
  t.die();
});

test('all lost disks of a name are recorded by one look', async () => {
  const t = await new TestCore(every).start();
  await t.submit(runs('foo'));
  for (let i = 0; i < 4; i++) await t.submit({ do: 'patch', name: 'foo' });
  for (const { disk } of t.core.state().replicaSets.get('foo')?.versions ?? []) t.engine.host.images.delete(disk?.image ?? '');
  const lost = (): number => (t.core.state().replicaSets.get('foo')?.versions ?? []).filter((v) => v.diskLost).length;
  await soon(() => lost() > 0, 'lost');
  assert.is(lost(), 4);
  t.die();
});

test('one whose place another version has taken comes back: its disk is saved as its version’s, and it goes', async () => {
  const t = await new TestCore({ ...every, gpus: 1, doubtMs: 100 }).start();
  await t.submit(runs('foo'));
  await t.submit({ do: 'restart', name: 'foo' });
  const second = t.engine.host.containerBy('foo-2');
  assert.ok(second);
  t.engine.host.write(second, '/data/model', 'three weeks');
  const mount = unmount(t);
  // The restart meets no container and fails: version 2 counts as gone, with its disk.
  assert.not((await t.submit({ do: 'restart', name: 'foo' })).ok);
  assert.ok((await t.submit({ do: 'rollback', name: 'foo', version: 1 })).ok);
  const current = t.core.state().replicaSets.get('foo')?.current;
  mount();
  await soon(() => t.engine.host.containerBy('foo-2') === undefined, 'removed');
  const version = (): { container: string; disk?: object } | undefined => t.core.state().replicaSets.get('foo')?.versions[1];
  await soon(() => version()?.disk !== undefined && version()?.container === 'removed', 'saved');
  assert.is(t.core.state().replicaSets.get('foo')?.current, current);
  assert.is(stateOf(t, 'foo'), 'running');
  assert.is(held(t)[0], 'foo');
  assert.ok((await t.submit({ do: 'rollback', name: 'foo', version: 2 })).ok);
  const now = t.engine.host.containerBy(`foo-${t.core.state().replicaSets.get('foo')?.current}`);
  assert.is(now && t.engine.host.read(now, '/data/model'), 'three weeks');
  t.die();
});

test('one whose disk cannot be saved, and which somebody starts, is stopped at the next look', async () => {
  const t = await new TestCore({ ...every, gpus: 2 }).start();
  await t.submit(runs('foo'));
  const first = t.engine.host.containerBy('foo-1');
  assert.ok(first);
  const back: FakeContainer = { ...first };
  await t.submit({ do: 'patch', name: 'foo' });
  t.engine.before = async (call) => {
    if (call === 'saveDisk') throw new EngineError('refused', 'no room');
  };
  back.state = 'exited';
  t.engine.host.containers.set(back.id, back);
  const isAtRest = (): boolean => {
    const rs = t.core.state().replicaSets.get('foo');
    return rs?.versions[0]?.container === 'exited' && rs.operation === null;
  };
  await soon(isAtRest, 'taken back, and not saved');
  back.state = 'running';
  await soon(() => t.engine.host.containers.get(back.id)?.state === 'exited', 'stopped');
  t.die();
});

test('a removal that Docker took for done while its disk was away is made up for', async () => {
  const t = await new TestCore(every).start();
  await t.submit(runs('foo'));
  let mount = (): void => {};
  t.engine.before = async (call) => {
    if (call !== 'removeContainer') return;
    t.engine.before = undefined;
    mount = unmount(t);
    setTimeout(() => mount(), 200);
  };
  assert.ok((await t.submit({ do: 'restart', name: 'foo' })).ok);
  assert.is(t.engine.host.containerBy('foo-1'), undefined);
  await soon(() => t.engine.host.containerBy('foo-1') !== undefined, 'back');
  await soon(() => t.engine.host.containerBy('foo-1') === undefined && stateOf(t, 'foo') === 'running', 'removed');
  t.die();
});

test('a delete forgets no container that Docker has lost sight of', async () => {
  const t = await new TestCore({ ...every, doubtMs: 5_000 }).start();
  await t.submit(runs('foo'));
  t.engine.before = async (call) => {
    if (call !== 'removeContainer') return;
    t.engine.before = undefined;
    const mount = unmount(t);
    setTimeout(mount, 200);
  };
  assert.ok((await t.submit({ do: 'delete', name: 'foo' })).ok);
  assert.is(t.engine.host.containers.size, 0);
  t.die();
});

test('a delete that a dead server left open is doubted by one that starts on a Docker without its disk', async () => {
  const t = await new TestCore({ ...every, gpus: 5 }).start();
  for (const name of ['a', 'b', 'c', 'd', 'e']) await t.submit(runs(name));
  t.engine.before = async (call) => {
    if (call === 'removeContainer') await new Promise(() => {});
  };
  void t.submit({ do: 'delete', name: 'a' });
  await soon(() => t.core.state().replicaSets.get('a')?.operation !== null, 'an open delete');
  t.die();
  t.engine.before = undefined;
  const mount = unmount(t);
  const heir = new TestCore({ ...every, store: t.store, engine: t.engine });
  void heir.start().catch(() => undefined);
  await later(500);
  assert.is(held(heir)[0], 'a', 'it holds what it holds');
  mount();
  await soon(() => heir.core.state().replicaSets.get('a') === undefined, 'deleted');
  assert.is(t.engine.host.containerBy('a-1'), undefined, 'and its container with it');
  heir.die();
});

test('a stray that never ran goes, and is not in the way of the next of its name', async () => {
  const t = await new TestCore(every).start();
  await t.submit(runs('foo'));
  const request = t.engine.host.containerBy('foo-1')?.request;
  assert.ok(request);
  assert.ok((await t.submit({ do: 'delete', name: 'foo' })).ok);
  // The create of a server that is long dead takes effect only now.
  await t.engine.createContainer(request);
  assert.ok(t.engine.host.containerBy('foo-1'));
  await soon(() => t.engine.host.containerBy('foo-1') === undefined, 'removed');
  assert.ok((await t.submit(runs('foo'))).ok);
  t.die();
});

test('a stray that never ran, and is started while it is about to be removed, is not removed', async () => {
  const t = await new TestCore(every).start();
  await t.submit(runs('foo', { gpuCount: 0 }));
  const request = t.engine.host.containerBy('foo-1')?.request;
  assert.ok(request);
  assert.ok((await t.submit({ do: 'delete', name: 'foo' })).ok);
  let removals = 0;
  t.engine.before = async (call) => {
    const stray = t.engine.host.containerBy('foo-1');
    if (call !== 'removeContainer' || stray === undefined) return;
    removals++;
    stray.state = 'running';
  };
  await t.engine.createContainer(request);
  await soon(() => removals > 0, 'a removal');
  await later(100);
  assert.ok(t.engine.host.containerBy('foo-1'));
  t.die();
});

test.run();
