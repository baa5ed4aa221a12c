// timeout: 300
// What the review of the service as an attacker found to hold goes on holding, against the real server and a real Docker: requests that are not HTTP,
// names that mean something to Docker or to JavaScript, a working directory that leads out of the container.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { suite } from 'uvu';
import { type Envelope, RS, World } from '../e2e/world.ts';
import { IMAGES } from '../support/docker.ts';

const test = suite('what held');
let world: World;

test.before(async () => {
  world = await World.start(['--gpus', 'simulated:2', '--stop-timeout', '0s', '--replace-grace', '0s']);
});
test.after(() => world.stop());

/** Sends these bytes on a connection of their own; all that comes back until the server has answered or cut it. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const socket = connect({ port: Number(new URL(world.server.url).port), host: '127.0.0.1' });
    const end = (): void => {
      socket.destroy();
      resolve(said);
    };
    const late = setTimeout(end, 3_000);
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
      if (said.includes('\r\n\r\n')) setTimeout(end, 100);
    });
    socket.on('close', () => {
      clearTimeout(late);
      resolve(said);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? end() : reject(error)));
    socket.write(text, 'latin1');
  });
}

const host = 'Host: localhost\r\n';
const create = '{"name":"smuggled","size":"20MB"}';
const post = (headers: string, body: string): string => `POST /api/v1/volumes HTTP/1.1\r\n${host}${headers}\r\n${body}`;

test('two lengths, a length beside chunks, bare line ends, folded headers: none of it is a request', async () => {
  const within = `POST /api/v1/volumes HTTP/1.1\r\n${host}Content-Length: ${create.length}\r\n\r\n${create}`;
  // One of them is a body that lasts until the connection ends: nothing is said to that.
  const requests = [
    post(`Content-Length: 2\r\nTransfer-Encoding: chunked\r\n`, `0\r\n\r\n${within}`),
    post(`Transfer-Encoding: chunked\r\nContent-Length: 2\r\n`, `0\r\n\r\n${within}`),
    post(`Transfer-Encoding: xchunked\r\n`, within),
    post(`Content-Length: 2\r\nContent-Length: ${create.length}\r\n`, create),
    post('Content-Length: -2\r\n', within),
    post('Content-Length: +33\r\n', create),
    post(`Content-Length : ${create.length}\r\n`, create),
    `POST /api/v1/volumes HTTP/1.1\nHost: localhost\nContent-Length: ${create.length}\n\n${create}`,
    post(`X: a\r\n b\rContent-Length: ${create.length}\r\n`, create),
    post(`Content-Length: ${create.length}\r\nX: a\0b\r\n`, create),
    `POST /api/v1/volumes HTTP/3.0\r\n${host}Content-Length: ${create.length}\r\n\r\n${create}`,
  ];
  for (const request of requests) assert.match(await raw(request), /^$|^HTTP\/1\.1 400 /, JSON.stringify(request));
  assert.deepEqual(await world.volumes(), []);
});

test('methods and headers that a proxy would understand otherwise', async () => {
  assert.match(await raw(`CONNECT 127.0.0.1:1 HTTP/1.1\r\n${host}\r\n`), /^$|^HTTP\/1\.1 4/);
  assert.match(await raw(`TRACE / HTTP/1.1\r\n${host}X: secret\r\n\r\n`), /^HTTP\/1\.1 404 (?![\s\S]*X: secret)/);
  assert.match(await raw(`GET /healthz HTTP/1.1\r\n${host}Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n`), /^HTTP\/1\.1 200 /);
  assert.match(await raw(`GET /healthz HTTP/1.1\r\n${host}${host}\r\n`), /^HTTP\/1\.1 400 [\s\S]*given twice/);
  assert.match(await raw('GET /healthz HTTP/1.1\r\n\r\n'), /^HTTP\/1\.1 400 [\s\S]*Host is missing/);
  assert.match(await raw(`GET /healthz HTTP/1.1\r\n${host}X: ${'a'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
  const two = await raw(`GET /healthz HTTP/1.1\r\n${host}\r\nGET /nothing HTTP/1.1\r\n${host}\r\n`);
  assert.match(two, /^HTTP\/1\.1 200 [\s\S]*HTTP\/1\.1 404 /, 'answered in order');
});

test('names of images that would be another request to Docker, or another image', async () => {
  const before = await world.snapshot();
  const refused = async (method: string, path: string, body: object): Promise<void> => {
    const answer = await world.send<Envelope>(method, path, body);
    assert.ok(answer.status === 400 || answer.status === 422, `${JSON.stringify(body)}: ${answer.status} ${answer.body.msg}`);
  };
  for (const imageName of ['../containers/x', '..', '%2e%2e/x', 'a?b', 'a#b', 'a\0b', 'a b', 'a\nb', '8', 'a'.repeat(300), '-x'])
    await refused('POST', RS, { imageName, replicaSetName: world.name('x'), gpuCount: 0 });
  assert.deepEqual(await world.snapshot(), before);
  const name = await world.run('c', IMAGES.sleep);
  for (const newImageName of ['a@b', 'x:y:z', '../x', '&tag=', 'Upper', 'a'.repeat(300), 'f'.repeat(64), 'x:', ':x', 'a//b', 'a\0b'])
    await refused('POST', `${RS}/${name}/commit`, { newImageName });
  await world.delete(name);
});

test('names that JavaScript has a meaning for are names', async () => {
  for (const suffix of ['constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
    const body = { imageName: IMAGES.sleep, replicaSetName: suffix, gpuCount: 0 };
    assert.equal((await world.send('POST', RS, body)).status, 200, suffix);
    assert.equal((await world.send('POST', RS, body)).status, 409, suffix);
    assert.equal((await world.send('GET', `${RS}/${suffix}`)).status, 200, suffix);
    await world.delete(suffix);
    assert.equal((await world.send('GET', `${RS}/${suffix}`)).status, 404, suffix);
  }
});

test('a working directory below /proc/self/fd leads nowhere out of the container', async () => {
  const name = await world.run('fd', IMAGES.sleep);
  for (let fd = 3; fd <= 20; fd++) {
    const answer = await world.send<{ readonly stdout: string } | null>('POST', `${RS}/${name}/execute`, {
      cmd: ['cat', '../../../../../../../etc/hostname'],
      workDir: `/proc/self/fd/${fd}`,
    });
    assert.ok(!(answer.body.data?.stdout ?? '').startsWith(`${hostname()}\n`), `fd ${fd}: ${JSON.stringify(answer.body)}`);
  }
  await world.delete(name);
});

test.run();
