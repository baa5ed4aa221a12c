// What of a body is taken, and what is said about the rest.
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { apiRoutes } from '../../src/http/app.ts';
import { MAX_SPEC_BYTES } from '../../src/http/request/body.ts';
import { begin, send, start, type World } from './client.ts';

const test = suite('bodies');

let world: World;
test.before(async () => {
  world = await start();
});
test.before.each(() => {
  world.calls.length = 0;
});
test.after(() => world.stop());

const RUN = '/api/v1/replicaSet';
const good = { imageName: 'busybox', replicaSetName: 'foo' };
const nothing = { gpuCount: 0, binds: [], env: [], containerPorts: [] };

async function refused(method: string, path: string, body: unknown, message: string | RegExp, headers = {}): Promise<void> {
  const answer = await send(world, method, path, body, headers);
  assert.is(answer.status, 400, answer.text);
  assert.is(answer.body.code, 1000);
  if (typeof message === 'string') assert.is(answer.body.msg, message);
  else assert.match(answer.body.msg, message);
  assert.is(answer.body.data, null);
  assert.is(world.calls.length, 0, 'nothing reaches the service');
}

test('what is left out of run, or null, is the zero value', async () => {
  await send(world, 'POST', RUN, good);
  assert.equal(world.calls[0]?.command, { do: 'run', ...good, ...nothing });
  await send(world, 'POST', RUN, { ...good, gpuCount: null, binds: null, env: null, containerPorts: null, cmd: null, stopTimeout: null });
  assert.equal(world.calls[1]?.command, { do: 'run', ...good, ...nothing });
});

test('missing names reach the decider, which has codes of its own for them', async () => {
  await send(world, 'POST', RUN, {});
  assert.equal(world.calls[0]?.command, { do: 'run', imageName: '', replicaSetName: '', ...nothing });
  await send(world, 'POST', '/api/v1/volumes', {});
  assert.equal(world.calls[1]?.command, { do: 'createVolume', name: '', size: '' });
  await send(world, 'PATCH', '/api/v1/volumes/bar/size', {});
  assert.equal(world.calls[2]?.command, { do: 'resizeVolume', name: 'bar', size: '' });
  await send(world, 'POST', `${RUN}/foo/commit`, {});
  assert.equal(world.calls[3]?.command, { do: 'commit', name: 'foo', newImageName: '' });
});

test('everything that run can have', async () => {
  const full = {
    ...good,
    gpuCount: 2,
    binds: [{ src: 'a', dest: '/a' }],
    env: ['A=1'],
    containerPorts: ['22'],
    cmd: ['sleep', '9'],
    stopTimeout: 3,
  };
  await send(world, 'POST', RUN, full);
  assert.equal(world.calls[0]?.command, { do: 'run', ...full });
});

test('a container port may be a number', async () => {
  await send(world, 'POST', RUN, { ...good, containerPorts: [22, '443'] });
  assert.equal(world.calls[0]?.command, { do: 'run', ...good, ...nothing, containerPorts: ['22', '443'] });
});

