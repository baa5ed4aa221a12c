// A page of another site in the operator's browser, and a name that was rebound to this address, are refused, whatever they ask for.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { namesOf } from '../../src/http/request/stranger.ts';
import { type Answer, sayTo, send, start, type World } from './client.ts';

const test = suite('stranger');

let world: World;
test.before(async () => {
  world = await start({ allowHosts: ['gpu.lab'] });
});
test.before.each(() => {
  world.calls.length = 0;
});
test.after(() => world.stop());

const RUN = '/api/v1/replicaSet';
const BODY = '{"imageName":"busybox","replicaSetName":"foo"}';
/** Mutations, reads, the stream, probes, and what is no route at all. */
const EVERYTHING = [
  ['POST', RUN],
  ['PATCH', `${RUN}/foo/stop`],
  ['DELETE', `${RUN}/foo`],
  ['PUT', `${RUN}/foo/policy`],
  ['OPTIONS', RUN],
  ['HEAD', RUN],
  ['GET', RUN],
  ['GET', `${RUN}/foo`],
  ['GET', '/api/v1/events'],
  ['GET', '/api/v1/gpus'],
  ['GET', '/metrics'],
  ['GET', '/readyz'],
  ['GET', '/healthz'],
  ['GET', '/ping'],
  ['GET', '/'],
] as const;

async function refused(headers: Readonly<Record<string, string>>, why: RegExp, status = 403): Promise<void> {
  for (const [method, path] of EVERYTHING) {
    const answer = await send(world, method, path, method === 'POST' ? BODY : undefined, headers);
    assert.is(answer.status, status, `${method} ${path} ${JSON.stringify(headers)}: ${answer.text}`);
    if (method === 'HEAD') continue;
    assert.match(answer.body.msg, why);
    assert.is(answer.body.data, null);
  }
  assert.is(world.calls.length, 0, 'nothing reaches the service');
}

const taken = async (headers: Readonly<Record<string, string>>, path = '/readyz'): Promise<Answer> => {
  const answer = await send(world, 'GET', path, undefined, headers);
  assert.is(answer.status, 200, `${JSON.stringify(headers)}: ${answer.text}`);
  return answer;
};

test('a page of another origin', async () => {
  // Prepared answers are sent by another way through the server.
  for (let i = 0; i < 2; i++) await taken({}, RUN);
  for (const origin of [
    'https://evil.example',
    'null',
    '',
    'http://127.0.0.1',
    `http://127.0.0.1:${world.port + 1}`,
    `http://localhost:${world.port}`,
    `ftp://127.0.0.1:${world.port}`,
    `http://127.0.0.1:${world.port}@evil.example`,
    `http://127.0.0.1:${world.port}, https://evil.example`,
    'http://gpu.lab:40000',
    'file://',
  ])
    await refused({ origin }, /sent this: only pages of the service itself/);
});

