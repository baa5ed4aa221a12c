// A container with very many files, whose size Docker counts for longer than any other call may take: its old version is stopped meanwhile.
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EngineError } from '../../../src/commands/outside/engine-error.ts';
import { dockerEngine } from '../../../src/infra/docker/engine.ts';
import { perform } from '../../../src/infra/runtime/operations/perform-step.ts';
import { STUB_REF, startStubDocker, stubContainer } from '../../support/stub-docker.ts';

const DEADLINES = { quickMs: 200, slowMs: 200, silenceMs: 300 };
const SAVE = { do: 'saveDisk', version: 1, container: STUB_REF, operation: 'op' } as const;
const image = { Id: 'sha256:disk', RootFS: { Layers: ['a', 'b'] }, Config: { Labels: {} } };
const test = suite('measuring');

/** Takes so long to count, and stops answering its pings after so long. */
async function counting(ms: number, measureMs: number, silentAfterMs = Number.POSITIVE_INFINITY) {
  const began = performance.now();
  const stub = await startStubDocker((url, response) => {
    if (url.includes('/version')) return [200, { ApiVersion: '1.44' }];
    if (url.includes('/info')) return [200, { ServerVersion: 'x', Driver: 'overlay2', DockerRootDir: '/nowhere' }];
    if (url.includes('/_ping')) return performance.now() - began > silentAfterMs ? null : [200, 'OK'];
    if (url.includes('/commit')) return [201, { Id: image.Id }];
    if (url.includes('/images/gpu-docker-api')) return [404, { message: 'No such image' }];
    if (url.includes('/images/')) return [200, image];
    if (!url.includes('size')) return [200, stubContainer(false)];
    void sleep(ms, undefined, { ref: false }).then(() =>
      response.writeHead(200).end(JSON.stringify({ ...stubContainer(false), SizeRw: 7 })),
    );
    return null;
  });
  const engine = dockerEngine({ dockerHost: stub.host, deadlines: DEADLINES, disk: { measureMs } });
  return { engine, close: () => stub.close() };
}

test('is waited for while the daemon lives, far beyond the deadline of other calls', async () => {
  const { engine, close } = await counting(700, 10_000);
  await engine.checkDiskSpace(STUB_REF);
  const saved = await perform(SAVE, engine, async () => ({ paths: [] }));
  assert.is(saved.ok && saved.do === 'saveDisk' && saved.disk.bytes, 7);
  close();
});

test('that does not come to an end is a definite no, so that the operation is undone and the old version runs again', async () => {
  const { engine, close } = await counting(60_000, 500);
  const given = await perform(SAVE, engine, async () => ({ paths: [] }));
  assert.is(!given.ok && given.error.kind, 'refused');
  assert.match(given.ok ? '' : given.error.message, /has not measured the system disk of foo-1/);
  close();
});

test('of a daemon that falls silent is no answer', async () => {
  const { engine, close } = await counting(60_000, 10_000, 200);
  const error = await engine.checkDiskSpace(STUB_REF).catch((reason: unknown) => reason);
  assert.is(error instanceof EngineError && error.kind, 'unavailable');
  close();
});

test.run();
