// What holds for every request: the envelope, statuses, headers, the log line, and that nothing ends the server.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Rejection } from '../../src/commands/decision.ts';
import { ListenError, listen } from '../../src/http/listen.ts';
import { initialState } from '../../src/projections/state.ts';
import { begin, type Line, sayTo, send, start, type World } from './client.ts';

const test = suite('app');

let world: World;
test.before.each(async () => {
  world = await start();
});
test.after.each(() => world.stop());

const STOP = '/api/v1/replicaSet/foo/stop';
const refuse = (rejection: Rejection): void => {
  world.submit = async () => ({ ok: false, rejection });
};

/** The request line of the log: it is written when the connection's answer is out, a moment after the client has it. */
async function lineOf(path: string): Promise<Line> {
  for (let tries = 0; tries < 200; tries++) {
    const found = world.lines.find((line) => line.fields['path'] === path && 'ms' in line.fields);
    if (found !== undefined) return found;
    await sleep(5);
  }
  throw new Error(`no line for ${path}`);
}

const raw = (text: string): Promise<string> => sayTo(world.port, text);

test('each kind of rejection has its HTTP status', async () => {
  const kinds: [Rejection['kind'], number, string | undefined][] = [
    ['invalid', 400, undefined],
    ['not-found', 404, undefined],
    ['conflict', 409, undefined],
    ['impossible', 422, undefined],
    ['exhausted', 409, undefined],
    ['precondition', 412, undefined],
    ['misdirected', 421, undefined],
    ['busy', 429, '1'],
    ['unavailable', 503, '2'],
    ['failed', 422, undefined],
    ['late', 504, undefined],
  ];
  for (const [kind, status, retryAfter] of kinds) {
    refuse({ code: 1010, kind, message: 'why not' });
    const answer = await send(world, 'PATCH', STOP);
    assert.is(answer.status, status, kind);
    assert.equal(answer.body, { code: 1010, msg: 'why not', data: null });
    assert.is(answer.headers['retry-after'], retryAfter);
  }
});

test('problem+json for those who ask for it by name', async () => {
  refuse({ code: 1013, kind: 'exhausted', message: '3 GPUs asked for, but 2 of 8 free' });
  for (const accept of ['application/problem+json', 'application/json, application/problem+json;q=0.5']) {
    const answer = await send(world, 'PATCH', STOP, undefined, { accept });
    assert.is(answer.status, 409);
    assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/);
    assert.equal(JSON.parse(answer.text), {
      type: 'urn:gpu-docker-api:problem:not-enough-gpus',
      title: 'Not enough GPUs',
      status: 409,
      detail: '3 GPUs asked for, but 2 of 8 free',
      instance: STOP,
      code: 1013,
    });
  }
  const output = ['Traceback', 'no such luck'];
  refuse({ code: 1004, kind: 'failed', message: 'exit code 7', output });
  assert.equal((await send(world, 'PATCH', STOP)).body, { code: 1004, msg: 'exit code 7', data: { output } });
  const spoke = await send(world, 'PATCH', STOP, undefined, { accept: 'application/problem+json' });
  assert.equal((JSON.parse(spoke.text) as { output: unknown }).output, output);
  const missing = await send(world, 'GET', '/nowhere', undefined, { accept: 'application/problem+json' });
  assert.equal(JSON.parse(missing.text), {
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    detail: 'there is nothing at /nowhere: /docs shows the API',
    instance: '/nowhere',
    code: 404,
  });
  for (const accept of ['*/*', 'application/json', 'application/problem+json;q=0']) {
    const answer = await send(world, 'PATCH', STOP, undefined, { accept });
    assert.match(answer.headers['content-type'] ?? '', /^application\/json/);
  }
  world.submit = async () => ({ ok: true });
  const fine = await send(world, 'PATCH', STOP, undefined, { accept: 'application/problem+json' });
  assert.equal(fine.body, { code: 200, msg: 'Success', data: null });
});

