// Containers and volumes that were there before the log: taken in as they are, known by what was recorded, and ours in all that follows.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from '../../../src/commands/command.ts';
import { unlabelledOn } from '../../../src/commands/host/restore/unlabelled.ts';
import { filesOf } from '../../doubles/fake-host.ts';
import { TestCore } from '../../support/core.ts';
import { HOST, runs } from '../../support/scenario.ts';

const test = suite('unlabelled');
const ANN = { actor: 'ann' };
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const soon = async (isSo: () => boolean, what: string): Promise<void> => {
  for (let i = 0; i < 150 && !isSo(); i++) await later(20);
  assert.ok(isSo(), what);
};

/** A box with a container `foo-2` of two GPUs and a port, of which the log knows nothing. */
async function box(gpus: readonly string[] = ['GPU-0', 'GPU-1']): Promise<TestCore> {
  const t = new TestCore({ gpus: 4, reconcileEveryMs: 30 });
  t.engine.addForeignContainer('foo-2', 'img', { gpus, hostPorts: [40_022] });
  return t.start();
}

async function takeIn(t: TestCore, name: string, version: number, more: object = {}): Promise<string> {
  const outcome = await t.core.adopt('replicaSet', name, ANN, false, { version, ...more });
  return outcome.ok ? `${outcome.adoption.version} ${outcome.adoption.state}` : `${outcome.rejection.kind}: ${outcome.rejection.message}`;
}

async function does(t: TestCore, command: Exclude<Command, { do: 'execute' }>): Promise<void> {
  const outcome = await t.submit(command);
  assert.ok(outcome.ok, `${command.do}: ${outcome.ok ? '' : outcome.rejection.message}`);
}

const rs = (t: TestCore, name = 'foo') => t.core.state().replicaSets.get(name);
const held = (t: TestCore): string[] => (t.core.state().hosts.get(HOST)?.gpus ?? []).map(({ holder }) => holder ?? '-');
const containers = (t: TestCore): string[] =>
  [...t.engine.host.containers.values()]
    .map(({ containerName, state, owner }) => `${containerName} ${state}${owner ? ' ours' : ''}`)
    .sort();

test('it goes on as it is, holds what it uses, and what is held is nobody else’s', async () => {
  const t = await box();
  const before = t.engine.host.containerBy('foo-2')?.id;
  const plan = await t.core.adopt('replicaSet', 'foo', ANN, true, { version: 2 });
  assert.ok(plan.ok && plan.plan.events.length > 0 && rs(t) === undefined, 'a plan records nothing');
  assert.is(await takeIn(t, 'foo', 2), '2 running');
  assert.equal(held(t), ['foo', 'foo', '-', '-']);
  assert.equal(rs(t)?.ports, [{ containerPort: '40022', hostPort: 40_022 }]);
  assert.equal([rs(t)?.owner, rs(t)?.current, rs(t)?.versions[0]?.unlabelled], ['ann', 2, true]);
  await later(150);
  assert.equal(containers(t), ['foo-2 running']);
  assert.is(t.engine.host.containerBy('foo-2')?.id, before);
  assert.not.match(JSON.stringify(t.core.readiness()), /outside this log/, 'it is no stranger any more');
  assert.is(await takeIn(t, 'foo', 2), '0 running', 'a second time there is nothing to do');
  await does(t, { do: 'run', imageName: 'img', replicaSetName: 'rest', gpuCount: 2, binds: [], env: [], containerPorts: [] });
  assert.equal(held(t), ['foo', 'foo', 'rest', 'rest']);
  t.die();
});

test('every command works on it, and the next version is one of ours with its files', async () => {
  const t = await box();
  await takeIn(t, 'foo', 2);
  t.engine.host.containerBy('foo-2')?.layer.set('/work', 'mine');
  await does(t, { do: 'pause', name: 'foo' });
  assert.is(rs(t)?.state, 'paused');
  await does(t, { do: 'continue', name: 'foo' });
  assert.equal(containers(t), ['foo-2 running']);
  await does(t, { do: 'stop', name: 'foo' });
  assert.equal([rs(t)?.state, held(t)], ['stopped', ['-', '-', '-', '-']]);
  await does(t, { do: 'restart', name: 'foo' });
  assert.equal(containers(t), ['foo-3 running ours']);
  const image = t.engine.host.containerBy('foo-3')?.image;
  assert.is(image === undefined ? undefined : filesOf(image).get('/work'), 'mine');
  await does(t, { do: 'rollback', name: 'foo', version: 2 });
  assert.equal(containers(t), ['foo-4 running ours']);
  assert.is(await takeIn(t, 'foo', 2), '0 running', 'it was taken in before');
  await does(t, { do: 'delete', name: 'foo' });
  assert.equal([containers(t), t.core.state().unlabelled.size], [[], 0]);
  t.die();
});

