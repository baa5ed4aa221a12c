// A daemon that is upgraded, or put back, under a running server: it no longer speaks the version of the API that was agreed on.
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ContainerEngine } from '../../../src/commands/outside/engine.ts';
import { dockerEngine } from '../../../src/infra/docker/engine.ts';
import { perform } from '../../../src/infra/runtime/operations/perform-step.ts';
import { STUB_LABELS, STUB_REF, type StubAnswer, type StubDocker, startStubDocker, stubContainer } from '../../support/stub-docker.ts';

interface Release {
  readonly newest: number;
  readonly oldest: number;
}
const OLD: Release = { newest: 41, oldest: 12 };
const NEW: Release = { newest: 52, oldest: 48 };
const STOP = {
  do: 'stopContainer',
  version: 1,
  container: STUB_REF,
  graceSeconds: 1,
} as const;

function versionIn(url: string): number | null {
  const [, minor] = /^\/v1\.(\d+)\//.exec(url) ?? [];
  return minor === undefined ? null : Number(minor);
}

/** Answers what the tests ask, in the words of dockerd. */
class Daemon {
  release = OLD;
  running = true;
  /** The version of each request; null for those that name none. */
  readonly asked: (number | null)[] = [];
  readonly streams = new Set<ServerResponse>();

  answer(url: string, response: ServerResponse): StubAnswer {
    const { newest, oldest } = this.release;
    const version = versionIn(url);
    this.asked.push(version);
    const upgrade = 'please upgrade your client to a newer version';
    if (version !== null && version < oldest)
      return [400, { message: `client version 1.${version} is too old. Minimum supported API version is 1.${oldest}, ${upgrade}` }];
    if (version !== null && version > newest)
      return [400, { message: `client version 1.${version} is too new. Maximum supported API version is 1.${newest}` }];
    if (url.includes('/version')) return [200, { ApiVersion: `1.${newest}`, MinAPIVersion: `1.${oldest}` }];
    if (url.includes('/containers/json')) return [200, [{ Id: 'c1', Names: ['/foo-1'], State: 'running', Labels: STUB_LABELS }]];
    if (url.includes('/containers/c1/json')) return [200, stubContainer(this.running)];
    if (url.includes('/events')) {
      this.streams.add(response);
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      return null;
    }
    if (!url.includes('/containers/c1/stop')) return [404, { message: 'page not found' }];
    this.running = false;
    return [204, null];
  }
}

const test = suite<{ daemon: Daemon; stub: StubDocker; engine: ContainerEngine }>('an engine that changes its release');
test.before.each(async (context) => {
  const daemon = new Daemon();
  context.daemon = daemon;
  context.stub = await startStubDocker((url, response) => daemon.answer(url, response));
  context.engine = dockerEngine({ dockerHost: context.stub.host });
});
test.after.each(({ stub }) => stub.close());

test('a look and a step are answered in the version that the new release speaks, and again in the old one', async ({ daemon, engine }) => {
  assert.is((await engine.listContainers('L')).length, 1);
  assert.is(daemon.asked.at(-1), 41);
  for (const [release, version] of [
    [NEW, 48],
    [OLD, 41],
  ] as const) {
    daemon.release = release;
    daemon.running = true;
    assert.equal(await perform(STOP, engine, async () => ({ paths: [] })), { ok: true, do: 'stopContainer', exitCode: 0 });
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
  for (const stream of daemon.streams) stream.destroy();
  await rung(3);
  assert.equal(daemon.asked, [null, 44]);
  over.abort();
});

test.run();
