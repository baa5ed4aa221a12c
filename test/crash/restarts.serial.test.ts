// timeout: 400
// Dead containers are started again by the policy of their names. With a Docker daemon of its own, which is stopped and killed.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Event } from '../../src/events/catalogue.ts';
import { IMAGES, uniqueName } from '../support/docker.ts';
import { assertAgrees } from './agree.ts';
import { listed, ok, type RunMore, readiness, runBody, sh } from './client.ts';
import { withDaemon } from './daemon.ts';
import { readLog } from './log.ts';
import { until, untilReady, type World } from './world.ts';

const test = suite('restarts');

const runWith = ({ server }: World, name: string, restart: string, more: RunMore = {}): Promise<unknown> =>
  ok(server, 'POST', 'replicaSet', { ...runBody(name, more), restart });

const inState = ({ server }: World, name: string, wanted: string, ms?: number): Promise<unknown> =>
  until(
    `${name} ${wanted}`,
    () => listed(server, name),
    ({ state, operation }) => state === wanted && operation === null,
    ms,
  );

const eventsOf = async ({ etcd }: World, name: string): Promise<readonly Event[]> =>
  (await readLog(etcd)).events.filter(({ stream }) => stream === `replicaSet/${name}`);
const byService = (events: readonly Event[]): readonly Event[] => events.filter(({ command }) => command.actor === 'system:restart');

/** A process that ignores SIGTERM makes Docker's own end take longer than the end of the others. */
const STUBBORN = ['sh', '-c', "trap '' TERM; while :; do sleep 1; done"];

for (const how of ['stop', 'kill'] as const) {
  test(`dockerd is ${how === 'stop' ? 'stopped cleanly' : 'killed'} and started: what should run runs on the same GPUs, and nothing else`, async () => {
    await withDaemon({}, async (world, daemon) => {
      const { server } = world;
      const [ever = '', failure = '', never = '', stopped = '', paused = '', stubborn = ''] = Array.from({ length: 6 }, () =>
        uniqueName('r'),
      );
      await runWith(world, ever, 'always', { gpus: 2, ports: ['80'] });
      await runWith(world, failure, 'on-failure:1', { gpus: 1 });
      await runWith(world, never, 'no', { gpus: 1 });
      await runWith(world, stopped, 'always');
      await runWith(world, paused, 'always', { gpus: 1 });
      await runWith(world, stubborn, 'on-failure:1', { cmd: STUBBORN });
      await sh(server, ever, 'echo there >/there');
      await ok(server, 'PATCH', `replicaSet/${stopped}/stop`);
      await ok(server, 'PATCH', `replicaSet/${paused}/pause`);
      const before = await Promise.all([ever, failure, never].map((name) => listed(server, name)));
      await daemon[how]();
      await until(
        'unreadiness',
        () => readiness(server),
        ({ status }) => status === 503,
      );
      await daemon.start();
      await untilReady(server);
      for (const name of [ever, failure, stubborn]) await inState(world, name, 'running', 30_000);
      await sleep(1_500);
      const after = await Promise.all([ever, failure, never].map((name) => listed(server, name)));
      assert.equal(
        after.map(({ gpus, ports, version }) => ({ gpus, ports, version })),
        before.map(({ gpus, ports, version }) => ({ gpus, ports, version })),
      );
      assert.equal(
        (await Promise.all([ever, failure, stubborn, never, stopped, paused].map((name) => listed(server, name)))).map(
          ({ state }) => state,
        ),
        ['running', 'running', 'running', 'exited', 'stopped', 'paused'],
      );
      assert.is(await sh(server, ever, 'cat /there'), 'there');
      for (const name of [ever, failure, stubborn, never]) {
        const events = await eventsOf(world, name);
        const died = events.flatMap((event) => (event.type === 'ContainerDied' ? [event.data] : []));
        assert.is(died.at(-1)?.cause, 'host', `${name}: ${JSON.stringify(died)}`);
        const again = byService(events).filter(({ type }) => type === 'OperationCompleted');
        assert.ok(name === never ? again.length === 0 : again.length > 0);
      }
      for (const name of [stopped, paused]) assert.equal(byService(await eventsOf(world, name)), []);
      await assertAgrees(world);
      for (const { Id } of await world.docker.listContainers({ all: true })) {
        const { HostConfig } = await world.docker.getContainer(Id).inspect();
        assert.is(HostConfig.RestartPolicy?.Name || 'no', 'no', 'Docker itself starts nothing again');
      }
    });
  });
}

test('exit 1 with on-failure:2 gives exactly two tries with their events; exit 0 none; a stop in between ends it', async () => {
  await withDaemon({}, async (world) => {
    const { server } = world;
    const [fails = '', well = '', stopped = ''] = Array.from({ length: 3 }, () => uniqueName('r'));
    await runWith(world, fails, 'on-failure:2', { gpus: 1, image: IMAGES.busybox, cmd: ['sh', '-c', 'sleep 0.7; exit 1'] });
    await runWith(world, well, 'on-failure:2', { image: IMAGES.busybox, cmd: ['sh', '-c', 'sleep 0.7'] });
    await runWith(world, stopped, 'always', { image: IMAGES.busybox, cmd: ['sh', '-c', 'sleep 0.7; exit 1'] });
    await until(
      'a death',
      () => listed(server, stopped),
      ({ state }) => state === 'exited',
    );
    await ok(server, 'PATCH', `replicaSet/${stopped}/stop`);
    await until(
      'both tries',
      () => eventsOf(world, fails),
      (events) => events.filter(({ type }) => type === 'ContainerDied').length === 3,
    );
    await sleep(6_000);
    assert.equal(
      byService(await eventsOf(world, fails)).map(({ type }) => type),
      Array.from({ length: 2 }, () => ['OperationStarted', 'ContainerContinued', 'OperationCompleted']).flat(),
    );
    assert.match((await listed(server, fails)).reason ?? '', /started again 2 times in a row/);
    assert.equal(byService(await eventsOf(world, well)), []);
    const states = await Promise.all([fails, well, stopped].map(async (name) => (await listed(server, name)).state));
    assert.equal(states, ['exited', 'exited', 'stopped']);
    await assertAgrees(world);
  });
});

test('a directory that it mounts is away: it is not started on an empty one, and goes on once the directory is back', async () => {
  await withDaemon({}, async (world, daemon) => {
    const { server } = world;
    const name = uniqueName('r');
    const path = join(daemon.directory, 'shared');
    mkdirSync(path);
    await runWith(world, name, 'always', {
      gpus: 1,
      binds: [{ src: path, dest: '/shared' }],
      image: IMAGES.busybox,
      cmd: ['sh', '-c', 'sleep 2'],
    });
    rmSync(path, { recursive: true });
    const { msg } = await until(
      'a warning',
      () => readiness(server),
      ({ msg: text }) => text.includes('waits to be started again'),
    ).catch(async () => {
      const answer = await server.request<{ data?: unknown; msg: string }>('GET', '/readyz');
      return { msg: JSON.stringify(answer.body) };
    });
    assert.match(msg, /waits to be started again: .*does not exist/);
    const types = byService(await eventsOf(world, name)).map(({ type }) => type);
    assert.equal(types, ['OperationStarted', 'OperationFailed']);
    mkdirSync(path);
    await until(
      'a start',
      () => eventsOf(world, name),
      (events) => byService(events).some(({ type }) => type === 'ContainerContinued'),
    );
  });
});

test.run();
