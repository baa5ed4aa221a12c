// timeout: 400
// Each a failure of the Go program that must not happen here: requests, alone and many at once.
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { connectEtcd } from '../../src/infra/etcd/client.ts';
import { assertAgrees } from '../crash/agree.ts';
import { call, gpusHeld, list, listed, ok, portsHeld, run, runBody, sh } from '../crash/client.ts';
import { readLog } from '../crash/log.ts';
import { openWorld, type World } from '../crash/world.ts';
import { dockerRoot, uniqueName } from '../support/docker.ts';

const test = suite('never again: requests');
const directory = mkdtempSync(join(tmpdir(), 'gda-never-'));
let world: World;
let pid: number;

test.before(async () => {
  world = await openWorld({ args: ['--max-exec-output', '1mb', '--exec-timeout', '2s'] });
  pid = world.server.pid;
});
test.after.each(async () => {
  assert.is((await world.server.request('GET', '/readyz')).status, 200, 'the server lives');
  await assertAgrees(world);
  for (const { name } of await list(world.server)) await ok(world.server, 'DELETE', `replicaSet/${name}`);
});
test.after(async () => {
  await world.close();
  rmSync(directory, { recursive: true, force: true });
});

const NONSENSE: readonly unknown[] = [
  '',
  '{',
  'null',
  '[]',
  '"x"',
  '1e999',
  '{"a":',
  '\u0000',
  '{"__proto__":{"x":1}}',
  '['.repeat(20_000),
  {},
];
const WRONG: readonly (readonly [method: string, path: string, body: unknown])[] = [
  ['POST', 'replicaSet', { imageName: 1, replicaSetName: [], gpuCount: 'x' }],
  ['POST', 'replicaSet', runBody('x', { gpus: -1 })],
  ['POST', 'replicaSet', { ...runBody('x'), gpuCount: 1e308 }],
  ['POST', 'replicaSet', { ...runBody('x'), binds: [{}] }],
  ['POST', 'replicaSet', { ...runBody('x'), containerPorts: ['80', '80'] }],
  ['POST', 'replicaSet', { ...runBody('x'), env: ['noequals'] }],
  ['POST', 'replicaSet', runBody('../x')],
  ['PATCH', 'replicaSet/none', { gpuPatch: { gpuCount: 1 } }],
  ['PATCH', 'replicaSet/none/rollback', { version: -1 }],
  ['PATCH', 'replicaSet/none/rollback', { version: 1.5 }],
  ['PATCH', 'replicaSet/%00/stop', {}],
  ['PATCH', 'replicaSet/%E0%A4%A/stop', {}],
  ['DELETE', 'replicaSet/none', undefined],
  ['POST', 'replicaSet/none/execute', { cmd: [] }],
  ['POST', 'replicaSet/none/commit', { newImageName: 'UPPER CASE' }],
  ['POST', 'volumes', { name: 'v', size: '10' }],
  ['POST', 'volumes', { name: 'v', size: 'GB' }],
  ['POST', 'volumes', { name: 'v', size: '' }],
  ['POST', 'volumes', { name: '/v', size: '1GB' }],
  ['PATCH', 'volumes/none/size', { size: '10XB' }],
  ['GET', 'replicaSet/none/history', undefined],
  ['GET', 'volumes/none', undefined],
];

test('panics on bad input', async () => {
  const { server } = world;
  const { events } = await readLog(world.etcd);
  const routes = [...new Set(WRONG.map(([method, path]) => `${method} ${path}`))].filter((route) => !route.startsWith('GET'));
  const mangled = routes.flatMap((route) => NONSENSE.map((body) => [...route.split(' '), body] as [string, string, unknown]));
  for (const [method, path, body] of [...WRONG, ...mangled]) {
    const answer = await server.request<{ code: number; msg: string }>(method, `/api/v1/${path}`, body);
    const what = `${method} ${path} ${JSON.stringify(body)?.slice(0, 100)}: ${answer.status} ${JSON.stringify(answer.body)?.slice(0, 200)}`;
    assert.ok(answer.status >= 400 && answer.status < 500, what);
    assert.ok(answer.body.code >= 400 && answer.body.msg.length > 5, what);
  }
  assert.is(server.pid, pid);
  assert.is((await readLog(world.etcd)).events.length, events.length, 'no event came of it');
});

test('concurrent runs of one name leaving orphans', async () => {
  const { server } = world;
  const name = uniqueName('c');
  const body = runBody(name, { gpus: 1, ports: ['80'] });
  const replies = await Promise.all(Array.from({ length: 12 }, () => call(server, 'POST', 'replicaSet', body)));
  assert.equal(
    replies.map(({ code }) => code).sort((a, b) => a - b),
    [200, ...Array<number>(11).fill(1008)],
  );
  assert.is((await gpusHeld(server)).length, 1);
  assert.is((await portsHeld(server)).length, 1);
});

test('concurrent changes of one name leaving orphans', async () => {
  const { server } = world;
  const name = uniqueName('c');
  await run(server, name, { gpus: 1 });
  const patches = [1, 2, 3, 1].map((gpuCount) => call(server, 'PATCH', `replicaSet/${name}`, { gpuPatch: { gpuCount } }));
  const others = [call(server, 'PATCH', `replicaSet/${name}/stop`), call(server, 'PATCH', `replicaSet/${name}/rollback`, { version: 1 })];
  const versions = (await Promise.all(patches)).map(({ code, msg }) => assert.is(code, 200, msg));
  await Promise.all(others);
  assert.ok((await listed(server, name)).version > versions.length);
});

