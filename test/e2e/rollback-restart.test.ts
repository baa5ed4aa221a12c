import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { docker, IMAGES } from '../support/docker.ts';
import { RS, World } from './world.ts';

const test = suite('rollback and restart');
let world: World;
const directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-bind-'));

test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--stop-timeout', '0s']);
});
test.after(async () => {
  await world.stop();
  rmSync(directory, { recursive: true, force: true });
});

test('a rollback makes a new version with the configuration of the old one', async () => {
  const name = await world.run('conf', IMAGES.sleep, { gpuCount: 2, containerPorts: ['80'] });
  const original = await world.entry(name);
  await world.patch(name, { gpuPatch: { gpuCount: 0 } });
  await world.patch(name, { gpuPatch: { gpuCount: 1 } });
  assert.deepEqual(await world.rollback(name, 1), { containerName: `${name}-4` });
  const back = await world.entry(name);
  assert.deepEqual([back.gpus, back.ports], [original.gpus, original.ports], 'its own GPUs and ports, as they are free');
  await world.rollback(name, 2);
  assert.deepEqual((await world.entry(name)).gpus, []);
  const { Config } = await docker().getContainer(`${name}-5`).inspect();
  assert.deepEqual(Config.Env.filter((entry) => /VERSION|NVIDIA/.test(entry)).sort(), [
    'CONTAINER_VERSION=5',
    'NVIDIA_VISIBLE_DEVICES=void',
  ]);
  const { history } = await world.ok<{ history: { version: number; status: { hostConfig: { DeviceRequests: unknown } } }[] }>(
    'GET',
    `${RS}/${name}/history`,
  );
  assert.deepEqual(
    history.map((h) => h.version),
    [5, 4, 3, 2, 1],
  );
  assert.deepEqual(
    history.map((h) => h.status.hostConfig.DeviceRequests === null),
    [true, false, false, true, false],
  );
  await world.assertTrue();
  await world.delete(name);
});

test('a rollback never takes a GPU that another holds: it gets others, as many as it had', async () => {
  const name = await world.run('other', IMAGES.sleep, { gpuCount: 2 });
  const own = (await world.entry(name)).gpus;
  await world.patch(name, { gpuPatch: { gpuCount: 0 } });
  const rival = await world.run('rival', IMAGES.sleep, { gpuCount: 2 });
  assert.deepEqual((await world.entry(rival)).gpus, own);
  await world.rollback(name, 1);
  const got = (await world.entry(name)).gpus;
  assert.equal(got.length, 2);
  assert.equal(
    got.some((gpu) => own.includes(gpu)),
    false,
  );
  await world.assertTrue();
  for (const each of [name, rival]) await world.delete(each);
});

test('1020, 1021, 1022, 1013: versions that cannot be gone back to', async () => {
  const path = (name: string): string => `${RS}/${name}/rollback`;
  const none = world.name('none');
  await world.refused('PATCH', path(none), { version: 1 }, { status: 404, code: 1021, says: new RegExp(`${none} does not exist`) });
  const name = await world.run('no', IMAGES.sleep, { gpuCount: 6 });
  await world.patch(name, { gpuPatch: { gpuCount: 1 } });
  await world.refused('PATCH', path(name), { version: -1 }, { status: 400, code: 1020, says: /-1/ });
  await world.refused('PATCH', path(name), { version: 0 }, { status: 404, code: 1021, says: [/version 0/, /go back to 1/] });
  await world.refused('PATCH', path(name), { version: 7 }, { status: 404, code: 1021, says: [/version 7/, /never existed/] });
  await world.refused('PATCH', path(name), { version: 2 }, { status: 409, code: 1022, says: /at version 2 already/ });
  await world.refused('PATCH', path(name), {}, { status: 400, code: 1000, says: /version is missing/ });
  await world.refused('PATCH', path(name), { version: 'one' }, { status: 400, code: 1000, says: /version must be a whole number/ });
  const rival = await world.run('rival2', IMAGES.sleep, { gpuCount: 3 });
  await world.refused('PATCH', path(name), { version: 1 }, { status: 409, code: 1013, says: [/6 GPUs asked for/, /4 of 8 free/] });
  for (const each of [name, rival]) await world.delete(each);
});

test('1021: a disk that somebody removed from Docker is named, and nothing is stopped', async () => {
  const name = await world.run('gone', IMAGES.sleep);
  // Version 2 is removed and its image goes with it: version 3 begins from version 1.
  await world.patch(name);
  await world.rollback(name, 1);
  await docker().getImage(`gpu-docker-api/disk:${name}-2`).remove({ force: true });
  const says = new RegExp(`disk of ${name}-2 .*no longer in Docker`);
  await world.refused('PATCH', `${RS}/${name}/rollback`, { version: 2 }, { status: 422, code: 1021, says });
  await world.delete(name);
});

test('a restart makes a new version; of a stopped replicaSet with GPUs and ports allocated afresh', async () => {
  const name = await world.run('again', IMAGES.sleep, { gpuCount: 2, containerPorts: ['80'] });
  const first = await world.entry(name);
  assert.deepEqual(await world.order(name, 'restart'), { containerName: `${name}-2` });
  assert.deepEqual((await world.entry(name)).gpus, first.gpus);
  await world.order(name, 'stop');
  const rival = await world.run('rival3', IMAGES.sleep, { gpuCount: 2, containerPorts: ['80'] });
  assert.deepEqual(await world.order(name, 'restart', {}), { containerName: `${name}-3` });
  const after = await world.entry(name);
  assert.equal(after.gpus.length, 2);
  assert.equal(
    after.gpus.some((gpu) => first.gpus.includes(gpu)),
    false,
  );
  assert.notDeepEqual(after.ports, first.ports, 'its port is another’s by now');
  await world.assertTrue();
  for (const each of [name, rival]) await world.delete(each);
});

test('1011, 1013: what cannot be restarted', async () => {
  const none = world.name('none');
  await world.refused('PATCH', `${RS}/${none}/restart`, undefined, { status: 404, code: 1011, says: new RegExp(none) });
  const name = await world.run('full', IMAGES.sleep, { gpuCount: 5, containerPorts: ['80'] });
  await world.refused('PATCH', `${RS}/${name}/restart`, { stopTimeout: 'x' }, { status: 400, code: 1000, says: /stopTimeout/ });
  await world.order(name, 'stop');
  const rival = await world.run('rival4', IMAGES.sleep, { gpuCount: 4 });
  await world.refused('PATCH', `${RS}/${name}/restart`, undefined, { status: 409, code: 1013, says: [/5 GPUs asked for/, /4 of 8 free/] });
  await world.delete(rival);
  await world.order(name, 'restart');
  await world.assertTrue();
  await world.delete(name);
});

test('1011: when the new version does not start, a stopped one stays stopped and holds nothing', async () => {
  const src = join(directory, 'data');
  mkdirSync(src);
  const name = await world.run('back', IMAGES.sleep, { gpuCount: 2, containerPorts: ['80'], binds: [{ src, dest: '/data' }] });
  await world.order(name, 'stop');
  // A file cannot be mounted on the directory that the disk has there.
  rmdirSync(src);
  writeFileSync(src, 'x');
  await world.refused('PATCH', `${RS}/${name}/restart`, undefined, { status: 422, code: 1011, says: /not a directory/ });
  assert.equal((await world.entry(name)).state, 'stopped');
  await world.assertTrue();
  await world.delete(name);
});

test.run();
