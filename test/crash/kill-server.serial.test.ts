// timeout: 600
// The server is killed in the middle of every kind of operation, and started again.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { uniqueName } from '../support/docker.ts';
import { assertAgrees, untilSettled } from './agree.ts';
import { call, gpusHeld, listed, ok, run, runBody, sh } from './client.ts';
import { killAt, type Moment, openWorld, type World } from './world.ts';

const test = suite('after kill -9 of the server');
let world: World;

test.before(async () => {
  world = await openWorld();
});
test.after(() => world.close());

/** A running one with a file on its disk and a first version to go back to. */
async function prepare(): Promise<string> {
  const { server } = world;
  const name = uniqueName('k');
  await run(server, name, { gpus: 1, ports: ['80'] });
  await sh(server, name, 'echo one >/.file && rm /etc/group');
  return name;
}

const contents = (name: string): Promise<string> => sh(world.server, name, 'cat /.file; ls /etc');

/** Views and Docker agree, and the name can still be changed without losing what was on its disk. */
async function worksOn(name: string, before: string): Promise<void> {
  const { server } = world;
  await assertAgrees(world);
  if ((await listed(server, name)).state !== 'running') await ok(server, 'PATCH', `replicaSet/${name}/restart`, {});
  assert.is(await contents(name), before, 'the disk');
  await ok(server, 'PATCH', `replicaSet/${name}`, { gpuPatch: { gpuCount: 2 } });
  assert.is(await contents(name), before, 'the disk after one more patch');
  await ok(server, 'DELETE', `replicaSet/${name}`);
  assert.equal(await gpusHeld(server), []);
  await assertAgrees(world);
}

const ofPatch: readonly Moment[] = [
  0,
  80,
  160,
  240,
  'container/die',
  'container/commit',
  'container/create',
  'container/start',
  'container/destroy',
];
for (const moment of ofPatch) {
  test(`a patch is finished or undone when it is cut off at ${moment}`, async () => {
    const name = await prepare();
    const before = await contents(name);
    await killAt(world, moment, () => call(world.server, 'PATCH', `replicaSet/${name}`, { gpuPatch: { gpuCount: 2 } }));
    await world.server.restart();
    await worksOn(name, before);
  });
}

for (const moment of [10, 'container/create', 'container/start'] as const) {
  test(`a run is finished or undone when it is cut off at ${moment}`, async () => {
    const name = uniqueName('k');
    await killAt(world, moment, () => call(world.server, 'POST', 'replicaSet', runBody(name, { gpus: 1, ports: ['80'] })));
    await world.server.restart();
    await assertAgrees(world);
    const { code } = await call(world.server, 'POST', 'replicaSet', runBody(name, { gpus: 1, ports: ['80'] }));
    assert.ok(code === 200 || code === 1008, `code ${code}`);
    await sh(world.server, name, 'echo one >/.file');
    await worksOn(name, await contents(name));
  });
}

for (const moment of [150, 'container/start'] as const) {
  test(`a rollback is finished or undone when it is cut off at ${moment}`, async () => {
    const { server } = world;
    const name = await prepare();
    const first = await contents(name);
    await ok(server, 'PATCH', `replicaSet/${name}`, {});
    await sh(server, name, 'echo two >/.file');
    const second = await contents(name);
    await killAt(world, moment, () => call(server, 'PATCH', `replicaSet/${name}/rollback`, { version: 1 }));
    await server.restart();
    await untilSettled(world);
    const rolledBack = (await listed(server, name)).version === 3;
    await worksOn(name, rolledBack ? first : second);
  });
}

for (const moment of [60, 'container/create'] as const) {
  test(`a restart of a stopped one is finished or undone when it is cut off at ${moment}`, async () => {
    const { server } = world;
    const name = await prepare();
    const before = await contents(name);
    await ok(server, 'PATCH', `replicaSet/${name}/stop`);
    await killAt(world, moment, () => call(server, 'PATCH', `replicaSet/${name}/restart`, {}));
    await server.restart();
    await worksOn(name, before);
  });
}

for (const operation of ['stop', 'pause', 'continue'] as const) {
  for (const moment of ['container/die'] as const) {
    test(`a ${operation} is finished when it is cut off at ${moment}`, async () => {
      const name = await prepare();
      const before = await contents(name);
      await killAt(world, moment, () => call(world.server, 'PATCH', `replicaSet/${name}/${operation}`));
      await world.server.restart();
      await worksOn(name, before);
    });
  }
}

for (const moment of [10, 'container/destroy'] as const) {
  test(`a delete is finished when it is cut off at ${moment}`, async () => {
    const { server } = world;
    const name = await prepare();
    await ok(server, 'PATCH', `replicaSet/${name}`, {});
    await killAt(world, moment, () => call(server, 'DELETE', `replicaSet/${name}`));
    await server.restart();
    await assertAgrees(world);
    await call(server, 'DELETE', `replicaSet/${name}`);
    await run(server, name);
    assert.is(await sh(server, name, 'ls -A / | grep -c file || true'), '0', 'nothing of the deleted one comes back');
    await ok(server, 'DELETE', `replicaSet/${name}`);
  });
}

for (const moment of [30, 60, 'volume/create'] as const) {
  test(`a new size of a volume is finished or undone when it is cut off at ${moment}`, async () => {
    const { server } = world;
    const name = uniqueName('k');
    const volume = uniqueName('v');
    await ok(server, 'POST', 'volumes', { name: volume, size: '1GB' });
    await run(server, name, { binds: [{ src: `${volume}-1`, dest: '/data' }] });
    await sh(server, name, 'dd if=/dev/urandom of=/data/big bs=1M count=20 2>/dev/null; echo dot >/data/.dot; md5sum /data/big >/data/sum');
    await ok(server, 'DELETE', `replicaSet/${name}`);
    await killAt(world, moment, () => call(server, 'PATCH', `volumes/${volume}/size`, { size: '2GB' }));
    await server.restart();
    await assertAgrees(world);
    const { Info } = await ok<{ Info: { opt: { Name: string } } }>(server, 'GET', `volumes/${volume}`);
    await run(server, name, { binds: [{ src: Info.opt.Name, dest: '/data' }] });
    assert.match(await sh(server, name, 'md5sum -c /data/sum && cat /data/.dot'), /big: OK\s+dot/);
    await ok(server, 'DELETE', `replicaSet/${name}`);
    await ok(server, 'DELETE', `volumes/${volume}`);
    await assertAgrees(world);
  });
}

test.run();
