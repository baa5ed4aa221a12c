// timeout: 400
// Each a failure of the Go program that must not happen here: GPUs and host ports.
import { createServer, type Server } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertAgrees } from '../crash/agree.ts';
import { call, gpusHeld, listed, ok, portsHeld, portsView, run, runBody, sh } from '../crash/client.ts';
import { embeddedPid, openWorld, type World } from '../crash/world.ts';
import { dockerSocket, IMAGES, portRange, uniqueName } from '../support/docker.ts';
import { signal } from '../support/processes.ts';
import { serve } from '../support/server.ts';

const test = suite('never again: leases');
const { from } = portRange();
/** Ten ports: few enough to run out of. */
const FEW = `${from}-${from + 9}`;
let world: World;

test.before(async () => {
  world = await openWorld({ embedded: true, args: ['--port-range', FEW, '--settle', '300ms'] });
});
test.after.each(async () => {
  await assertAgrees(world);
  const { replicaSets } = await ok<{ replicaSets: { name: string }[] }>(world.server, 'GET', 'replicaSet');
  for (const { name } of replicaSets) await ok(world.server, 'DELETE', `replicaSet/${name}`);
});
test.after(() => world.close());

async function refused(code: number, method: string, path: string, body?: unknown): Promise<string> {
  const reply = await call(world.server, method, path, body);
  assert.is(reply.code, code, `${method} ${path}: ${reply.msg}`);
  return reply.msg;
}

const listenOn = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, '0.0.0.0', () => resolve(server));
  });

test('GPUs or ports leaked by a refused run', async () => {
  const { server } = world;
  await refused(1013, 'POST', 'replicaSet', runBody(uniqueName('a'), { gpus: 9, ports: ['80'] }));
  const ports = Array.from({ length: 11 }, (_, i) => String(80 + i));
  await refused(1014, 'POST', 'replicaSet', runBody(uniqueName('a'), { gpus: 2, ports }));
  await refused(1004, 'POST', 'replicaSet', runBody(uniqueName('a'), { gpus: 2, ports: ['80'], image: 'gda/nothere:latest' }));
  assert.equal(await gpusHeld(server), []);
  assert.equal(await portsHeld(server), []);
});

test('GPUs or ports leaked by a failed run', async () => {
  const { server } = world;
  const name = uniqueName('a');
  await refused(1004, 'POST', 'replicaSet', runBody(name, { gpus: 2, ports: ['80'], image: IMAGES.fails }));
  await refused(1004, 'POST', 'replicaSet', runBody(name, { gpus: 2, ports: ['80'], cmd: ['/nope'] }));
  assert.equal(await gpusHeld(server), []);
  assert.equal(await portsHeld(server), []);
  await run(server, name, { gpus: 8, ports: ['80'] });
});

test('GPUs leaked, or the old container lost, by a failed patch', async () => {
  const { server } = world;
  const name = uniqueName('a');
  // It starts once only: the patched one, which has the mark on its disk, ends with an error.
  await run(server, name, { gpus: 1, ports: ['80'], cmd: ['sh', '-c', '[ $CONTAINER_VERSION = 1 ] || exit 3; sleep 1000'] });
  const before = await listed(server, name);
  await refused(1007, 'PATCH', `replicaSet/${name}`, { gpuPatch: { gpuCount: 3 } });
  const after = await listed(server, name);
  assert.equal([after.state, after.version, after.gpus, after.ports], ['running', 1, before.gpus, before.ports]);
  assert.equal(await gpusHeld(server), before.gpus);
});

for (const second of ['delete', 'continue', 'stop'] as const) {
  test(`stop then ${second === 'stop' ? 'a second stop' : second} freeing what another container now holds`, async () => {
    const { server } = world;
    const a = uniqueName('a');
    const b = uniqueName('b');
    await run(server, a, { gpus: 8, ports: ['80'] });
    const { ports } = await listed(server, a);
    await ok(server, 'PATCH', `replicaSet/${a}/stop`);
    assert.equal(await gpusHeld(server), [], 'a stopped one holds nothing');
    await run(server, b, { gpus: 8, ports: ['80'] });
    assert.equal((await listed(server, b)).ports, ports, 'the other has the very same port');
    if (second === 'delete') await ok(server, 'DELETE', `replicaSet/${a}`);
    if (second === 'stop') await ok(server, 'PATCH', `replicaSet/${a}/stop`);
    if (second === 'continue') await refused(1019, 'PATCH', `replicaSet/${a}/continue`);
    assert.is((await gpusHeld(server)).length, 8);
    assert.is((await portsHeld(server)).length, 1);
    await refused(1013, 'POST', 'replicaSet', runBody(uniqueName('c'), { gpus: 1 }));
  });
}

