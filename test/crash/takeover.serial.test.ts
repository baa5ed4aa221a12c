// timeout: 600
// Two servers on one log and host; clean stops; how long a start takes.
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dockerSocket, uniqueName } from '../support/docker.ts';
import { signal } from '../support/processes.ts';
import { serve, type TestServer } from '../support/server.ts';
import { assertAgrees, untilSettled } from './agree.ts';
import { attempt, gpusHeld, listed, ok, readiness, run, sh } from './client.ts';
import { readLog } from './log.ts';
import { openWorld, until, untilReady, type World } from './world.ts';

const test = suite('servers that take over');

/** A second server on the world's log and host. */
const second = ({ etcd, hostName }: World): Promise<TestServer> =>
  serve({ etcd, docker: dockerSocket(), args: ['--host-name', hostName], until: 'answering' });

const untilStandby = (server: TestServer): Promise<unknown> =>
  until(
    'standby',
    () => readiness(server),
    ({ status, msg }) => status === 503 && /standby/.test(msg),
  );

test('a second server is a standby that says who leads, and takes over in the middle of a patch when the first is killed', async () => {
  const world = await openWorld();
  const { server } = world;
  const standby = await second(world);
  try {
    const name = uniqueName('t');
    await run(server, name, { gpus: 1, ports: ['80'] });
    await sh(server, name, 'echo kept >/kept');
    await untilStandby(standby);
    assert.match(
      (await readiness(standby)).msg,
      `standby: the server at ${new URL(server.url).host} (pid ${server.pid}) is in charge of host`,
    );
    await until(
      'the standby’s read',
      () => listed(standby, name),
      ({ state }) => state === 'running',
    );
    const refused = await attempt(standby, 'PATCH', `replicaSet/${name}/stop`);
    assert.equal([refused?.status, refused?.code], [503, 1010], 'a standby changes nothing');
    const patch = attempt(server, 'PATCH', `replicaSet/${name}`, { gpuPatch: { gpuCount: 2 } });
    await sleep(150);
    await server.kill();
    const began = performance.now();
    await untilReady(standby);
    process.stdout.write(`a standby took over in ${Math.round(performance.now() - began)} ms\n`);
    await patch;
    await assertAgrees({ ...world, server: standby });
    assert.is(await sh(standby, name, 'cat /kept'), 'kept');
    await ok(standby, 'PATCH', `replicaSet/${name}`, { gpuPatch: { gpuCount: 3 } });
    assert.is((await gpusHeld(standby)).length, 3);
    assert.is(await standby.stop(), 0);
    await server.restart();
  } finally {
    await standby.kill();
    await world.close();
  }
});

test('a paused leader whose lease has run out carries out nothing more: its appends are refused, and it becomes a standby', async () => {
  const world = await openWorld();
  const { server } = world;
  const standby = await second(world);
  try {
    const name = uniqueName('t');
    await run(server, name, { gpus: 1 });
    await sh(server, name, 'echo kept >/kept');
    await untilStandby(standby);
    const patch = attempt(server, 'PATCH', `replicaSet/${name}`, { gpuPatch: { gpuCount: 2 } });
    await sleep(120);
    signal(server.pid, 'SIGSTOP');
    await untilReady(standby, 15_000);
    const { events } = await readLog(world.etcd);
    const at = events.length;
    await ok(standby, 'PATCH', `replicaSet/${name}`, { gpuPatch: { gpuCount: 3 } });
    signal(server.pid, 'SIGCONT');
    await untilStandby(server);
    const answered = await patch;
    assert.is(answered?.code, 200, `the deposed one’s client hears how it ended: ${answered?.msg}`);
    await ok(standby, 'PATCH', `replicaSet/${name}`, { gpuPatch: { gpuCount: 1 } });
    await assertAgrees({ ...world, server: standby });
    assert.is(await sh(standby, name, 'cat /kept'), 'kept');
    const starts = (await readLog(world.etcd)).events.slice(at).filter(({ type }) => type === 'HostStarted');
    assert.equal(starts, [], 'the deposed one has begun no term');
    // And back again.
    await standby.stop();
    await untilReady(server);
    assert.is(await sh(server, name, 'cat /kept'), 'kept');
    await assertAgrees(world);
  } finally {
    signal(server.pid, 'SIGCONT');
    await standby.kill();
    await world.close();
  }
});

test('SIGTERM while patches run ends with exit code 0, and the next start finds nothing half done', async () => {
  const world = await openWorld({ embedded: true });
  const { server } = world;
  try {
    const names = [uniqueName('t'), uniqueName('t')];
    for (const name of names) {
      await run(server, name, { gpus: 1 });
      await sh(server, name, 'echo kept >/kept');
    }
    const patches = names.map((name) => attempt(server, 'PATCH', `replicaSet/${name}`, { gpuPatch: { gpuCount: 2 } }));
    await sleep(100);
    assert.is(await server.stop(), 0);
    for (const reply of await Promise.all(patches)) assert.is(reply?.code, 200, reply?.msg ?? 'no answer');
    await server.restart();
    await assertAgrees(world);
    for (const name of names) assert.is(await sh(server, name, 'cat /kept'), 'kept');
  } finally {
    await world.close();
  }
});

test('a SIGTERM does not wait for a step that takes long: the next start ends it', async () => {
  const world = await openWorld({ embedded: true, args: ['--stop-timeout', '20s'] });
  const { server } = world;
  try {
    const name = uniqueName('t');
    // Ignores SIGTERM, so that its stop takes the 20 s in full.
    await run(server, name, { cmd: ['sh', '-c', "trap '' TERM; while :; do sleep 1; done"] });
    const stop = attempt(server, 'PATCH', `replicaSet/${name}/stop`);
    await sleep(300);
    const began = performance.now();
    assert.is(await server.stop(), 0);
    assert.ok(performance.now() - began < 15_000, `it took ${Math.round(performance.now() - began)} ms`);
    assert.is((await stop)?.status, 503);
    await server.restart();
    await untilSettled(world);
    assert.is((await listed(server, name)).state, 'stopped');
    await assertAgrees(world);
  } finally {
    await world.close();
  }
});

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** How long this machine takes just now to start Node for nothing: on a busy one all that follows takes longer too. */
function bareStart(): number {
  const began = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  return performance.now() - began;
}

test('a start is ready in well under a second, also after a SIGKILL', async () => {
  const cold: number[] = [];
  const again: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < 3; round++) {
    bare.push(bareStart());
    const began = performance.now();
    const server = await serve({ docker: dockerSocket() });
    cold.push(performance.now() - began);
    for (let kill = 0; kill < 2; kill++) {
      await server.kill();
      const since = performance.now();
      await server.restart();
      again.push(performance.now() - since);
    }
    await server.stop();
  }
  for (const [what, took] of [
    ['on an empty log', cold],
    ['after a SIGKILL', again],
  ] as const) {
    process.stdout.write(`ready ${what}: ${took.map((ms) => Math.round(ms)).join(', ')} ms; median ${Math.round(middle(took))} ms\n`);
    assert.ok(Math.min(...took) < Math.max(1_500, 12 * Math.max(...bare)), `${what}: ${took}; Node alone: ${bare}`);
  }
});

test.run();
