// A read that was answered before is answered again with the same bytes, and only while nothing has changed.
import { createServer } from 'node:http';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PreparedAnswers, sendPrepared } from '../../src/http/response/prepared-answers.ts';
import type { State } from '../../src/projections/state.ts';
import { type Answer, send, start, type World } from './client.ts';

const test = suite('prepared answers');

let world: World;
test.before.each(async () => {
  world = await start();
});
test.after.each(() => world.stop());

const get = (path: string, headers?: Readonly<Record<string, string>>): Promise<Answer> => send(world, 'GET', path, undefined, headers);

/** The headers that do not differ from request to request. */
function lasting({ headers }: Answer): unknown {
  const { date: _, 'x-request-id': __, ...rest } = headers;
  return rest;
}

test('the second answer is the first: bytes, headers, log line', async () => {
  for (const path of [
    '/ping',
    '/api/v1/resources/gpus',
    '/api/v1/replicaSet',
    '/api/v1/replicaSet/foo',
    '/api/v1/replicaSet/foo/history',
  ]) {
    const first = await get(path, { 'X-Actor': 'alice', 'X-Request-Id': 'one' });
    const second = await get(path, { 'X-Actor': 'alice', 'X-Request-Id': 'two' });
    assert.is(first.status, 200, path);
    assert.is(second.text, first.text);
    assert.equal(lasting(second), lasting(first));
    assert.is(second.headers['x-request-id'], 'two');
    const lines = world.lines.filter(({ message, fields }) => message === 'request' && fields['path'] === path);
    const told = lines.map(({ level, fields: { requestId: _, ms: __, ...fields } }) => ({ level, ...fields }));
    assert.is(told.length, 2, path);
    assert.equal(told[1], told[0]);
  }
});

test('a changed state and a changed observation are seen at once', async () => {
  const gpus = async (): Promise<string> => (await get('/api/v1/gpus')).text;
  const before = await gpus();
  assert.is(await gpus(), before);
  const [gpu = ''] = [...world.state.hosts.values()].flatMap((host) => host.gpus.map((g) => g.gpu));
  world.foreignGpus = new Map([[gpu, 'jupyter']]);
  assert.match(await gpus(), /jupyter/);
  const list = async (): Promise<Answer> => get('/api/v1/replicaSet');
  await list();
  assert.match((await list()).text, /"foo"/);
  world.state = { ...world.state, replicaSets: new Map() };
  assert.not.match((await list()).text, /"foo"/);
  assert.is((await get('/api/v1/replicaSet/foo')).status, 404);
});

test('a request that a route may refuse takes the whole way', async () => {
  const path = '/api/v1/replicaSet/foo';
  await get(path);
  assert.is((await get(path)).status, 200);
  assert.is((await get(path, { 'X-Actor': 'system:me' })).status, 400);
  assert.is((await get(path, { 'If-Match': 'rubbish' })).status, 400);
  assert.is((await get(path, { 'Idempotency-Key': 'é' })).status, 400);
  assert.is((await get(`${path}?at=nonsense`)).status, 400);
  assert.is((await send(world, 'DELETE', path)).status, 200);
  assert.is(world.calls.at(-1)?.command.do, 'delete');
  assert.is((await send(world, 'POST', path)).status, 405);
});

test('what it holds is bounded, and nothing of an older state is taken in', () => {
  let state = { head: { seq: 1 } } as State;
  const foreign = new Map();
  const prepared = new PreparedAnswers({ state: () => state, foreignGpus: () => foreign });
  const answer = (bytes: number) => ({ route: '/x', etag: undefined, body: Buffer.alloc(bytes) });
  const found = (url: string): boolean => prepared.find({ method: 'GET', url, headers: {} } as never) !== undefined;
  prepared.hold('/big', answer(5 * 1024 * 1024), state, foreign);
  assert.not(found('/big'), 'a large one is rendered each time');
  for (let i = 0; i < 10; i++) prepared.hold(`/${i}`, answer(2 * 1024 * 1024), state, foreign);
  assert.ok(found('/9'));
  assert.not(found('/0'), '16 MB at most');
  for (let i = 0; i < 5_000; i++) prepared.hold(`/small/${i}`, answer(1), state, foreign);
  assert.ok(Array.from({ length: 5_000 }, (_, i) => found(`/small/${i}`)).filter(Boolean).length <= 4_096);
  const long = `/${'u'.repeat(510)}`;
  prepared.hold(long, answer(1), state, foreign);
  prepared.hold(`${long}uu`, answer(1), state, foreign);
  assert.equal([found(long), found(`${long}uu`)], [true, false], 'no longer URL than 512 characters');
  const old = state;
  state = { ...state };
  assert.not(found('/small/4999'));
  prepared.hold('/late', answer(1), old, foreign);
  assert.not(found('/late'));
});

test('a body of any length and alphabet is sent as it was rendered', async () => {
  const state = { head: { seq: 1 } } as State;
  const foreign = new Map();
  const prepared = new PreparedAnswers({ state: () => state, foreignGpus: () => foreign });
  const bodies = ['{"a":1}\n', '{"a":"é – 日本 😀"}\n', 'x'.repeat(8 * 1024), 'x'.repeat(8 * 1024 + 1), `${'x'.repeat(8_190)}é`, 'ÿ'];
  for (const [i, text] of bodies.entries())
    prepared.hold(`/${i}`, { route: '/x', etag: i === 0 ? '"7"' : undefined, body: Buffer.from(text) }, state, foreign);
  const server = createServer((request, response) => {
    const found = prepared.find(request);
    if (found === undefined) response.writeHead(404).end();
    else sendPrepared(response, found, 'id');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  try {
    for (const [i, text] of bodies.entries()) {
      const answer = await fetch(`http://127.0.0.1:${port}/${i}`);
      assert.is(answer.headers.get('content-length'), String(Buffer.byteLength(text)));
      assert.is(answer.headers.get('etag'), i === 0 ? '"7"' : null);
      assert.is(await answer.text(), text);
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test.run();
