// timeout: 400
// Keys from the command line to a container: the first one without a server, others beside one, and all of them through a restart.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dockerSocket, IMAGES, uniqueName } from '../support/docker.ts';
import { portRange } from '../support/ports.ts';
import { type Answer, serve } from '../support/server.ts';
import type { Envelope } from './world.ts';

const test = suite('keys');

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-keys-'));
const certs = mkdtempSync(join(tmpdir(), 'gpu-docker-api-certs-'));
test.after(() => {
  for (const path of [dir, certs]) rmSync(path, { recursive: true, force: true });
});

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const argv = ['--import', 'tsx', join(ROOT, 'src', 'main.ts'), ...args];
  const child = spawn(process.execPath, argv, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  process.once('exit', () => child.kill('SIGKILL'));
  return child;
}

/** Runs the program as a process of its own, to its end. */
function program(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const child = start(args, env);
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}

test('a key that is made where no log is says that it began one', async () => {
  const dataDir = join(dir, 'typed-wrongly');
  const create = (name: string): Promise<Ran> => program(['keys', 'create', name, '--data-dir', dataDir]);
  const first = await create('ann');
  assert.is(first.code, 0, first.err);
  assert.ok(first.err.includes(`There was no log yet, so one was begun, in ${dataDir}`), first.err);
  assert.not.match((await create('bob')).err, /no log yet/);
});

const keys = async (...args: readonly string[]): Promise<string> => {
  const { code, out, err } = await program(['keys', ...args, '--data-dir', dir]);
  assert.is(code, 0, err);
  return out.trim();
};

const OPEN_TO_ALL = [
  'serve',
  '--addr',
  '0.0.0.0:0',
  '--data-dir',
  dir,
  '--docker-host',
  `unix://${dockerSocket()}`,
  '--gpus',
  'simulated:4',
];
const SERVE = [...OPEN_TO_ALL, '--port-range', portRange().text, '--ignore-other-logs'];

