// timeout: 300
// What a daemon that restarts, dies or hangs looks like from here: unavailable, never a promise that stays open.
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Dockerd, startDockerd } from '../../support/docker.ts';
import { base, connectEngine, exec, IMAGES, LOG, owner, refOf, refusal, requestFor, run, sh, uniqueName } from './support.ts';

const test = suite<{ daemon: Dockerd }>('daemon');
const DEADLINES = { quickMs: 1_000, slowMs: 1_500, silenceMs: 1_500 };

test.before(async (context) => {
  context.daemon = await startDockerd({ gpuHook: false });
});
test.after(({ daemon }) => daemon.dispose());

test("without the NVIDIA toolkit a start with GPUs fails with Docker's reason", async ({ daemon }) => {
  const engine = await connectEngine({}, daemon.socket);
  const request = requestFor(await base(engine, IMAGES.sleep), uniqueName('d'), { gpus: ['GPU-1'] });
  await engine.createContainer(request);
  const result = await engine.startContainer(refOf(request), 0);
  assert.is(result.started === false && result.why, 'failed');
  assert.match(result.started === false ? result.message : '', /could not select device driver/);
});

test('the bell rings again after the daemon was restarted and after it was killed', async ({ daemon }) => {
  const engine = await connectEngine({}, daemon.socket);
  const image = await base(engine, IMAGES.sleep);
  let rings = 0;
  const over = new AbortController();
  engine.onChange(LOG, () => rings++, over.signal);
  const grown = async (from: number): Promise<void> => {
    for (let tries = 0; rings <= from; tries++) {
      assert.ok(tries < 1_000, 'the bell did not ring');
      await sleep(10);
    }
  };
  await grown(0);
  for (const end of ['stop', 'kill'] as const) {
    await daemon[end]();
    await refusal(engine.listContainers(LOG), 'unavailable');
    await refusal(engine.createContainer(requestFor(image, uniqueName('d'))), 'unavailable');
    const before = rings;
    await daemon.start();
    await grown(before);
    await sleep(300);
    const quiet = rings;
    await run(engine, requestFor(image, uniqueName('d')));
    await grown(quiet);
  }
  over.abort();
  const silent = rings;
  await run(engine, requestFor(image, uniqueName('d')));
  await sleep(300);
  assert.is(rings, silent, 'ends with its signal');
});

test('who must not change anything may look, and asks Docker for nothing else', async ({ daemon }) => {
  let allowed = true;
  const mayChange = (): void => {
    if (!allowed) throw new Error('the lease is lost');
  };
  const engine = await connectEngine({ fence: () => mayChange }, daemon.socket);
  const image = await base(engine, IMAGES.sleep);
  const running = requestFor(image, uniqueName('d'));
  await run(engine, running);
  allowed = false;
  const other = requestFor(image, uniqueName('d'));
  const tasks = [engine.createContainer(other), engine.stopContainer(refOf(running), 0), engine.removeContainer(refOf(running), true)];
  for (const error of await Promise.all(tasks.map((task) => refusal(task, 'unavailable'))))
    assert.match(error.message, 'the lease is lost');
  const seen = await engine.listContainers(LOG);
  assert.is(seen.find(({ containerName }) => containerName === running.containerName)?.state, 'running');
  assert.is(
    seen.some(({ containerName }) => containerName === other.containerName),
    false,
  );
});

test('a daemon that hangs is unavailable within the deadline, also during a commit', async ({ daemon }) => {
  const engine = await connectEngine({ deadlines: DEADLINES }, daemon.socket);
  const request = requestFor(await base(engine, IMAGES.sleep), uniqueName('d'));
  const ref = await run(engine, request);
  await sh(engine, ref, 'dd if=/dev/urandom of=/big bs=1M count=300 2>/dev/null');
  await engine.stopContainer(ref, 5);
  const saving = engine.saveDisk(ref, 'op');
  await sleep(250);
  process.kill(daemon.pid, 'SIGSTOP');
  try {
    const began = performance.now();
    await refusal(saving, 'unavailable');
    await refusal(engine.listContainers(LOG), 'unavailable');
    await refusal(engine.startContainer(ref, 0), 'unavailable');
    assert.ok(performance.now() - began < 10_000);
  } finally {
    process.kill(daemon.pid, 'SIGCONT');
  }
  // The commit may have been finished all the same: repeating gives one disk with everything.
  const patient = await connectEngine({}, daemon.socket);
  await patient.stopContainer(ref, 0);
  const disk = await patient.saveDisk(ref, 'op');
  assert.ok(disk.bytes >= 300 * 1024 ** 2);
  assert.equal(await patient.saveDisk(ref, 'op'), disk);
  const next = requestFor(await base(patient, IMAGES.sleep), request.owner.name, {
    owner: owner(request.owner.name, 2),
    image: disk.image,
    fromDisk: true,
  });
  assert.is(await sh(patient, await run(patient, next), 'stat -c %s /big'), `${300 * 1024 ** 2}\n`);
});

test('a command whose daemon dies does not stay open', async ({ daemon }) => {
  const engine = await connectEngine({ deadlines: DEADLINES }, daemon.socket);
  const ref = await run(engine, requestFor(await base(engine, IMAGES.sleep), uniqueName('d')));
  const running = exec(engine, ref, ['sleep', '1000'], { timeoutMs: 100_000 });
  running.catch(() => {});
  await sleep(500);
  await daemon.kill();
  await refusal(running, 'unavailable');
  await daemon.start();
});

test('a call from before the daemon went away works again after it is back', async ({ daemon }) => {
  const engine = await connectEngine({}, daemon.socket);
  await engine.info();
  await daemon.stop();
  await refusal(engine.info(), 'unavailable');
  await daemon.start();
  const { version, dataRoot } = await engine.info();
  assert.match(version, /^\d+\./);
  assert.is(dataRoot, daemon.root);
});

test('what DOCKER_HOST says does not matter where an address was given', async ({ daemon }) => {
  process.env['DOCKER_HOST'] = 'tcp://127.0.0.1:1';
  try {
    await (await connectEngine({}, daemon.socket)).info();
  } finally {
    delete process.env['DOCKER_HOST'];
  }
});

test('nobody at the address is unavailable', async () => {
  await refusal(connectEngine({}, '/nowhere/docker.sock'), 'unavailable');
});

test.run();
