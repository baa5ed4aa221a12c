// A create, and a list that may be another's, go to an engine that has said who it is, which costs a processor 10 ms: once for a connection.
import { mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EngineIds } from '../../../src/commands/outside/engine.ts';
import { OtherEngineError } from '../../../src/commands/outside/engine-error.ts';
import { KnownLines } from '../../../src/infra/docker/connection/known-lines.ts';
import type { OpenLine } from '../../../src/infra/docker/connection/line.ts';
import { dockerEngine } from '../../../src/infra/docker/engine.ts';
import { type StubDocker, startStubDocker } from '../../support/stub-docker.ts';
import { requestFor } from './support.ts';

interface World {
  readonly asked: string[];
  readonly stub: StubDocker;
}

const test = suite<World>('the lines of creates');
const IMAGE = { id: 'sha256:1', env: [] };

/** A daemon that has every image, lists no container and refuses every create, and notes what it was asked. `isSilent`: it answers no create. */
function daemon(id: string, asked: string[], isSilent = (): boolean => false): Promise<StubDocker> {
  return startStubDocker((url) => {
    if (url.includes('/version')) return [200, { ApiVersion: '1.44' }];
    if (url.includes('/images/')) return [200, { Id: IMAGE.id }];
    asked.push(`${id} ${url.replace(/^\/v[\d.]+/, '').replace(/\?.*/, '')}`);
    if (url.includes('/containers/json')) return [200, []];
    if (url.includes('/info')) return [200, { ID: id, ServerVersion: '1', Driver: 'd', DockerRootDir: '/d' }];
    return isSilent() ? null : [500, { message: 'made for the test' }];
  });
}

const isMine = ({ id }: EngineIds): string | null => (id === 'mine' ? null : 'its id is another');
const infos = (asked: readonly string[]): number => asked.filter((one) => one.endsWith(' /info')).length;
const creates = (asked: readonly string[]): number => asked.filter((one) => one.endsWith('/create')).length;

/** Has a container created there; resolves with why that failed. What an engine is asked once, for all creates, is asked before. */
async function maker(dockerHost: string, asked: string[], differs = isMine): Promise<() => Promise<unknown>> {
  return (await world(dockerHost, asked, differs)).make;
}

async function world(dockerHost: string, asked: string[], differs: (ids: EngineIds) => string | null = isMine) {
  const deadlines = { quickMs: 200, slowMs: 200, silenceMs: 200 };
  const engine = dockerEngine({ dockerHost, deadlines, expected: { differs, onOther: () => {} } });
  await engine.info();
  asked.length = 0;
  const make = (): Promise<unknown> => engine.createContainer(requestFor(IMAGE, 'foo')).catch((error: unknown) => error);
  return { engine, make };
}

test.before.each(async (world) => {
  const asked: string[] = [];
  Object.assign(world, { asked, stub: await daemon('mine', asked) });
});
test.after.each(({ stub }) => stub.close());

test('one after another they are carried by one line, and who answers is asked once', async ({ asked, stub }) => {
  const make = await maker(stub.host, asked);
  for (let i = 0; i < 3; i++) assert.match(String(await make()), /made for the test/);
  assert.is(creates(asked), 3);
  assert.is(infos(asked), 1);
});

test('an empty list is asked for on such a line, too, and the create after it goes over the same', async ({ asked, stub }) => {
  const { engine, make } = await world(stub.host, asked);
  for (let i = 0; i < 3; i++) {
    assert.equal(await engine.listGpuUse('log'), []);
    assert.match(String(await make()), /made for the test/);
  }
  assert.is(creates(asked), 3);
  assert.is(infos(asked), 1);
});

test('of an empty list of another Docker nothing is believed, however often it is asked for', async ({ asked, stub }) => {
  const { engine } = await world(stub.host, asked, () => 'its id is another');
  for (let i = 0; i < 2; i++) assert.instance(await engine.listGpuUse('log').catch((error: unknown) => error), OtherEngineError);
});

test('a line that the daemon has closed is not used', async ({ asked, stub }) => {
  const make = await maker(stub.host, asked);
  await make();
  stub.hangUp();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.match(String(await make()), /made for the test/);
  assert.is(infos(asked), 2);
});

