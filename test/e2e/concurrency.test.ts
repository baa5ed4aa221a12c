import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { docker, IMAGES } from '../support/docker.ts';
import type { Answer } from '../support/server.ts';
import { type Envelope, RS, VOLUMES, World } from './world.ts';

const test = suite('many requests at once');
let world: World;

test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--stop-timeout', '0s']);
});
test.after(() => world.stop());

type Reply = Answer<Envelope>;
const times = <T>(count: number, make: (i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => make(i)));
const codes = (answers: readonly Reply[]): string[] => answers.map(({ status, body }) => `${status}/${body.code}`).sort();
const run = (replicaSetName: string, more: object = {}): Promise<Reply> =>
  world.send('POST', RS, { imageName: IMAGES.sleep, replicaSetName, gpuCount: 1, ...more });
const deleteAll = async (): Promise<void> => {
  await Promise.all((await world.replicaSets()).map(({ name }) => world.delete(name)));
  assert.deepEqual([await world.containers(), await world.disks(), await world.usedGpus(), await world.usedPorts()], [[], [], [], []]);
};

test('of 16 runs of one GPU each on 8 GPUs exactly 8 succeed, and none share', async () => {
  const answers = await times(16, (i) => run(world.name(`g${i}`), { containerPorts: ['80'] }));
  assert.deepEqual(codes(answers), [...Array(8).fill('200/200'), ...Array(8).fill('409/1013')]);
  const uuids = new Set<string>();
  for (const { name } of await world.containers()) {
    const { HostConfig } = await docker().getContainer(name).inspect();
    for (const uuid of (HostConfig.DeviceRequests ?? []).flatMap((request) => request.DeviceIDs ?? [])) uuids.add(uuid);
  }
  assert.equal(uuids.size, 8);
  await world.assertTrue();
  await deleteAll();
});

test('of 12 runs of one name one wins, and the others say that it exists', async () => {
  const name = world.name('one');
  const answers = await times(12, () => run(name, { containerPorts: ['80', '81'] }));
  assert.deepEqual(codes(answers), ['200/200', ...Array(11).fill('409/1008')]);
  assert.deepEqual(
    (await world.containers()).map((c) => c.name),
    [`${name}-1`],
  );
  assert.deepEqual([(await world.usedGpus()).length, (await world.usedPorts()).length], [1, 2]);
  await world.assertTrue();
  await deleteAll();
});

test('of 12 volumes of one name one is made', async () => {
  const name = world.name('vol');
  const answers = await times(12, () => world.send('POST', VOLUMES, { name, size: '1GB' }));
  assert.deepEqual(codes(answers), ['200/200', ...Array(11).fill('409/1026')]);
  assert.deepEqual(await world.dockerVolumes(), [`${name}-1`]);
  await world.ok('DELETE', `${VOLUMES}/${name}`);
});

test('patches of one name wait for each other: each makes a version of its own', async () => {
  const name = await world.run('line', IMAGES.sleep, { gpuCount: 1 });
  const answers = await times(5, (i) => world.send<{ containerName: string }>('PATCH', `${RS}/${name}`, { gpuPatch: { gpuCount: i } }));
  const made = answers.map(({ body }) => body.data.containerName).sort();
  assert.deepEqual(
    made,
    [2, 3, 4, 5, 6].map((version) => `${name}-${version}`),
  );
  assert.deepEqual(
    (await world.containers()).map((c) => c.name),
    [`${name}-6`],
  );
  await world.assertTrue();
  await deleteAll();
});

test('patch, stop, rollback, restart, pause, continue and delete of one name in any order: no 5xx, and the views are true', async () => {
  const name = world.name('mix');
  // A small generator: the same order at every run.
  let seed = 7;
  const pick = <T>(from: readonly T[]): T | undefined => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return from[seed % from.length];
  };
  const orders: readonly (() => Promise<Reply>)[] = [
    () => run(name, { gpuCount: 2, containerPorts: ['80'] }),
    () => world.send('PATCH', `${RS}/${name}`, { gpuPatch: { gpuCount: 1 } }),
    () => world.send('PATCH', `${RS}/${name}`, { gpuPatch: { gpuCount: 3 } }),
    () => world.send('PATCH', `${RS}/${name}/rollback`, { version: 1 }),
    () => world.send('PATCH', `${RS}/${name}/restart`),
    ...['stop', 'pause', 'continue'].map((verb) => () => world.send('PATCH', `${RS}/${name}/${verb}`)),
    () => world.send('DELETE', `${RS}/${name}`),
  ];
  await world.run('mix', IMAGES.sleep, { gpuCount: 2, containerPorts: ['80'] });
  const rivals = times(3, async (i) => {
    const answer = await run(world.name(`rival${i}`), { gpuCount: 2, containerPorts: ['80'] });
    return answer.status === 200 ? world.send('PATCH', `${RS}/${world.name(`rival${i}`)}/stop`) : answer;
  });
  const answers = await times(24, () => (pick(orders) ?? orders[0] ?? assert.fail())());
  for (const { status, body } of [...answers, ...(await rivals)]) {
    assert.ok(status < 500, `${status} ${JSON.stringify(body)}`);
    if (status !== 200) assert.equal(body.data, null);
  }
  assert.ok(answers.filter(({ status }) => status === 200).length >= 3);
  await world.assertTrue();
  await deleteAll();
});

test('reads that are asked right after a write was answered see it', async () => {
  const name = await world.run('read', IMAGES.sleep, { gpuCount: 1 });
  for (const gpuCount of [2, 0, 1]) {
    await world.patch(name, { gpuPatch: { gpuCount } });
    assert.equal((await world.usedGpus()).length, gpuCount);
    const { info } = await world.ok<{ info: { version: number } }>('GET', `${RS}/${name}`);
    assert.equal(info.version, (await world.entry(name)).version);
  }
  await deleteAll();
});

test('beyond 64 waiting for one name the answer is 429, with a time to come back', async () => {
  const name = await world.run('queue', IMAGES.busybox, { stopTimeout: 2 });
  const patch = world.send('PATCH', `${RS}/${name}`, {});
  while ((await world.entry(name)).operation === null);
  const answers = await times(70, () => world.send('PATCH', `${RS}/${name}/stop`));
  const busy = answers.filter(({ status }) => status === 429);
  assert.deepEqual([busy.length, answers.length - busy.length], [7, 63], 'the patch is the first of the 64');
  for (const { body, headers } of busy) {
    assert.deepEqual([body.code, headers['retry-after']], [1010, '1']);
    assert.match(body.msg, /64 commands wait for replicaSet\//);
  }
  assert.ok(answers.every(({ status }) => status === 200 || status === 429));
  assert.equal((await patch).status, 200);
  await world.assertTrue();
  await deleteAll();
});

test.run();
