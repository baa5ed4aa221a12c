// A volume of a restored log of which Docker has two versions: the resized one is taken back where it is whole, and the other is as the resize left it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from '../../../src/commands/command.ts';
import type { AdoptOutcome } from '../../../src/commands/service.ts';
import type { Volume } from '../../../src/projections/state.ts';
import { TestCore } from '../../support/core.ts';
import { eventsOf, putBack } from '../../support/put-back.ts';
import { HOST, runs } from '../../support/scenario.ts';
import { until } from '../../support/until.ts';

const test = suite('restored volumes');
const OPTIONS = { gpus: 2, reconcileEveryMs: 30 };
const BIND = { binds: [{ src: 'data-1', dest: '/data' }] };

async function order(t: TestCore, command: Exclude<Command, { do: 'execute' }>): Promise<void> {
  const outcome = await t.submit(command);
  assert.ok(outcome.ok, JSON.stringify(outcome));
}
const adopt = (t: TestCore, what: 'replicaSet' | 'volume', name: string): Promise<AdoptOutcome> =>
  t.core.adopt(what, name, { actor: 'ann' }, false);
const settled = (t: TestCore): Promise<void> => until('settled', () => t.core.state().hosts.get(HOST)?.restored === undefined);
const said = (outcome: AdoptOutcome): string => (outcome.ok ? outcome.adoption.approximate.join('\n') : outcome.rejection.message);
const data = (t: TestCore): Volume | undefined => t.core.state().volumes.get('data');
const versions = (t: TestCore): string[] => (data(t)?.versions ?? []).map(({ version, state }) => `${version} ${state}`);
const inDocker = (t: TestCore): string[] => [...t.engine.host.volumes.keys()].filter((name) => name.startsWith('data-')).sort();
const files = (t: TestCore, name: string): Map<string, string> => t.engine.host.volumes.get(name)?.files ?? new Map();

/** `data` was resized while the stopped `foo` named it. `backup`: whether the log knows nothing of it, or its first version, or all but the resize. */
async function resized(backup: 'nothing' | 'volume' | 'stopped'): Promise<TestCore> {
  const t = await new TestCore(OPTIONS).start();
  const heads = { nothing: t.core.state().head.seq, volume: 0, stopped: 0 };
  await order(t, { do: 'createVolume', name: 'data', size: '1GB' });
  heads.volume = t.core.state().head.seq;
  await order(t, runs('foo', BIND));
  files(t, 'data-1').set('/x', 'precious');
  await order(t, { do: 'stop', name: 'foo' });
  heads.stopped = t.core.state().head.seq;
  await order(t, { do: 'resizeVolume', name: 'data', size: '2GB' });
  assert.equal(versions(t), ['1 retired', '2 ready']);
  t.die();
  return new TestCore({ ...OPTIONS, engine: t.engine, store: await putBack(t.store, heads[backup]) }).start();
}

for (const backup of ['nothing', 'volume', 'stopped'] as const)
  test(`the log knows ${backup}: the newest is current, the other is retired, and goes with the container that names it`, async () => {
    const t = await resized(backup);
    const outcome = backup === 'stopped' ? await adopt(t, 'volume', 'data') : await adopt(t, 'replicaSet', 'foo');
    assert.ok(outcome.ok, said(outcome));
    assert.match(said(outcome), /data-1 is the version that data-2 was copied from: it is removed once no container names it/);
    assert.equal([data(t)?.current, versions(t)], [2, ['1 retired', '2 ready']]);
    assert.is(data(t)?.versions[1]?.size, '2GB');
    await settled(t);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(inDocker(t), ['data-1', 'data-2'], 'the stopped container names it');
    await order(t, { do: 'restart', name: 'foo' });
    await until('the retired one is gone', () => inDocker(t).join() === 'data-2');
    assert.equal([...files(t, 'data-2')], [['/x', 'precious']]);
    assert.equal([...(t.engine.host.containerBy('foo-2')?.mounts ?? [])], [['/data', 'data-2']]);
    t.die();
  });

test('an unfinished copy is not taken: it is named, and the other is taken once it is removed', async () => {
  const t = await resized('nothing');
  Object.assign(t.engine.host.volumes.get('data-2') ?? {}, { copying: 'resize' });
  for (const [what, name] of [
    ['volume', 'data'],
    ['replicaSet', 'foo'],
  ] as const)
    assert.match(
      said(await adopt(t, what, name)),
      /^data-2 is an unfinished copy of data-1: remove it \(docker volume rm data-2\), and adopt data then$/,
    );
  t.engine.host.volumes.delete('data-2');
  const outcome = await adopt(t, 'replicaSet', 'foo');
  assert.ok(outcome.ok, said(outcome));
  assert.equal(versions(t), ['1 ready']);
  t.die();
});

test('an empty one beside one with files may be a copy that was not begun: the operator says which', async () => {
  const t = await resized('nothing');
  files(t, 'data-2').clear();
  assert.match(said(await adopt(t, 'volume', 'data')), /data-2 is empty, and data-1 is there beside it.*docker volume rm/);
  files(t, 'data-1').clear();
  const outcome = await adopt(t, 'volume', 'data');
  assert.ok(outcome.ok, said(outcome));
  assert.equal(versions(t), ['1 retired', '2 ready']);
  t.die();
});

test('a volume of the same name from before it was deleted is left alone, and said', async () => {
  const t = await resized('nothing');
  const first = t.engine.host.volumes.get('data-1');
  assert.ok(first?.owner !== undefined);
  Object.assign(first, { owner: { ...first.owner, uid: 'earlier' } });
  const outcome = await adopt(t, 'volume', 'data');
  assert.ok(outcome.ok, said(outcome));
  assert.match(said(outcome), /data-1 is of an earlier volume data, and stays/);
  assert.equal(versions(t), ['2 ready']);
  t.die();
});

test('the log was put back to the middle of a resize, and the copy is gone: one without labels is what the log had it as', async () => {
  const t = await new TestCore(OPTIONS).start();
  t.engine.addForeignVolume('data-1');
  const taken = await t.core.adopt('volume', 'data', { actor: 'ann' }, false, {
    version: 1,
    size: '20GB',
    createTime: '2024-01-02T03:04:05Z',
  });
  assert.ok(taken.ok, said(taken));
  const before = data(t)?.versions[0];
  await order(t, { do: 'resizeVolume', name: 'data', size: '30GB' });
  t.die();
  const made = (await eventsOf(t.store)).findLast(({ type }) => type === 'VolumeProvisioned');
  t.engine.host.volumes.delete('data-2');
  t.engine.addForeignVolume('data-1');
  const again = await new TestCore({ ...OPTIONS, engine: t.engine, store: await putBack(t.store, made?.seq ?? 0) }).start();
  assert.is(data(again)?.operation?.kind, 'resizeVolume');
  const outcome = await adopt(again, 'volume', 'data');
  assert.ok(outcome.ok, said(outcome));
  assert.equal([data(again)?.operation, data(again)?.versions[0]], [null, before]);
  assert.is(again.engine.unlabelled.volume('data-1')?.version, 1);
  await settled(again);
  await order(again, { do: 'deleteVolume', name: 'data' });
  assert.equal([inDocker(again), again.core.state().unlabelled.size], [[], 0]);
  again.die();
});

test.run();
