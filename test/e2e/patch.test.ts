import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { ALLOW_LABEL } from '../../src/commands/outside/engine.ts';
import { docker, IMAGES, readPid1Env } from '../support/docker.ts';
import { RS, World } from './world.ts';

const test = suite('patch');
let world: World;
const directories = ['a', 'b'].map((name) => mkdtempSync(join(tmpdir(), `gpu-docker-api-bind-${name}-`)));
const [first = '', second = ''] = directories;

test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--stop-timeout', '0s']);
});
test.after(async () => {
  await world.stop();
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

const bind = (src: string, dest = '/data'): { src: string; dest: string } => ({ src, dest });
const volumePatch = (oldBind: object, newBind: object): object => ({ volumePatch: { oldBind, newBind } });

test('GPUs are added and taken away; those that stay are the same, and the ports too', async () => {
  const name = await world.run('gpus', IMAGES.sleep, { gpuCount: 2, containerPorts: ['80', '81'] });
  const before = await world.entry(name);
  assert.deepEqual(await world.patch(name, { gpuPatch: { gpuCount: 4 } }), { containerName: `${name}-2` });
  const more = await world.entry(name);
  assert.equal(more.gpus.length, 4);
  for (const gpu of before.gpus) assert.ok(more.gpus.includes(gpu), `${gpu} stays`);
  assert.deepEqual(more.ports, before.ports);
  await world.assertTrue();
  await world.patch(name, { gpuPatch: { gpuCount: 1 } });
  const less = await world.entry(name);
  assert.equal(less.gpus.length, 1);
  assert.ok(more.gpus.includes(less.gpus[0] ?? ''));
  assert.equal((await readPid1Env(`${name}-3`))['NVIDIA_VISIBLE_DEVICES'], less.gpus[0]);
  assert.deepEqual(less.ports, before.ports);
  await world.assertTrue();
  await world.delete(name);
});

test('an empty body and an equal GPU count make a new version of the same configuration', async () => {
  const name = await world.run('same', IMAGES.sleep, { gpuCount: 1, env: ['A=b'], containerPorts: ['80'] });
  const before = await world.entry(name);
  assert.deepEqual(await world.patch(name, {}), { containerName: `${name}-2` });
  assert.deepEqual(await world.ok('PATCH', `${RS}/${name}`), { containerName: `${name}-3` });
  assert.deepEqual(await world.patch(name, { gpuPatch: { gpuCount: 1 } }), { containerName: `${name}-4` });
  const after = await world.entry(name);
  assert.deepEqual([after.gpus, after.ports], [before.gpus, before.ports]);
  const { Config } = await docker().getContainer(`${name}-4`).inspect();
  assert.ok(Config.Env.includes('A=b') && Config.Env.includes('CONTAINER_VERSION=4'));
  assert.equal(Config.Env.filter((entry) => entry.startsWith('CONTAINER_VERSION')).length, 1);
  assert.deepEqual(
    (await world.containers()).map((c) => c.name),
    [`${name}-4`],
  );
  await world.delete(name);
});

test('from no GPU to one and back nothing of the one stays in the environment of the other', async () => {
  const name = await world.run('void', IMAGES.volume);
  const visible = async (version: number): Promise<string | undefined> =>
    (await readPid1Env(`${name}-${version}`))['NVIDIA_VISIBLE_DEVICES'];
  assert.equal(await visible(1), 'void', 'not `all`, as the image says');
  await world.patch(name, { gpuPatch: { gpuCount: 1 } });
  assert.equal(await visible(2), (await world.entry(name)).gpus[0]);
  await world.patch(name, { gpuPatch: { gpuCount: 0 } });
  assert.equal(await visible(3), 'void');
  assert.equal((await readPid1Env(`${name}-3`))['BASE'], '1');
  await world.delete(name);
});

test('a bind is exchanged for another', async () => {
  const volume = world.name('plain');
  await docker().createVolume({ Name: volume, Labels: { [ALLOW_LABEL]: 'true' } });
  const name = await world.run('bind', IMAGES.sleep, { binds: [bind(first), bind(second, '/other')] });
  await world.sh(name, 'echo first > /data/x');
  await world.patch(name, volumePatch(bind(first), bind(volume, '/moved')));
  const { HostConfig } = await docker().getContainer(`${name}-2`).inspect();
  assert.deepEqual(HostConfig.Binds, [`${volume}:/moved`, `${second}:/other`]);
  assert.equal(await world.sh(name, 'ls /data /moved'), '/data:\n\n/moved:\n', 'the old mount point is empty');
  await world.patch(name, volumePatch(bind(volume, '/moved'), bind(first)));
  assert.equal(await world.sh(name, 'cat /data/x'), 'first\n');
  await world.delete(name);
});

test('1007: what cannot be patched is refused, and the container runs on', async () => {
  const says = new RegExp(`replicaSet ${world.name('none')} does not exist`);
  await world.refused('PATCH', `${RS}/${world.name('none')}`, {}, { status: 404, code: 1007, says });
  const name = await world.run('no', IMAGES.sleep, { gpuCount: 1, containerPorts: ['80'], binds: [bind(first)] });
  const refused = (body: unknown, code: number, status: number, facts: RegExp): Promise<string> =>
    world.refused('PATCH', `${RS}/${name}`, body, { status, code, says: facts });
  await refused(volumePatch(bind('/nope'), bind(second)), 1007, 422, new RegExp(`/nope:/data matches no bind.*${first}:/data`));
  await refused(volumePatch(bind(first, '/elsewhere'), bind(second)), 1007, 422, /matches no bind/);
  const missing = world.name('missing');
  await refused(volumePatch(bind(first), bind(missing)), 1007, 422, new RegExp(`volume ${missing} does not exist: create one`));
  await refused(volumePatch(bind(first), bind('/etc')), 1007, 422, /\/etc/);
  await refused(volumePatch(bind(first), bind(first)), 1009, 409, /same/);
  await refused({ gpuPatch: { gpuCount: -2 } }, 1012, 400, /-2/);
  await refused({ gpuPatch: { gpuCount: 9 } }, 1013, 409, /9 GPUs asked for, but 7 of 8 free beside the 1 that/);
  await refused({ gpuPatch: {} }, 1000, 400, /gpuPatch\.gpuCount is missing/);
  await refused({ gpuPatch: 3 }, 1000, 400, /gpuPatch must be an object/);
  await refused(volumePatch(bind(first), bind(second, '/')), 1000, 400, /mounted at \//);
  await refused({ volumePatch: { newBind: bind(second) } }, 1000, 400, /volumePatch\.oldBind is missing/);
  await refused('{', 1000, 400, /not JSON/);
  assert.equal((await world.containers())[0]?.state, 'running');
  await world.assertTrue();
  await world.delete(name);
});

test('1007: two binds cannot come to have one destination', async () => {
  const name = await world.run('dest', IMAGES.sleep, { binds: [bind(first), bind(second, '/other')] });
  for (const dest of ['/other', '/other/']) {
    const body = volumePatch(bind(first), bind(first, dest));
    await world.refused('PATCH', `${RS}/${name}`, body, { status: 422, code: 1007, says: /destination \/other/ });
  }
  await world.delete(name);
});

test('1007: when the new version does not start the old one comes back as it was, and the failure is in the log', async () => {
  const name = await world.run('back', IMAGES.sleep, { gpuCount: 1, containerPorts: ['80'], binds: [bind(first)] });
  await world.sh(name, 'echo kept > /.kept');
  // A file cannot be mounted on the directory that the disk has there.
  const file = join(second, 'file');
  writeFileSync(file, 'x');
  const body = { gpuPatch: { gpuCount: 3 }, ...volumePatch(bind(first), bind(file)) };
  await world.refused('PATCH', `${RS}/${name}`, body, { status: 422, code: 1007, says: /not a directory/ });
  assert.equal(await world.sh(name, 'cat /.kept'), 'kept\n');
  assert.deepEqual(await world.disks(), [], 'the copy of a disk that goes on changing is not kept');
  const [failed] = await world.eventsOf('ContainerVersionFailed', name);
  assert.deepEqual([failed?.data.version, failed?.data.step], [2, 'startContainer']);
  const { history } = await world.ok<{ history: { version: number }[] }>('GET', `${RS}/${name}/history`);
  assert.deepEqual(
    history.map((h) => h.version),
    [1],
  );
  await world.assertTrue();
  await world.delete(name);
});

test.run();
