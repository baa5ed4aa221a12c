// A log that was put back to an earlier moment, under a Docker that went on: nothing is given or started until they agree, and what the log does not
// know can be taken back.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from '../../../src/commands/command.ts';
import type { EventType } from '../../../src/events/catalogue.ts';
import type { State } from '../../../src/projections/state.ts';
import { filesOf } from '../../doubles/fake-host.ts';
import { type CoreOptions, TestCore } from '../../support/core.ts';
import { eventsOf, putBack } from '../../support/put-back.ts';
import { HOST, runs } from '../../support/scenario.ts';
import { logCreated, sealAll, storeOf } from '../../support/stored-log.ts';

const test = suite('restored');
const every: CoreOptions = { gpus: 4, reconcileEveryMs: 30 };
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const soon = async (isSo: () => boolean, what: string): Promise<void> => {
  for (let i = 0; i < 150 && !isSo(); i++) await later(20);
  assert.ok(isSo(), what);
};
const ANN = { actor: 'ann' };
const held = (t: TestCore): string[] => (t.core.state().hosts.get(HOST)?.gpus ?? []).map(({ holder }) => holder ?? '-');
const restored = (t: TestCore): boolean => t.core.state().hosts.get(HOST)?.restored !== undefined;
const containers = (t: TestCore): string[] =>
  [...t.engine.host.containers.values()].map(({ containerName, state }) => `${containerName} ${state}`).sort();
const warning = (t: TestCore): string => JSON.stringify(t.core.readiness());

async function refusal(t: TestCore, command: Exclude<Command, { do: 'execute' }>): Promise<string> {
  const outcome = await t.submit(command);
  assert.not(outcome.ok, command.do);
  return outcome.ok ? '' : `${outcome.rejection.kind}: ${outcome.rejection.message}`;
}

async function adopt(t: TestCore, name: string, what: 'replicaSet' | 'volume' = 'replicaSet'): Promise<string> {
  const outcome = await t.core.adopt(what, name, ANN, false);
  return outcome.ok ? `${outcome.adoption.version} ${outcome.adoption.state}` : `${outcome.rejection.kind}: ${outcome.rejection.message}`;
}

/** The sequence of the last event of a type on a name. */
async function seqOf({ store }: TestCore, type: EventType, name: string): Promise<number> {
  const found = (await eventsOf(store)).findLast((event) => event.type === type && event.stream.endsWith(`/${name}`));
  if (found === undefined) throw new Error(`no ${type} on ${name}`);
  return found.seq;
}

/** Ends the service, and starts another on the log as it was at that event. */
async function restart(t: TestCore, seq: number, options: CoreOptions = {}): Promise<TestCore> {
  t.die();
  return new TestCore({ ...every, ...options, engine: t.engine, store: await putBack(t.store, seq) }).start();
}

const patch = (name: string, gpuCount: number): Exclude<Command, { do: 'execute' }> => ({ do: 'patch', name, gpuPatch: { gpuCount } });
const write = (t: TestCore, containerName: string, path: string, text: string): void => {
  t.engine.host.containerBy(containerName)?.layer.set(path, text);
};
const read = (t: TestCore, containerName: string): string | null | undefined => {
  const container = t.engine.host.containerBy(containerName);
  return container === undefined ? null : filesOf({ ...container.image, layer: container.layer, parent: container.image }).get('/x');
};
const head = (t: TestCore): number => t.core.state().head.seq;

test('Docker and a log that was put back and lost nothing agree at once: the host works as usual', async () => {
  const t = await new TestCore(every).start();
  await t.submit(runs('a'));
  const again = await restart(t, head(t));
  assert.not(restored(again));
  const events = await eventsOf(again.store);
  assert.equal(
    events.filter(({ type }) => type === 'RestoreSettled').map(({ data }) => data),
    [{ how: 'agreed', differences: 0 }],
  );
  assert.ok((await again.submit(runs('b'))).ok);
  again.die();
});

test('a host that joined after the backup is restored as well: the log does not know it, and Docker has its containers', async () => {
  const t = await new TestCore(every).start();
  await t.submit(runs('a'));
  const there = containers(t);
  const created = (await eventsOf(t.store)).findIndex(({ type }) => type === 'LogCreated') + 1;
  const again = await restart(t, created);
  assert.ok(restored(again));
  await later(300);
  assert.equal(containers(again), there, 'nothing is stopped');
  assert.match(await refusal(again, runs('more')), /^unavailable: the log was restored/);
  assert.is(await adopt(again, 'a'), '1 running');
  await soon(() => !restored(again), 'settled');
  assert.is(held(again)[0], 'a');
  again.die();
});