test('a browser that says so itself', async () => {
  for (const site of ['cross-site', 'same-site', 'Same-Origin', 'none, cross-site', 'x'.repeat(500)])
    await refused({ 'sec-fetch-site': site }, /Sec-Fetch-Site: .{1,85}\): only pages/);
  const own = `http://127.0.0.1:${world.port}`;
  await refused({ 'sec-fetch-site': 'cross-site', origin: own }, /Sec-Fetch-Site/);
  await refused({ 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' }, /evil\.example/);
});

test('a name that is not the service’s: the flag is named', async () => {
  for (const host of [
    'attacker.example',
    `attacker.example:${world.port}`,
    'gpu-box',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.1',
  ])
    await refused({ host }, /not known as .*--allow-host /);
  await refused(
    { host: 'attacker.example', origin: 'http://attacker.example', 'sec-fetch-site': 'same-origin' },
    /--allow-host attacker\.example/,
  );
  for (const host of ['a b', 'a@b', '[::1', 'http://127.0.0.1', '127.0.0.1:x', '::1'])
    await refused({ host }, /must be a host name or an address/, 400);
});

test('addresses, localhost and named hosts, with and without a port; own pages', async () => {
  for (const host of ['127.0.0.1', '10.0.0.7:80', '[::1]:2378', '[fe80::1]', 'localhost', 'LOCALHOST:1', 'gpu.lab', 'GPU.lab:2378'])
    await taken({ host });
  const own = `127.0.0.1:${world.port}`;
  await taken({ origin: `http://${own}`, 'sec-fetch-site': 'same-origin' });
  await taken({ 'sec-fetch-site': 'none' });
  await taken({ host: 'localhost:2378', origin: 'http://localhost:2378' });
  await taken({ host: 'gpu.lab', origin: 'https://gpu.lab', 'sec-fetch-site': 'same-origin' });
  // A proxy that speaks TLS and sends its own Host on.
  await taken({ host: own, origin: 'https://gpu.lab' });
  await refused({ host: own, origin: 'http://gpu.lab' }, /http:\/\/gpu\.lab.* sent this/);
});

test('where the service speaks TLS itself, no page of its own has come over http', async () => {
  const tls = await start({ allowHosts: ['gpu.lab'], tls: true });
  const own = `127.0.0.1:${tls.port}`;
  assert.is((await send(tls, 'POST', RUN, BODY, { origin: `https://${own}` })).status, 200);
  assert.is((await send(tls, 'POST', RUN, BODY, { origin: `http://${own}` })).status, 403);
  assert.is((await send(tls, 'POST', RUN, BODY, { host: 'gpu.lab:2378', origin: 'http://gpu.lab:2378' })).status, 403);
  assert.is((await send(tls, 'POST', RUN, BODY, { host: 'gpu.lab:2378', origin: 'https://gpu.lab:2378' })).status, 200);
  await tls.stop();
});

test('what curl -d sends goes on working, with and without a content type', async () => {
  for (const headers of [{ 'content-type': 'application/x-www-form-urlencoded' }, {}, { 'content-type': 'text/plain' }])
    assert.is((await send(world, 'POST', RUN, BODY, headers)).status, 200);
});

test('--compat-go does not make a refusal a success', async () => {
  const compat = await start({ compatGo: true });
  assert.is((await send(compat, 'POST', RUN, BODY, { origin: 'https://evil.example' })).status, 403);
  assert.is(compat.calls.length, 0);
  await compat.stop();
});

test('the name of the address where the service listens is its own', () => {
  assert.equal(namesOf(['A.lab'], 'Box.lab'), ['a.lab', 'box.lab']);
  for (const address of ['', '127.0.0.1', '::1', '0.0.0.0']) assert.equal(namesOf([], address), []);
});

const raw = (text: string): Promise<string> => sayTo(world.port, text);

test('Host twice, missing, or another one in the request line', async () => {
  const ask = (head: string): Promise<string> => raw(`${head}\r\nConnection: close\r\n\r\n`);
  assert.match(
    await ask('GET /ping HTTP/1.1\r\nHost: 127.0.0.1\r\nhost: 127.0.0.1'),
    /^HTTP\/1\.1 400 .*"the header Host is given twice"/s,
  );
  assert.match(await ask('GET /ping HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example'), /^HTTP\/1\.1 400 .*given twice/s);
  assert.match(await ask('GET /ping HTTP/1.1\r\nX: y'), /^HTTP\/1\.1 400 .*"the header Host is missing".*\n$/s);
  assert.match(await ask('GET http://evil.example/ping HTTP/1.1\r\nHost: 127.0.0.1'), /^HTTP\/1\.1 403 .*--allow-host evil\.example/s);
  assert.match(await ask('GET http://127.0.0.1/ping HTTP/1.1\r\nHost: 127.0.0.1'), /^HTTP\/1\.1 200 /);
  assert.match(await ask('GET /ping HTTP/1.0'), /^HTTP\/1\.1 200 /, 'a load balancer’s check');
  assert.match(await ask('GET /ping HTTP/1.0\r\nOrigin: http://evil.example'), /^HTTP\/1\.1 403 /);
});

test('an expectation that cannot be met is refused in the envelope', async () => {
  const said = await raw('POST /api/v1/replicaSet HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: foo\r\nContent-Length: 0\r\n\r\n');
  assert.match(
    said,
    /^HTTP\/1\.1 417 .*\{"code":1000,"msg":"Expect is \\"foo\\": only 100-continue can be expected here","data":null\}\n$/s,
  );
  assert.is(world.calls.length, 0);
});

test('every answer ends with a newline', async () => {
  for (const [method, path, headers] of [
    ['GET', '/ping', {}],
    ['GET', RUN, {}],
    ['GET', RUN, {}],
    ['GET', '/nowhere', {}],
    ['GET', '/nowhere', { accept: 'application/problem+json' }],
    ['PATCH', `${RUN}/foo/stop`, {}],
  ] as const) {
    const { text } = await send(world, method, path, undefined, headers);
    assert.match(text, /\}\n$/, path);
  }
});

test.run();