test('rollback taking another’s GPUs', async () => {
  const { server } = world;
  const a = uniqueName('a');
  const b = uniqueName('b');
  await run(server, a, { gpus: 2 });
  const [, dropped] = (await listed(server, a)).gpus;
  await ok(server, 'PATCH', `replicaSet/${a}`, { gpuPatch: { gpuCount: 1 } });
  await run(server, b, { gpus: 1 });
  assert.equal((await listed(server, b)).gpus, [dropped], 'the other has what the first version had');
  await ok(server, 'PATCH', `replicaSet/${a}/rollback`, { version: 1 });
  const { gpus } = await listed(server, a);
  assert.is(gpus.length, 2);
  assert.not.ok(gpus.includes(dropped ?? ''));
  await ok(server, 'PATCH', `replicaSet/${a}`, { gpuPatch: { gpuCount: 1 } });
  await ok(server, 'PATCH', `replicaSet/${b}`, { gpuPatch: { gpuCount: 7 } });
  await refused(1013, 'PATCH', `replicaSet/${a}/rollback`, { version: 1 });
});

test('kill -9 or a lost etcd losing the allocator', async () => {
  const { server } = world;
  const name = uniqueName('a');
  await run(server, name, { gpus: 3, ports: ['80', '81'] });
  const before = [await gpusHeld(server), await portsHeld(server), await listed(server, name)];
  // Both at one moment: what was not on disk is gone.
  signal(embeddedPid(server), 'SIGKILL');
  await server.kill();
  await server.restart();
  assert.equal([await gpusHeld(server), await portsHeld(server), await listed(server, name)], before);
  await refused(1013, 'POST', 'replicaSet', runBody(uniqueName('b'), { gpus: 6 }));
  await run(server, uniqueName('b'), { gpus: 5 });
});

test('a host port that someone else uses', async () => {
  const { server } = world;
  const other = await listenOn(from);
  const a = uniqueName('a');
  await run(server, a, { ports: ['80'] });
  const { ports } = await listed(server, a);
  assert.not.equal(ports, { 80: from });
  await ok(server, 'PATCH', `replicaSet/${a}/stop`);
  const third = await listenOn(Number(ports['80']));
  await ok(server, 'PATCH', `replicaSet/${a}/restart`, {});
  const now = (await listed(server, a)).ports;
  assert.not.equal(now, ports, 'taken meanwhile: it gets another');
  assert.is(await sh(server, a, 'echo runs'), 'runs');
  for (const listening of [other, third]) await new Promise((resolve) => listening.close(resolve));
});

test('the port range frozen by the first clean stop', async () => {
  const { server } = world;
  const name = uniqueName('a');
  await run(server, name, { ports: ['80'] });
  const held = Number((await listed(server, name)).ports['80']);
  assert.is((await portsView(server)).AvailableCount, 9);
  assert.is(await server.stop(), 0);
  const args = [...['--host-name', world.hostName], ...['--port-range', `${from + 10}-${from + 19}`]];
  const wider = await serve({ docker: dockerSocket(), dataDir: server.dataDir, args });
  try {
    const view = await portsView(wider);
    assert.equal([view.StartPort, view.EndPort, view.AvailableCount], [from + 10, from + 19, 10]);
    assert.equal(Object.keys(view.UsedPortSet), [String(held)], 'what an earlier range gave out is still shown as held');
    await ok(wider, 'POST', 'replicaSet', runBody(`${name}b`, { ports: ['80'] }));
    assert.is((await listed(wider, `${name}b`)).ports['80'], from + 10);
    await ok(wider, 'PATCH', `replicaSet/${name}`, {});
    assert.is((await listed(wider, name)).ports['80'], held, 'a port stays the same over versions');
  } finally {
    await wider.stop();
    await server.restart();
  }
});

test.run();