test('--compat-go answers 200 for every outcome of the API, and Info', async () => {
  const compat = await start({ compatGo: true });
  compat.submit = async () => ({ ok: false, rejection: { code: 1010, kind: 'unavailable', message: 'no' } });
  const headers = { accept: 'application/problem+json' };
  for (const [method, path, body, code] of [
    ['PATCH', STOP, undefined, 1010],
    ['GET', '/api/v1/replicaSet/nope', undefined, 1016],
    ['POST', '/api/v1/replicaSet', '{', 1000],
  ] as const) {
    const answer = await send(compat, method, path, body, headers);
    assert.is(answer.status, 200, path);
    assert.is(answer.body.code, code);
    assert.is(answer.body.data, null);
  }
  compat.submit = async () => {
    throw new Error('boom');
  };
  const thrown = await send(compat, 'PATCH', STOP);
  assert.equal([thrown.status, thrown.body.code], [200, 500]);
  const info = await send(compat, 'GET', '/api/v1/replicaSet/foo');
  assert.equal(Object.keys(info.body.data as object), ['Info']);
  // What is no endpoint, and probes, keep their statuses.
  assert.is((await send(compat, 'GET', '/nowhere')).status, 404);
  compat.readiness = { ready: false, reasons: ['x'] };
  assert.is((await send(compat, 'GET', '/readyz')).status, 503);
  await compat.stop();
});

test('unknown routes are 404: another case, a trailing slash, the root', async () => {
  for (const path of [
    '/',
    '/api/v1',
    '/api/v1/replicaset',
    '/api/v1/replicaSet/',
    '/api/v1/replicaSet/foo/bar',
    '/api/v1/replicaSet//stop',
  ]) {
    const answer = await send(world, 'GET', path);
    assert.is(answer.status, 404, path);
    assert.equal(answer.body, { code: 404, msg: `there is nothing at ${path}: /docs shows the API`, data: null });
  }
});

test('the wrong method is 405 with what would be right', async () => {
  const answer = await send(world, 'PUT', '/api/v1/replicaSet/foo', { a: 1 });
  assert.is(answer.status, 405);
  assert.is(answer.headers.allow, 'DELETE, GET, HEAD, OPTIONS, PATCH');
  assert.equal(answer.body, { code: 405, msg: `PUT is not possible at /api/v1/replicaSet/foo: use ${answer.headers.allow}`, data: null });
  assert.is((await send(world, 'POST', STOP)).headers.allow, 'OPTIONS, PATCH');
  assert.is((await send(world, 'PROPFIND', STOP)).status, 405);
  const options = await send(world, 'OPTIONS', STOP);
  assert.is(options.status, 204);
  assert.is(options.headers.allow, 'OPTIONS, PATCH');
});

test('HEAD is GET without the body', async () => {
  const answer = await send(world, 'HEAD', '/api/v1/replicaSet/foo');
  assert.is(answer.status, 200);
  assert.is(answer.text, '');
  assert.ok(Number(answer.headers['content-length']) > 1000);
});

test('a path that is not percent-encoded UTF-8 is 400', async () => {
  for (const path of ['/api/v1/replicaSet/%E0%A4%A', '/api/v1/replicaSet/%', '/%ff', '/api/v1/volumes/%C0%80/size']) {
    const answer = await send(world, 'GET', path);
    assert.is(answer.status, 400, path);
    assert.is(answer.body.code, 1000);
    assert.match(answer.body.msg, /percent-encoded/);
  }
});

test('while not ready: mutations are 503 with the reasons and their own code, reads go on', async () => {
  world.readiness = { ready: false, reasons: ['etcd does not answer', 'Docker does not answer'] };
  for (const [method, path, code] of [
    ['POST', '/api/v1/replicaSet', 1004],
    ['DELETE', '/api/v1/replicaSet/foo', 1005],
    ['POST', '/api/v1/replicaSet/foo/execute', 1006],
    ['PATCH', '/api/v1/replicaSet/foo', 1007],
    ['PATCH', STOP, 1010],
    ['PATCH', '/api/v1/replicaSet/foo/restart', 1011],
    ['POST', '/api/v1/replicaSet/foo/commit', 1015],
    ['PATCH', '/api/v1/replicaSet/foo/pause', 1018],
    ['PATCH', '/api/v1/replicaSet/foo/continue', 1019],
    ['PATCH', '/api/v1/replicaSet/foo/rollback', 1021],
    ['POST', '/api/v1/volumes', 1023],
    ['DELETE', '/api/v1/volumes/bar', 1025],
    ['PATCH', '/api/v1/volumes/bar/size', 1035],
  ] as const) {
    const answer = await send(world, method, path, {}, { 'content-length': '2' });
    assert.is(answer.status, 503, path);
    assert.equal(answer.body, { code, msg: 'not ready: etcd does not answer; Docker does not answer; nothing was changed', data: null });
    assert.is(answer.headers['retry-after'], '2');
  }
  assert.is(world.calls.length, 0);
  assert.is((await send(world, 'GET', '/api/v1/replicaSet/foo')).status, 200);
  assert.is((await send(world, 'GET', '/healthz')).status, 200);
  const ready = await send(world, 'GET', '/readyz');
  assert.is(ready.status, 503);
  assert.equal(ready.body, { code: 503, msg: 'not ready: etcd does not answer; Docker does not answer', data: null });
  assert.is(ready.headers['retry-after'], '2');
});