test('an unknown field is refused, with the one that was probably meant', async () => {
  const bad = (method: string, path: string, body: unknown, hint: string): Promise<void> =>
    refused(method, path, body, new RegExp(`is not a field of this body: ${hint.replaceAll(/[.?]/g, '\\$&')}`));
  const ofRun = (more: object, hint: string): Promise<void> => bad('POST', RUN, { ...good, ...more }, hint);
  await ofRun({ gpucount: 2 }, 'did you mean gpuCount?');
  await ofRun({ gpu_count: 2 }, 'did you mean gpuCount?');
  await ofRun({ gpuCuont: 2 }, 'did you mean gpuCount?');
  await ofRun({ gpus: 2 }, 'it can have imageName, replicaSetName, gpuCount');
  await ofRun({ ports: ['22'] }, 'did you mean containerPorts?');
  await ofRun({ image: 'x' }, 'did you mean imageName?');
  await ofRun(
    { command: ['x'] },
    'it can have imageName, replicaSetName, gpuCount, binds, env, secretEnv, containerPorts, cmd, stopTimeout, keepVersions, restart',
  );
  await ofRun({ binds: [{ src: 'a', dest: '/a', readOnly: true }] }, 'it can have src, dest');
  await ofRun({ binds: [{ src: 'a', dest: '/a', Dest: '/b' }] }, 'did you mean binds[[]0].dest?');
  await ofRun({ restartPolicy: 'always' }, 'did you mean restart?');
  for (const more of [{ shmSize: '8g' }, { memory: '8g' }, { user: '1000' }, { labels: {} }, { network: 'host' }, { constructor: 1 }])
    await ofRun(more, 'it can have imageName');
  await bad('PATCH', `${RUN}/foo`, { gpuCount: 2 }, 'did you mean gpuPatch.gpuCount?');
  await bad('PATCH', `${RUN}/foo`, { gpuPach: { gpuCount: 2 } }, 'did you mean gpuPatch?');
  await bad('PATCH', `${RUN}/foo`, { gpuPatch: { gpuCount: 2, stopTimeout: 1 } }, 'did you mean stopTimeout?');
  await bad('PATCH', `${RUN}/foo`, { volumePatch: { oldbind: {} } }, 'did you mean volumePatch.oldBind?');
  await bad('PATCH', `${RUN}/foo/rollback`, { Version: 1 }, 'did you mean version?');
  await bad('POST', `${RUN}/foo/execute`, { cmd: ['ls'], workdir: '/' }, 'did you mean workDir?');
  await bad('POST', '/api/v1/volumes', { name: 'bar', Size: '1GB' }, 'did you mean size?');
  await refused('POST', RUN, `{"imageName":"busybox","replicaSetName":"foo","__proto__":{"gpuCount":9}}`, /"__proto__" is not a field/);
  await refused('POST', RUN, { ...good, ['x'.repeat(100_000)]: 1 }, /^"x{80}…" is not a field of this body: it can have/);
});

test('a body cannot name another command or another replicaSet', async () => {
  await refused('PATCH', `${RUN}/foo`, { do: 'delete' }, /"do" is not a field/);
  await refused('PATCH', `${RUN}/foo/rollback`, { name: 'bar', version: 1 }, /"name" is not a field/);
});

test('--compat-go ignores unknown fields, and bodies and parameters that mean nothing, as the Go program does', async () => {
  const compat = await start({ compatGo: true });
  const text = `{"imageName":"busybox","replicaSetName":"foo","__proto__":{"gpuCount":9},"constructor":1,"x":[{}],"gpuCount":1,"gpuCount":2}`;
  await send(compat, 'POST', `${RUN}?x=1`, text);
  await send(compat, 'PATCH', `${RUN}/foo`, { do: 'delete', name: 'bar' });
  await send(compat, 'PATCH', `${RUN}/foo/stop`, 'no json {');
  const long = 'x'.repeat(3_000_000);
  // Node's client does not announce the length of a DELETE's body by itself.
  await send(compat, 'DELETE', `${RUN}/foo`, long, { 'content-length': String(long.length) });
  assert.equal(
    compat.calls.map(({ command }) => command),
    [
      { do: 'run', ...good, ...nothing, gpuCount: 2 },
      { do: 'patch', name: 'foo' },
      { do: 'stop', name: 'foo' },
      { do: 'delete', name: 'foo' },
    ],
  );
  assert.is(({} as { gpuCount?: number }).gpuCount, undefined);
  await compat.stop();
});

