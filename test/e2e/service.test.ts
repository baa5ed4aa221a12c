import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { IMAGES } from '../support/docker.ts';
import { RS, VOLUMES, World } from './world.ts';

const test = suite('the service');
let world: World;

test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--stop-timeout', '0s']);
});
test.after(() => world.stop());

test('ping, healthz and readyz answer', async () => {
  assert.equal(await world.ok('GET', '/ping'), 'pong');
  assert.deepEqual(await world.ok('GET', '/healthz'), { alive: true });
  const { ready, sequence } = await world.ok<{ ready: boolean; sequence: number }>('GET', '/readyz');
  assert.equal(ready, true);
  assert.equal(sequence, (await world.events()).length);
});

test('on an empty log everything is free and the lists are empty', async () => {
  assert.deepEqual(await world.replicaSets(), []);
  assert.deepEqual(await world.volumes(), []);
  assert.deepEqual(Object.values(await world.gpus()), Array(8).fill(0));
  const { StartPort, EndPort, AvailableCount, UsedPortSet } = await world.ports();
  assert.deepEqual([AvailableCount, UsedPortSet], [EndPort - StartPort + 1, {}]);
});

test('the list shows every replicaSet by name, with its state, GPUs and ports', async () => {
  const b = await world.run('b', IMAGES.sleep, { gpuCount: 1, containerPorts: ['80'] });
  const a = await world.run('a', IMAGES.sleep);
  const c = await world.run('c', IMAGES.sleep);
  await world.order(c, 'stop');
  const [first, second, third] = await world.replicaSets();
  assert.deepEqual([first?.name, second?.name, third?.name], [a, b, c]);
  const { StartPort } = await world.ports();
  const { createTime, ...entry } = second as typeof second & { createTime: string };
  assert.match(createTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(entry, {
    name: b,
    version: 1,
    state: 'running',
    containerName: `${b}-1`,
    imageName: IMAGES.sleep,
    gpus: await world.usedGpus(),
    ports: { 80: StartPort },
    operation: null,
  });
  assert.equal(third?.state, 'stopped');
  for (const name of [a, b, c]) await world.delete(name);
});

test('an operation under way is seen in the list', async () => {
  const name = await world.run('slow', IMAGES.busybox, { stopTimeout: 2 });
  const patch = world.patch(name);
  let seen = (await world.entry(name)).operation;
  while (seen === null) seen = (await world.entry(name)).operation;
  assert.deepEqual(seen, { kind: 'patch', phase: 'forward' });
  await patch;
  assert.equal((await world.entry(name)).operation, null);
  await world.delete(name);
});

test('the list of volumes shows their size and who mounts them', async () => {
  const name = world.name('v');
  await world.ok('POST', VOLUMES, { name, size: '1GB' });
  const rs = await world.run('m', IMAGES.sleep, { binds: [{ src: `${name}-1`, dest: '/v' }] });
  const [entry] = await world.volumes();
  assert.deepEqual(
    { ...entry, createTime: '' },
    {
      name,
      version: 1,
      volumeName: `${name}-1`,
      size: '1GB',
      enforced: false,
      state: 'ready',
      mountedBy: [rs],
      createTime: '',
      operation: null,
    },
  );
  await world.delete(rs);
  await world.ok('DELETE', `${VOLUMES}/${name}`);
});

test('1016 and 1017: a replicaSet that does not exist, or whose run failed', async () => {
  for (const name of [world.name('none'), 'a-b', 'constructor', '__proto__', '%2e%2e%2fetc']) {
    await world.refused('GET', `${RS}/${name}`, undefined, { status: 404, code: 1016, says: /does not exist/ });
    await world.refused('GET', `${RS}/${name}/history`, undefined, { status: 404, code: 1017, says: /does not exist/ });
  }
  const replicaSetName = world.name('failed');
  await world.refused('POST', RS, { imageName: IMAGES.sleep, replicaSetName, cmd: ['/nope'] }, { status: 422, code: 1004, says: /nope/ });
  await world.refused('GET', `${RS}/${replicaSetName}`, undefined, { status: 404, code: 1016, says: /does not exist/ });
});

test('an unknown route and a wrong method are JSON in the envelope', async () => {
  for (const path of ['/', '/api/v1/replicaset', '/api/v1/replicaSet/', '/api/v1/replicaSet/a/b', '/api/v2/replicaSet', '/favicon.ico']) {
    await world.refused('GET', path, undefined, { status: 404, code: 404, says: /there is nothing at/ });
  }
  const answer = await world.send('PUT', `${RS}/a`);
  assert.deepEqual([answer.status, answer.body.code, answer.headers.allow], [405, 405, 'DELETE, GET, HEAD, OPTIONS, PATCH']);
  await world.refused('DELETE', RS, undefined, { status: 405, code: 405, says: /DELETE is not possible/ });
  await world.refused('GET', `${RS}/%zz`, undefined, { status: 400, code: 1000, says: /percent-encoded/ });
});

test('application/problem+json is answered where it is asked for (RFC 9457)', async () => {
  const path = `${RS}/${world.name('none')}`;
  const answer = await world.send('GET', path, undefined, { accept: 'application/problem+json, application/json;q=0.5' });
  assert.equal(answer.status, 404);
  assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/);
  assert.deepEqual(answer.body, {
    type: 'urn:gpu-docker-api:problem:info-not-found',
    title: 'Info not found',
    status: 404,
    detail: `replicaSet ${world.name('none')} does not exist`,
    instance: path,
    code: 1016,
  });
  const plain = await world.send('GET', path, undefined, { accept: '*/*' });
  assert.match(plain.headers['content-type'] ?? '', /^application\/json/);
});

test('who asked is in the log: actor and request id', async () => {
  const replicaSetName = world.name('who');
  const headers = { 'x-actor': 'alice', 'x-request-id': 'req-1' };
  const answer = await world.send('POST', RS, { imageName: IMAGES.sleep, replicaSetName }, headers);
  assert.equal(answer.headers['x-request-id'], 'req-1');
  const [created] = await world.eventsOf('ContainerVersionCreated', replicaSetName);
  assert.deepEqual([created?.command.name, created?.command.actor, created?.command.requestId], ['run', 'alice', 'req-1']);
  await world.delete(replicaSetName);
});

test.run();