test('one GPU given to two of many concurrent runs', async () => {
  const { server } = world;
  const names = Array.from({ length: 16 }, () => uniqueName('c'));
  const replies = await Promise.all(names.map((name) => call(server, 'POST', 'replicaSet', runBody(name, { gpus: 1 }))));
  assert.equal(
    replies.map(({ code }) => code).sort((a, b) => a - b),
    [...Array<number>(8).fill(200), ...Array<number>(8).fill(1013)],
  );
  const gpus = (await list(server)).flatMap((entry) => entry.gpus);
  assert.is(new Set(gpus).size, 8);
});

test('concurrent map writes killing the process', async () => {
  const { server } = world;
  const shared = uniqueName('c');
  await run(server, shared);
  const client = async (): Promise<void> => {
    const name = uniqueName('c');
    const volume = uniqueName('v');
    await run(server, name, { ports: ['80'] });
    await Promise.all([
      ok(server, 'POST', 'volumes', { name: volume, size: '1MB' }),
      sh(server, shared, 'true'),
      call(server, 'GET', 'resources/ports'),
      call(server, 'GET', `replicaSet/${shared}/history`),
      ok(server, 'PATCH', `replicaSet/${name}/stop`),
    ]);
    await Promise.all([ok(server, 'DELETE', `replicaSet/${name}`), ok(server, 'DELETE', `volumes/${volume}`), list(server)]);
  };
  await Promise.all(Array.from({ length: 8 }, client));
  assert.is(server.pid, pid);
});

test('reads that miss the write just answered', async () => {
  const { server } = world;
  const name = uniqueName('c');
  for (let round = 0; round < 5; round++) {
    await run(server, name, { gpus: 1 });
    assert.is((await listed(server, name)).state, 'running');
    assert.is((await gpusHeld(server)).length, 1);
    await ok(server, 'PATCH', `replicaSet/${name}/stop`);
    assert.is((await listed(server, name)).state, 'stopped');
    assert.is((await gpusHeld(server)).length, 0);
    await ok(server, 'DELETE', `replicaSet/${name}`);
    assert.is((await call(server, 'GET', `replicaSet/${name}`)).code, 1016);
  }
});

test('history that walks every etcd revision and dies with compaction', async () => {
  const { server, etcd } = world;
  const name = uniqueName('c');
  await run(server, name, { gpus: 1 });
  for (const gpuCount of [2, 3]) await ok(server, 'PATCH', `replicaSet/${name}`, { gpuPatch: { gpuCount } });
  const before = await ok<{ history: { version: number }[] }>(server, 'GET', `replicaSet/${name}/history`);
  assert.equal(
    before.history.map(({ version }) => version),
    [3, 2, 1],
  );
  const kv = connectEtcd({ endpoints: [etcd] });
  await kv.compact((await kv.status()).revision);
  kv.close();
  await server.restart();
  pid = server.pid;
  assert.equal(await ok(server, 'GET', `replicaSet/${name}/history`), before);
  await ok(server, 'PATCH', `replicaSet/${name}/rollback`, { version: 1 });
});

test('unlimited bodies', async () => {
  const huge = await world.server.request(
    'POST',
    '/api/v1/replicaSet',
    JSON.stringify({ ...runBody('x'), env: [`A=${'x'.repeat(2 << 20)}`] }),
  );
  assert.is(huge.status, 413);
});

test('unlimited exec output and time', async () => {
  const { server } = world;
  const name = uniqueName('c');
  await run(server, name);
  type Result = { stdout: string; truncated: boolean; exitCode: number | null };
  const path = `replicaSet/${name}/execute`;
  const much = await ok<Result>(server, 'POST', path, { cmd: ['sh', '-c', 'yes | head -c 5000000'] });
  assert.equal([much.truncated, much.exitCode, much.stdout.length <= 1 << 20], [true, 0, true]);
  const began = performance.now();
  await call<Result>(server, 'POST', path, { cmd: ['sh', '-c', 'sleep 300 & yes'] });
  assert.ok(performance.now() - began < 30_000);
  assert.is(await sh(server, name, 'ps | grep -c -E "[s]leep 300|[y]es" || true'), '0', 'nothing of it goes on');
});

test('any host path mounted', async () => {
  const { server } = world;
  const link = join(directory, 'link');
  symlinkSync('/etc', link);
  const hostPaths = [
    '/',
    '/etc',
    '/etc/../etc',
    '/proc/1',
    '/sys',
    '/dev',
    '/boot',
    '/root/x',
    '/var/run',
    '/run/x',
    dockerRoot(),
    server.dataDir,
    link,
    `${link}/ssl`,
  ];
  for (const src of hostPaths) {
    const { code, msg } = await call(server, 'POST', 'replicaSet', runBody(uniqueName('c'), { binds: [{ src, dest: '/host' }] }));
    assert.ok(code === 1004 || code === 1000, `${src}: ${code} ${msg}`);
  }
  await run(server, uniqueName('c'), { binds: [{ src: directory, dest: '/host' }] });
});

test.run();