test('where the address names another socket, who answers there is asked', async ({ asked, stub }) => {
  const other = await daemon('other', asked);
  const directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-lines-'));
  const address = join(directory, 'docker.sock');
  const pointTo = ({ host }: StubDocker): void => {
    symlinkSync(host.replace('unix://', ''), `${address}.new`);
    renameSync(`${address}.new`, address);
  };
  try {
    pointTo(stub);
    const make = await maker(`unix://${address}`, asked);
    assert.match(String(await make()), /made for the test/);
    pointTo(other);
    assert.instance(await make(), OtherEngineError);
    assert.is(asked.at(-1), 'other /info');
    assert.is(creates(asked), 1);
    pointTo(stub);
    assert.match(String(await make()), /made for the test/);
  } finally {
    other.close();
    rmSync(directory, { recursive: true });
  }
});

test('who is the host’s engine is judged anew each time', async ({ asked, stub }) => {
  let differs: string | null = null;
  const make = await maker(stub.host, asked, () => differs);
  await make();
  differs = 'the host has another one now';
  assert.instance(await make(), OtherEngineError);
  assert.is(creates(asked), 1);
});

test('a line without an answer is not used again', async ({ asked }) => {
  let isSilent = true;
  const silent = await daemon('mine', asked, () => isSilent);
  try {
    const make = await maker(silent.host, asked);
    assert.match(String(await make()), /no answer from Docker/);
    isSilent = false;
    assert.match(String(await make()), /made for the test/);
    assert.is(infos(asked), 2);
  } finally {
    silent.close();
  }
});

test('no line is used for longer than a minute, and eight wait at the most', ({ stub }) => {
  let now = 0;
  let closed = 0;
  const lines = new KnownLines(stub.host.replace('unix://', ''), () => now);
  const open = (): OpenLine => ({
    modem: { dial: () => {} },
    isOpen: true,
    close: () => void closed++,
    engine: { id: 'mine', root: '/d', storageDriver: 'd' },
  });
  const ten = Array.from({ length: 10 }, () => lines.watch(open));
  for (const line of ten) line.release?.();
  assert.is(closed, 2);
  assert.ok(lines.take());
  now = 60_000;
  assert.is(lines.take(), undefined);
  assert.is(closed, 9);
  const unasked = lines.watch(() => {
    const { engine: _, ...line } = open();
    return line;
  });
  unasked.release?.();
  assert.is(lines.take(), undefined, 'who answers was never asked');
});

test('what a look at GPUs found stays its own while another one, which saw less, ends', async () => {
  const running = [
    { Id: 'x', Names: ['/x'], State: 'running' },
    { Id: 'y', Names: ['/y'], State: 'running' },
  ];
  const inspect = (id: string): object => ({
    ...{ Id: id, Name: `/${id}`, Image: 'i', State: { Status: 'running', Running: true }, Config: {} },
    HostConfig: { DeviceRequests: [{ Driver: 'nvidia', DeviceIDs: [`GPU-${id}`] }] },
  });
  let lists = 0;
  let answerY = (): void => {};
  const isHeld = new Promise<void>((resolve) => {
    answerY = resolve;
  });
  let asked = (): void => {};
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const stub = await startStubDocker((url, response) => {
    if (url.includes('/version')) return [200, { ApiVersion: '1.44' }];
    if (url.includes('/info')) return [200, { ID: 'mine', ServerVersion: '1', Driver: 'd', DockerRootDir: '/d' }];
    if (url.includes('/containers/json')) return [200, lists++ === 0 ? running : []];
    if (url.includes('/containers/x/')) return [200, inspect('x')];
    asked();
    void isHeld.then(() => response.end(JSON.stringify(inspect('y'))));
    return null;
  });
  try {
    const engine = dockerEngine({ dockerHost: stub.host, deadlines: { quickMs: 5_000, slowMs: 5_000, silenceMs: 5_000 } });
    const first = engine.listGpuUse('log');
    await isAsked;
    assert.equal(await engine.listGpuUse('log'), []);
    answerY();
    assert.equal(
      (await first).map(({ gpus }) => gpus),
      [['GPU-x'], ['GPU-y']],
    );
  } finally {
    stub.close();
  }
});

test.run();