test('what no client may ask for is not taken in: the next version would mount it unasked', async () => {
  const t = new TestCore({ gpus: 1 });
  const mounts = new Map([['/var/run/nvidia-container-devices/all', '/srv/x']]);
  Object.assign(t.engine.addForeignContainer('foo-2', 'img'), { mounts });
  await t.start();
  assert.match(await takeIn(t, 'foo', 2), /^conflict: container foo-2 cannot be taken in: a bind cannot be mounted at .* request of GPUs$/);
  assert.is(rs(t), undefined);
  t.die();
});

test('it is known by its id: renamed it is the same, and another one of its name is not', async () => {
  const t = await box();
  await takeIn(t, 'foo', 2);
  const its = t.engine.host.containerBy('foo-2');
  assert.ok(its !== undefined && t.engine.renameByHand(its, 'mine'));
  await later(200);
  assert.equal([rs(t)?.state, rs(t)?.missing], ['running', undefined]);
  await does(t, { do: 'delete', name: 'foo' });
  assert.equal(containers(t), []);
  t.die();
});

test('one that is removed by hand is doubted, given up, and its GPUs are free', async () => {
  const t = await box();
  await takeIn(t, 'foo', 2);
  t.engine.vanish('foo-2');
  await soon(() => rs(t)?.state === 'failed', 'given up');
  assert.equal(held(t), ['-', '-', '-', '-']);
  t.engine.addForeignContainer('foo-2', 'img', { gpus: ['GPU-3'] });
  await later(150);
  assert.is(rs(t)?.state, 'failed', 'another one of that name is not taken for it');
  await does(t, { do: 'delete', name: 'foo' });
  assert.equal(containers(t), ['foo-2 running'], 'and is left alone');
  t.die();
});

test('one that dies, and a server that starts anew on its log: all is as it was', async () => {
  const t = await box();
  await takeIn(t, 'foo', 2);
  t.engine.die('foo-2', 1);
  await soon(() => rs(t)?.state === 'exited', 'its end is seen');
  assert.equal(held(t), ['foo', 'foo', '-', '-']);
  const before = t.core.state();
  t.die();
  const again = await new TestCore({ gpus: 4, store: t.store, engine: t.engine, reconcileEveryMs: 30 }).start();
  await later(100);
  assert.equal(again.core.state().unlabelled, before.unlabelled);
  await does(again, { do: 'continue', name: 'foo' });
  assert.equal([containers(again), held(again)], [['foo-2 running'], ['foo', 'foo', '-', '-']]);
  again.die();
});

test('what another holds, what cannot be told apart, and what is not there is refused, with the reason', async () => {
  const t = await box();
  t.engine.addForeignContainer('twin-1', 'img', { gpus: ['1', 'GPU-2'] });
  t.engine.addForeignContainer('port-1', 'img', { hostPorts: [40_022] });
  t.engine.addForeignContainer('many-1', 'img', { gpus: 'all' });
  t.engine.addForeignContainer('odd-1', 'img', { gpus: ['MIG-0a'] });
  await takeIn(t, 'foo', 2);
  assert.match(await takeIn(t, 'twin', 1), /^conflict: container twin-1 uses GPU 1 \(GPU-1\), which is leased to replicaSet foo/);
  assert.match(await takeIn(t, 'port', 1), /^conflict: .*host port 40022/);
  assert.match(await takeIn(t, 'many', 1), /^conflict: .*by their number/);
  assert.match(await takeIn(t, 'odd', 1), /^conflict: .*MIG-0a, which is not one whole GPU/);
  assert.match(await takeIn(t, 'none', 1), /^not-found: Docker has no container none-1/);
  assert.match(await takeIn(t, 'a-b', 1), /^invalid: .*dash/);
  await does(t, { do: 'run', imageName: 'img', replicaSetName: 'own', gpuCount: 0, binds: [], env: [], containerPorts: [] });
  assert.match(await takeIn(t, 'own', 1), /^conflict: .*labels/);
  t.engine.die('twin-1', 0);
  assert.is(await takeIn(t, 'twin', 1), '1 exited', 'stopped it holds nothing');
  assert.equal(held(t), ['foo', 'foo', '-', '-']);
  t.die();
});

