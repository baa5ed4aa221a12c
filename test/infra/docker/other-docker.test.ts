// Two daemons behind one socket: what the other one does not have is not believed, and nothing is made there.
import { mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ContainerEngine, EngineIds } from '../../../src/commands/outside/engine.ts';
import { OtherEngineError } from '../../../src/commands/outside/engine-error.ts';
import { dockerEngine } from '../../../src/infra/docker/engine.ts';
import { type Dockerd, docker, dockerSocket, IMAGES, startDockerd, uniqueName } from '../../support/docker.ts';
import { startStubDocker } from '../../support/stub-docker.ts';
import { base, connectEngine, exec, LOG, owner, refOf, requestFor, run } from './support.ts';

const test = suite('another Docker than the host’s');
const directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-other-'));
/** Leads to the one daemon or to the other. */
const socket = join(directory, 'docker.sock');
let wrong: Dockerd;
let engine: ContainerEngine;
let known: EngineIds;
let calls = 0;

function pointTo(target: string): void {
  symlinkSync(target, `${socket}.new`);
  renameSync(`${socket}.new`, socket);
}

test.before(async () => {
  wrong = await startDockerd();
  pointTo(dockerSocket());
  const expected = {
    differs: ({ id, root }: EngineIds) => (id === known.id && root === known.root ? null : `its data root is ${root}`),
    onOther: () => void calls++,
  };
  engine = await connectEngine({ expected }, socket);
  known = await engine.info();
});
test.after(async () => {
  await wrong.dispose();
  rmSync(directory, { recursive: true });
});

async function isNoAnswer(what: string, task: Promise<unknown>): Promise<void> {
  const before = calls;
  try {
    await task;
  } catch (error) {
    assert.instance(error, OtherEngineError, `${what}: ${String(error)}`);
    assert.match(String(error), /another Docker than the host's answers: its data root is /);
    assert.ok(calls > before, `${what}: a comparison is asked for`);
    return;
  }
  assert.unreachable(`${what} was answered`);
}

test('what another one lacks counts as no answer, and nothing is made there', async () => {
  const image = await base(engine, IMAGES.sleep);
  const request = requestFor(image, uniqueName('o'));
  const ref = await run(engine, request);
  const next = requestFor(image, uniqueName('o'));
  const volume = uniqueName('v');
  const its = owner(volume);
  await engine.createVolume(volume, its, '1g', 1024 ** 3, false);
  const run1 = { cmd: ['true'], maxOutputBytes: 10, timeoutMs: 1_000, signal: new AbortController().signal };
  pointTo(wrong.socket);
  await isNoAnswer('create', engine.createContainer(next));
  await isNoAnswer('create of a volume', engine.createVolume(uniqueName('v'), owner('v'), '1g', 1024 ** 3, false));
  await isNoAnswer('pull', engine.pullImage('localhost:1/none:1'));
  await isNoAnswer('start', engine.startContainer(ref, 0));
  await isNoAnswer('stop', engine.stopContainer(ref, 0));
  await isNoAnswer('stop by name', engine.stopContainer(refOf(request), 0));
  await isNoAnswer('removal', engine.removeContainer(ref, true));
  await isNoAnswer('removal by name', engine.removeContainer(refOf(request), true));
  await isNoAnswer('save', engine.saveDisk(ref, 'op'));
  await isNoAnswer('discard', engine.removeDisk(`sha256:${'0'.repeat(64)}`));
  await isNoAnswer('discard of all', engine.removeDisks(ref.owner));
  await isNoAnswer('command', engine.exec(ref, run1));
  await isNoAnswer('commit', engine.commitImage(ref, 'mine:1', 'op'));
  await isNoAnswer('image', engine.inspectImage('mine:none'));
  await isNoAnswer('volume', engine.inspectVolume(volume));
  await isNoAnswer('removal of a volume', engine.removeVolume(volume, its));
  await isNoAnswer('removal of anonymous volumes', engine.removeAnonymousVolumes(['0'.repeat(64)]));
  await isNoAnswer('users of a volume', engine.volumeUsers(volume));
  await isNoAnswer('containers', engine.listContainers(LOG));
  await isNoAnswer('volumes', engine.listVolumes(LOG));
  await isNoAnswer('disks', engine.listDisks(LOG));
  await isNoAnswer('use of GPUs', engine.listGpuUse(LOG));
  const there = docker(wrong.socket);
  assert.equal(await there.listContainers({ all: true }), []);
  assert.equal((await there.listVolumes()).Volumes ?? [], []);

  pointTo(dockerSocket());
  const asked = calls;
  assert.is((await exec(engine, ref, ['true'])).exitCode, 0, 'it runs on');
  await engine.removeContainer(ref, true);
  assert.equal(await engine.removeContainer(ref, true), { found: false }, 'here its absence is believed');
  await engine.removeVolume(volume, its);
  assert.is(await engine.inspectVolume(volume), null);
  assert.is(calls, asked);
});

test('who answers is asked over the connection of the call itself', async () => {
  const mine = { ID: 'mine', ServerVersion: '1', Driver: 'd', DockerRootDir: '/mine' };
  const other = { ...mine, ID: 'other' };
  const asked: string[] = [];
  const daemon = (name: string, info: object) =>
    startStubDocker((url) => {
      asked.push(`${name} ${url.replace(/^\/v[\d.]+/, '')}`);
      if (url.includes('/version')) return [200, { ApiVersion: '1.44' }];
      return url.includes('/info') ? [200, info] : [404, { message: 'No such container: c1' }];
    });
  const [right, stranger] = [await daemon('mine', mine), await daemon('other', other)];
  // Each connection leads to one daemon; the address names the stranger for one connection only.
  const { connect } = await import('node:net');
  let strangers = 0;
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const target = strangers-- > 0 ? stranger : right;
    const there = connect(target.host.replace('unix://', ''));
    for (const end of [client, there]) sockets.add(end.on('error', () => {}));
    client.pipe(there).pipe(client);
  });
  const address = join(directory, 'proxy.sock');
  await new Promise<void>((resolve) => proxy.listen(address, resolve));
  try {
    const expected = { differs: ({ id }: EngineIds) => (id === 'mine' ? null : 'its id is another'), onOther: () => {} };
    const swapped = dockerEngine({ dockerHost: `unix://${address}`, expected });
    const ref = { containerName: 'foo-1', id: 'c1', owner: { log: LOG, name: 'foo', uid: 'u', version: 1 } };
    assert.equal(await swapped.removeContainer(ref, true), { found: false });
    strangers = 1;
    await isOther(swapped.removeContainer(ref, true));
    assert.is(asked.at(-1), 'other /info');
    assert.equal(await swapped.removeContainer(ref, true), { found: false });
  } finally {
    for (const end of sockets) end.destroy();
    proxy.close();
    right.close();
    stranger.close();
  }
});

async function isOther(task: Promise<unknown>): Promise<void> {
  const error = await task.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.instance(error, OtherEngineError);
}

test.run();