test('an unknown parameter of the query is refused, with the one that was probably meant', async () => {
  const bad = (method: string, path: string, message: RegExp): Promise<void> => refused(method, path, undefined, message);
  await bad('GET', `${RUN}?At=5`, /^"At" is not a parameter of this request: did you mean at\?$/);
  await bad('GET', `${RUN}?limit=5`, /^"limit" is not a parameter of this request: it can have at$/);
  await bad('GET', `${RUN}?x`, /^"x" is not a parameter of this request: it can have at$/);
  await bad('GET', `${RUN}/foo/history?limt=5`, /did you mean limit\?$/);
  await bad('GET', '/api/v1/operations?nonsense', /^"nonsense" is not a parameter of this request: it can have at$/);
  await bad('DELETE', `${RUN}/foo?dry_run=true`, /did you mean dryRun\?$/);
  await bad('PATCH', `${RUN}/foo/stop?force=true`, /^"force" is not a parameter of this request: it can have dryRun$/);
  for (const path of [
    `${RUN}/foo/stop`,
    '/api/v1/log/level',
    '/api/v1/hosts/vm/accept-loss',
    '/api/v1/hosts/vm/accept-restore',
    `${RUN}/foo/adopt`,
  ])
    await bad(path.endsWith('stop') ? 'PATCH' : 'POST', `${path}?DRYRUN=true&force=1`, /: it can have dryRun$/);
  await bad('POST', '/api/v1/log/level?dryrn=1', /did you mean dryRun\?$/);
  await bad('GET', `${RUN}?${'y'.repeat(9_000)}=1`, /^"y{80}…" is not a parameter of this request/);
  assert.is((await send(world, 'GET', '/healthz?cache=1')).status, 200, 'probes take no offence');
});

test('whatever JSON comes, it is an answer below 500', async () => {
  const paths = apiRoutes
    .filter((route) => route.body !== undefined)
    .map((route) => [route.method, route.path.replace(':name', 'foo')] as const);
  const known = fc.constantFrom(
    'imageName',
    'replicaSetName',
    'gpuCount',
    'binds',
    'env',
    'containerPorts',
    'cmd',
    'version',
    'gpuPatch',
    'volumePatch',
    'size',
  );
  const body = fc.oneof(fc.jsonValue(), fc.dictionary(known, fc.jsonValue()), fc.string());
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), body, async ([method, path], value) => {
      const answer = await send(world, method, path, value);
      assert.ok([200, 400].includes(answer.status), answer.text);
    }),
    { numRuns: 300, seed: 1 },
  );
});

test('no content type, another one, a byte order mark', async () => {
  for (const headers of [{}, { 'content-type': 'text/plain' }, { 'content-type': 'application/x-www-form-urlencoded' }]) {
    assert.is((await send(world, 'POST', RUN, JSON.stringify(good), headers)).status, 200);
  }
  assert.is((await send(world, 'POST', RUN, `\uFEFF${JSON.stringify(good)}`)).status, 200);
});

test('an empty patch makes a new version; so does no body', async () => {
  for (const body of [{}, undefined, '', { gpuPatch: null, volumePatch: null }]) {
    world.calls.length = 0;
    await send(world, 'PATCH', `${RUN}/foo`, body);
    assert.equal(world.calls[0]?.command, { do: 'patch', name: 'foo' });
  }
});

test('stopTimeout of patch, rollback and restart', async () => {
  await send(world, 'PATCH', `${RUN}/foo`, { stopTimeout: 3 });
  await send(world, 'PATCH', `${RUN}/foo/rollback`, { version: 2, stopTimeout: 3 });
  await send(world, 'PATCH', `${RUN}/foo/restart`, { stopTimeout: 3 });
  await send(world, 'PATCH', `${RUN}/foo/restart`);
  await send(world, 'PATCH', `${RUN}/foo/stop`, { stopTimeout: 0 });
  await send(world, 'PATCH', `${RUN}/foo/stop`);
  assert.equal(
    world.calls.map((call) => call.command),
    [
      { do: 'patch', name: 'foo', stopTimeout: 3 },
      { do: 'rollback', name: 'foo', version: 2, stopTimeout: 3 },
      { do: 'restart', name: 'foo', stopTimeout: 3 },
      { do: 'restart', name: 'foo' },
      { do: 'stop', name: 'foo', stopTimeout: 0 },
      { do: 'stop', name: 'foo' },
    ],
  );
});

