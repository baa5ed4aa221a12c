// timeout: 300
// Images that are not on the host, from a registry that is slow, silent or lacks them: one pull for all who ask.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { suite } from 'uvu';
import { type Registry, startRegistry } from '../support/registry.ts';
import { eventually, RS, World } from './world.ts';

const test = suite('pulls');
let world: World;
let registry: Registry;

test.before(async () => {
  world = await World.start([
    '--pull',
    'missing',
    '--allow-registry',
    'any',
    '--pull-timeout',
    '3s',
    '--replace-grace',
    '0s',
    '--stop-timeout',
    '0s',
  ]);
});
test.before.each(async () => {
  registry = await startRegistry();
});
test.after.each(async () => {
  await Promise.all((await world.replicaSets()).map(({ name }) => world.delete(name)));
  await world.docker
    .getImage(`${registry.image}:latest`)
    .remove({ force: true })
    .catch(() => {});
  registry.stop();
});
test.after(() => world.stop());

interface Pull {
  readonly image: string;
  readonly waiting: number;
  readonly elapsedMs: number;
  readonly progress?: { readonly doing: string; readonly bytes?: number; readonly of?: number };
}
const pulls = async (): Promise<readonly Pull[]> => (await world.ok<{ pulls: Pull[] }>('GET', '/api/v1/operations')).pulls;
const body = (suffix: string): object => ({ imageName: registry.image, replicaSetName: world.name(suffix), gpuCount: 0 });

test('all who ask share one pull, which shows bytes of bytes', async () => {
  registry.pauseMs = 200;
  const runs = ['a', 'b', 'c'].map((suffix) => world.send('POST', RS, body(suffix)));
  const seen: Pull[] = [];
  const shared = await eventually('three wait, and bytes come', async () => {
    const [pull, ...more] = await pulls();
    assert.equal(more.length, 0);
    if (pull !== undefined) seen.push(pull);
    return pull?.waiting === 3 && (pull.progress?.bytes ?? 0) > 0 && pull;
  });
  assert.equal(shared.image, `${registry.image}:latest`);
  assert.deepEqual([shared.progress?.doing, shared.progress?.of], ['download', registry.size]);
  for (const { status, body: answer } of await Promise.all(runs)) assert.equal(status, 200, JSON.stringify(answer));
  assert.equal(registry.asked, 1);
  assert.deepEqual(await pulls(), []);
  const bytes = seen.map(({ progress }) => progress?.bytes ?? 0);
  assert.deepEqual(
    bytes,
    [...bytes].sort((a, b) => a - b),
  );
  await world.assertTrue();
});

test('who hangs up leaves the pull to the others, and to the next', async () => {
  registry.pauseMs = 200;
  const call = request(new URL(RS, world.server.url), { method: 'POST', agent: false });
  call.on('error', () => {});
  call.end(JSON.stringify(body('gone')));
  await eventually('it is being pulled', async () => (await pulls())[0]?.waiting === 1);
  call.destroy();
  await eventually('nobody waits', async () => (await pulls())[0]?.waiting === 0);
  const { status } = await world.send('POST', RS, body('next'));
  assert.equal(status, 200);
  assert.equal(registry.asked, 1, 'the same pull');
  assert.deepEqual(
    (await world.replicaSets()).map(({ name }) => name),
    [world.name('next')],
  );
});

test('a pull that comes to a halt is given up, and all who wait are told why', async () => {
  registry.stallsAt = 0.5;
  const answers = await Promise.all(['a', 'b'].map((suffix) => world.send('POST', RS, body(suffix))));
  for (const { status, body: answer } of answers) {
    assert.deepEqual([status, answer.code], [503, 1004]);
    assert.match(answer.msg, /(nothing has come for|less than 1 MB has come in) 3 s \(--pull-timeout\)/);
  }
  registry.stallsAt = 1;
  registry.stop();
  registry = await startRegistry();
  assert.equal((await world.send('POST', RS, body('c'))).status, 200, 'the next one is a new one');
});

test('a registry that drips is given up, and its downloads are free again', async () => {
  const dripping = await startRegistry(4_000_000, 3);
  dripping.pauseMs = 4_000;
  try {
    const slow = world.send('POST', RS, { ...body('slow'), imageName: dripping.image });
    await eventually('it has all of Docker’s downloads', async () => dripping.asked === 3);
    const quick = world.send('POST', RS, body('quick'));
    const { status, body: answer } = await slow;
    assert.deepEqual([status, answer.code], [503, 1004]);
    assert.match(answer.msg, /less than 1 MB has come in 3 s \(--pull-timeout\)|nothing has come for 3 s/);
    assert.equal((await quick).status, 200);
  } finally {
    dripping.stop();
  }
});

test('a pull that waits for the downloads of others is not given up while they get on', async () => {
  const large = await startRegistry(4_000_000, 3);
  large.pauseMs = 350;
  try {
    const first = world.send('POST', RS, { ...body('large'), imageName: large.image });
    await eventually('it has all of Docker’s downloads', async () => large.asked === 3);
    const began = performance.now();
    const second = world.send('POST', RS, body('small'));
    assert.deepEqual([(await first).status, (await second).status], [200, 200]);
    assert.ok(performance.now() - began > 4_000, 'longer than --pull-timeout');
  } finally {
    await Promise.all((await world.replicaSets()).map(({ name }) => world.delete(name)));
    await world.docker.getImage(`${large.image}:latest`).remove({ force: true });
    large.stop();
  }
});

test('a dry run pulls nothing, and says so', async () => {
  const { status, body: answer } = await world.send('POST', `${RS}?dryRun=true`, body('dry'));
  assert.deepEqual([status, answer.code], [422, 1004]);
  assert.match(answer.msg, /is not on this host: a run pulls it, and a dry run does not$/);
  assert.equal(registry.requests, 0);
});

test('an image that the registry lacks: its own words', async () => {
  const imageName = registry.image.replace('slow', 'none');
  const { status, body: answer } = await world.send('POST', RS, { imageName, replicaSetName: world.name('none') });
  assert.deepEqual([status, answer.code], [404, 1004]);
  assert.match(answer.msg, /lab\/none.*(manifest unknown|not found)/);
});

test('a server that is killed while it pulls leaves nothing in the log, and the next one pulls again', async () => {
  registry.pauseMs = 200;
  const before = (await world.events()).length;
  const lost = world.send('POST', RS, body('lost')).catch(() => null);
  await eventually('it is being pulled', async () => (await pulls()).length === 1);
  await world.server.kill();
  await lost;
  assert.equal((await world.events()).length, before);
  registry.pauseMs = 0;
  await world.server.restart();
  assert.deepEqual(await pulls(), []);
  assert.equal((await world.send('POST', RS, body('lost'))).status, 200);
  await world.assertTrue();
});

test.run();