test('a volume and a replicaSet that were deleted and made anew after the backup: the earlier ones can be deleted, and the new ones taken back', async () => {
  const t = await new TestCore(every).start();
  await t.submit(runs('a'));
  await t.submit({ do: 'createVolume', name: 'data', size: '1GB' });
  const backup = head(t);
  await t.submit({ do: 'delete', name: 'a' });
  await t.submit({ do: 'deleteVolume', name: 'data' });
  await t.submit({ do: 'createVolume', name: 'data', size: '2GB' });
  await t.submit(runs('a'));
  const there = containers(t);
  const again = await restart(t, backup);
  assert.match(await adopt(again, 'data', 'volume'), /^conflict: .*delete it first/);
  assert.match(await adopt(again, 'a'), /^conflict: .*delete a first/);
  const gone = await again.submit({ do: 'delete', name: 'a' });
  assert.ok(gone.ok, JSON.stringify(gone));
  const removed = await again.submit({ do: 'deleteVolume', name: 'data' });
  assert.ok(removed.ok, JSON.stringify(removed));
  assert.is(await adopt(again, 'a'), '1 running');
  assert.is(await adopt(again, 'data', 'volume'), '1 ready');
  assert.equal(containers(again), there);
  assert.ok(again.engine.host.volumes.has('data-1'));
  await soon(() => !restored(again), 'settled');
  again.die();
});

