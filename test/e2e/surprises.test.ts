// What nobody planned: things removed behind the service's back, clients that leave, names that are taken.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { docker, IMAGES } from '../support/docker.ts';
import { eventually, RS, VOLUMES, World } from './world.ts';

const test = suite('surprises');
let world: World;
const directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-bind-'));

test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--stop-timeout', '0s']);
});
test.after(async () => {
  await world.stop();
  rmSync(directory, { recursive: true, force: true });
});

const bind = (src: string): { src: string; dest: string } => ({ src, dest: '/d' });

test('a container that was removed from Docker can be rolled back to an earlier version', async () => {
  const name = await world.run('gone', IMAGES.sleep, { gpuCount: 2, containerPorts: ['80'] });
  await world.sh(name, 'echo x > /.x');
  await world.patch(name);
  await docker().getContainer(`${name}-2`).remove({ force: true });
  await world.untilState(name, 'unknown');
  assert.deepEqual([(await world.usedGpus()).length, (await world.usedPorts()).length], [2, 1], 'it holds what it holds');
  const doubt = { status: 503, code: 1011, says: [/state of replicaSet \S+ is unknown/, /hosts accept-loss/] };
  await world.refused('PATCH', `${RS}/${name}/restart`, undefined, doubt);
  await world.untilState(name, 'failed');
  assert.deepEqual([await world.usedGpus(), await world.usedPorts()], [[], []]);
  await world.refused('PATCH', `${RS}/${name}/restart`, undefined, {
    status: 422,
    code: 1011,
    says: [/removed from Docker/, /roll back to version 1/],
  });
  assert.deepEqual(await world.rollback(name, 1), { containerName: `${name}-3` });
  assert.equal(await world.sh(name, 'cat /.x'), 'x\n');
  await world.assertTrue();
  await world.delete(name);
});

test('a stopped container that a prune removed is given up by the operator’s word; its disk was saved', async () => {
  const name = await world.run('pruned', IMAGES.sleep, { gpuCount: 1 });
  await world.order(name, 'stop');
  await docker().pruneContainers({ filters: { label: [`gpu-docker-api.name=${name}`] } });
  await world.untilState(name, 'unknown');
  const { hosts } = await world.ok<{ hosts: readonly { name: string }[] }>('GET', '/api/v1/hosts');
  const host = hosts[0]?.name;
  const loss = await world.ok('POST', `/api/v1/hosts/${host}/accept-loss`);
  assert.deepEqual(loss, { host, replicaSets: [name], volumes: [] });
  assert.equal((await world.entry(name)).state, 'stopped');
  await world.order(name, 'restart');
  await world.delete(name);
});

test('a container of somebody else that has the name of the next version is left alone, and the old version goes on', async () => {
  const name = await world.run('taken', IMAGES.sleep, { gpuCount: 1 });
  const theirs = await docker().createContainer({ Image: IMAGES.sleep, name: `${name}-2` });
  await world.refused('PATCH', `${RS}/${name}`, {}, { status: 422, code: 1007, says: new RegExp(`${name}-2.*not made for this`) });
  assert.deepEqual(await world.patch(name), { containerName: `${name}-3` }, 'a number is not used twice');
  const says = [/version 2 .* never ran/, /go back to 1/];
  await world.refused('PATCH', `${RS}/${name}/rollback`, { version: 2 }, { status: 422, code: 1021, says });
  await theirs.remove();
  await world.assertTrue();
  await world.delete(name);
});

test('a paused replicaSet whose patch fails is paused as before', async () => {
  const name = await world.run('paused', IMAGES.sleep, { gpuCount: 1, containerPorts: ['80'], binds: [bind(directory)] });
  await world.order(name, 'pause');
  const file = join(directory, 'file');
  writeFileSync(file, 'x');
  const body = { gpuPatch: { gpuCount: 3 }, volumePatch: { oldBind: bind(directory), newBind: bind(file) } };
  await world.refused('PATCH', `${RS}/${name}`, body, { status: 422, code: 1007, says: /not a directory/ });
  assert.equal((await world.entry(name)).state, 'paused');
  await world.order(name, 'continue');
  await world.assertTrue();
  await world.delete(name);
});

test('a managed volume that somebody removed is not made anew, empty and without a limit, by a run or a patch', async () => {
  const bar = world.name('bar');
  await world.ok('POST', VOLUMES, { name: bar, size: '20MB' });
  await docker().getVolume(`${bar}-1`).remove();
  const body = { imageName: IMAGES.sleep, replicaSetName: world.name('x'), binds: [bind(`${bar}-1`)] };
  // The run rings, so that it is noticed.
  const name = await world.run('wants', IMAGES.sleep, { binds: [bind(directory)] });
  const its = async (): Promise<string | undefined> => (await world.volumes()).find((v) => v.name === bar)?.state;
  await eventually('it is missing', async () => (await its()) === 'unknown');
  await world.refused('POST', RS, body, { status: 503, code: 1004, says: new RegExp(`state of volume ${bar} is unknown`) });
  await eventually('it is given up', async () => (await its()) === 'vanished');
  const says = new RegExp(`volume ${bar} is not usable: version 1 is vanished`);
  await world.refused('POST', RS, body, { status: 422, code: 1004, says });
  const volumePatch = { oldBind: bind(directory), newBind: bind(`${bar}-1`) };
  await world.refused('PATCH', `${RS}/${name}`, { volumePatch }, { status: 422, code: 1007, says });
  assert.deepEqual(await world.dockerVolumes(), []);
  await world.delete(name);
  await world.ok('DELETE', `${VOLUMES}/${bar}`);
});

