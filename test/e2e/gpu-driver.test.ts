// A driver that fails while a container is started, on an engine of the test's own: the stub hook fails while a file lies beside it.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { type Dockerd, IMAGES, startDockerd } from '../support/docker.ts';
import { RS, World } from './world.ts';

const test = suite('a GPU driver that fails');
let engine: Dockerd;
let world: World;
const broken = (): string => join(engine.binDir, 'hook-fails');

test.before(async () => {
  engine = await startDockerd();
  world = await World.start(['--replace-grace', '0s', '--stop-timeout', '0s'], { socket: engine.socket });
});
test.after.each(() => rmSync(broken(), { force: true }));
test.after(async () => {
  await world.stop();
  await engine.dispose();
});

test('1004: a run gives everything back, and the message has the driver’s own words', async () => {
  writeFileSync(broken(), '');
  const request = { imageName: IMAGES.sleep, replicaSetName: world.name('x'), gpuCount: 2, containerPorts: ['80'] };
  await world.refused('POST', RS, request, { status: 422, code: 1004, says: /nvidia-container-cli: device error/ });
  const name = await world.run('x', IMAGES.sleep, { containerPorts: ['80'] });
  await world.refused('PATCH', `${RS}/${name}`, { gpuPatch: { gpuCount: 1 } }, { status: 422, code: 1007, says: /device error/ });
  assert.equal((await world.entry(name)).state, 'running', 'without a GPU the old version could be started again');
  await world.assertTrue();
  await world.delete(name);
});

test('1007: an old version that cannot be started again either keeps its leases and its disk, and is continued later', async () => {
  const name = await world.run('held', IMAGES.sleep, { gpuCount: 1, containerPorts: ['80'] });
  await world.sh(name, 'echo x > /.x');
  const before = await world.entry(name);
  writeFileSync(broken(), '');
  const answer = await world.send('PATCH', `${RS}/${name}`, { gpuPatch: { gpuCount: 3 } });
  assert.deepEqual([answer.status, answer.body.code], [422, 1007]);
  assert.match(answer.body.msg, /device error.*old container could not be started again/s);
  const failed = await world.entry(name);
  assert.deepEqual([failed.state, failed.version, failed.gpus, failed.ports], ['failed', 1, before.gpus, before.ports]);
  assert.match(failed.reason ?? '', /device error/);
  await world.assertTrue();
  const again = await world.send('PATCH', `${RS}/${name}/continue`);
  assert.deepEqual([again.status, again.body.code], [422, 1019]);

  rmSync(broken());
  await world.order(name, 'continue');
  assert.equal(await world.sh(name, 'cat /.x'), 'x\n');
  assert.deepEqual(await world.entry(name), before);
  await world.assertTrue();
  await world.patch(name, { gpuPatch: { gpuCount: 3 } });
  assert.equal(await world.sh(name, 'cat /.x'), 'x\n');
  await world.delete(name);
});

test('1011: a stopped one whose restart fails is stopped and holds nothing', async () => {
  const name = await world.run('still', IMAGES.sleep, { gpuCount: 1 });
  await world.order(name, 'stop');
  writeFileSync(broken(), '');
  await world.refused('PATCH', `${RS}/${name}/restart`, undefined, { status: 422, code: 1011, says: /device error/ });
  await world.assertTrue();
  rmSync(broken());
  await world.order(name, 'restart');
  await world.assertTrue();
  await world.delete(name);
});

test.run();
