// Every endpoint of the document: what reaches the service, and what comes back.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from '../../src/commands/command.ts';
import { apiRoutes } from '../../src/http/app.ts';
import { send, start, type World } from './client.ts';
import { example } from './document.ts';

const test = suite('routes');

let world: World;
test.before.each(async () => {
  world = await start();
});
test.after.each(() => world.stop());

const last = (): Command | undefined => world.calls.at(-1)?.command;

/** Sends the document's request to foo or bar and expects its answer, byte for byte. */
async function likeTheDocument(name: string, version: number): Promise<Command | undefined> {
  world.submit = async () => ({ ok: true, version });
  const { route, request, response } = example(name);
  const [method = '', path = ''] = route.split(' ');
  const answer = await send(world, method, path.replace('{name}', path.includes('volumes') ? 'bar' : 'foo'), request);
  assert.is(answer.status, 200);
  assert.is(answer.headers['content-type'], 'application/json; charset=utf-8');
  assert.equal(answer.body, response);
  return last();
}

/** Endpoints beside the documented ones. */
const OURS = [
  'GET /api/v1/replicaSet/:name/logs',
  'GET /api/v1/replicaSet',
  'GET /api/v1/volumes',
  'PUT /api/v1/replicaSet/:name/policy',
  'PATCH /api/v1/replicaSet/:name/freeze',
  'PATCH /api/v1/replicaSet/:name/thaw',
  'DELETE /api/v1/replicaSet/:name/versions/:version',
  'GET /api/v1/resources/disks',
  'POST /api/v1/replicaSet/:name/adopt',
  'POST /api/v1/volumes/:name/adopt',
];

test('the 19 documented endpoints are there, and those of our own', () => {
  const routes = apiRoutes
    .filter(({ path }) => /^\/api\/v1\/(replicaSet|volumes|resources)\b/.test(path))
    .map((r) => `${r.method} ${r.path}`);
  assert.equal(
    OURS.filter((route) => !routes.includes(route)),
    [],
  );
  assert.is(routes.length - OURS.length, 19);
});

test('what a restored log does not know is taken back, and the rest settled', async () => {
  const adopted = await send(world, 'POST', '/api/v1/replicaSet/foo/adopt');
  const data = { name: 'foo', version: 2, state: 'running', gpus: [], volumes: [], approximate: [], ports: {} };
  assert.equal(adopted.body, { code: 200, msg: 'Success', data });
  const planned = await send(world, 'POST', '/api/v1/volumes/bar/adopt?dryRun=true');
  assert.equal(planned.body, { code: 200, msg: 'Success', data: { stream: 'volume/bar', etag: null, events: [], steps: [] } });
  const settled = await send(world, 'POST', '/api/v1/hosts/box/accept-restore');
  assert.equal(settled.body, {
    ...{ code: 200, msg: 'Success' },
    data: { host: 'box', wasRestored: true, differences: ['foo-2 (running) is not in the log'] },
  });
});

test('a policy', async () => {
  world.submit = async () => ({ ok: true });
  const answer = await send(world, 'PUT', '/api/v1/replicaSet/foo/policy', { keepVersions: 5, restart: null });
  assert.equal(answer.body, { code: 200, msg: 'Success', data: { policy: { keepVersions: 5 } } });
  assert.equal(last(), { do: 'setPolicy', name: 'foo', keepVersions: 5 });
});

test('an old version is removed by its number in the path', async () => {
  world.submit = async () => ({ ok: true });
  const answer = await send(world, 'DELETE', '/api/v1/replicaSet/foo/versions/3');
  assert.equal(answer.body, { code: 200, msg: 'Success', data: null });
  assert.equal(last(), { do: 'removeVersion', name: 'foo', version: 3 });
  for (const version of ['three', '-1', '1.5', '1e3', '9'.repeat(16)]) {
    const refused = await send(world, 'DELETE', `/api/v1/replicaSet/foo/versions/${version}`);
    assert.equal([refused.status, refused.body.code], [400, 1000], version);
  }
  assert.is(world.calls.length, 1);
});

test('a history in pages', async () => {
  const ask = async (query: string): Promise<{ versions: number[]; next?: number }> => {
    const { data } = (await send(world, 'GET', `/api/v1/replicaSet/foo/history${query}`)).body as {
      data: { history: { version: number }[]; next?: number };
    };
    return { versions: data.history.map(({ version }) => version), ...(data.next !== undefined && { next: data.next }) };
  };
  assert.equal(await ask('?limit=3'), { versions: [8, 7, 6], next: 6 });
  assert.equal(await ask('?limit=3&before=6'), { versions: [5, 4, 3], next: 3 });
  assert.equal(await ask('?limit=3&before=3'), { versions: [2, 1] });
  assert.equal(await ask(''), { versions: [8, 7, 6, 5, 4, 3, 2, 1] });
  for (const query of ['limit=0', 'limit=1001', 'limit=x', 'before=0', 'before=', 'limit=1&limit=2']) {
    for (const path of ['replicaSet/foo', 'volumes/bar']) {
      const answer = await send(world, 'GET', `/api/v1/${path}/history?${query}`);
      assert.equal([answer.status, answer.body.code], [400, 1000], `${path} ${query}`);
    }
  }
});

