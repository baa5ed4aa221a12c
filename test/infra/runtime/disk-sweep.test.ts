// The looks after the saved disks, over the fake engine: one failure stops nothing else, and looks do not pile up.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from '../../../src/commands/command.ts';
import { lostDisks } from '../../../src/commands/host/saved-disks.ts';
import { EngineError } from '../../../src/commands/outside/engine-error.ts';
import type { ReplicaSet } from '../../../src/projections/state.ts';
import { TestCore } from '../../support/core.ts';
import { HOST, runs } from '../../support/scenario.ts';
import { until } from '../../support/until.ts';

type Mutation = Exclude<Command, { do: 'execute' }>;
const test = suite('disk sweep');

async function order(t: TestCore, command: Mutation): Promise<void> {
  const outcome = await t.submit(command);
  assert.ok(outcome.ok, JSON.stringify(outcome));
}
const replicaSet = (t: TestCore, name: string): ReplicaSet => {
  const rs = t.core.state().replicaSets.get(name);
  if (rs === undefined) throw new Error(`there is no ${name}`);
  return rs;
};
const disks = (t: TestCore): string[] =>
  [...t.engine.host.images.values()].flatMap(({ disk }) => (disk === undefined ? [] : [`${disk.name}-${disk.version}`])).sort();
const warnings = (t: TestCore): readonly string[] => {
  const readiness = t.core.readiness();
  return readiness.ready ? (readiness.warnings ?? []) : [];
};

for (const kind of ['refused', 'unavailable'] as const) {
  test(`a disk and a volume that Docker cannot remove (${kind}) stop nothing else, and readyz names them`, async () => {
    const t = await new TestCore({ reconcileEveryMs: 30 }).start();
    t.engine.addImage('db:latest', { cmd: ['serve'], volumes: ['/data'] });
    await order(t, { do: 'createVolume', name: 'vol', size: '1GB' });
    const at = (dest: string): { src: string; dest: string } => ({ src: 'vol-1', dest });
    for (const name of ['aaa', 'bbb']) {
      await order(t, runs(name, { imageName: 'db:latest', binds: [at('/data')] }));
      await order(t, { do: 'patch', name, volumePatch: { oldBind: at('/data'), newBind: at('/mnt') } });
      await order(t, { do: 'rollback', name, version: 1 });
    }
    const stuck = replicaSet(t, 'aaa').versions[1]?.disk?.image;
    const volume = replicaSet(t, 'aaa').versions[1]?.anonymousVolumes[0]?.name;
    assert.ok(stuck !== undefined && volume !== undefined);
    let isStuck = true;
    t.engine.before = async (call, [arg]) => {
      const isIt = (call === 'removeDisk' && arg === stuck) || (call === 'removeAnonymousVolumes' && String(arg) === volume);
      if (isStuck && isIt) throw new EngineError(kind, 'device or resource busy');
    };
    for (const name of ['aaa', 'bbb']) await order(t, { do: 'removeVersion', name, version: 2 });
    const lost = replicaSet(t, 'bbb').versions[0]?.disk?.image ?? '';
    t.engine.host.images.delete(lost);
    await until('the other disk is gone', () => !disks(t).includes('bbb-2'));
    await until('the other volume is gone', () => replicaSet(t, 'bbb').leftVolumes.length === 0);
    await until('a disk that somebody removed is recorded', () => replicaSet(t, 'bbb').versions[0]?.diskLost === true);
    assert.ok(disks(t).includes('aaa-2'));
    assert.is(warnings(t).filter((text) => /removal of .* of aaa.*: device or resource busy/.test(text)).length, 2);
    isStuck = false;
    await until('it goes once Docker can', () => !disks(t).includes('aaa-2') && replicaSet(t, 'aaa').leftVolumes.length === 0);
    await until('nothing is warned of', () => warnings(t).length === 0);
    t.die();
  });
}

test('a look that takes long holds no visit up, and the ones that are asked for meanwhile are one', async () => {
  const t = await new TestCore({ reconcileEveryMs: 20 }).start();
  await order(t, runs('foo'));
  let looks = 0;
  let finish = (): void => {};
  const held = new Promise<void>((resolve) => {
    finish = resolve;
  });
  t.engine.before = async (call) => {
    if (call !== 'listDisks') return;
    looks++;
    if (looks === 1) await held;
  };
  let visits = 0;
  t.onInventory = () => {
    visits++;
  };
  await until('the host is visited', () => visits >= 8);
  assert.is(looks, 1);
  finish();
  await new Promise((resolve) => setTimeout(resolve, 100)); // less than from one visit to the next
  assert.ok(looks <= 3, `${looks} looks`);
  t.die();
});

test('a disk that somebody removed is recorded as soon as the doubt is over, and not only at the next visit', async () => {
  const t = await new TestCore({ reconcileEveryMs: 1_500 }).start();
  await order(t, runs('foo'));
  await order(t, { do: 'stop', name: 'foo' });
  const image = replicaSet(t, 'foo').versions[0]?.disk?.image ?? '';
  const looks: number[] = [];
  t.engine.before = async (call) => {
    if (call === 'listDisks') looks.push(performance.now());
  };
  t.engine.host.images.delete(image);
  await until('it is recorded', () => replicaSet(t, 'foo').versions[0]?.diskLost === true);
  const [first = 0, second = 0] = looks.slice(-2);
  assert.ok(looks.length >= 2 && second - first < 700, `looks at ${looks.join(', ')} ms`);
  assert.is(lostDisks(t.core.state(), HOST), 1);
  t.die();
});

test('a lower limit, of the name or of the server, gives up 50 versions a look until none is beyond it', async () => {
  const t = await new TestCore({ reconcileEveryMs: 10 }).start();
  for (const name of ['foo', 'bar', 'baz']) await order(t, runs(name, { gpuCount: 0 }));
  for (let i = 0; i < 70; i++) await order(t, { do: 'restart', name: 'foo' });
  for (let i = 0; i < 4; i++) for (const name of ['bar', 'baz']) await order(t, { do: 'restart', name });
  await order(t, { do: 'setPolicy', name: 'baz', keepVersions: 0 });
  assert.is(replicaSet(t, 'foo').versions.length, 71);
  await order(t, { do: 'setPolicy', name: 'foo', keepVersions: 5 });
  assert.is(replicaSet(t, 'foo').versions.length, 21, 'as many as fit into a record');
  await until('the others have gone', () => replicaSet(t, 'foo').versions.length === 5);
  t.die();
  const next = await new TestCore({ reconcileEveryMs: 10, store: t.store, engine: t.engine, settings: { keepVersions: 3 } }).start();
  await until('the limit of the server holds', () => replicaSet(next, 'bar').versions.length === 3);
  assert.equal([replicaSet(next, 'foo').versions.length, replicaSet(next, 'baz').versions.length], [5, 5], 'those have a policy');
  next.die();
});

test.run();
