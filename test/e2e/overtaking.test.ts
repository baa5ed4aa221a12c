// On a real Docker: a container that does not end by SIGTERM, a stop that waits for it, and what does not wait for that stop.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import { IMAGES } from '../support/docker.ts';
import { eventually, RS, World } from './world.ts';

const test = suite('overtaking');
let world: World;

test.before(async () => {
  world = await World.start(['--stop-timeout', '2s', '--max-stop-timeout', '5m']);
});
test.after(() => world.stop());

/** Its stop is under way, as Docker waits for a container that does not end. */
const inGrace = async (name: string): Promise<void> => {
  await eventually('the stop', async () => {
    const { operations } = await world.ok<{ operations: { stream: string; step: string }[] }>('GET', '/api/v1/operations');
    return operations.some(({ stream, step }) => stream === `replicaSet/${name}` && step === 'stopContainer');
  });
  await sleep(500);
};
const timed = async <T>(task: Promise<T>): Promise<number> => {
  const began = performance.now();
  await task;
  return performance.now() - began;
};

test('a delete, and a stop with stopTimeout 0, cut the grace period of a stop, a pause and a restart short', async () => {
  const name = await world.run('deaf', IMAGES.entry, { stopTimeout: 300 });
  const restarted = world.ok('PATCH', `${RS}/${name}/restart`);
  await inGrace(name);
  const forced = await timed(world.ok('PATCH', `${RS}/${name}/stop`, { stopTimeout: 0 }));
  await restarted;
  assert.ok(forced < 60_000, `${forced} ms`);
  assert.deepEqual([(await world.entry(name)).state, (await world.entry(name)).version], ['stopped', 2]);
  await world.ok('PATCH', `${RS}/${name}/restart`);
  const paused = world.ok('PATCH', `${RS}/${name}/pause`);
  await inGrace(name);
  await world.ok('PATCH', `${RS}/${name}/stop`, { stopTimeout: 0 });
  await paused;
  await world.ok('PATCH', `${RS}/${name}/restart`);
  const stopped = world.ok('PATCH', `${RS}/${name}/stop`);
  await inGrace(name);
  const deleted = await timed(world.ok('DELETE', `${RS}/${name}`));
  await stopped;
  assert.ok(deleted < 60_000, `${deleted} ms`);
  const cuts = await world.eventsOf('StopCutShort', name);
  assert.deepEqual(
    cuts.map(({ command }) => command.name),
    ['stop', 'stop', 'delete'],
  );
  assert.deepEqual(await world.containers(), []);
  await world.assertTrue();
});

test('a stopTimeout of a day is refused, with the limit in the sentence', async () => {
  const body = { imageName: IMAGES.sleep, replicaSetName: world.name('long'), stopTimeout: 86_400 };
  await world.refused('POST', RS, body, { status: 400, code: 1000, says: [/86400 s/, /at most 300 s/, /--max-stop-timeout/] });
});

test.run();