test('reads are 503 too as long as nothing has been read', async () => {
  world.readiness = { ready: false, reasons: ['the log is being read'] };
  world.state = initialState;
  assert.is((await send(world, 'GET', '/api/v1/replicaSet')).status, 503);
  world.readiness = { ready: true };
  assert.is((await send(world, 'GET', '/api/v1/replicaSet')).status, 200, 'an empty log that has been read is no trouble');
});

test('a thrown error is a 500 that tells nothing but the request id; the server lives', async () => {
  world.submit = async () => {
    throw new Error('secret detail');
  };
  const answer = await send(world, 'PATCH', STOP, undefined, { 'x-request-id': 'r-1' });
  assert.is(answer.status, 500);
  assert.equal(answer.body, { code: 500, msg: 'internal error; the log says more under request id r-1', data: null });
  const logged = world.lines.find((line) => line.level === 'error');
  assert.match(String(logged?.fields['err']), /secret detail/);
  assert.is(logged?.fields['requestId'], 'r-1');
  assert.is((await send(world, 'GET', '/ping')).status, 200);
});

test('who it is from: actor, request id, trace, idempotency key, address', async () => {
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const headers = { 'x-actor': Buffer.from('José').toString('latin1'), 'x-request-id': 'req/1', traceparent, 'idempotency-key': 'k 1' };
  const answer = await send(world, 'PATCH', STOP, undefined, headers);
  assert.is(answer.headers['x-request-id'], 'req/1');
  const { bodyHash, ...origin } = world.calls[0]?.origin ?? { actor: '' };
  assert.equal(origin, { actor: 'José', requestId: 'req/1', traceparent, idempotencyKey: 'k 1', address: '127.0.0.1' });
  assert.match(bodyHash ?? '', /^[0-9a-f]{64}$/);

  await send(world, 'PATCH', STOP, undefined, { 'x-request-id': 'has spaces', traceparent: 'nonsense' });
  const plain = world.calls[1]?.origin;
  assert.match(plain?.requestId ?? '', /^[0-9a-f-]{36}$/);
  assert.equal({ ...plain, requestId: '' }, { actor: 'anonymous', requestId: '', address: '127.0.0.1' });
});

test('the body hash is that of method, path and meaning of the body', async () => {
  const hash = async (path: string, body: string): Promise<string | undefined> => {
    await send(world, 'PATCH', path, body, { 'idempotency-key': 'k' });
    return world.calls.at(-1)?.origin.bodyHash;
  };
  const path = '/api/v1/replicaSet/foo';
  const one = await hash(path, '{"stopTimeout":1,"gpuPatch":{"gpuCount":1}}');
  assert.is(await hash(path, ' {"gpuPatch": {"gpuCount":1}, "stopTimeout": 1, "volumePatch": null}'), one);
  assert.is.not(await hash(path, '{"gpuPatch":{"gpuCount":2}}'), one);
  assert.is.not(await hash('/api/v1/replicaSet/bar', '{"stopTimeout":1,"gpuPatch":{"gpuCount":1}}'), one);
});

test('headers that claim what cannot be kept are refused', async () => {
  for (const headers of [
    { 'x-actor': 'system:reconcile' },
    { 'x-actor': 'x'.repeat(129) },
    { 'x-actor': 'a\tb' },
    { 'x-actor': Buffer.from([0x61, 0xff]).toString('latin1') },
    { 'idempotency-key': 'x'.repeat(256) },
  ]) {
    const answer = await send(world, 'PATCH', STOP, undefined, headers);
    assert.is(answer.status, 400, JSON.stringify(headers));
    assert.is(answer.body.code, 1000);
  }
  assert.is(world.calls.length, 0);
});

