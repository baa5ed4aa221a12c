import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { docker, IMAGES, readPid1Env } from '../support/docker.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { RS, World, withServer } from './world.ts';

const test = suite('options');

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
  withServer(['--pull', 'missing', '--allow-registry', '127.0.0.1:1', ...FAST], async (world) => {
    const body = { imageName: '127.0.0.1:1/none:1', replicaSetName: world.name('x') };
    await world.refused('POST', RS, body, {
      status: 503,
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
  const world = await World.start(FAST, { etcd });
  const name = await world.run('kept', IMAGES.sleep, { gpuCount: 2, containerPorts: ['80'] });
  const before = await world.snapshot();
  await world.server.stop();
  const { StartPort } = before.ports;
  const next = await World.start(['--port-range', `${StartPort + 50}-${StartPort + 59}`, ...FAST], { etcd });
  assert.deepEqual([await next.gpus(), await next.replicaSets()], [before.gpus, before.replicaSets]);
  const ports = await next.ports();
  assert.deepEqual([ports.StartPort, ports.AvailableCount, Object.keys(ports.UsedPortSet)], [StartPort + 50, 10, [String(StartPort)]]);
  await next.patch(name);
  assert.deepEqual((await next.entry(name)).ports, { 80: StartPort }, 'a port that is held stays');
  assert.deepEqual(await next.rollback(name, 1), { containerName: `${name}-3` });
  const other = await next.run('new', IMAGES.sleep, { containerPorts: ['80'] });
  assert.deepEqual((await next.entry(other)).ports, { 80: StartPort + 50 });
  await next.stop();
});

test('a GPU that nvidia-smi no longer lists is shown while it is held, and never given again', async () => {
  const etcd = await startEtcd();
  const world = await World.start(FAST, { etcd });
  const name = await world.run('lost', IMAGES.sleep, { gpuCount: 6 });
  const all = Object.keys(await world.gpus());
  await world.server.stop();
  const next = await World.start(FAST, { etcd, env: { STUB_GPUS: '4' } });
  assert.deepEqual(await next.gpus(), Object.fromEntries(all.slice(0, 6).map((gpu) => [gpu, 1])));
  await next.refused('PATCH', `${RS}/${name}`, {}, { status: 409, code: 1013, says: /6 GPUs asked for/ });
  await next.patch(name, { gpuPatch: { gpuCount: 4 } });
  assert.deepEqual((await next.entry(name)).gpus, all.slice(0, 4));
  assert.deepEqual(Object.keys(await next.gpus()), all.slice(0, 4));
  await next.stop();
});

test.run();