test('the way of an operator: refused, the first key, a server for others, a quota, a stolen key, a restart', async () => {
  const refused = await program(SERVE);
  assert.is(refused.code, 1);
  assert.match(refused.err, /open to other machines, and the log has no key that can be used/);
  assert.match(refused.err, new RegExp(`gpu-docker-api keys create NAME --role admin --data-dir ${dir}`));
  assert.not.match(refused.err, /"msg":"ready"/);

  const root = await keys('create', 'root', '--role', 'admin');
  assert.match(root, /^gda_[0-9a-f]{16}_[\w-]{43}$/);

  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const pair = ['-keyout', join(certs, 'key.pem'), '-out', join(certs, 'cert.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', ...subject, ...pair], {
    stdio: 'ignore',
  });
  const anywhere = start([...SERVE, '--tls-cert', join(certs, 'cert.pem'), '--tls-key', join(certs, 'key.pem')]);
  const said = await new Promise<string>((resolve) => {
    let text = '';
    anywhere.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('"msg":"ready"')) resolve(text);
    });
    anywhere.once('close', () => resolve(text));
  });
  const url = /listens on (https:\/\/localhost:\d+)/.exec(said)?.[1] ?? '';
  const trusting = { NODE_EXTRA_CA_CERTS: join(certs, 'cert.pem') };
  const stranger = await program(['ps', '--server', url], trusting);
  assert.equal([stranger.code, stranger.out], [1, ''], said);
  assert.match(stranger.err, /a key is needed/);
  assert.is((await program(['ps', '--server', url], { ...trusting, GPU_DOCKER_API_KEY: root })).code, 0);
  await isRefused(fetch(url.replace('https', 'http')));
  const gone = new Promise<void>((resolve) => anywhere.once('close', () => resolve()));
  anywhere.kill('SIGTERM');
  await gone;

  const server = await serve({ docker: dockerSocket(), dataDir: dir, args: ['--gpus', 'simulated:4', '--stop-timeout', '0s'] });
  const send = (key: string | undefined, method: string, path: string, body?: unknown): Promise<Answer<Envelope>> =>
    server.request(method, `/api/v1${path}`, body, key === undefined ? {} : { authorization: `Bearer ${key}` });
  const until = async (status: number, key: string): Promise<void> => {
    for (let i = 0; i < 60; i++) {
      if ((await send(key, 'GET', '/replicaSet')).status === status) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`not ${status} within 3 s`);
  };
  assert.is((await send(undefined, 'GET', '/replicaSet')).status, 401, 'on loopback, too');

  // Beside the server, by its data directory.
  const ann = await keys('create', 'ann', '--gpus', '1', '--containers', '2', '--volume-bytes', '1GB', '--expires', '1h');
  await until(200, ann);
  const [mine, more] = [uniqueName('ann'), uniqueName('ann')];
  const body = (replicaSetName: string, gpuCount: number) => ({ imageName: IMAGES.sleep, replicaSetName, gpuCount });
  const ran = await send(ann, 'POST', '/replicaSet', body(mine, 1));
  assert.is(ran.status, 200, JSON.stringify(ran.body));
  const over = await send(ann, 'POST', '/replicaSet', body(more, 1));
  assert.equal([over.status, over.body.code], [403, 1051]);
  assert.match(over.body.msg, /quota of ann is 1 GPUs at once: 1 in use, 0 left/);
  const bob = await keys('create', 'bob');
  await until(200, bob);
  assert.is((await send(bob, 'DELETE', `/replicaSet/${mine}`)).status, 403);

  // As a client of the server, with a key from the environment.
  const env = { GPU_DOCKER_API_KEY: root, GPU_DOCKER_API_SERVER: server.url };
  const listed = await program(['keys', 'list'], env);
  assert.match(listed.out, /^ann +gda_[0-9a-f]{16} +operator +own +live +\S+ +1 of 1 +0\.0 +1 of 2 +0 of 1GB$/m, listed.err);
  assert.is((await program(['keys', 'set', 'ann', '--gpus', '2'], env)).code, 0);
  assert.is((await send(ann, 'POST', '/replicaSet', body(more, 1))).status, 200);
  const without = await program(['ps'], { GPU_DOCKER_API_SERVER: server.url });
  assert.is(without.code, 1);
  assert.match(without.err, /a key is needed/);
  assert.match((await program(['ps'], env)).out, new RegExp(mine));

  await keys('revoke', 'bob');
  await until(401, bob);
  const third = (): Promise<Answer<Envelope>> => send(ann, 'POST', '/replicaSet', body(uniqueName('ann'), 0));
  assert.match((await third()).body.msg, /2 containers: 2 in use/);
  await server.restart();
  assert.is((await send(bob, 'GET', '/replicaSet')).status, 401);
  assert.match((await third()).body.msg, /2 containers: 2 in use/, 'what is owned is known after a restart');
  for (const name of [mine, more]) assert.is((await send(ann, 'DELETE', `/replicaSet/${name}`)).status, 200);
  assert.match((await program(['keys', 'revoke', 'root', '--data-dir', dir, '--by', 'eve'])).err, /^$/, 'another key is left');
  assert.match((await program(['keys', 'revoke', 'ann', '--data-dir', dir])).err, /ann is the last key/);

  // Nowhere in what was printed or is on disk.
  const secrets = [root, ann, bob].map((key) => key.split('_').slice(2).join('_'));
  for (const secret of secrets) assert.not.ok(server.output().includes(secret));
  assert.is(await server.stop(), 0);
  for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
    const content = await readFile(join(dir, name));
    for (const secret of secrets) assert.not.ok(content.includes(secret), name);
  }
});

async function isRefused(answer: Promise<unknown>): Promise<void> {
  const outcome = await answer.then(
    () => 'answered',
    () => 'refused',
  );
  assert.is(outcome, 'refused', 'plain HTTP');
}

/** '' for a folder. */
async function readFile(path: string): Promise<Buffer> {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

test.run();