test('the disks resource', async () => {
  const image = { name: 'foo', uid: world.state.replicaSets.get('foo')?.uid ?? '', bytes: 50, shared: 30, layer: 20 };
  world.disks = {
    usage: { images: [{ ...image, image: 'sha256:unnamed', version: 7 }], containers: [], volumes: new Map([['bar-2', 5]]) },
    countedAt: '2026-01-01T00:00:00.000Z',
    incomplete: 'Docker is still counting: ask again later',
    room: { path: '/var/lib/docker', total: 10, free: 5, usedRatio: 0.5 },
  };
  const { data } = (await send(world, 'GET', '/api/v1/resources/disks')).body;
  assert.equal(data, {
    disks: {
      countedAt: '2026-01-01T00:00:00.000Z',
      incomplete: 'Docker is still counting: ask again later',
      room: { path: '/var/lib/docker', total: 10, free: 5, usedRatio: 0.5 },
      total: { disks: 20, containers: 0, anonymousVolumes: 0, volumes: 5 },
      replicaSets: [{ name: 'foo', disks: 20, waiting: 20, container: null, anonymousVolumes: 0, versions: [] }],
      volumes: [{ name: 'bar', version: 2, bytes: 5 }],
    },
  });
  assert.is((await send(world, 'GET', '/api/v1/resources/disks?at=1')).status, 400);
});

test('run', async () => {
  assert.equal(await likeTheDocument('replica-set-run', 1), { do: 'run', ...example('replica-set-run').request });
});
test('patch', async () => {
  assert.equal(await likeTheDocument('replica-set-patch', 2), { do: 'patch', name: 'foo', ...example('replica-set-patch').request });
});
test('rollback', async () => {
  assert.equal(await likeTheDocument('replica-set-rollback', 6), { do: 'rollback', name: 'foo', version: 1 });
});
test('restart', async () => {
  assert.equal(await likeTheDocument('replica-set-restart', 7), { do: 'restart', name: 'foo' });
});
test('commit', async () => {
  assert.equal(await likeTheDocument('replica-set-commit', 1), { do: 'commit', name: 'foo', newImageName: 'foo-v1-image' });
});
test('stop, pause, continue and delete', async () => {
  for (const what of ['stop', 'pause', 'continue', 'delete']) {
    assert.equal(await likeTheDocument(`replica-set-${what}`, 1), { do: what, name: 'foo' });
  }
});
test('create a volume', async () => {
  world.state = { ...world.state, volumes: new Map() };
  assert.equal(await likeTheDocument('volume-create', 1), { do: 'createVolume', name: 'bar', size: '20GB' });
});
test('patch a volume', async () => {
  assert.equal(await likeTheDocument('volume-size', 2), { do: 'resizeVolume', name: 'bar', size: '50GB' });
});
test('delete a volume', async () => {
  assert.equal(await likeTheDocument('volume-delete', 1), { do: 'deleteVolume', name: 'bar' });
});

test('a size is answered as it is recorded', async () => {
  world.submit = async () => ({ ok: true, version: 2 });
  const answer = await send(world, 'PATCH', '/api/v1/volumes/bar/size', { size: '50gb' });
  assert.equal(answer.body.data, { name: 'bar-2', size: '50GB' });
});

test('execute answers stdout, with exit code and truncation beside it', async () => {
  const { request } = example('replica-set-execute');
  const answer = await send(world, 'POST', '/api/v1/replicaSet/foo/execute', { ...request, workDir: '/tmp' });
  assert.equal(answer.body.data, { stdout: 'hello\n', exitCode: 0, truncated: false });
  assert.equal(last(), { do: 'execute', name: 'foo', cmd: ['nvidia-smi'], workDir: '/tmp' });

  const result = { exitCode: null, stdout: '', outputBytes: 0, truncated: true, timedOut: true, aborted: false };
  world.execute = async () => ({ ok: true, result });
  const cut = await send(world, 'POST', '/api/v1/replicaSet/foo/execute', { cmd: ['yes'], workDir: '' });
  assert.equal(cut.body.data, { stdout: '', exitCode: null, truncated: true, timedOut: true });
  assert.equal(last(), { do: 'execute', name: 'foo', cmd: ['yes'] });
});

test('execute that is refused', async () => {
  world.execute = async () => ({ ok: false, rejection: { code: 1006, kind: 'conflict', message: 'replicaSet foo is stopped' } });
  const answer = await send(world, 'POST', '/api/v1/replicaSet/foo/execute', { cmd: ['ls'] });
  assert.is(answer.status, 409);
  assert.equal(answer.body, { code: 1006, msg: 'replicaSet foo is stopped', data: null });
});