test('the ETag of an info binds a mutation to that state', async () => {
  const { headers } = await send(world, 'GET', '/api/v1/replicaSet/foo');
  assert.is(headers.etag, '"10"');
  assert.is((await send(world, 'GET', '/api/v1/volumes/bar')).headers.etag, '"10"');
  await send(world, 'PATCH', STOP, undefined, { 'if-match': '"10"' });
  assert.equal(world.calls[0]?.precondition, { ifMatch: 10 });
  await send(world, 'PATCH', STOP, undefined, { 'if-match': '*' });
  assert.equal(world.calls[1]?.precondition, {});
  for (const wrong of ['10', 'W/"10"', '"10", "11"', '"x"']) {
    assert.is((await send(world, 'PATCH', STOP, undefined, { 'if-match': wrong })).status, 400, wrong);
  }
  const execute = await send(world, 'POST', '/api/v1/replicaSet/foo/execute', { cmd: ['ls'] }, { 'if-match': '"10"' });
  assert.is(execute.status, 400);
  assert.is(world.calls.length, 2);
});

test('dryRun answers the plan and submits nothing', async () => {
  const plan = { stream: 'replicaSet/foo', etag: 10, events: [], steps: [] };
  world.plan = (command) => {
    assert.equal(command, { do: 'stop', name: 'foo' });
    return { ok: true, plan };
  };
  for (const query of ['dryRun=true', 'dryRun=1', 'dryRun', 'dryrun=TRUE']) {
    const answer = await send(world, 'PATCH', `${STOP}?${query}`);
    assert.equal(answer.body, { code: 200, msg: 'Success', data: plan });
    assert.is(answer.headers.etag, '"10"');
  }
  assert.is((await send(world, 'PATCH', `${STOP}?dryRun=yes`)).status, 400);
  assert.is((await send(world, 'POST', '/api/v1/replicaSet/foo/execute?dryRun=true', { cmd: ['ls'] })).status, 400);
  assert.is(world.calls.length, 0);
  world.plan = () => ({ ok: false, rejection: { code: 1010, kind: 'not-found', message: 'no' } });
  assert.is((await send(world, 'PATCH', `${STOP}?dryRun=true`)).status, 404);
  await send(world, 'PATCH', `${STOP}?dryRun=false`);
  assert.is(world.calls.length, 1);
});

test('one line for each request, without body or query', async () => {
  await send(world, 'PATCH', `${STOP}?dryRun=0`, '{}', { 'x-actor': 'ann', 'x-request-id': 'r-2' });
  const { level, fields } = await lineOf(STOP);
  assert.is(level, 'info');
  assert.type(fields['ms'], 'number');
  assert.equal({ ...fields, ms: 0 }, { method: 'PATCH', path: STOP, status: 200, code: 200, ms: 0, requestId: 'r-2', actor: 'ann' });
  await send(world, 'GET', '/ping');
  assert.is((await lineOf('/ping')).level, 'debug');
  world.readiness = { ready: false, reasons: ['x'] };
  await send(world, 'GET', '/readyz');
  const warned = await lineOf('/readyz');
  assert.equal([warned.level, warned.fields['status'], warned.fields['code']], ['warn', 503, 503]);
});