test('a patch, a run and a delete after the backup: nothing is touched, each is taken back or deleted, and then all is as usual', async () => {
  const t = await new TestCore(every).start();
  for (const name of ['keep', 'goner']) await t.submit(runs(name));
  await t.submit({ do: 'createVolume', name: 'vol', size: '1GB' });
  const backup = head(t);
  await t.submit(patch('keep', 2));
  write(t, 'keep-2', '/x', 'late');
  await t.submit({ do: 'createVolume', name: 'newer', size: '2GB' });
  await t.submit({ do: 'createVolume', name: 'alone', size: '3GB' });
  await t.submit(runs('late', { binds: [{ src: 'newer-1', dest: '/data' }], containerPorts: ['22'] }));
  await t.submit({ do: 'delete', name: 'goner' });
  const truth = t.core.state();
  const there = containers(t);

  const again = await restart(t, backup);
  assert.ok(restored(again));
  await later(300);
  assert.equal(containers(again), there, 'nothing is stopped, and nothing removed');
  assert.equal(held(again), ['keep', 'goner', '-', '-'], 'nothing is given up');
  assert.match(warning(again), /restored at event \d+ by ann.*goner-1 is missing.*keep-2 \(running\) is not in the log/);
  assert.match(
    await refusal(again, runs('more')),
    /^unavailable: the log was restored at event \d+ by ann, and host box gives and starts nothing/,
  );
  assert.match(await refusal(again, { do: 'restart', name: 'goner' }), 'accept-restore box');
  assert.match(await refusal(again, { do: 'delete', name: 'keep' }), /^conflict: .*adopt it first, with gpu-docker-api adopt keep/);
  const loss = await again.core.acceptLoss(HOST, ANN, false);
  assert.ok(!loss.ok && /settle that first/.test(loss.rejection.message));

  assert.match(await adopt(again, 'late'), /^conflict: container late-1 uses GPU 1 \(GPU-1\)|^1 running/);
  assert.ok((await again.submit({ do: 'delete', name: 'goner' })).ok);
  assert.is(await adopt(again, 'keep'), '2 running');
  if (held(again).filter((name) => name === 'late').length === 0) assert.is(await adopt(again, 'late'), '1 running');
  assert.ok(restored(again), 'a volume is still unknown');
  assert.is(await adopt(again, 'alone', 'volume'), '1 ready');
  await soon(() => !restored(again), 'settled');
  assert.equal(containers(again), there);
  const kept = ({ replicaSets }: State) =>
    [...replicaSets.values()]
      .map(({ name, state, gpus, ports, current, uid }) => ({ name, state, gpus, ports, current, uid }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  assert.equal(kept(again.core.state()), kept(truth));
  const volumes = ({ volumes: all }: State) =>
    [...all.values()]
      .map(({ name, uid, current, versions }) => ({ name, uid, current, size: versions.map(({ size }) => size) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  assert.equal(volumes(again.core.state()), volumes(truth));
  assert.ok((await again.submit(patch('keep', 1))).ok);
  assert.is(read(again, 'keep-3'), 'late');
  assert.ok((await again.submit({ do: 'rollback', name: 'keep', version: 1 })).ok);
  assert.is(read(again, 'keep-4'), undefined);
  assert.ok((await again.submit({ do: 'stop', name: 'late' })).ok);
  assert.match(await refusal(again, { do: 'deleteVolume', name: 'newer' }), 'late');
  assert.ok((await again.submit({ do: 'delete', name: 'late' })).ok);
  again.die();
});

test('an operation of the backup takes no step: its container is taken back with what was written since, and its key is answered', async () => {
  for (const type of ['ContainerVersionCreated', 'ContainerStopped', 'SystemDiskSaved', 'ContainerCreated', 'ContainerStarted'] as const) {
    const t = await new TestCore(every).start();
    await t.submit(runs('a', { gpuCount: 2 }));
    const origin = { actor: 'bob', idempotencyKey: 'k', bodyHash: 'h' };
    assert.ok((await t.core.queue.submit(patch('a', 3), origin)).ok);
    write(t, 'a-2', '/x', 'since');
    const again = await restart(t, await seqOf(t, type, 'a'));
    await later(150);
    assert.equal(containers(again), ['a-2 running'], type);
    assert.ok(restored(again), type);
    assert.match(warning(again), /a patch of a was under way/, type);
    assert.match(await refusal(again, { do: 'delete', name: 'a' }), /adopt/, type);
    assert.is(await adopt(again, 'a'), '2 running', type);
    await soon(() => !restored(again), `${type} settled`);
    assert.equal(containers(again), ['a-2 running'], type);
    assert.equal(held(again), ['a', 'a', 'a', '-'], type);
    assert.equal(await again.core.queue.submit(patch('a', 3), origin), { ok: true, version: 2 }, 'the same order once more');
    assert.ok((await again.submit(patch('a', 1))).ok, type);
    assert.is(read(again, 'a-3'), 'since', type);
    again.die();
  }
});

test('a first run of the backup that has come to its end since, and one that has failed since', async () => {
  const t = await new TestCore(every).start();
  await t.submit(runs('a', { gpuCount: 1, containerPorts: ['80'] }));
  const again = await restart(t, await seqOf(t, 'PortAllocated', 'a'));
  assert.ok(restored(again));
  assert.is(await adopt(again, 'a'), '1 running');
  await soon(() => !restored(again), 'settled');
  assert.ok((await again.submit(patch('a', 2))).ok);
  again.die();

  const u = await new TestCore(every).start();
  await u.submit(runs('b', { gpuCount: 1 }));
  const middle = await seqOf(u, 'GpuAllocated', 'b');
  await u.submit({ do: 'delete', name: 'b' });
  // Docker is as it was right after the first event of the run: the run may go on.
  const goes = await restart(u, middle);
  assert.not(restored(goes));
  await goes.settled();
  assert.equal(containers(goes), ['b-1 running']);
  goes.die();
});

test('the operator settles it as it is: what the log does not know is stopped, what is missing is given up, operations go on', async () => {
  const t = await new TestCore(every).start();
  await t.submit(runs('a', { gpuCount: 1 }));
  const backup = head(t);
  await t.submit(runs('b', { gpuCount: 1 }));
  await t.submit({ do: 'delete', name: 'a' });
  const again = await restart(t, backup);
  await later(150);
  assert.equal(containers(again), ['b-1 running']);
  const listed = await again.core.acceptRestore(HOST, ANN, true);
  assert.ok(listed.ok && listed.settlement.differences.length === 2 && restored(again));
  const said = await again.core.acceptRestore(HOST, ANN, false);
  assert.ok(said.ok && said.settlement.wasRestored);
  await soon(() => containers(again).join() === 'b-1 exited', 'stopped');
  await soon(() => held(again).every((one) => one === '-'), 'given up');
  const last = await again.core.acceptRestore(HOST, ANN, false);
  assert.ok(last.ok && !last.settlement.wasRestored);
  assert.is((await eventsOf(again.store)).find(({ type }) => type === 'RestoreSettled')?.command.actor, 'ann');
  // Stopped, it is taken back as one that holds nothing, and started again.
  assert.is(await adopt(again, 'b'), '1 exited');
  assert.is(again.core.state().replicaSets.get('b')?.state, 'stopped');
  assert.ok((await again.submit({ do: 'restart', name: 'b' })).ok);
  assert.equal(containers(again), ['b-2 running']);
  again.die();

  const u = await new TestCore(every).start();
  await u.submit(runs('a', { gpuCount: 1 }));
  const before = head(u);
  await u.submit(runs('b', { gpuCount: 1 }));
  const started = await restart(u, before, { acceptRestore: true });
  assert.not(restored(started));
  await soon(() => containers(started).includes('b-1 exited'), 'stopped at a start with the word');
  started.die();
});

test('what died is not started again meanwhile', async () => {
  const t = await new TestCore({ ...every, settings: { restart: 'always' } }).start();
  await t.submit(runs('a', { gpuCount: 1 }));
  const backup = head(t);
  await t.submit(runs('b', { gpuCount: 1 }));
  t.die();
  t.engine.die('a-1', 1);
  const again = await restart(t, backup, { settings: { restart: 'always' } });
  await later(400);
  assert.equal(containers(again), ['a-1 exited', 'b-1 running']);
  assert.is(await adopt(again, 'b'), '1 running');
  await soon(() => containers(again).join() === 'a-1 running,b-1 running', 'started again once it is settled');
  again.die();
});

test('each host of the log settles by itself, and a standby follows', async () => {
  const settings = { host: 'rack' };
  const t = await new TestCore(every).start();
  const u = await new TestCore({ ...every, store: t.store, settings }).start();
  await t.submit(runs('a'));
  assert.ok((await u.submit(runs('r', { gpuCount: 0 }))).ok);
  await t.committer.catchUp();
  const backup = head(t);
  assert.ok((await u.submit(runs('s', { gpuCount: 0 }))).ok);
  u.die();
  const again = await restart(t, backup);
  assert.not(restored(again), 'box has lost nothing');
  const other = await new TestCore({ ...every, engine: u.engine, store: again.store, settings }).start();
  const isHeld = (core: TestCore): boolean => core.core.state().hosts.get('rack')?.restored !== undefined;
  assert.ok(isHeld(other));
  assert.ok((await again.submit(runs('b'))).ok, 'box works as usual');
  assert.match(await refusal(other, runs('c')), 'host rack gives and starts nothing');
  assert.match(await adopt(again, 's'), /^not-found/);
  const wrong = await again.core.acceptRestore('rack', ANN, false);
  assert.ok(!wrong.ok && wrong.rejection.kind === 'misdirected');
  assert.is(await adopt(other, 's'), '1 running');
  await soon(() => !isHeld(other), 'settled');
  await again.committer.catchUp();
  assert.not(isHeld(again));
  assert.match(await adopt(again, 's'), /^misdirected/);
  again.die();
  other.die();
});

test('what cannot be taken back, and why', async () => {
  const t = await new TestCore(every).start();
  await t.submit(runs('a', { gpuCount: 2 }));
  const backup = head(t);
  await t.submit({ do: 'delete', name: 'a' });
  await t.submit(runs('b', { gpuCount: 2 }));
  await t.submit(runs('a', { gpuCount: 1 }));
  const again = await restart(t, backup);
  assert.match(await adopt(again, 'none'), /^not-found: Docker has no container of replicaSet none/);
  assert.match(
    await adopt(again, 'a'),
    /^conflict: replicaSet a of the log is an earlier one, and container a-1 belongs to one that was run after/,
  );
  assert.match(
    await adopt(again, 'b'),
    /^conflict: container b-1 uses GPU 0 \(GPU-0\), which is leased to replicaSet a: .*delete it first/,
  );
  assert.match(await adopt(again, 'x-y'), /dash/);
  assert.match(await adopt(again, 'none', 'volume'), /^not-found/);
  assert.ok((await again.submit({ do: 'delete', name: 'a' })).ok);
  assert.is(await adopt(again, 'a'), '1 running');
  assert.is(await adopt(again, 'b'), '1 running');
  assert.match(await adopt(again, 'b'), /^0 /);
  await soon(() => !restored(again), 'settled');
  assert.equal(held(again), ['b', 'b', 'a', '-']);
  again.die();
  const old = await new TestCore({ store: await storeOf(sealAll([logCreated])) }).start();
  assert.match(await adopt(old, 'a'), /^unavailable: the log is at level 1, which has no adoption: raise it with gpu-docker-api log raise/);
  old.die();
});

test.run();