test('info and history of a replicaSet are the document’s examples', async () => {
  assert.equal((await send(world, 'GET', '/api/v1/replicaSet/foo')).body, example('replica-set-info').response);
  assert.equal((await send(world, 'GET', '/api/v1/replicaSet/foo/history')).body, example('replica-set-history').response);
});

test('info and history of a volume are the document’s examples, with enforced beside them', async () => {
  const info = await send(world, 'GET', '/api/v1/volumes/bar');
  const opt = { Driver: 'local', DriverOpts: { size: '50GB' }, Name: 'bar-2' };
  assert.equal(info.body.data, { Info: { version: 2, createTime: '2024-01-23 02:17:30', opt, enforced: true } });
  const { data } = (await send(world, 'GET', '/api/v1/volumes/bar/history')).body as {
    data: { history: { status: { enforced?: boolean } }[] };
  };
  for (const { status } of data.history) delete status.enforced;
  assert.equal(data, example('volume-history').response.data);
});

test('resources are the document’s examples', async () => {
  assert.equal((await send(world, 'GET', '/api/v1/resources/gpus')).body, example('gpus').response);
  const { ports } = example('ports').response.data as { ports: object };
  assert.equal((await send(world, 'GET', '/api/v1/resources/ports')).body.data, { ports: { ...ports, AvailableCount: 25534 } });
});

test('GPUs with what the documented resources do not say', async () => {
  const { data } = (await send(world, 'GET', '/api/v1/gpus')).body as { data: { gpus: object[] } };
  const [first = ''] = Object.keys((example('gpus').response.data as { gpus: object }).gpus);
  assert.is(data.gpus.length, 8);
  assert.equal(data.gpus[0], { gpu: first, index: 0, name: 'A100', memoryMiB: 81920, present: true, holder: null });
});

test('lists', async () => {
  const { data } = (await send(world, 'GET', '/api/v1/replicaSet')).body as { data: { replicaSets: { name: string; version: number }[] } };
  assert.equal(
    data.replicaSets.map(({ name, version }) => [name, version]),
    [['foo', 8]],
  );
  const volumes = (await send(world, 'GET', '/api/v1/volumes')).body as { data: { volumes: { name: string; mountedBy: string[] }[] } };
  assert.equal(
    volumes.data.volumes.map(({ name, mountedBy }) => [name, mountedBy]),
    [['bar', []]],
  );
});

test('what does not exist: 404 with the code of its view', async () => {
  for (const [path, code] of [
    ['/api/v1/replicaSet/nope', 1016],
    ['/api/v1/replicaSet/nope/history', 1017],
    ['/api/v1/volumes/nope', 1033],
    ['/api/v1/volumes/nope/history', 1034],
    ['/api/v1/replicaSet/a%2Fb', 1016],
    ['/api/v1/replicaSet/__proto__', 1016],
  ] as const) {
    const answer = await send(world, 'GET', path);
    assert.is(answer.status, 404, path);
    assert.is(answer.body.code, code, path);
    assert.is(answer.body.data, null);
    assert.match(answer.body.msg, /does not exist/);
  }
});

test('what is still being made is not found yet', async () => {
  const foo = world.state.replicaSets.get('foo');
  const bar = world.state.volumes.get('bar');
  assert.ok(foo && bar);
  world.state = {
    ...world.state,
    replicaSets: new Map([['foo', { ...foo, current: 0 }]]),
    volumes: new Map([['bar', { ...bar, current: 0 }]]),
  };
  for (const [path, code] of [
    ['/api/v1/replicaSet/foo', 1016],
    ['/api/v1/replicaSet/foo/history', 1017],
    ['/api/v1/volumes/bar', 1033],
    ['/api/v1/volumes/bar/history', 1034],
  ] as const) {
    const answer = await send(world, 'GET', path);
    assert.is(answer.status, 404, path);
    assert.is(answer.body.code, code, path);
    assert.match(answer.body.msg, /still being made/);
  }
});

test('names are decoded once', async () => {
  await send(world, 'PATCH', '/api/v1/replicaSet/a%20b/stop');
  assert.equal(last(), { do: 'stop', name: 'a b' });
  await send(world, 'DELETE', '/api/v1/volumes/a%252Fb');
  assert.equal(last(), { do: 'deleteVolume', name: 'a%2Fb' });
});

test('health', async () => {
  assert.equal((await send(world, 'GET', '/ping')).body, { code: 200, msg: 'Success', data: 'pong' });
  assert.is((await send(world, 'GET', '/healthz')).status, 200);
  assert.equal((await send(world, 'GET', '/readyz')).body.data, { ready: true, sequence: 42 });
});

test.run();