test('one that is frozen is taken in as it stands; of one that does not run only the number of its GPUs counts', async () => {
  const t = await box();
  Object.assign(t.engine.host.containerBy('foo-2') ?? {}, { state: 'paused' });
  t.engine.addForeignContainer('old-1', 'img', { gpus: ['GPU-gone', 'GPU-2'] });
  assert.match(await takeIn(t, 'old', 1), /GPU-gone, which is not one whole GPU/);
  t.engine.die('old-1', 0);
  assert.is(await takeIn(t, 'old', 1), '1 exited');
  assert.is(await takeIn(t, 'foo', 2), '2 running');
  await soon(() => rs(t)?.versions[0]?.frozen === true, 'frozen');
  await does(t, { do: 'thaw', name: 'foo' });
  await does(t, { do: 'restart', name: 'old' });
  assert.equal(held(t), ['foo', 'foo', 'old', 'old']);
  t.die();
});

test('its earlier versions are shown, and nothing can be rolled back to them', async () => {
  const t = await box();
  const past = (version: number) => ({
    ...{ version, createTime: '2024-01-02T03:04:05Z', imageName: 'img', gpuCount: 1, binds: [], containerPorts: ['22'] },
    env: ['A=1', 'HF_TOKEN=hunter2', 'NVIDIA_VISIBLE_DEVICES=all', 'odd'],
  });
  assert.is(await takeIn(t, 'foo', 2, { history: [past(1), past(1), past(7)] }), '2 running');
  assert.equal(
    rs(t)?.versions.map(({ version, container, reason, createTime }) => [version, container, reason, createTime]),
    [
      [1, 'removed', 'run', '2024-01-02T03:04:05.000Z'],
      [2, 'running', 'patch', '1970-01-01T00:00:00.000Z'],
    ],
  );
  assert.equal(rs(t)?.versions[0]?.spec.env, ['A=1']);
  const refused = await t.submit({ do: 'rollback', name: 'foo', version: 1 });
  assert.match(refused.ok ? '' : refused.rejection.message, /version 1 of foo has no saved system disk/);
  await does(t, { do: 'patch', name: 'foo', gpuPatch: { gpuCount: 1 } });
  assert.equal(held(t).filter((holder) => holder === 'foo').length, 1);
  t.die();
});

test('variables that look secret are sealed, and the next version has their values', async () => {
  const t = await box([]);
  Object.assign(t.engine.host.containerBy('foo-2') ?? {}, { env: ['A=1', 'HF_TOKEN=hunter2'] });
  assert.is(await takeIn(t, 'foo', 2), '2 running');
  assert.not.match(JSON.stringify([...t.core.state().replicaSets.values()]), /hunter2/);
  assert.equal(
    rs(t)?.versions[0]?.spec.secretEnv?.map(({ name }) => name),
    ['HF_TOKEN'],
  );
  await does(t, { do: 'restart', name: 'foo' });
  const { env = [] } = t.engine.host.containerBy('foo-3') ?? {};
  assert.ok(env.includes('HF_TOKEN=hunter2') && env.includes('A=1'), env.join());
  t.die();
});

test('a volume without labels: mounted, resized, and removed', async () => {
  const t = await box([]);
  t.engine.addForeignVolume('data-1');
  t.engine.host.volumes.get('data-1')?.files.set('f', 'kept');
  const adopted = await t.core.adopt('volume', 'data', ANN, false, { version: 1, size: '20GB' });
  assert.ok(adopted.ok && adopted.adoption.version === 1);
  const again = await t.core.adopt('volume', 'data', ANN, false, { version: 1 });
  assert.ok(again.ok && again.adoption.version === 0);
  Object.assign(t.engine.host.containerBy('foo-2') ?? {}, { mounts: new Map([['/data', 'data-1']]) });
  await takeIn(t, 'foo', 2);
  const bound = rs(t)?.versions[0]?.spec.binds[0];
  assert.equal([bound?.src, bound?.volume?.name], ['data-1', 'data']);
  const busy = await t.submit({ do: 'resizeVolume', name: 'data', size: '30GB' });
  assert.match(busy.ok ? '' : busy.rejection.message, /mounted by replicaSet foo/);
  await does(t, { do: 'delete', name: 'foo' });
  await does(t, { do: 'resizeVolume', name: 'data', size: '30GB' });
  assert.equal([...t.engine.host.volumes.keys()], ['data-2']);
  assert.is(t.engine.host.volumes.get('data-2')?.files.get('f'), 'kept');
  await does(t, { do: 'deleteVolume', name: 'data' });
  assert.equal([[...t.engine.host.volumes.keys()], t.core.state().unlabelled.size], [[], 0]);
  t.die();
});

