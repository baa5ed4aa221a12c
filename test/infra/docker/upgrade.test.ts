// A daemon that is upgraded, or put back, under a running server: it no longer speaks the version of the API that was agreed on.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ContainerEngine } from '../../../src/commands/outside/engine.ts';
import { dockerEngine } from '../../../src/infra/docker/engine.ts';
import { perform } from '../../../src/infra/runtime/perform-step.ts';

interface Release {
  readonly newest: number;
  readonly oldest: number;
}
const OLD: Release = { newest: 41, oldest: 12 };
const NEW: Release = { newest: 52, oldest: 48 };
const LABELS = {
  'gpu-docker-api.kind': 'container',
  'gpu-docker-api.log': 'L',
  'gpu-docker-api.name': 'foo',
  'gpu-docker-api.uid': 'u',
  'gpu-docker-api.version': '1',
};
const STOP = {
  do: 'stopContainer',
  version: 1,
  container: { containerName: 'foo-1', id: 'c1', owner: { log: 'L', name: 'foo', uid: 'u', version: 1 } },
  graceSeconds: 1,
} as const;

function versionIn(url: string): number | null {
  const [, minor] = /^\/v1\.(\d+)\//.exec(url) ?? [];
  return minor === undefined ? null : Number(minor);
}

/** Answers what the tests ask, in the words of dockerd. */
class StubDaemon {
  release = OLD;
  running = true;
  /** The version of each request; null for those that name none. */
  readonly asked: (number | null)[] = [];
  readonly #dir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-stub-'));
  readonly #server: Server;
  readonly #streams = new Set<ServerResponse>();

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request.url ?? '', response));
  }

  get host(): string {
    return `unix://${join(this.#dir, 'docker.sock')}`;
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(join(this.#dir, 'docker.sock'), resolve));
    return this;
  }

  cutStreams(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  close(): void {
    this.cutStreams();
    this.#server.close();
    this.#server.closeAllConnections();
    rmSync(this.#dir, { recursive: true });
  }

  #answer(url: string, response: ServerResponse): void {
    if (url.includes('/events')) {
      this.asked.push(versionIn(url));
      this.#streams.add(response);
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      return;
    }
    const [status, body] = this.#bodyOf(url);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body === null ? undefined : JSON.stringify(body));
  }

  #bodyOf(url: string): readonly [status: number, body: unknown] {
    const { newest, oldest } = this.release;
    const version = versionIn(url);
    this.asked.push(version);
    const upgrade = 'please upgrade your client to a newer version';
    if (version !== null && version < oldest)
      return [400, { message: `client version 1.${version} is too old. Minimum supported API version is 1.${oldest}, ${upgrade}` }];
    if (version !== null && version > newest)
      return [400, { message: `client version 1.${version} is too new. Maximum supported API version is 1.${newest}` }];
    if (url.includes('/version')) return [200, { ApiVersion: `1.${newest}`, MinAPIVersion: `1.${oldest}` }];
    if (url.includes('/containers/json')) return [200, [{ Id: 'c1', Names: ['/foo-1'], State: 'running', Labels: LABELS }]];
    if (url.includes('/containers/c1/json')) {
      const state = { Status: this.running ? 'running' : 'exited', Running: this.running, ExitCode: 0, OOMKilled: false };
      return [200, { Id: 'c1', Name: '/foo-1', Image: 'i', State: state, Config: { Labels: LABELS }, HostConfig: {} }];
    }
    if (!url.includes('/containers/c1/stop')) return [404, { message: 'page not found' }];
    this.running = false;
    return [204, null];
  }
}

const test = suite<{ daemon: StubDaemon; engine: ContainerEngine }>('an engine that changes its release');
test.before.each(async (context) => {
  context.daemon = await new StubDaemon().listen();
  context.engine = dockerEngine({ dockerHost: context.daemon.host });
});
test.after.each(({ daemon }) => daemon.close());

test('a look and a step are answered in the version that the new release speaks, and again in the old one', async ({ daemon, engine }) => {
  assert.is((await engine.listContainers('L')).length, 1);
  assert.is(daemon.asked.at(-1), 41);
  for (const [release, version] of [
    [NEW, 48],
    [OLD, 41],
  ] as const) {
    daemon.release = release;
    daemon.running = true;
    assert.equal(await perform(STOP, engine), { ok: true, do: 'stopContainer', exitCode: 0 });
    assert.is((await engine.listContainers('L')).length, 1);
    assert.is(daemon.asked.at(-1), version);
  }
});

test('when the stream of events is cut, the version is agreed on anew, before anything else is asked', async ({ daemon, engine }) => {
  const over = new AbortController();
  let rings = 0;
  engine.onChange('L', () => rings++, over.signal);
  const rung = async (times: number): Promise<void> => {
    for (let tries = 0; rings < times; tries++) {
      assert.ok(tries < 500, 'the bell did not ring');
      await sleep(10);
    }
  };
  await rung(1);
  daemon.release = { newest: 44, oldest: 24 };
  daemon.asked.length = 0;
  daemon.cutStreams();
  await rung(3);
  assert.equal(daemon.asked, [null, 44]);
  over.abort();
});

test.run();
