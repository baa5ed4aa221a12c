// timeout: 600
// etcd goes away, comes back, or has no room.
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { connectEtcd } from '../../src/infra/etcd/client.ts';
import { uniqueName } from '../support/docker.ts';
import { startEtcd } from '../support/etcd.ts';
import { signal } from '../support/processes.ts';
import { assertAgrees } from './agree.ts';
import { attempt, call, gpusHeld, list, listed, ok, readiness, run, sh } from './client.ts';
import { embeddedPid, openWorld, until, untilReady, type World } from './world.ts';

const test = suite('etcd');

/** What a client meets while nothing can be changed. */
async function refusesToChange({ server }: World, name: string, why: RegExp): Promise<void> {
  const reply = await call(server, 'PATCH', `replicaSet/${name}/stop`);
  assert.is(reply.status, 503, reply.msg);
  assert.is(reply.code, 1010);
  assert.match(reply.msg, why);
  assert.ok(Number(reply.headers['retry-after']) > 0, 'Retry-After');
  assert.is((await list(server)).length > 0, true, 'reads go on');
}

const untilUnready = ({ server }: World, why: RegExp): Promise<{ status: number; msg: string }> =>
  until(
    'unreadiness',
    () => readiness(server),
    ({ status, msg }) => status === 503 && why.test(msg),
  );

test('an etcd that is killed and stays away a while: nothing is lost, and the server says so and comes back by itself', async () => {
  const world = await openWorld();
  const { server, external } = world;
  try {
    const [a, b] = [uniqueName('e'), uniqueName('e')] as const;
    for (const name of [a, b]) {
      await run(server, name, { gpus: 1, ports: ['80'] });
      await sh(server, name, 'echo kept >/kept');
    }
    const underWay = [a, b].map((name) => call(server, 'PATCH', `replicaSet/${name}`, { gpuPatch: { gpuCount: 2 } }));
    await sleep(150);
    await external?.kill();
    await untilUnready(world, /event log does not answer/);
    await refusesToChange(world, a, /not ready: .*event log/);
    await sleep(5_000); // longer than the lease
    await external?.start();
    await untilReady(server);
    for (const { code, msg } of await Promise.all(underWay)) assert.is(code, 200, msg);
    await assertAgrees(world);
    for (const name of [a, b]) assert.is(await sh(server, name, 'cat /kept'), 'kept');
    assert.is((await gpusHeld(server)).length, 4);
  } finally {
    await world.close();
  }
});

test('an etcd that is killed and is back at once is not noticed', async () => {
  const world = await openWorld();
  const { server, external } = world;
  try {
    const name = uniqueName('e');
    await run(server, name, { gpus: 1 });
    for (let round = 0; round < 3; round++) {
      const patch = call(server, 'PATCH', `replicaSet/${name}`, {});
      await sleep(round * 100);
      await external?.kill();
      await external?.start();
      const { code, msg } = await patch;
      assert.is(code, 200, msg);
    }
    await untilReady(server);
    await assertAgrees(world);
  } finally {
    await world.close();
  }
});

test('the server’s own etcd is started again when it is killed', async () => {
  const world = await openWorld({ embedded: true });
  const { server } = world;
  try {
    const name = uniqueName('e');
    await run(server, name, { gpus: 1 });
    for (let round = 0; round < 2; round++) {
      const patch = call(server, 'PATCH', `replicaSet/${name}`, {});
      await sleep(100);
      signal(embeddedPid(server), 'SIGKILL');
      const { code, msg } = await patch;
      assert.is(code, 200, msg);
    }
    await untilReady(server);
    await assertAgrees(world);
    assert.match(server.output(), /etcd had ended and runs again/);
  } finally {
    await world.close();
  }
});

test('an etcd without space: changes are refused, reads go on, and what was half done is finished when there is space', async () => {
  const etcd = await startEtcd({ quotaBytes: 16 << 20 });
  const world = await openWorld({ etcd });
  const { server } = world;
  const kv = connectEtcd({ endpoints: [etcd.endpoint] });
  try {
    const name = uniqueName('e');
    await run(server, name, { gpus: 1 });
    await sh(server, name, 'echo kept >/kept');
    const patch = attempt(server, 'PATCH', `replicaSet/${name}`, { gpuPatch: { gpuCount: 2 } });
    await sleep(60);
    const filler = 'x'.repeat(1 << 20);
    for (let i = 0; i < 40; i++) {
      const full = await kv.txn({ if: [], write: [{ put: `/filler/${i}`, value: filler }] }).then(
        () => false,
        () => true,
      );
      if (full) break;
    }
    const other = await call(server, 'POST', 'volumes', { name: uniqueName('v'), size: '1MB' });
    assert.equal([other.status, other.code], [503, 1023], other.msg);
    await untilUnready(world, /space/);
    await refusesToChange(world, name, /space/);
    // As after a restart of the machine: the server starts, shows what there is, and says why it is not ready.
    await server.kill();
    const again = server.restart();
    const seen = await until(
      'an answer',
      () => listed(server, name),
      () => true,
    );
    assert.is(seen.name, name);
    await untilUnready(world, /space/);
    await kv.deleteRange('/filler/', '/filler0');
    await kv.compact((await kv.status()).revision);
    await kv.defragment();
    for (const alarm of await kv.alarms()) await kv.disarm(alarm);
    await again;
    await patch;
    await assertAgrees(world);
    assert.is(await sh(server, name, 'cat /kept'), 'kept');
    await ok(server, 'PATCH', `replicaSet/${name}`, { gpuPatch: { gpuCount: 3 } });
    assert.is((await gpusHeld(server)).length, 3);
  } finally {
    kv.close();
    await world.close();
  }
});

test.run();
