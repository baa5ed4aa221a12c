import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { docker, IMAGES } from '../support/docker.ts';
import { eventually, RS, World } from './world.ts';

const test = suite('stop, pause, continue');
let world: World;

/** Ends process 1 once it listens to SIGTERM: until then a container's first process is deaf to it. */
const END = "until grep -q 'SigCgt:.*[4-7c-f]...$' /proc/1/status; do sleep 0.1; done; kill -TERM 1";

test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--stop-timeout', '2s']);
});
test.after(() => world.stop());

const startedAt = async (container: string): Promise<string> => (await docker().getContainer(container).inspect()).State.StartedAt;

test('stop ends the container and gives its GPUs and ports back; a second stop changes nothing', async () => {
  const name = await world.run('stop', IMAGES.sleep, { gpuCount: 3, containerPorts: ['80'] });
  assert.equal(await world.order(name, 'stop'), null);
  const stopped = await world.entry(name);
  assert.deepEqual([stopped.state, stopped.gpus, stopped.ports], ['stopped', [], {}]);
  assert.deepEqual([await world.usedGpus(), await world.usedPorts()], [[], []]);
  assert.equal((await world.containers())[0]?.state, 'exited');
  const before = await world.snapshot();
  assert.equal(await world.order(name, 'stop'), null);
  assert.deepEqual(await world.snapshot(), before);
  await world.assertTrue();
  await world.delete(name);
});

test('neither a second stop, a continue nor a delete of a stopped one frees what another holds by now', async () => {
  const name = await world.run('late', IMAGES.sleep, { gpuCount: 8, containerPorts: ['80'] });
  await world.order(name, 'stop');
  const rival = await world.run('heir', IMAGES.sleep, { gpuCount: 8, containerPorts: ['80'] });
  const held = [await world.usedGpus(), await world.usedPorts()];
  await world.order(name, 'stop');
  await world.refused('PATCH', `${RS}/${name}/continue`, undefined, { status: 409, code: 1019, says: [/stopped/, /restart/] });
  await world.delete(name);
  assert.deepEqual([await world.usedGpus(), await world.usedPorts()], held);
  assert.equal((await world.entry(rival)).gpus.length, 8);
  await world.assertTrue();
  await world.delete(rival);
});

test('pause stops the container and keeps its GPUs and ports; continue starts the same one again', async () => {
  const name = await world.run('pause', IMAGES.sleep, { gpuCount: 2, containerPorts: ['80'] });
  await world.sh(name, 'echo x > /.x');
  const before = await world.entry(name);
  assert.equal(await world.order(name, 'pause'), null);
  const paused = await world.entry(name);
  assert.deepEqual([paused.state, paused.gpus, paused.ports], ['paused', before.gpus, before.ports]);
  assert.equal((await world.containers())[0]?.state, 'exited');
  assert.equal(await world.order(name, 'pause'), null, 'pausing what is paused is no error');
  const [container] = await world.containers();
  assert.equal(await world.order(name, 'continue'), null);
  assert.deepEqual(
    (await world.containers()).map((c) => [c.id, c.state]),
    [[container?.id, 'running']],
  );
  assert.equal(await world.sh(name, 'cat /.x'), 'x\n');
  assert.deepEqual(await world.entry(name), before);
  await world.assertTrue();
  await world.delete(name);
});

test('continue of a running one restarts it, of an exited one starts it', async () => {
  const name = await world.run('cont', IMAGES.sleep, { gpuCount: 1 });
  const first = await startedAt(`${name}-1`);
  await world.order(name, 'continue');
  assert.notEqual(await startedAt(`${name}-1`), first);
  assert.equal((await world.entry(name)).state, 'running');
  await world.ok('POST', `${RS}/${name}/execute`, { cmd: ['sh', '-c', END] });
  const exited = await world.untilState(name, 'exited');
  assert.deepEqual([exited.exitCode, exited.gpus.length], [0, 1], 'the lease is the client’s, whether or not the process lives');
  await world.order(name, 'continue');
  assert.equal((await world.entry(name)).state, 'running');
  await world.assertTrue();
  await world.ok('POST', `${RS}/${name}/execute`, { cmd: ['sh', '-c', END] });
  await world.untilState(name, 'exited');
  await world.order(name, 'stop');
  assert.deepEqual([(await world.entry(name)).state, await world.usedGpus()], ['stopped', []]);
  await world.delete(name);
});

test('a stopped replicaSet can be patched and started, a paused one stopped', async () => {
  const name = await world.run('mix', IMAGES.sleep, { gpuCount: 1 });
  await world.order(name, 'pause');
  await world.order(name, 'stop');
  assert.deepEqual((await world.entry(name)).gpus, []);
  await world.patch(name, { gpuPatch: { gpuCount: 2 } });
  const entry = await world.entry(name);
  assert.deepEqual([entry.state, entry.gpus.length], ['running', 2]);
  await world.assertTrue();
  await world.delete(name);
});

test('1010, 1018, 1019: what does not exist or is in the wrong state', async () => {
  const none = world.name('none');
  for (const [verb, code] of [
    ['stop', 1010],
    ['pause', 1018],
    ['continue', 1019],
  ] as const) {
    const says = new RegExp(`replicaSet ${none} does not exist`);
    await world.refused('PATCH', `${RS}/${none}/${verb}`, undefined, { status: 404, code, says });
  }
  const name = await world.run('state', IMAGES.sleep, { gpuCount: 1 });
  await world.order(name, 'stop');
  await world.refused('PATCH', `${RS}/${name}/pause`, undefined, { status: 409, code: 1018, says: /is stopped, not running/ });
  await world.refused('PATCH', `${RS}/${name}/continue`, undefined, { status: 409, code: 1019, says: /restart/ });
  await world.delete(name);
});

test('1010, 1018, 1019: a container that somebody removed is said to be gone, and holds nothing', async () => {
  const name = await world.run('away', IMAGES.sleep, { gpuCount: 1, containerPorts: ['80'] });
  await docker().getContainer(`${name}-1`).remove({ force: true });
  const { reason } = await world.untilState(name, 'failed');
  assert.match(reason ?? '', /removed from Docker by someone else/);
  assert.deepEqual([await world.usedGpus(), await world.usedPorts()], [[], []]);
  await world.refused('PATCH', `${RS}/${name}/stop`, undefined, { status: 409, code: 1010, says: /removed from Docker/ });
  await world.refused('PATCH', `${RS}/${name}/pause`, undefined, { status: 409, code: 1018, says: /failed/ });
  await world.refused('PATCH', `${RS}/${name}/continue`, undefined, { status: 409, code: 1019, says: /removed from Docker/ });
  await world.refused('PATCH', `${RS}/${name}`, {}, { status: 422, code: 1007, says: /removed from Docker/ });
  await world.delete(name);
});

test('a stopped container that somebody starts by hand is stopped again: its GPUs may be another’s', async () => {
  const name = await world.run('hand', IMAGES.sleep, { gpuCount: 1 });
  await world.order(name, 'stop');
  await docker().getContainer(`${name}-1`).start();
  // The start rings; what it was found doing is in the log.
  for (;;) {
    const stops = await world.eventsOf('ContainerStopped', name);
    if (stops.some((event) => event.data.reason === 'unleased')) break;
  }
  await eventually('its disk is saved anew', async () => (await world.entry(name)).operation === null);
  await world.assertTrue();
  await world.delete(name);
});

test.run();
