// Idempotency-Key, If-Match and dryRun over HTTP, across a killed server and on real Docker.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { IMAGES } from '../support/docker.ts';
import { RS, VOLUMES, World } from './world.ts';

const test = suite('retries');
let world: World;
test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--settle', '300ms']);
});
test.after(() => world.stop());

const body = (name: string, more: object = {}): object => ({ imageName: IMAGES.sleep, replicaSetName: name, gpuCount: 1, ...more });
const keyed = (key: string): Record<string, string> => ({ 'Idempotency-Key': key });

test('the same key with the same body gets the first answer, at once, later and from a server started after a kill -9', async () => {
  const name = world.name('a');
  const [one, two] = await Promise.all([
    world.send('POST', RS, body(name), keyed('run-a')),
    world.send('POST', RS, body(name), keyed('run-a')),
  ]);
  assert.deepEqual([one?.status, one?.body.data], [200, { name: `${name}-1` }]);
  assert.deepEqual(two?.body, one?.body);
  assert.deepEqual((await world.send('POST', RS, body(name), keyed('run-a'))).body, one?.body);
  await world.server.kill();
  await world.server.restart();
  assert.deepEqual((await world.send('POST', RS, body(name), keyed('run-a'))).body, one?.body);
  assert.equal((await world.entry(name)).version, 1);
  assert.equal((await world.usedGpus()).length, 1);
});

test('a patch sent twice with one key makes one version; without a key it makes two', async () => {
  const name = await world.run('b', IMAGES.sleep);
  const path = `${RS}/${name}`;
  for (let i = 0; i < 3; i++) {
    assert.deepEqual((await world.send('PATCH', path, {}, keyed('patch-b'))).body.data, { containerName: `${name}-2` });
  }
  assert.deepEqual((await world.send('PATCH', path, {})).body.data, { containerName: `${name}-3` });
});

test('the same key with another body, path or method is 422 and changes nothing', async () => {
  const name = world.name('c');
  await world.send('POST', RS, body(name), keyed('run-c'));
  for (const answer of [
    await world.send('POST', RS, body(name, { gpuCount: 2 }), keyed('run-c')),
    await world.send('PATCH', `${RS}/${name}`, {}, keyed('run-c')),
    await world.send('POST', VOLUMES, { name: world.name('v'), size: '1GB' }, keyed('run-c')),
  ]) {
    assert.equal(answer.status, 422);
    assert.match(answer.body.msg, /Idempotency-Key "run-c"/);
  }
  assert.equal((await world.entry(name)).version, 1);
});

test('a failed command stays failed for its key; a refused one is decided anew', async () => {
  const failing = body(world.name('d'), { imageName: IMAGES.fails });
  const first = await world.send('POST', RS, failing, keyed('run-d'));
  assert.equal(first.body.code, 1004);
  assert.deepEqual((await world.send('POST', RS, failing, keyed('run-d'))).body, first.body);
  const name = world.name('e');
  assert.equal((await world.send('PATCH', `${RS}/${name}`, {}, keyed('patch-e'))).status, 404);
  await world.run('e', IMAGES.sleep);
  assert.equal((await world.send('PATCH', `${RS}/${name}`, {}, keyed('patch-e'))).status, 200);
});

test('If-Match: the ETag of an info lets one of two changes through; dryRun gives it too and changes nothing', async () => {
  const name = await world.run('f', IMAGES.sleep);
  const path = `${RS}/${name}`;
  const { headers } = await world.send('GET', path);
  const etag = String(headers['etag']);
  const planned = await world.send<{ events: { type: string }[]; steps: unknown[] }>(
    'PATCH',
    `${path}?dryRun=true`,
    {},
    { 'If-Match': etag },
  );
  assert.equal(planned.body.data.events[0]?.type, 'OperationStarted');
  assert.equal(planned.body.data.steps.length, 5);
  assert.equal(planned.headers['etag'], etag);
  assert.equal((await world.send('PATCH', path, {}, { 'If-Match': etag })).status, 200);
  const late = await world.send('PATCH', path, {}, { 'If-Match': etag });
  assert.equal(late.status, 412);
  assert.match(late.body.msg, /someone else changed it/);
  assert.equal((await world.entry(name)).version, 2);
});

test.run();
