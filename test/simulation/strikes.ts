// The faults that strike at a moment of their own: to servers, to etcd and Docker as a whole, and to containers by other hands.
import type { FakeContainer } from '../doubles/fake-host.ts';
import { OTHER_LOG } from './foreign.ts';
import type { Fault } from './plan.ts';
import type { SimulatedServer } from './server.ts';
import { PORTS, type World } from './world.ts';

export interface Machine {
  readonly servers: readonly SimulatedServer[];
  start(): void;
}

const isOurs = ({ owner }: FakeContainer): boolean => owner !== undefined && owner.log !== OTHER_LOG;

export function strike(world: World, machine: Machine, fault: Fault): void {
  const { scheduler, chance, engine } = world;
  const server = chance.pick(`struck by ${fault}`, machine.servers);
  const ms = (most: number): number => chance.roll(`length of ${fault}`) ** 2 * most;
  world.count(fault);
  switch (fault) {
    case 'crash':
      server?.kill();
      return;
    case 'pause':
      server?.pause(ms(15_000));
      return;
    case 'standby':
      if (machine.servers.length < 3) machine.start();
      return;
    case 'cut':
      server?.connection.cut(ms(8_000));
      return;
    case 'docker-down':
      world.dockerDownUntil = scheduler.now + ms(20_000);
      return;
    case 'etcd-down':
      world.etcdDownUntil = scheduler.now + ms(12_000);
      return;
    case 'no-space':
      world.etcd.fill();
      scheduler.after(ms(10_000), 'room in etcd', () => world.etcd.makeRoom());
      return;
    case 'reboot':
      for (const other of machine.servers) other.kill();
      world.reboot();
      for (const container of engine.host.containers.values()) {
        if (isOurs(container) && container.state === 'running') engine.die(container.containerName, 137);
      }
      return;
    case 'foreign-port': {
      const port = PORTS.start + chance.int('foreign port', PORTS.end - PORTS.start + 1);
      engine.host.foreignPorts.add(port);
      scheduler.after(ms(30_000), 'port free', () => engine.host.foreignPorts.delete(port));
      return;
    }
    case 'foreign-name': {
      const name = `${chance.pick('foreign name', ['a', 'b', 'c', 'd']) ?? 'a'}-${1 + chance.int('foreign version', 5)}`;
      if (engine.host.containerBy(name) !== undefined) return;
      engine.addForeignContainer(name, 'img');
      world.auditor.watchForeign();
      return;
    }
    case 'foreign-gpu':
      useByHand(world);
      return;
    case 'unmounted':
      unmount(world, ms(60_000));
      return;
    case 'gpus':
      unplug(world);
      return;
    case 'clock':
      step(world);
      return;
    case 'outside':
      meddle(world);
      return;
    case 'prune':
      prune(world);
      return;
    default:
  }
}

/** Docker's disk is away for a while; containers run on. What is given up meanwhile runs without its lease until it is taken back. */
function unmount(world: World, ms: number): void {
  const { scheduler, engine, auditor } = world;
  // Somebody who asks every few seconds may miss that it was there for a while between.
  if (scheduler.now >= world.unmountedUntil + 30_000) world.unmountedSince = scheduler.now;
  world.unmountedUntil = scheduler.now + ms;
  world.foreign.hiddenUntil = world.unmountedUntil;
  for (const container of engine.host.containers.values()) {
    if (!isOurs(container)) continue;
    auditor.unmounted.add(container.id);
    auditor.outside.add(container.id);
    for (const volume of container.mounts.values()) auditor.excused.add(volume);
  }
  for (const { name, owner } of engine.host.volumes.values()) if (owner !== undefined) auditor.excused.add(name);
}

/** Somebody runs a container with GPUs past the service, whoever has a lease of them; now and then it is another log's. */
function useByHand(world: World): void {
  const { scheduler, chance, gpus, foreign } = world;
  const one = chance.pick('used by hand', gpus.list())?.gpu;
  if (one === undefined) return;
  const end = foreign.begin(chance.happens('all GPUs by hand', 0.2) ? 'all' : [one], chance.happens('of another log', 0.25));
  scheduler.after(chance.roll('length of foreign-gpu') ** 2 * 60_000, 'a GPU used by hand is free', end);
}

/** A GPU goes, mostly for a while, and the driver may be silent. With half of them left, one that goes comes back. */
function unplug(world: World): void {
  const { scheduler, chance, gpus } = world;
  const there = gpus.list();
  if (chance.happens('driver silent', 0.2)) gpus.silentUntil = scheduler.now + chance.roll('length of silence') * 15_000;
  const gone = chance.pick('gone', there)?.gpu;
  if (gone === undefined) return;
  gpus.lose(gone);
  if (there.length > 2 && chance.happens('gone for good', 0.2)) return;
  scheduler.after(chance.roll('length of gpus') ** 2 * 60_000, `${gone} is back`, () => {
    if (!world.calm) gpus.find(gone);
  });
}

/** The wall clock steps, and is set right after a while. */
function step(world: World): void {
  const { scheduler, chance } = world;
  // The first server of a boot has nothing to judge the clock by.
  if (world.clockOff !== 0 || world.clockMemory.recall() === null) return;
  world.clockOff = Math.round((chance.happens('clock back', 0.5) ? -1 : 1) * chance.roll('step of the clock') * 900_000);
  scheduler.after(chance.roll('length of clock') ** 2 * 120_000, 'the clock is right', () => {
    world.clockOff = 0;
  });
}

/** `docker container prune`: every container that does not run goes. */
function prune({ engine, auditor, disks }: World): void {
  for (const container of [...engine.host.containers.values()]) {
    if (container.state === 'running' || container.owner === undefined) continue;
    disks.pruned(container);
    auditor.lostByOthers(container);
    engine.vanish(container.containerName);
  }
}

/** Somebody uses docker by hand on a container of ours. */
function meddle(world: World): void {
  const { engine, chance, auditor, disks } = world;
  const container = chance.pick('meddled with', [...engine.host.containers.values()].filter(isOurs));
  if (container === undefined) return;
  const how = chance.pick('meddling', ['die', 'oom', 'stop', 'start', 'start', 'remove'] as const);
  if (how === 'remove') {
    disks.lost(container);
    auditor.lostByOthers(container);
    engine.vanish(container.containerName);
    return;
  }
  if (how === 'start') {
    if (engine.startByHand(container.containerName)) auditor.outside.add(container.id);
    return;
  }
  if (container.state === 'running') engine.die(container.containerName, how === 'stop' ? 143 : 137, how === 'oom');
  auditor.checkEngine();
}
