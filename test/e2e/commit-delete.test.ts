import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { docker, IMAGES } from '../support/docker.ts';
import { RS, World } from './world.ts';

const test = suite('commit and delete');
let world: World;

test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--stop-timeout', '0s']);
});
test.after(() => world.stop());

const commit = (name: string, newImageName: string): Promise<unknown> => world.ok('POST', `${RS}/${name}/commit`, { newImageName });

test('a commit makes an image of the current version, which can be run as a replicaSet of its own', async () => {
  const name = await world.run('src', IMAGES.sleep, { gpuCount: 1 });
  await world.sh(name, 'echo v1 > /.file');
  await world.patch(name);
  await world.sh(name, 'echo v2 > /.file');
  const image = `${world.prefix}/image`;
  assert.deepEqual(await commit(name, image), { imageName: image });
  assert.deepEqual(await commit(name, `${image}:tagged`), { imageName: `${image}:tagged` });
  assert.equal((await world.entry(name)).state, 'running');
  const copy = await world.run('copy', image);
  assert.equal(await world.sh(copy, 'cat /.file'), 'v2\n');
  assert.equal(await world.sh(copy, 'echo $CONTAINER_VERSION'), '1\n');
  const [event] = await world.eventsOf('ContainerCommitted', name);
  const { Id } = await docker().getImage(image).inspect();
  assert.deepEqual(event?.data, { version: 2, imageName: image, imageId: Id });
  await world.delete(name);
  assert.equal(await world.sh(copy, 'cat /.file'), 'v2\n');
  await docker().getImage(image).inspect();
  await world.delete(copy);
  for (const each of [image, `${image}:tagged`]) await docker().getImage(each).remove();
});

test('a stopped and a paused one can be committed', async () => {
  const name = await world.run('still', IMAGES.sleep);
  await world.sh(name, 'echo x > /.x');
  for (const verb of ['pause', 'stop'] as const) {
    await world.order(name, verb);
    const image = `${world.prefix}/${verb}`;
    await commit(name, image);
    const copy = await world.run(verb, image);
    assert.equal(await world.sh(copy, 'cat /.x'), 'x\n');
    await world.delete(copy);
    await docker().getImage(image).remove();
  }
  await world.delete(name);
});

test('1015, 1000: what cannot be committed', async () => {
  const none = world.name('none');
  const says = new RegExp(`replicaSet ${none} does not exist`);
  await world.refused('POST', `${RS}/${none}/commit`, { newImageName: 'x' }, { status: 404, code: 1015, says });
  const name = await world.run('no', IMAGES.sleep);
  const path = `${RS}/${name}/commit`;
  await world.refused('POST', path, {}, { status: 400, code: 1000, says: /newImageName is missing/ });
  await world.refused('POST', path, { newImageName: 7 }, { status: 400, code: 1000, says: /newImageName must be a string/ });
  await world.refused('POST', path, { newImageName: 'gpu-docker-api/disk:x' }, { status: 422, code: 1015, says: /saved system disks/ });
  await world.refused('POST', path, { newImageName: 'Upper Case' }, { status: 422, code: 1015, says: /Upper Case|invalid reference/ });
  assert.equal((await world.entry(name)).state, 'running');
  await world.delete(name);
});

test('delete removes the container, its disks and its leases; the name is free and remembers nothing', async () => {
  const name = await world.run('del', IMAGES.sleep, { gpuCount: 2, containerPorts: ['80'] });
  await world.sh(name, 'echo secret > /.secret');
  await world.patch(name);
  await world.patch(name);
  assert.deepEqual(await world.disks(), [`gpu-docker-api/disk:${name}-1`, `gpu-docker-api/disk:${name}-2`]);
  assert.equal(await world.delete(name), null);
  assert.deepEqual([await world.containers(), await world.disks(), await world.usedGpus(), await world.usedPorts()], [[], [], [], []]);
  assert.equal(
    (await world.replicaSets()).some((rs) => rs.name === name),
    false,
  );
  await world.refused('GET', `${RS}/${name}`, undefined, { status: 404, code: 1016, says: new RegExp(name) });
  await world.refused('GET', `${RS}/${name}/history`, undefined, { status: 404, code: 1017, says: new RegExp(name) });

  await world.run('del', IMAGES.sleep);
  assert.equal(await world.sh(name, 'ls -A / | grep secret; true'), '');
  await world.refused('PATCH', `${RS}/${name}/rollback`, { version: 2 }, { status: 404, code: 1021, says: /never existed/ });
  await world.patch(name);
  assert.equal(await world.sh(name, 'ls -A / | grep secret; true'), '');
  await world.delete(name);
});

for (const state of ['paused', 'stopped', 'exited'] as const) {
  test(`a ${state} one is deleted`, async () => {
    const name = await world.run(state, IMAGES.sleep, { gpuCount: 1, containerPorts: ['80'] });
    if (state === 'exited') await world.ok('POST', `${RS}/${name}/execute`, { cmd: ['sh', '-c', 'kill -TERM 1'] });
    else await world.order(name, state === 'paused' ? 'pause' : 'stop');
    await world.untilState(name, state);
    await world.delete(name);
    assert.deepEqual([await world.containers(), await world.usedGpus(), await world.usedPorts()], [[], [], []]);
  });
}

test('1005: what does not exist cannot be deleted; a second delete says so', async () => {
  const none = world.name('none');
  const says = new RegExp(`replicaSet ${none} does not exist`);
  await world.refused('DELETE', `${RS}/${none}`, undefined, { status: 404, code: 1005, says });
  const name = await world.run('once', IMAGES.sleep);
  await world.delete(name);
  await world.refused('DELETE', `${RS}/${name}`, undefined, { status: 404, code: 1005, says: /does not exist/ });
});

test.run();