test('where the document has no body, only an empty one will do', async () => {
  for (const body of [undefined, '', '{}', 'null', ' {"a":null} ']) {
    assert.is((await send(world, 'PATCH', `${RUN}/foo/pause`, body)).status, 200, body);
    assert.is((await send(world, 'DELETE', `${RUN}/foo`, body, { 'content-length': String(body?.length ?? 0) })).status, 200, body);
  }
  world.calls.length = 0;
  await refused('PATCH', `${RUN}/foo/pause`, { stopTimeout: 0 }, /^"stopTimeout" is not known here: this request has no fields/);
  await refused('PATCH', `${RUN}/foo/stop`, 'no json {', /^the body is not JSON/);
  await refused('PATCH', `${RUN}/foo/pause`, '[1]', /has no fields/);
  await refused('POST', '/api/v1/operations/x/undo', { force: true }, /has no fields/);
  await refused('POST', '/api/v1/hosts/box/accept-loss', { names: [] }, /has no fields/);
  const long = 'x'.repeat(3_000_000);
  const answer = await send(world, 'DELETE', `${RUN}/foo`, long, { 'content-length': String(long.length) });
  assert.is(answer.status, 413);
  assert.is((await send(world, 'GET', RUN, { a: 1 }, { 'content-length': '7' })).status, 200, 'the body of a GET means nothing');
});

test('negative numbers reach the decider, which has codes of its own for them', async () => {
  await send(world, 'POST', RUN, { ...good, gpuCount: -1 });
  await send(world, 'PATCH', `${RUN}/foo/rollback`, { version: -1 });
  assert.is(world.calls.length, 2);
});

test('wrong types: the path, what was expected and what came', async () => {
  const bad = (more: object, message: string | RegExp): Promise<void> => refused('POST', RUN, { ...good, ...more }, message);
  await bad({ imageName: 5 }, 'imageName must be a string, not the number 5');
  await bad({ gpuCount: '2' }, 'gpuCount must be a whole number, not the string "2"');
  await bad({ gpuCount: 1.5 }, 'gpuCount must be a whole number, not the number 1.5');
  await bad({ gpuCount: 9007199254740992 }, /^gpuCount must be at most 9007199254740991, not the number/);
  for (const number of ['1e400', '-1e400']) {
    const text = JSON.stringify({ ...good, gpuCount: 0 }).replace('"gpuCount":0', `"gpuCount":${number}`);
    await refused('POST', RUN, text, 'gpuCount must be a whole number, not a number that is too large');
  }
  await bad({ gpuCount: true }, 'gpuCount must be a whole number, not true');
  await bad({ binds: {} }, 'binds must be a list, not an object');
  await bad({ binds: ['a:/b'] }, 'binds[0] must be an object, not the string "a:/b"');
  await bad({ binds: [{ src: 'a', dest: '/a' }, { src: 'b' }] }, 'binds[1].dest is missing');
  await bad({ binds: [{ src: 'a', dest: 7 }] }, 'binds[0].dest must be a string, not the number 7');
  await bad({ env: ['A=1', null] }, 'env[1] must be a string, not null');
  await bad({ env: 'A=1' }, 'env must be a list, not a string');
  await bad({ env: ['A=\0'] }, 'env[0] must not have a NUL character in it');
  await bad({ containerPorts: [22.5] }, 'containerPorts[0] must be a string, not the number 22.5');
  await bad({ cmd: 'sleep 9' }, 'cmd must be a list, not the string "sleep 9"');
  await bad({ stopTimeout: -1 }, 'stopTimeout must be at least 0, not the number -1');
  await bad({ replicaSetName: { a: 1 } }, 'replicaSetName must be a string, not an object');
  await bad({ containerPorts: Array(1001).fill('1') }, 'containerPorts must have at most 1000 entries, not 1001');
});

