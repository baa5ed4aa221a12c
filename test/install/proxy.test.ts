// deploy/nginx.conf, by a real nginx before the real server: TLS, the name of who orders, streams as they happen, the service's own refusals.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import { dockerSocket, IMAGES, uniqueName } from '../support/docker.ts';
import { servicePort } from '../support/ports.ts';
import { serve, type TestServer } from '../support/server.ts';
import { until } from '../support/until.ts';
import { command, deployed, program } from './support.ts';

const test = suite('the proxy');
const NAME = 'gpu-box.lab';
const folder = mkdtempSync(join(tmpdir(), 'gpu-docker-api-proxy-'));
const nginx = command('sh', ['-c', 'PATH=$PATH:/usr/sbin command -v nginx']).out.trim();

let server: TestServer;
let proxy: ChildProcess;
let port = 0;
let said = '';
let built = '';

/** The configuration as it is delivered, with this test's places instead of those of a machine. */
function configuration(upstream: string): string {
  let text = readFileSync(deployed('nginx.conf'), 'utf8');
  const places: readonly (readonly [string, string])[] = [
    ['listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`],
    ['/etc/nginx/gpu-box.crt', join(folder, 'cert.pem')],
    ['/etc/nginx/gpu-box.key', join(folder, 'key.pem')],
    ['/etc/nginx/gpu-docker-api.users', join(folder, 'users')],
    ['http://127.0.0.1:2378', upstream],
  ];
  for (const [from, to] of places) {
    assert.ok(text.includes(from), from);
    text = text.replaceAll(from, to);
  }
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${join(folder, kind)};`);
  const own = [`pid ${join(folder, 'pid')};`, 'user root;', 'daemon off;', 'error_log stderr;', 'events {}'];
  return [...own, 'http {', ...temporary, 'access_log off;', text, '}', ''].join('\n');
}

interface Told {
  readonly user?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Resolves once the headers of the answer are there. */
function call(method: string, path: string, { user = 'ann', headers = {}, body }: Told = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const basic = user === null ? {} : { Authorization: `Basic ${Buffer.from(`${user}:pass`).toString('base64')}` };
    const sent = request(
      {
        ...{ host: '127.0.0.1', port, servername: NAME, ca: readFileSync(join(folder, 'cert.pem')) },
        ...{ method, path, agent: false, headers: { Host: `${NAME}:${port}`, ...basic, ...headers } },
      },
      resolve,
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function ask<T>(method: string, path: string, told: Told = {}): Promise<{ status: number; body: T }> {
  const answer = await call(method, path, told);
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  const isJson = /json/.test(answer.headers['content-type'] ?? '');
  return { status: answer.statusCode ?? 0, body: (isJson ? JSON.parse(text) : text) as T };
}

const volume = (told: Told = {}): Promise<{ status: number; body: { msg: string } }> =>
  ask('POST', '/api/v1/volumes', { ...told, body: JSON.stringify({ name: uniqueName('v'), size: '1MB' }) });
const actors = async (): Promise<readonly string[]> => {
  const { body } = await ask<{ data: { events: { command: { actor: string; address?: string } }[] } }>('GET', '/api/v1/events?limit=500');
  return [...new Set(body.data.events.map(({ command: { actor } }) => actor))];
};

test('it sets all that the service believes of a proxy, and passes no key on', () => {
  const text = readFileSync(deployed('nginx.conf'), 'utf8');
  for (const [header, value] of [
    ['X-Forwarded-For', '$remote_addr'],
    ['X-Actor', '$remote_user'],
    ['Authorization', '""'],
  ])
    assert.ok(text.includes(`\n    proxy_set_header ${header} ${value};\n`), header);
});

if (nginx === '') console.log('note: there is no nginx here, so the proxy was not tried');
else {
  test.before(async () => {
    port = await servicePort();
    built = await program();
    const pair = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
    const subject = ['-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME},IP:127.0.0.1`];
    const made = command('openssl', [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      ...subject,
      ...pair,
    ]);
    assert.equal(made.code, 0, made.err);
    const password = command('openssl', ['passwd', '-apr1', 'pass']).out.trim();
    writeFileSync(join(folder, 'users'), `ann:${password}\nbob:${password}\n`);
    const names = ['--trust-proxy', '127.0.0.1', '--allow-host', NAME];
    server = await serve({ docker: dockerSocket(), args: ['--gpus', 'simulated:2', '--stop-timeout', '0s', ...names] });
    const path = join(folder, 'nginx.conf');
    writeFileSync(path, configuration(server.url));
    proxy = spawn(nginx, ['-p', folder, '-e', 'stderr', '-c', path], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [proxy.stdout, proxy.stderr])
      stream?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
    for (const deadline = Date.now() + 10_000; ; await sleep(50)) {
      const answer = await ask('GET', '/readyz').catch(() => null);
      if (answer?.status === 200) break;
      if (proxy.exitCode !== null || Date.now() > deadline) throw new Error(`${said}${JSON.stringify(answer)}`);
    }
  });

  test('who has no name gets no further than the proxy', async () => {
    assert.equal((await ask('GET', '/readyz', { user: null })).status, 401);
    assert.equal((await ask('GET', '/readyz', { user: 'eve' })).status, 401);
  });

  test('the log names the user of the proxy, whatever X-Actor, X-Forwarded-For or Authorization the client sends', async () => {
    const made = await volume({ headers: { 'X-Actor': 'root', 'X-Forwarded-For': '10.9.8.7' } });
    assert.equal(made.status, 200, JSON.stringify(made.body));
    assert.equal((await volume({ user: 'bob' })).status, 200);
    const found = await actors();
    assert.ok(found.includes('ann') && found.includes('bob') && !found.includes('root'), found.join());
    const { body } = await ask<string>('GET', '/api/v1/events?limit=500');
    assert.ok(!JSON.stringify(body).includes('10.9.8.7'));
  });

  test('the service knows itself by its name, and refuses others, and pages of others', async () => {
    const other = await ask<{ msg: string }>('GET', '/readyz', { headers: { Host: 'evil.example' } });
    assert.equal(other.status, 403);
    assert.match(other.body.msg, /not known as evil\.example/);
    assert.equal((await volume({ headers: { Origin: `https://${NAME}:${port}`, 'Sec-Fetch-Site': 'same-origin' } })).status, 200);
    assert.equal((await volume({ headers: { Origin: 'https://evil.example' } })).status, 403);
    // On another port of the same name a container may serve pages.
    assert.equal((await volume({ headers: { Origin: `https://${NAME}:${port + 1}` } })).status, 403);
  });

  test('events and the output of a container come as they happen', async () => {
    const events = await call('GET', '/api/v1/events', { headers: { Accept: 'text/event-stream' } });
    let seen = '';
    events.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
    });
    const name = uniqueName('p');
    const words = ['sh', '-c', 'trap "exit 0" TERM; i=0; while true; do echo line $i; i=$((i+1)); sleep 0.2; done'];
    const run = JSON.stringify({ replicaSetName: name, imageName: IMAGES.busybox, gpuCount: 1, cmd: words });
    const ran = await ask('POST', '/api/v1/replicaSet', { body: run });
    assert.equal(ran.status, 200, JSON.stringify(ran.body));
    await until('its events', () => seen.includes('ContainerStarted') && seen.includes(name));
    events.destroy();
    const output = await call('GET', `/api/v1/replicaSet/${name}/logs?follow=true`);
    let printed = '';
    output.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
    await until('its output', () => /line 3\r?\n/.test(printed));
    const cmd = ['sh', '-c', 'head -c 3000000 /dev/zero | tr "\\0" x'];
    const done = await ask<{ data: { stdout: string } }>('POST', `/api/v1/replicaSet/${name}/execute`, { body: JSON.stringify({ cmd }) });
    assert.equal(done.body.data.stdout.length, 3_000_000);
    assert.equal((await ask('DELETE', `/api/v1/replicaSet/${name}`)).status, 200);
    await until('the end of its output', () => output.complete);
  });

  test('a body that is too large is refused in the words of the service', async () => {
    const large = JSON.stringify({ name: 'x', size: '1MB', more: 'x'.repeat(600_000) });
    const refused = await ask<{ code: number; msg: string }>('POST', '/api/v1/volumes', { body: large });
    assert.equal(refused.status, 413);
    assert.equal(typeof refused.body.msg, 'string');
  });

  test('the command line goes through it', async () => {
    const env = { GPU_DOCKER_API_SERVER: `https://ann:pass@127.0.0.1:${port}`, NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem') };
    const name = uniqueName('c');
    const run = (...words: readonly string[]) => command(process.execPath, [built, ...words], { env });
    const made = run('volume', 'create', name, '1MB');
    assert.equal(made.code, 0, made.err);
    assert.match(run('volume', 'ls').out, new RegExp(name));
    assert.equal(run('volume', 'rm', name).code, 0);
  });
}

test.after(async () => {
  if (nginx !== '') {
    proxy.kill('SIGTERM');
    await server.stop();
  }
  rmSync(folder, { recursive: true, force: true });
});

test.run();
