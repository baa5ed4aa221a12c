// timeout: 300
// The log of a server that runs its own etcd: no container gets at its sockets, the command line finds them, and no client is told where they are.
import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import { run } from '../cli/support.ts';
import { eventually, RS } from '../e2e/world.ts';
import { dockerSocket, IMAGES } from '../support/docker.ts';
import { signal } from '../support/processes.ts';
import { serve, type TestServer } from '../support/server.ts';

const test = suite('the log');
const base = realpathSync(mkdtempSync(join(tmpdir(), 'gda-log-')));
test.after(() => rmSync(base, { recursive: true, force: true }));

interface Body {
  readonly code: number;
  readonly msg: string;
}

const mount = async (server: TestServer, src: string): Promise<string> => {
  const body = { imageName: IMAGES.sleep, replicaSetName: 'evil', binds: [{ src, dest: '/e' }] };
  const answer = await server.request<Body>('POST', RS, body);
  assert.equal(answer.status, 422, `${src}: ${JSON.stringify(answer.body)}`);
  return answer.body.msg;
};

/** A directory of this many characters, at least. */
function directory(length: number): string {
  const path = join(base, 'd'.repeat(Math.max(1, Math.min(200, length - base.length))));
  mkdirSync(path, { recursive: true });
  return path;
}

for (const [what, dataDir] of [
  ['a usual data directory', directory(0)],
  ['a data directory that is too long for a socket', directory(150)],
] as const) {
  test(`no container reaches the sockets, and the command line does: ${what}`, async () => {
    const server = await serve({ docker: dockerSocket(), dataDir, args: ['--gpus', 'simulated:2', '--allow-bind', '/'] });
    const link = join(dataDir, 'run');
    const runDir = realpathSync(link);
    assert.equal(existsSync(join(runDir, 'c.sock:0')), true);
    assert.equal(statSync(runDir).mode & 0o777, 0o700);
    assert.equal(lstatSync(link).isSymbolicLink(), dataDir.length > 100);
    for (const path of [link, runDir, join(runDir, 'x'), dataDir, base])
      assert.match(await mount(server, path), /belongs to Docker or to this service/);
    // Another environment, as of a login shell beside a service.
    const elsewhere = { XDG_RUNTIME_DIR: '/nonexistent', TMPDIR: '/var/tmp' };
    const before = Object.fromEntries(Object.keys(elsewhere).map((name) => [name, process.env[name]]));
    Object.assign(process.env, elsewhere);
    try {
      const tail = await run('log', 'export', '--data-dir', dataDir);
      assert.equal(tail.code, 0, tail.err);
      assert.match(tail.out, /HostStarted/);
    } finally {
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
    await server.stop();
    assert.equal(existsSync(runDir), false);
  });
}

test('an etcd that does not answer: clients are not told where its sockets are', async () => {
  const dataDir = directory(0);
  const server = await serve({ docker: dockerSocket(), dataDir, args: ['--gpus', 'simulated:2'] });
  const { pid } = JSON.parse(readFileSync(join(dataDir, 'etcd.pid'), 'utf8')) as { pid: number };
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').map(Number);
  const etcd = children.find((child) => readFileSync(`/proc/${child}/cmdline`, 'latin1').includes('--listen-client-urls')) ?? 0;
  signal(etcd, 'SIGSTOP');
  const said: string[] = [];
  try {
    // Its append is sent again until etcd answers.
    const begun = server.request<Body>('POST', '/api/v1/volumes', { name: 'bar', size: '20MB' });
    await eventually('it is noticed', async () => {
      const { status, body } = await server.request<Body>('GET', '/readyz');
      said.push(JSON.stringify(body));
      return status === 503;
    });
    for (const until = Date.now() + 6_000; Date.now() < until; await sleep(300)) {
      said.push(JSON.stringify((await server.request<Body>('GET', '/readyz')).body));
      said.push(JSON.stringify((await server.request<Body>('POST', '/api/v1/volumes', { name: 'baz', size: '20MB' })).body));
    }
    signal(etcd, 'SIGCONT');
    said.push(JSON.stringify((await begun).body));
  } finally {
    signal(etcd, 'SIGCONT');
  }
  for (const text of said) assert.doesNotMatch(text, new RegExp(`c\\.sock|${dataDir}`), text);
  assert.ok(
    said.some((text) => text.includes('etcd') || text.includes('lease')),
    said.join('\n'),
  );
  await server.stop();
});

test.run();