test('wrong types in the other bodies', async () => {
  await refused('PATCH', `${RUN}/foo`, { gpuPatch: {} }, 'gpuPatch.gpuCount is missing');
  await refused('PATCH', `${RUN}/foo`, { gpuPatch: 1 }, 'gpuPatch must be an object, not the number 1');
  await refused('PATCH', `${RUN}/foo`, { volumePatch: { oldBind: { src: 'a', dest: '/a' } } }, 'volumePatch.newBind is missing');
  await refused('PATCH', `${RUN}/foo`, { volumePatch: { oldBind: { src: 'a' }, newBind: {} } }, 'volumePatch.oldBind.dest is missing');
  await refused('PATCH', `${RUN}/foo/rollback`, {}, 'version is missing');
  await refused('PATCH', `${RUN}/foo/rollback`, { version: '1' }, 'version must be a whole number, not the string "1"');
  await refused('POST', `${RUN}/foo/execute`, {}, 'cmd is missing');
  await refused('POST', `${RUN}/foo/execute`, { cmd: [] }, 'cmd must have at least 1 entry, not 0');
  await refused('POST', `${RUN}/foo/execute`, { cmd: ['a', 1] }, 'cmd[1] must be a string, not the number 1');
  await refused('POST', `${RUN}/foo/execute`, { cmd: ['a'], workDir: 'tmp' }, 'workDir must be an absolute path, not the string "tmp"');
  await refused('POST', `${RUN}/foo/commit`, { newImageName: [] }, 'newImageName must be a string, not an empty list');
  await refused('POST', '/api/v1/volumes', { name: 'bar', size: 20 }, 'size must be a string, not the number 20');
  await refused('PATCH', '/api/v1/volumes/bar/size', { size: false }, 'size must be a string, not false');
});

test('what is no object, no JSON or no UTF-8', async () => {
  await refused('POST', RUN, '[]', 'the body must be a JSON object, not an empty list');
  await refused('POST', RUN, 'null', 'the body must be a JSON object, not null');
  await refused('POST', RUN, '"x"', 'the body must be a JSON object, not a string');
  await refused('POST', RUN, '{"imageName":', /^the body is not JSON: /);
  await refused('POST', RUN, '{} {}', /^the body is not JSON: /);
  // The parser quotes what is around: it may be a secret.
  for (const text of ['{"env":[hunter2]}', 'hunter2', '{"secretEnv":["A=hunter2\t\n"x]}', '["A=hunter2" hunter2'])
    await refused('POST', RUN, text, /^the body is not JSON: (?!.*unter2)/s);
  await refused('POST', RUN, JSON.stringify({ ...good, secretEnv: { A: 'hunter2' } }), 'secretEnv must be a list, not an object');
  await refused('POST', RUN, JSON.stringify({ ...good, secretEnv: [7] }), 'secretEnv[0] must be a string, not a number');
  await refused('POST', RUN, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'the body is not valid UTF-8');
  await refused('POST', RUN, good, 'content-encoding gzip is not supported: send the body as it is', { 'content-encoding': 'gzip' });
  await refused('POST', RUN, '['.repeat(400_000), /^the body is not JSON|nested/);
  const depth = 20_000;
  await refused('POST', RUN, `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`, 'the body is nested deeper than 32 levels');
});

test('larger than --max-body: 413, whether its length is announced or not', async () => {
  const small = await start({ maxBody: 2048 });
  const text = JSON.stringify({ ...good, env: [`A=${'x'.repeat(5_000)}`] });
  for (const headers of [{ 'content-length': String(text.length) }, { 'transfer-encoding': 'chunked' }]) {
    const answer = await send(small, 'POST', RUN, text, headers);
    assert.is(answer.status, 413);
    assert.is(answer.body.code, 1000);
    assert.match(answer.body.msg, /larger than 2048 bytes/);
  }
  const huge = await send(small, 'POST', RUN, 'x'.repeat(20_000_000));
  assert.is(huge.status, 413, 'the answer is read although the body goes on');
  assert.is(small.calls.length, 0);
  await small.stop();
});

test('larger than one event can keep: 413', async () => {
  const answer = await send(world, 'POST', RUN, { ...good, env: Array(3).fill(`A=${'x'.repeat(MAX_SPEC_BYTES / 2.5)}`) });
  assert.is(answer.status, 413);
  assert.is(world.calls.length, 0);
});

test('a client that hangs up in its body leaves nothing behind', async () => {
  const { call, answer } = begin(world, 'POST', RUN, '{"a"', { 'content-length': '100' });
  await new Promise((resolve) => setTimeout(resolve, 50));
  call.destroy();
  await answer.then(
    () => assert.unreachable(),
    () => {},
  );
  assert.is((await send(world, 'GET', '/ping')).status, 200);
  assert.is(world.calls.length, 0);
});

test.run();