test('what looks like a version of a managed volume is none of somebody else’s', async () => {
  const bar = world.name('ver');
  await world.ok('POST', VOLUMES, { name: bar, size: '20MB' });
  for (const src of [`${bar}-0`, `${bar}-01`, `${bar}-2`]) {
    const body = { imageName: IMAGES.sleep, replicaSetName: world.name('x'), binds: [bind(src)] };
    await world.refused('POST', RS, body, { status: 422, code: 1004, says: new RegExp(`${src} does not exist`) });
  }
  await world.ok('DELETE', `${VOLUMES}/${bar}`);
});

test('a volume that is deleted, resized and mounted at once ends in one piece', async () => {
  const bar = world.name('race');
  await world.ok('POST', VOLUMES, { name: bar, size: '20MB' });
  const run = (i: number) =>
    world.send('POST', RS, { imageName: IMAGES.sleep, replicaSetName: world.name(`race${i}`), binds: [bind(`${bar}-1`)] });
  const answers = await Promise.all([
    run(0),
    world.send('PATCH', `${VOLUMES}/${bar}/size`, { size: '30MB' }),
    world.send('DELETE', `${VOLUMES}/${bar}`),
    run(1),
    world.send('PATCH', `${VOLUMES}/${bar}/size`, { size: '40MB' }),
  ]);
  for (const { status, body } of answers) assert.ok(status < 500, JSON.stringify(body));
  const volume = (await world.volumes()).find((v) => v.name === bar);
  const running = (await world.replicaSets()).map((rs) => rs.name);
  // A run that came after the delete had Docker make a plain volume of that name, as any run may.
  const plain = volume === undefined && running.length > 0 ? [`${bar}-1`] : [];
  assert.deepEqual(await world.dockerVolumes(), volume === undefined ? plain : [volume.volumeName]);
  if (volume !== undefined) assert.deepEqual(volume.mountedBy, running);
  await world.assertTrue();
  for (const name of running) await world.delete(name);
});

test('a replicaSet that is deleted while a command is executed in it', async () => {
  const name = await world.run('busy', IMAGES.sleep);
  const executed = world.send<{ exitCode: number }>('POST', `${RS}/${name}/execute`, { cmd: ['sh', '-c', 'touch /began; sleep 1003'] });
  await eventually('the command runs', async () => (await world.sh(name, 'ls / | grep began; true')) !== '');
  await world.delete(name);
  const { status, body } = await executed;
  assert.deepEqual([status, body.data?.exitCode], [200, 137], JSON.stringify(body));
  await world.run('busy', IMAGES.sleep);
  await world.assertTrue();
  await world.delete(name);
});

test('a replicaSet that is patched while a command is executed in it', async () => {
  const name = await world.run('patched', IMAGES.sleep);
  const executed = world.send<{ exitCode: number }>('POST', `${RS}/${name}/execute`, { cmd: ['sh', '-c', 'touch /began; sleep 1004'] });
  await eventually('the command runs', async () => (await world.sh(name, 'ls / | grep began; true')) !== '');
  await world.patch(name);
  const { status, body } = await executed;
  assert.deepEqual([status, body.data?.exitCode], [200, 137], JSON.stringify(body));
  assert.equal(await world.sh(name, 'ls /began'), '/began\n');
  await world.delete(name);
});

test('a run goes on to its end when the client hangs up', async () => {
  const replicaSetName = world.name('left');
  const call = request(new URL(RS, world.server.url), { method: 'POST', agent: false });
  call.on('error', () => {});
  call.end(JSON.stringify({ imageName: IMAGES.sleep, replicaSetName, gpuCount: 1 }));
  await eventually('it is being made', async () => (await world.replicaSets()).some((rs) => rs.name === replicaSetName));
  call.destroy();
  await world.untilState(replicaSetName, 'running');
  await eventually('it is made', async () => (await world.entry(replicaSetName)).operation === null);
  await world.assertTrue();
  await world.delete(replicaSetName);
});

test('a specification that no event can hold is refused before anything is done', async () => {
  const env = Array.from({ length: 300 }, (_, i) => `V${i}=${'x'.repeat(1_000)}`);
  const body = { imageName: IMAGES.sleep, replicaSetName: world.name('big'), env };
  await world.refused('POST', RS, body, { status: 413, code: 1000, says: /262144 bytes/ });
  const name = await world.run('fits', IMAGES.sleep, { env: env.slice(0, 60) });
  await world.patch(name);
  assert.equal(await world.sh(name, 'env | grep -c xxx'), '60\n');
  await world.delete(name);
});

test.run();
