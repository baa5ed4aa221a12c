// Docker compared with the log, name by name.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LogFullError, MAX_EVENTS_PER_RECORD } from '../../../src/events/log.ts';
import { TestCore } from '../../support/core.ts';
import { HOST, runs } from '../../support/scenario.ts';
import { until } from '../../support/until.ts';

const test = suite('reconciler');

/** A host that runs so many replicaSets without GPUs. */
async function hostWith(names: number): Promise<TestCore> {
  const t = await new TestCore().start();
  const outcomes = await Promise.all(Array.from({ length: names }, (_, i) => t.submit(runs(`r${i}`, { gpuCount: 0 }))));
  assert.ok(outcomes.every(({ ok }) => ok));
  return t;
}

const statesOf = (t: TestCore): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { state } of t.core.state().replicaSets.values()) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
};

test('more containers are dead after a reboot than events fit into a record: the server starts', async () => {
  const names = MAX_EVENTS_PER_RECORD + 1;
  const t = await hostWith(names);
  t.die();
  for (const { containerName } of t.engine.host.containers.values()) t.engine.die(containerName, 137);
  const heir = await new TestCore({ store: t.store, engine: t.engine }).start();
  assert.equal(heir.core.readiness(), { ready: true });
  assert.equal(statesOf(heir), { exited: names });
  heir.die();
});

test('more containers on GPUs are removed by hand than their events fit into a record: each is missed, and given up by word', async () => {
  const names = MAX_EVENTS_PER_RECORD / 2 + 1;
  const t = await new TestCore({ gpus: names, reconcileEveryMs: 100 }).start();
  const outcomes = await Promise.all(Array.from({ length: names }, (_, i) => t.submit(runs(`r${i}`, { gpuCount: 1 }))));
  assert.ok(outcomes.every(({ ok }) => ok));
  t.engine.host.containers.clear();
  const missing = (): number => [...t.core.state().replicaSets.values()].filter((rs) => rs.missing !== undefined).length;
  await until('all are missed', () => missing() === names);
  const { ok } = await t.core.acceptLoss(HOST, { actor: 'op' }, false);
  assert.ok(ok);
  assert.equal(statesOf(t), { failed: names });
  assert.is(
    t.core
      .state()
      .hosts.get(HOST)
      ?.gpus.filter(({ holder }) => holder !== null).length,
    0,
  );
  t.die();
});

test('a name whose difference does not fit into the log is reported, and all others are recorded', async () => {
  const t = await hostWith(3);
  t.die();
  for (const { containerName } of t.engine.host.containers.values()) t.engine.die(containerName, 1);
  const odd = t.engine.host.containerBy('r1-1');
  assert.ok(odd);
  // Docker answers with what JSON cannot hold.
  Object.assign(odd, { exitCode: 7n });
  const heir = await new TestCore({ store: t.store, engine: t.engine }).start();
  assert.equal(statesOf(heir), { exited: 2, running: 1 });
  const readiness = heir.core.readiness();
  assert.ok(readiness.ready);
  if (readiness.ready) assert.match(readiness.warnings?.join() ?? '', /replicaSet\/r1 cannot be recorded/);
  heir.die();
});

test('what could not be recorded is reported for as long as it differs, also where somebody else mends it', async () => {
  const t = await new TestCore({ reconcileEveryMs: 40 }).start();
  assert.ok((await t.submit(runs('foo', { gpuCount: 0 }))).ok);
  const warnings = (): string => {
    const readiness = t.core.readiness();
    return readiness.ready ? (readiness.warnings ?? []).join() : 'not ready';
  };
  const soon = async (what: string, isSo: () => boolean): Promise<void> => {
    for (let i = 0; i < 200 && !isSo(); i++) await new Promise((r) => setTimeout(r, 10));
    assert.ok(isSo(), what);
  };
  const container = t.engine.host.containerBy('foo-1');
  assert.ok(container);
  t.engine.die('foo-1', 1);
  Object.assign(container, { exitCode: 7n });
  await soon('it is reported', () => /replicaSet\/foo cannot be recorded/.test(warnings()));
  await new Promise((r) => setTimeout(r, 100));
  assert.match(warnings(), /cannot be recorded/);
  await t.submit({ do: 'delete', name: 'foo' });
  await soon('nothing differs any more', () => warnings() === '');
  t.die();
});

test('a log that takes nothing while hundreds of names are compared ends no process', async () => {
  const names = Array.from({ length: 230 }, (_, i) => `r${i}`);
  const t = await hostWith(names.length);
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', note);
  t.onAppend = () => {
    throw new LogFullError('etcd has no space left');
  };
  for (const name of names) t.engine.die(`${name}-1`, 137);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  t.onAppend = () => {};
  for (let i = 0; i < 200 && t.core.state().replicaSets.get('r229')?.state !== 'exited'; i++) await new Promise((r) => setTimeout(r, 20));
  assert.is(t.core.state().replicaSets.get('r229')?.state, 'exited');
  process.off('unhandledRejection', note);
  assert.equal(unhandled, []);
  t.die();
});

test('on a host where something changes at every moment the GPUs are listed all the same', async () => {
  const t = await new TestCore({ reconcileEveryMs: 40, gpus: 2 }).start();
  t.engine.before = async (call) => {
    if (call === 'listVolumes') t.core.compareAtOnce();
  };
  const lost = t.gpus[1]?.gpu;
  t.gpus = t.gpus.slice(0, 1);
  const isSeen = (): boolean => [...t.core.state().hosts.values()].some(({ gpus }) => gpus.some((one) => one.gpu === lost && !one.present));
  for (let i = 0; i < 150 && !isSeen(); i++) await new Promise((r) => setTimeout(r, 20));
  assert.ok(isSeen(), 'the lost GPU is recorded');
  t.die();
});

test.run();