test('why it is not ready is a warning once, however often it is asked', async () => {
  const levels = async (): Promise<readonly string[]> => {
    const asked = world.lines.filter(({ fields }) => fields['path'] === '/readyz').length;
    await send(world, 'GET', '/readyz');
    for (let tries = 0; world.lines.filter(({ fields }) => fields['path'] === '/readyz').length === asked; tries++) {
      assert.ok(tries < 1_000, 'no line');
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return world.lines.filter(({ fields }) => fields['path'] === '/readyz').map(({ level }) => level);
  };
  world.lines.length = 0;
  world.readiness = { ready: false, reasons: ['standby'] };
  for (let i = 0; i < 3; i++) await levels();
  world.readiness = { ready: false, reasons: ['Docker does not answer'] };
  for (let i = 0; i < 2; i++) await levels();
  world.readiness = { ready: true };
  await levels();
  world.readiness = { ready: false, reasons: ['Docker does not answer'] };
  assert.equal(await levels(), ['warn', 'debug', 'debug', 'warn', 'debug', 'debug', 'warn']);
});

test('security headers', async () => {
  for (const path of ['/ping', '/nowhere', '/api/v1/replicaSet/nope']) {
    const { headers } = await send(world, 'GET', path);
    assert.is(headers['x-content-type-options'], 'nosniff');
    assert.match(headers['content-security-policy'] as string, /default-src 'none'/);
    assert.is(headers['cache-control'], 'no-store');
    assert.match(headers['x-request-id'] as string, /^[0-9a-f-]{36}$/);
  }
});

test('hanging up during an execute aborts it', async () => {
  let running: AbortSignal | undefined;
  const started = new Promise<void>((resolve) => {
    world.execute = async (_command, signal) => {
      running = signal;
      resolve();
      await new Promise((done) => signal.addEventListener('abort', done));
      return { ok: true, result: { exitCode: null, stdout: '', outputBytes: 0, truncated: false, timedOut: false, aborted: true } };
    };
  });
  const path = '/api/v1/replicaSet/foo/execute';
  const { call, answer } = begin(world, 'POST', path, { cmd: ['sleep', '99'] });
  await started;
  await sleep(30);
  assert.is(running?.aborted, false, 'it runs as long as the client waits');
  call.destroy();
  await answer.then(
    () => assert.unreachable(),
    () => {},
  );
  const { fields } = await lineOf(path);
  assert.is(fields['aborted'], true);
  assert.is(running?.aborted, true);
  assert.is((await send(world, 'GET', '/ping')).status, 200);
});

test('an execute that ends by itself is not aborted', async () => {
  let signal: AbortSignal | undefined;
  const { execute } = world;
  world.execute = (command, given) => {
    signal = given;
    return execute(command, given);
  };
  await send(world, 'POST', '/api/v1/replicaSet/foo/execute', { cmd: ['ls'] });
  await sleep(20);
  assert.is(signal?.aborted, false);
});

test('hanging up during a mutation does not undo it', async () => {
  let finish: (() => void) | undefined;
  let finished = false;
  world.submit = async () => {
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    finished = true;
    return { ok: true };
  };
  const { call, answer } = begin(world, 'PATCH', STOP);
  while (finish === undefined) await sleep(5);
  call.destroy();
  await answer.then(
    () => assert.unreachable(),
    () => {},
  );
  finish();
  await sleep(10);
  assert.is(finished, true);
});

test('what is no HTTP gets the envelope too', async () => {
  const nonsense = await raw('nonsense\r\n\r\n');
  assert.match(nonsense, /^HTTP\/1\.1 400 /);
  assert.match(nonsense, /\{"code":1000,"msg":"this is not HTTP\/1\.1","data":null\}\n$/);
  assert.match(await raw(`GET /ping HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 .*\{"code":1000/s);
  assert.match(
    await raw(`PATCH ${STOP}?dryRun=true HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n`),
    /"the header Host is \\"a b\\"/,
    'a bad Host hides no query',
  );
  assert.is((await send(world, 'GET', '/ping')).status, 200);
});

test('a graceful stop answers what is under way and accepts nothing new', async () => {
  let finish: (() => void) | undefined;
  world.submit = async () => {
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    return { ok: true };
  };
  const { answer } = begin(world, 'PATCH', STOP, undefined, { connection: 'keep-alive' });
  while (finish === undefined) await sleep(5);
  const idle = connect(world.port, '127.0.0.1');
  await once(idle, 'connect');
  const stopped = world.server.stop(10_000);
  await send(world, 'GET', '/ping').then(
    () => assert.unreachable(),
    (error: NodeJS.ErrnoException) => assert.is(error.code, 'ECONNREFUSED'),
  );
  finish();
  assert.is((await answer).status, 200);
  const before = Date.now();
  await stopped;
  assert.ok(Date.now() - before < 2_000);
  idle.destroy();
});

test('a graceful stop cuts off what takes longer than the grace', async () => {
  world.submit = () => new Promise(() => {});
  const { answer } = begin(world, 'PATCH', STOP);
  answer.catch(() => {});
  while (world.calls.length === 0) await sleep(5);
  const before = Date.now();
  await world.server.stop(100);
  assert.ok(Date.now() - before < 2_000);
  await answer.then(
    () => assert.unreachable(),
    () => {},
  );
});

test('an address that is taken is one clear error', async () => {
  try {
    await listen(() => {}, { host: '127.0.0.1', port: world.port });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, ListenError);
    assert.is(
      (error as Error).message,
      `cannot listen on 127.0.0.1:${world.port}: another program listens there already; choose another with --addr host:port`,
    );
  }
});

test.run();
