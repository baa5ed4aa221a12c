// timeout: 300
// What the review of the service as an attacker found to hold goes on holding, against the real server and a real Docker: requests that are not HTTP,
// names that mean something to Docker or to JavaScript, a working directory that leads out of the container.
import assert from 'node:assert/strict';
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { type Envelope, eventually, RS, VOLUMES, World } from '../e2e/world.ts';
import { dockerSocket, IMAGES } from '../support/docker.ts';
import { serve } from '../support/server.ts';

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

test('many headers and long addresses', async () => {
  const get = (path: string, headers: string): Promise<string> => raw(`GET ${path} HTTP/1.1\r\n${host}${headers}\r\n`);
  assert.match(await get('/healthz', 'a:b\r\n'.repeat(1_900)), /^HTTP\/1\.1 200 /);
  assert.match(await get(`/${'x'.repeat(15_000)}`, ''), /^HTTP\/1\.1 404 /);
  assert.match(await get(`/${'x'.repeat(17_000)}`, ''), /^HTTP\/1\.1 431 /);
});

test('an actor who is written like the service itself is not', async () => {
  const wide = Buffer.from('ｓｙｓｔｅｍ:start').toString('latin1');
  for (const [i, actor] of ['system:start', ' system:start', 'System:start', wide].entries()) {
    const body = `{"name":"${world.name(`claims${i}`)}","size":"20MB"}`;
    await raw(post(`X-Actor: ${actor}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n`, body));
  }
  const actors = (await world.events()).flatMap(({ type, command }) => (type === 'VolumeVersionCreated' ? [command.actor] : []));
  assert.deepEqual(
    actors.filter((actor) => /^system/i.test(actor.normalize('NFKC'))),
    [],
  );
  for (const { name } of await world.volumes()) await world.ok('DELETE', `${VOLUMES}/${name}`);
});

test('long texts in every field that is looked at closely take no time to speak of', async () => {
  const texts = ['-', 'a', 'a-', 'a/', 'a.', 'a:', '1', ' ', '0.', 'A=', '@a', '../'].map((text) => text.repeat(120_000 / text.length));
  const sent = async (method: string, path: string, body?: object): Promise<void> => {
    const began = performance.now();
    const { status } = await world.send(method, path, body);
    assert.ok(status >= 400 && status < 500, `${method} ${path.slice(0, 60)}: ${status}`);
    // 0.1 s on a machine that does nothing else; an expression that goes back and forth would take minutes.
    assert.ok(performance.now() - began < 3_000, `${method} ${path.slice(0, 60)}: ${performance.now() - began} ms`);
  };
  for (const text of texts) {
    await sent('POST', RS, { imageName: text, replicaSetName: 'x' });
    await sent('POST', RS, { imageName: 'x', replicaSetName: text });
    await sent('POST', RS, { imageName: 'none/x', replicaSetName: 'x', env: [text], containerPorts: [text] });
    await sent('POST', RS, { imageName: 'none/x', replicaSetName: 'x', binds: [{ src: text, dest: text }] });
    await sent('POST', VOLUMES, { name: 'x', size: text });
    await sent('POST', VOLUMES, { name: 'x', size: `${text}GB` });
    await sent('POST', `${RS}/none/commit`, { newImageName: text });
    await sent('GET', `${RS}?at=${encodeURIComponent(text.slice(0, 5_000))}`);
    await sent('GET', `/api/v1/events?from=${encodeURIComponent(text.slice(0, 5_000))}`);
  }
  assert.deepEqual([await world.replicaSets(), await world.volumes()], [[], []]);
});

test('two hundred moments of the past', async () => {
  const { sequence } = await world.ok<{ sequence: number }>('GET', '/readyz');
  const began = performance.now();
  for (let i = 0; i < 200; i++) await world.ok('GET', `${RS}?at=${1 + (i % sequence)}`);
  assert.ok(performance.now() - began < 20_000, `${performance.now() - began} ms`);
});

test('a first start under umask 000 makes nothing that others could write', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gpu-docker-api-umask-'));
  const dataDir = join(folder, 'data');
  const umask = process.umask(0);
  try {
    const starting = serve({
      docker: dockerSocket(),
      dataDir,
      args: ['--gpus', 'simulated:1', '--checkpoint-every', '100ms', '--log-level', 'warn'],
    });
    const server = await starting.finally(() => process.umask(umask));
    const run = { imageName: IMAGES.sleep, replicaSetName: world.name('umask'), secretEnv: ['A_TOKEN=abcdef'] };
    assert.equal((await server.request('POST', RS, run)).status, 200);
    assert.equal((await server.request('DELETE', `${RS}/${world.name('umask')}`)).status, 200);
    await eventually('a checkpoint is signed', async () => readdirSync(dataDir).includes('checkpoints.jsonl'));
    await server.stop();
    assert.equal(lstatSync(dataDir).mode & 0o777, 0o700);
    const all = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).map((name) => [name, lstatSync(join(dataDir, name))] as const);
    const writable = all
      .filter(([, found]) => !found.isSymbolicLink() && !found.isSocket() && (found.mode & 0o022) !== 0)
      .map(([name]) => name);
    assert.deepEqual(writable, []);
    const readable = all.filter(([name, { mode }]) => /\.key$|^etcd\//.test(name) && (mode & 0o077) !== 0).map(([name]) => name);
    assert.deepEqual(readable, []);
    assert.ok(all.some(([name]) => name === 'checkpoint.key'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('tags of the base image and of saved disks that are removed, names and networks that change: the next version is right', async () => {
  const { docker } = world;
  const tag = { repo: `${world.prefix}-base`, tag: '1' };
  await docker.getImage(IMAGES.sleep).tag(tag);
  const name = await world.run('untagged', `${tag.repo}:1`);
  await world.sh(name, 'echo one > /file');
  await world.patch(name);
  await docker.getImage(`${tag.repo}:1`).remove({ force: true });
  for (const disk of await world.disks()) await docker.getImage(disk).remove({ force: true });
  await world.patch(name);
  assert.equal(await world.sh(name, 'cat /file; echo two > /file'), 'one\n');
  await world.rollback(name, 1);
  assert.equal(await world.sh(name, 'cat /file'), 'one\n');
  await world.order(name, 'restart');
  assert.equal(await world.sh(name, 'cat /file'), 'one\n');

  const current = async () => docker.getContainer((await world.containers()).find((one) => one.name.startsWith(`${name}-`))?.id ?? '');
  const byHand: Readonly<Record<string, () => Promise<unknown>>> = {
    update: async () => (await current()).update({ Memory: 2 ** 28, MemorySwap: 2 ** 28 }),
    rename: async () => (await current()).rename({ name: world.name('renamed') }),
    pause: async () => (await current()).pause(),
    disconnect: async () => {
      const container = await current();
      for (const network of Object.keys((await container.inspect()).NetworkSettings.Networks))
        await docker.getNetwork(network).disconnect({ Container: container.id, Force: true });
    },
  };
  for (const [what, act] of Object.entries(byHand)) {
    await world.sh(name, `echo ${what} > /file`);
    if (what === 'rename') {
      const container = await current();
      await act();
      await world.patch(name).finally(() => container.remove({ force: true }).catch(() => {}));
    } else {
      await act();
      await world.patch(name);
    }
    assert.equal(await world.sh(name, 'cat /file'), `${what}\n`, what);
  }
  await world.assertTrue();
  await world.delete(name);
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
