import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { docker, IMAGES, readPid1Env } from '../support/docker.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { RS, World } from './world.ts';

const test = suite('options');

/** A server of the test's own, with an etcd of its own. */
async function withServer(args: readonly string[], use: (world: World) => Promise<void>): Promise<void> {
  const world = await World.start(args);
  try {
    await use(world);
  } finally {
    await world.stop();
  }
}
const FAST = ['--replace-grace', '0s', '--stop-timeout', '0s'];

test('--compat-go: HTTP 200 for every outcome of the API, and Info for a replicaSet', () =>
  withServer(['--compat-go', ...FAST], async (world) => {
    const name = await world.run('go', IMAGES.sleep);
    const { Info } = await world.ok<{ Info: { version: number } }>('GET', `${RS}/${name}`);
    assert.equal(Info.version, 1);
    for (const [method, path, body, code] of [
      ['GET', `${RS}/${name}x`, undefined, 1016],
      ['GET', `${RS}/${name}x/history`, undefined, 1017],
      ['POST', RS, { imageName: IMAGES.sleep, replicaSetName: name }, 1008],
      ['POST', RS, { imageName: IMAGES.sleep, replicaSetName: 'x', gpuCount: 99 }, 1013],
      ['POST', RS, 'not JSON', 1000],
      ['PATCH', `${RS}/${name}/continue/x`, undefined, 404],
    ] as const) {
      const status = code === 404 ? 404 : 200;
      await world.refused(method, path, body, { status, code, says: /./ });
    }
    const headers = { accept: 'application/problem+json' };
    const answer = await world.send('GET', `${RS}/none`, undefined, headers);
    assert.deepEqual([answer.status, answer.body.code, answer.body.data], [200, 1016, null]);
  }));

test('--gpus simulated:4: GPUs are leased and shown, and Docker is not asked for any', () =>
  withServer(['--gpus', 'simulated:4', ...FAST], async (world) => {
    assert.equal(Object.keys(await world.gpus()).length, 4);
    const name = await world.run('sim', IMAGES.sleep, { gpuCount: 3 });
    assert.equal((await world.usedGpus()).length, 3);
    const { info } = await world.ok<{ info: { hostConfig: { DeviceRequests: { DeviceIDs: string[] }[] } } }>('GET', `${RS}/${name}`);
    assert.deepEqual(info.hostConfig.DeviceRequests[0]?.DeviceIDs, await world.usedGpus());
    const { HostConfig } = await docker().getContainer(`${name}-1`).inspect();
    assert.equal(HostConfig.DeviceRequests ?? null, null);
    assert.equal((await readPid1Env(`${name}-1`))['NVIDIA_VISIBLE_DEVICES'], undefined);
    const body = { imageName: IMAGES.sleep, replicaSetName: world.name('x'), gpuCount: 2 };
    await world.refused('POST', RS, body, { status: 409, code: 1013, says: /2 GPUs asked for, but 1 of 4 free/ });
  }));

test('--gpus none: containers without GPUs run, others are refused', () =>
  withServer(['--gpus', 'none', ...FAST], async (world) => {
    assert.deepEqual(await world.gpus(), {});
    await world.run('cpu', IMAGES.sleep);
    const body = { imageName: IMAGES.sleep, replicaSetName: world.name('x'), gpuCount: 1 };
    await world.refused('POST', RS, body, { status: 409, code: 1013, says: /1 GPU asked for, but 0 of 0 free/ });
  }));

test('--settle: a container that dies after 300 ms is a failed start; without it, one that ran and exited', async () => {
  const more = { gpuCount: 1, containerPorts: ['80'], cmd: ['sh', '-c', 'sleep 0.3; echo gone wrong; exit 5'] };
  await withServer(['--settle', '1s', ...FAST], async (world) => {
    const body = { imageName: IMAGES.busybox, replicaSetName: world.name('x'), ...more };
    await world.refused('POST', RS, body, { status: 500, code: 1004, says: [/exit code 5/, /gone wrong/] });
  });
  await withServer(FAST, async (world) => {
    const name = await world.run('x', IMAGES.busybox, more);
    const { exitCode, gpus } = await world.untilState(name, 'exited');
    assert.deepEqual([exitCode, gpus.length], [5, 1]);
    await world.assertTrue();
  });
});

// Takes 1.5 s to end, and leaves a mark if it is let.
const SLOW = ['sh', '-c', 'trap "sleep 1.5; echo ended > /.ended; exit 0" TERM; while :; do sleep 1 & wait $!; done'];
const ended = (world: World, name: string): Promise<string> => world.sh(name, 'cat /.ended 2>/dev/null; rm -f /.ended');

