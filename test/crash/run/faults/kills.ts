// SIGKILL for the server and etcd; a stop or SIGKILL for dockerd; all at once, as in a power cut.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dockerd } from '../../../support/dockerd.ts';
import { until } from '../../world.ts';
import { type Arena, PATIENCE_MS } from '../arena.ts';
import type { Fault } from './fault.ts';

/** Live-restore is read from the file when the daemon starts or is told to look again. */
const setLiveRestore = (daemon: Dockerd, on: boolean): void => {
  writeFileSync(join(daemon.directory, 'daemon.json'), JSON.stringify({ 'live-restore': on }));
  process.kill(daemon.pid, 'SIGHUP');
};

async function killServer(arena: Arena): Promise<void> {
  await arena.underLoad(() => arena.server.kill());
  await arena.startReady();
}

async function killEtcd(arena: Arena, serverToo: boolean): Promise<void> {
  const { etcd, server } = arena;
  await arena.underLoad(async () => {
    const victims = [() => etcd.kill(), ...(serverToo ? [() => server.kill()] : [])];
    for (const kill of arena.shuffled(victims)) await kill();
    await sleep(arena.random() * (arena.chance(0.2) ? 6_000 : 500));
    await etcd.start();
  });
  if (serverToo) await arena.startReady();
}

async function killDocker(arena: Arena, more: { readonly liveRestore?: true; readonly serverToo?: true }): Promise<void> {
  const { daemon, server } = arena;
  setLiveRestore(daemon, more.liveRestore === true);
  await arena.underLoad(async () => {
    await (arena.chance(0.5) ? daemon.kill() : daemon.stop());
    if (more.serverToo === true) await server.kill();
    await sleep(arena.random() * 500);
    await daemon.start();
  });
  if (more.serverToo === true) await arena.startReady();
}

/** Everything ends at once, and starts again in any order. With another boot id nobody can tell that the leader before is gone. */
async function reboot(arena: Arena): Promise<void> {
  const { daemon, etcd, server, docker, restarts } = arena;
  await arena.underLoad(async () => {
    for (const kill of arena.shuffled([() => server.kill(), () => etcd.kill(), () => daemon.kill()])) await kill();
    await daemon.powerOff();
  });
  if (arena.chance(0.5)) arena.machine.renew('boot_id');
  const began = performance.now();
  const starts = [() => etcd.start(), () => daemon.start(), () => arena.start()];
  await Promise.all(
    arena.shuffled(starts).map(async (start, place) => {
      await sleep(place * arena.random() * 400);
      await start();
    }),
  );
  await arena.untilReady();
  arena.starts.push(performance.now() - began);
  const running = async (): Promise<number> => (await docker.listContainers()).length;
  if (!restarts) return;
  await until(
    'the return of what ran',
    async () => ({ running: await running(), state: (await arena.log.read()).state }),
    ({ running: count, state }) => count === [...state.replicaSets.values()].filter((rs) => rs.state === 'running').length,
    PATIENCE_MS,
  );
}

export const KILLS: readonly Fault[] = [
  { name: 'server', weight: 6, play: killServer },
  { name: 'server and etcd', weight: 3, play: (arena) => killEtcd(arena, true) },
  { name: 'etcd', weight: 3, play: (arena) => killEtcd(arena, false) },
  { name: 'dockerd', weight: 1, play: (arena) => killDocker(arena, {}) },
  { name: 'dockerd with live-restore', weight: 1, play: (arena) => killDocker(arena, { liveRestore: true }) },
  { name: 'dockerd and server', weight: 1, play: (arena) => killDocker(arena, { serverToo: true }) },
  { name: 'reboot', weight: 3, play: reboot },
];
