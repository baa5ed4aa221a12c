// Orders that take long: followed by the id of their operation, over cut connections, until ^C. And to whom a key is sent.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runSubCommand } from '../../src/cli/run.ts';
import { withProgress } from '../../src/cli/verbs/words.ts';
import { EngineError } from '../../src/commands/outside/engine-error.ts';
import { type Live, runs, startLive } from '../http/live.ts';
import { until } from '../support/until.ts';
import { json, run, terminal } from './support.ts';

const test = suite('orders that take long');

let live: Live;
/** While set, no container is created. */
let held: Promise<void> | null = null;
let release: () => void = () => {};

test.before.each(async () => {
  live = await startLive();
  await live.order('ann', runs('foo', 1));
  held = new Promise((resolve) => {
    release = resolve;
  });
  live.core.engine.before = async (call) => {
    if (call === 'createContainer') await held;
  };
  process.env['GPU_DOCKER_API_SERVER'] = live.url;
});
test.after.each(async () => {
  release();
  delete process.env['GPU_DOCKER_API_SERVER'];
  await live.stop();
});

interface Open {
  readonly id: string;
  readonly kind: string;
}
const underWay = async (): Promise<readonly Open[]> =>
  (await live.get<{ operations: readonly Open[] }>('/api/v1/operations')).body.data.operations;
const isUnderWay = (): boolean => live.core.committer.state.replicaSets.get('foo')?.operation != null;

test('the end is waited for, and its steps are shown on a terminal', async () => {
  const io = terminal({ progress: true });
  const restarting = runSubCommand(['restart', 'foo'], io);
  await until('its step is shown', () => /foo: creating the container, 3 s/.test(io.said.err));
  release();
  assert.equal([await restarting, io.said.out], [0, 'foo-2\n']);
  assert.match(io.said.err, /foo: container stopped/);
});

test('one that fails after that: the server’s words', async () => {
  const restarting = run('restart', 'foo', '--json');
  await until('it is under way', isUnderWay);
  live.core.engine.before = async (call) => {
    if (call === 'startContainer') throw new EngineError('refused', 'no such runtime');
  };
  setTimeout(release, 2_500);
  const { code, out, err } = await restarting;
  assert.equal([code, out], [1, '']);
  assert.match(err, /no such runtime/);
});