test('--replace-grace says how long a replaced container may take to end; stopTimeout in a body says otherwise', () =>
  withServer(['--replace-grace', '0s', '--stop-timeout', '0s'], async (world) => {
    const name = await world.run('slow', IMAGES.busybox, { cmd: SLOW });
    await world.patch(name);
    assert.equal(await ended(world, name), '', 'killed at once');
    await world.patch(name, { stopTimeout: 10 });
    assert.equal(await ended(world, name), 'ended\n', 'the request that replaces it says how long');
    await world.order(name, 'restart');
    assert.equal(await ended(world, name), 'ended\n', 'and that goes on to hold');
    await world.order(name, 'restart', { stopTimeout: 0 });
    assert.equal(await ended(world, name), '');
    await world.ok('PATCH', `${RS}/${name}/rollback`, { version: 1, stopTimeout: 10 });
    await world.rollback(name, 5);
    assert.equal(await ended(world, name), '');
    await world.rollback(name, 6);
    assert.equal(await ended(world, name), 'ended\n', 'version 6 was stopped with the 10 s that the rollback to 1 gave it');
  }));

test('stopTimeout of the run holds for stop and pause too', () =>
  withServer(['--replace-grace', '0s', '--stop-timeout', '0s'], async (world) => {
    const name = await world.run('slow', IMAGES.busybox, { cmd: SLOW, stopTimeout: 10 });
    await world.order(name, 'pause');
    await world.order(name, 'continue');
    assert.equal(await ended(world, name), 'ended\n');
    await world.order(name, 'stop');
    await world.order(name, 'restart');
    assert.equal(await ended(world, name), 'ended\n');
    await world.order(name, 'restart', { stopTimeout: 0 });
  }));

test('--pull never: an image that is not there is not asked for anywhere', () =>
  withServer(['--pull', 'never', ...FAST], async (world) => {
    const imageName = 'registry.invalid/none:1';
    const body = { imageName, replicaSetName: world.name('x') };
    await world.refused('POST', RS, body, {
      status: 422,
      code: 1004,
      says: /registry\.invalid\/none:1 is not on this host: .*docker pull registry\.invalid\/none:1/,
    });
  }));

test('--pull missing: when it cannot be pulled the reason is said', () =>
  withServer(['--pull', 'missing', ...FAST], async (world) => {
    const body = { imageName: '127.0.0.1:1/none:1', replicaSetName: world.name('x') };
    await world.refused('POST', RS, body, {
      status: 422,
      code: 1004,
      says: [/127\.0\.0\.1:1\/none:1/, /connection refused|cannot be pulled/i],
    });
  }));

test('--max-body: a larger one is 413, said before it has all been sent', () =>
  withServer(['--max-body', '2kb', ...FAST], async (world) => {
    const env = [`A=${'x'.repeat(3_000)}`];
    const body = { imageName: IMAGES.sleep, replicaSetName: world.name('x'), env };
    await world.refused('POST', RS, body, { status: 413, code: 1000, says: /2048 bytes.*--max-body/ });
    await world.refused('POST', RS, { ...body, env: ['x'.repeat(5_000_000)] }, { status: 413, code: 1000, says: /2048/ });
  }));

test('a second server on the log of the first has its views; a port range that is changed holds at once', async () => {
  const etcd: TestEtcd = await startEtcd();
  const world = await World.start(FAST, etcd);
  const name = await world.run('kept', IMAGES.sleep, { gpuCount: 2, containerPorts: ['80'] });
  const before = await world.snapshot();
  await world.server.stop();
  const { StartPort } = before.ports;
  const next = await World.start(['--port-range', `${StartPort + 50}-${StartPort + 59}`, ...FAST], etcd);
  assert.deepEqual([await next.gpus(), await next.replicaSets()], [before.gpus, before.replicaSets]);
  const ports = await next.ports();
  assert.deepEqual([ports.StartPort, ports.AvailableCount, Object.keys(ports.UsedPortSet)], [StartPort + 50, 10, [String(StartPort)]]);
  await next.patch(name);
  assert.deepEqual((await next.entry(name)).ports, { 80: StartPort }, 'a port that is held stays');
  const other = await next.run('new', IMAGES.sleep, { containerPorts: ['80'] });
  assert.deepEqual((await next.entry(other)).ports, { 80: StartPort + 50 });
  await next.stop();
});

test.run();
