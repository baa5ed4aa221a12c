import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { IMAGES } from '../support/docker.ts';
import { RS, type World, withServer } from './world.ts';

const test = suite('options about time');
const FAST = ['--replace-grace', '0s', '--stop-timeout', '0s'];

test('--settle: a container that dies after 300 ms is a failed start; without it, one that ran and exited', async () => {
  const more = { gpuCount: 1, containerPorts: ['80'], cmd: ['sh', '-c', 'sleep 0.3; echo gone wrong; exit 5'] };
  await withServer(['--settle', '1s', ...FAST], async (world) => {
    const body = { imageName: IMAGES.busybox, replicaSetName: world.name('x'), ...more };
    await world.refused('POST', RS, body, { status: 422, code: 1004, says: [/exit code 5/, /gone wrong/] });
    // Runs on only as version 1: a patch brings that one back.
    const cmd = [
      'sh',
      '-c',
      '[ $CONTAINER_VERSION = 1 ] || { sleep 0.3; exit 9; }; trap "exit 0" TERM; while :; do sleep 1 & wait $!; done',
    ];
    const name = await world.run('back', IMAGES.busybox, { ...more, cmd });
    await world.sh(name, 'echo x > /.x');
    await world.refused('PATCH', `${RS}/${name}`, { gpuPatch: { gpuCount: 4 } }, { status: 422, code: 1007, says: /exit code 9/ });
    assert.equal(await world.sh(name, 'cat /.x'), 'x\n');
    await world.assertTrue();
  });
  await withServer(FAST, async (world) => {
    const name = await world.run('x', IMAGES.busybox, more);
    const { exitCode, gpus } = await world.untilState(name, 'exited');
    assert.deepEqual([exitCode, gpus.length], [5, 1]);
    await world.assertTrue();
  });
});

// Takes half a second to end, and leaves a mark if it is let.
const SLOW = ['sh', '-c', 'trap "sleep 0.5; echo ended > /.ended; exit 0" TERM; while :; do sleep 1 & wait $!; done'];
const ended = (world: World, name: string): Promise<string> => world.sh(name, 'cat /.ended 2>/dev/null; rm -f /.ended');

test('--replace-grace says how long a replaced container may take to end; stopTimeout in a body says otherwise', () =>
  withServer(['--replace-grace', '0s', '--stop-timeout', '0s'], async (world) => {
    const name = await world.run('slow', IMAGES.busybox, { cmd: SLOW });
    await world.patch(name);
    assert.equal(await ended(world, name), '', 'killed at once');
    await world.patch(name, { stopTimeout: 10 });
    assert.equal(await ended(world, name), 'ended\n', 'the request that replaces it says how long');
    await world.order(name, 'restart');
    assert.equal(await ended(world, name), 'ended\n', 'and that goes on to hold');
    await world.order(name, 'restart', { stopTimeout: 0 });
    assert.equal(await ended(world, name), '');
    await world.ok('PATCH', `${RS}/${name}/rollback`, { version: 1, stopTimeout: 10 });
    await world.rollback(name, 5);
    assert.equal(await ended(world, name), 'ended\n', 'version 5 had the 10 s that the rollback gave it');
  }));

test('stopTimeout of the run holds for stop and pause too', () =>
  withServer(['--replace-grace', '0s', '--stop-timeout', '0s'], async (world) => {
    const name = await world.run('slow', IMAGES.busybox, { cmd: SLOW, stopTimeout: 10 });
    await world.order(name, 'pause');
    await world.order(name, 'continue');
    assert.equal(await ended(world, name), 'ended\n');
    await world.order(name, 'stop');
    await world.order(name, 'restart');
    assert.equal(await ended(world, name), 'ended\n');
    await world.order(name, 'restart', { stopTimeout: 0 });
  }));

test.run();