test('what was removed is looked for no more: neither the whole of Docker is listed, nor is another volume of its name taken for it', async () => {
  const t = await box([]);
  t.engine.addForeignVolume('data-1');
  await t.core.adopt('volume', 'data', ANN, false, { version: 1, size: '20GB' });
  await takeIn(t, 'foo', 2);
  const any = (): boolean[] => [t.engine.unlabelled.anyContainer(), t.engine.unlabelled.anyVolume()];
  assert.equal(any(), [true, true]);
  const elsewhere = unlabelledOn(() => t.core.state(), 'another');
  assert.equal([elsewhere.anyContainer(), elsewhere.anyVolume()], [false, false], 'another host has none of them');
  await does(t, { do: 'restart', name: 'foo' });
  assert.equal(any(), [false, true]);
  await does(t, { do: 'resizeVolume', name: 'data', size: '30GB' });
  assert.equal(any(), [false, false]);
  t.engine.addForeignVolume('data-1');
  assert.is(t.engine.unlabelled.volume('data-1'), undefined);
  assert.equal([rs(t)?.versions[0]?.unlabelled, t.core.state().volumes.get('data')?.versions[0]?.unlabelled], [true, true]);
  t.die();
});

/** Numbers from 0 to 1, the same for the same seed. */
function lots(seed: number): () => number {
  let at = seed;
  return () => {
    at = (Math.imul(at, 1_664_525) + 1_013_904_223) >>> 0;
    return at / 2 ** 32;
  };
}

test('whatever a box has and whatever is ordered: what this service makes shares no GPU, and what runs under a lease has one', async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const lot = lots(seed);
    const pick = <T>(of: readonly T[]): T => of[Math.floor(lot() * of.length)] as T;
    const all = ['GPU-0', 'GPU-1', 'GPU-2', 'GPU-3'];
    let t = new TestCore({ gpus: 4, reconcileEveryMs: 20 });
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) {
      const gpus = all.filter(() => lot() < 0.3);
      t.engine.addForeignContainer(`${name}-1`, 'img', { gpus });
      if (lot() < 0.2) t.engine.die(`${name}-1`, 0);
    }
    await t.start();
    const done: string[] = [];
    const holders = (): (string | null)[] => (t.core.state().hosts.get(HOST)?.gpus ?? []).map(({ holder }) => holder);
    let before = holders();
    /** `adopted`: what is taken in may share a GPU with a stranger, as it did before. */
    const check = (adopted: boolean): void => {
      const running = [...t.engine.host.containers.values()].filter(({ state }) => state === 'running');
      const now = holders();
      for (const [i, gpu] of all.entries()) {
        const users = running.filter(({ request, gpus = [] }) => (request?.gpus ?? (gpus === 'all' ? all : gpus)).includes(gpu));
        const names = users.map(({ id, owner }) => owner?.name ?? t.engine.unlabelled.container(id)?.owner.name);
        const says = `seed ${seed}: ${gpu} is used by ${users.map((one) => one.containerName).join(' and ')} after ${done.join(', ')}`;
        assert.ok(names.filter((name) => name !== undefined).length < 2, says);
        for (const name of names) if (name !== undefined) assert.is(now[i], name, says);
        if (now[i] !== null && now[i] !== before[i] && !adopted) assert.ok(users.length < 2, says);
      }
      before = now;
    };
    for (let act = 0; act < 14; act++) {
      const name = pick(names);
      const what = pick(['adopt', 'adopt', 'adopt', 'run', 'stop', 'restart', 'patch', 'delete', 'die', 'reboot'] as const);
      done.push(`${what} ${name}`);
      if (what === 'adopt') await t.core.adopt('replicaSet', name, ANN, false, { version: 1 });
      else if (what === 'run') await t.submit({ ...runs(`${name}x`), gpuCount: 1 + Math.floor(lot() * 2) });
      else if (what === 'patch') await t.submit({ do: 'patch', name, gpuPatch: { gpuCount: Math.floor(lot() * 4) } });
      else if (what === 'die') {
        const victim = rs(t, name)?.versions.at(-1)?.containerName;
        if (victim !== undefined && t.engine.host.containerBy(victim)?.state === 'running') t.engine.die(victim, 1);
      } else if (what === 'reboot') {
        t.die();
        t = await new TestCore({ gpus: 4, store: t.store, engine: t.engine, secretKeys: t.secretKeys, reconcileEveryMs: 20 }).start();
      } else await t.submit({ do: what, name: lot() < 0.3 ? `${name}x` : name });
      await t.settled();
      await later(30);
      check(what === 'adopt');
    }
    t.die();
  }
});

test.run();
