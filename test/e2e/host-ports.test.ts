// Host ports that somebody else uses, before and during a start.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { suite } from 'uvu';
import { docker, IMAGES } from '../support/docker.ts';
import { RS, World } from './world.ts';

const test = suite('host ports');
let world: World;
let first: number;
const holders: ChildProcess[] = [];

test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--stop-timeout', '0s']);
  first = (await world.ports()).StartPort;
});
test.after(async () => {
  for (const holder of holders) holder.kill();
  await world.stop();
});

/** Binds without listening, which no look at the listeners shows: as if it were taken between the decision and the start. */
async function bindUnseen(port: number): Promise<ChildProcess> {
  const program = `use Socket; socket(S, PF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(${port}, INADDR_ANY)) or die; $| = 1; print "bound"; sleep 100;`;
  const holder = spawn('perl', ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  holders.push(holder);
  await once(holder.stdout, 'data');
  return holder;
}

test('a port that somebody listens on is passed over', async () => {
  const listener = createServer().listen(first + 1, '127.0.0.1');
  await once(listener, 'listening');
  const name = await world.run('over', IMAGES.sleep, { containerPorts: ['80', '81'] });
  assert.deepEqual((await world.entry(name)).ports, { 80: first, 81: first + 2 });
  await world.assertTrue();
  await world.delete(name);
  listener.close();
  const again = await world.run('over2', IMAGES.sleep, { containerPorts: ['80', '81'] });
  assert.deepEqual((await world.entry(again)).ports, { 80: first, 81: first + 1 });
  await world.delete(again);
});

test('a port that is taken between the decision and the start is replaced by another', async () => {
  const holder = await bindUnseen(first);
  const name = await world.run('race', IMAGES.sleep, { gpuCount: 1, containerPorts: ['80', '81'] });
  const { ports, version } = await world.entry(name);
  assert.equal(version, 1);
  assert.equal(Object.values(ports).includes(first), false);
  assert.deepEqual(
    (await world.eventsOf('PortConflictFound', name)).map((e) => e.data.hostPort),
    [first],
  );
  const { info } = await world.ok<{ info: { hostConfig: { PortBindings: object } } }>('GET', `${RS}/${name}`);
  assert.deepEqual((await docker().getContainer(`${name}-1`).inspect()).HostConfig.PortBindings, info.hostConfig.PortBindings);
  await world.assertTrue();
  holder.kill();
  await world.delete(name);
});

test('a port that is taken while a replicaSet was stopped or paused is replaced at the restart', async () => {
  const name = await world.run('stopped', IMAGES.sleep, { containerPorts: ['80'] });
  const had = (await world.entry(name)).ports[80] ?? 0;
  await world.sh(name, 'echo x > /.x');
  await world.order(name, 'stop');
  const listener = createServer().listen(had, '0.0.0.0');
  await once(listener, 'listening');
  await world.order(name, 'restart');
  assert.notEqual((await world.entry(name)).ports[80], had);
  listener.close();

  const now = (await world.entry(name)).ports[80] ?? 0;
  await world.order(name, 'pause');
  const holder = await bindUnseen(now);
  // Continue starts the same container, which has its port; restart makes one with another.
  const answer = await world.send('PATCH', `${RS}/${name}/continue`);
  assert.deepEqual([answer.status, answer.body.code], [422, 1019]);
  assert.match(answer.body.msg, new RegExp(String(now)));
  assert.equal((await world.entry(name)).state, 'failed');
  await world.order(name, 'restart');
  assert.notEqual((await world.entry(name)).ports[80], now);
  assert.equal(await world.sh(name, 'cat /.x'), 'x\n');
  await world.assertTrue();
  holder.kill();
  await world.delete(name);
});

test('while every port of the range is taken a run is refused, and nothing is left', async () => {
  const small = await World.start(['--port-range', `${first + 100}-${first + 101}`, '--replace-grace', '0s']);
  try {
    const taken = await Promise.all([first + 100, first + 101].map(bindUnseen));
    const request = { imageName: IMAGES.sleep, replicaSetName: small.name('x'), gpuCount: 1, containerPorts: ['80'] };
    await small.refused('POST', RS, request, {
      status: 422,
      code: 1004,
      says: [new RegExp(`${first + 100}-${first + 101}`), /nobody listens on/],
    });
    for (const holder of taken) holder.kill();
    await Promise.all(taken.map((holder) => holder.exitCode ?? once(holder, 'exit')));
    await small.run('x', IMAGES.sleep, { containerPorts: ['80', '81'] });
    await small.assertTrue();
  } finally {
    await small.stop();
  }
});

test.run();