test('--detach prints the id; operations says how far it is, and what became of it', async () => {
  const ran = await run('restart', '-d', 'foo');
  const [open] = await underWay();
  assert.equal(ran, { code: 0, out: `${open?.id}\n`, err: '' });
  assert.match((await run('operations', open?.id ?? '')).out, /^now +creating the container$/m);
  const following = run('operations', '-f', open?.id ?? '');
  release();
  const { code, out } = await following;
  assert.is(code, 0);
  assert.match(out, /^outcome +done$/m);
  const ended = json<{ state: string; answer: { data: unknown } }>((await run('operations', open?.id ?? '', '--json')).out);
  assert.equal([ended.state, ended.answer.data], ['done', { containerName: 'foo-2' }]);
  assert.is((await run('operations', '-f')).code, 2);
  assert.is((await run('restart', '--plan', '-d', 'foo')).code, 2);
  assert.match((await run('restart', '--detach', '--json', 'foo')).out, /^\{"name":"foo","operation":"[^"]+"\}\n$/);
});

test('what ends at once is answered also with --detach, and -d of run waits as always', async () => {
  release();
  assert.is((await run('policy', 'foo', '--keep-versions', '3', '-d')).code, 0);
  assert.is((await run('run', '-d', '--name', 'bar', 'img')).out, 'bar-1\n');
});

test('^C lets it go on, and says how to go on with it', async () => {
  const stop = new AbortController();
  const io = terminal({ signal: stop.signal });
  const restarting = runSubCommand(['restart', 'foo'], io);
  await until('it is under way', isUnderWay);
  setTimeout(() => stop.abort(), 2_500);
  assert.is(await restarting, 1);
  const [open] = await underWay();
  assert.is(
    io.said.err,
    `gpu-docker-api: operation ${open?.id} goes on: gpu-docker-api operations --follow ${open?.id} waits for its end\n`,
  );
});

/** A server of one's own at the address that it resolves with, closed at the end of `use`. */
async function withServer<T>(listener: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('over cut connections, and a server that starts', async () => {
  const answers: ((response: Parameters<RequestListener>[1]) => void)[] = [];
  const body = (data: unknown, code = 200): string => JSON.stringify({ code, msg: 'Success', data });
  const about = { id: 'op1', stream: 'replicaSet/foo', kind: 'restart', since: '2027-01-31T12:00:00.000Z', actor: 'ann' };
  const answer = { code: 200, msg: 'Success', data: { containerName: 'foo-7' } };
  const cut = (response: Parameters<RequestListener>[1]): void => void response.destroy();
  const says =
    (status: number, text: string, type = 'application/json') =>
    (response: Parameters<RequestListener>[1]) =>
      void response.writeHead(status, { 'Content-Type': type, Location: '/api/v1/operations/op1' }).end(text);
  answers.push(
    says(202, body({ operation: about })),
    cut,
    says(502, '<h1>Bad Gateway</h1>', 'text/html'),
    says(503, body(null, 503)),
    cut,
    says(200, body({ operation: { ...about, state: 'done', ended: about.since, answer } })),
  );
  const seen: string[] = [];
  const ran = await withServer(
    (request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers['prefer'] ?? ''}`);
      answers.shift()?.(response);
    },
    (url) => run('restart', 'foo', '--server', url),
  );
  assert.equal([ran.code, ran.out, seen.length], [0, 'foo-7\n', 6]);
  assert.equal(seen.slice(0, 2), ['PATCH /api/v1/replicaSet/foo/restart respond-async, wait=2', 'GET /api/v1/operations/op1 ']);
  assert.is(ran.err.match(/no word of operation op1, which goes on/g)?.length, 1);
});

test('a pull that the command waits for is shown, with its bytes', async () => {
  const progress = { doing: 'download', bytes: 12 * 1_024 ** 2, of: 30 * 1_024 ** 2 };
  const pull = { since: new Date().toISOString(), elapsedMs: 1, waiting: 1, actors: ['ann'], progress };
  const pulls = ['other', 'img'].map((name) => ({ ...pull, image: `docker.io/library/${name}:latest` }));
  const io = terminal({ progress: true });
  await withServer(
    (request, response) => {
      response.setHeader('Content-Type', 'application/json');
      const data = request.method === 'GET' ? { operations: [], pulls } : { name: 'new-1' };
      const end = (): void => void response.end(JSON.stringify({ code: 200, msg: 'Success', data }));
      if (request.method === 'GET') end();
      else setTimeout(end, 1_500);
    },
    (url) => runSubCommand(['run', '--name', 'new', '--server', url, 'img'], io),
  );
  assert.match(io.said.err, /new: pulling the image \(12MB of 30MB downloaded\), \d+ s/);
  assert.is(io.said.out, 'new-1\n');
});

test('another server at this address is named, whatever its status', async () => {
  for (const status of [200, 404]) {
    const { code, err } = await withServer(
      (_, response) => void response.writeHead(status, { 'Content-Type': 'text/html' }).end('<h1>Welcome</h1>'),
      (url) => run('ps', '--server', url),
    );
    assert.is(code, 1);
    assert.match(err, new RegExp(`this is not a gpu-docker-api: http://127.0.0.1:\\d+/api/v1/replicaSet answered ${status}$`, 'm'));
  }
});

test('a key over plain http to another machine is warned of, once', async () => {
  process.env['GPU_DOCKER_API_KEY'] = 'gda_x';
  const warnings = async (server: string): Promise<number> =>
    (await run('top', '--once', '--server', server)).err.match(/the key goes to .* over plain http/g)?.length ?? 0;
  try {
    assert.is(await warnings('http://0.0.0.0:1'), 1);
    for (const server of ['http://127.0.0.1:1', 'http://localhost:1', 'http://[::1]:1', 'https://0.0.0.0:1'])
      assert.is(await warnings(server), 0);
    process.env['GPU_DOCKER_API_ALLOW_HTTP'] = '1';
    assert.is(await warnings('http://0.0.0.0:1'), 0);
    delete process.env['GPU_DOCKER_API_KEY'];
    delete process.env['GPU_DOCKER_API_ALLOW_HTTP'];
    assert.is(await warnings('http://0.0.0.0:1'), 0, 'without a key there is nothing to read');
  } finally {
    delete process.env['GPU_DOCKER_API_KEY'];
    delete process.env['GPU_DOCKER_API_ALLOW_HTTP'];
  }
});

test('how far a step is, as far as it is known', () => {
  const GB = 1_024 ** 3;
  assert.is(withProgress('copying', undefined), 'copying');
  assert.is(withProgress('copying', { doing: 'copy' }), 'copying');
  assert.is(withProgress('copying', { doing: 'copy', bytes: 1.5 * GB, of: 4 * GB }), 'copying (1.5GB of 4GB copied)');
  assert.is(withProgress('saving', { doing: 'write', of: 4 * GB }), 'saving (4GB)');
  assert.is(withProgress('pulling', { doing: 'download', bytes: 0 }), 'pulling (0 bytes downloaded)');
});

test.run();
