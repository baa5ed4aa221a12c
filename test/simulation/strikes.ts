// The faults that strike at a moment of their own: to servers, to etcd and Docker as a whole, and to containers by other hands.
import { findVersion } from '../../src/projections/state.ts';
import type { FakeContainer } from '../doubles/fake-host.ts';
import { isRunning } from '../doubles/fake-machine.ts';
import { isOurs } from './foreign.ts';
import { isKnownByDockerAlone, strikeIdentity } from './identity.ts';
import type { Machine } from './machine.ts';
import type { Fault } from './plan.ts';
import type { SimulatedServer } from './server.ts';
import { strikeTakenIn } from './taken-in.ts';
import { strikeKeys } from './tenants.ts';
import { PORTS } from './world.ts';

/** The server processes. */
export interface Servers {
  all(): readonly SimulatedServer[];
  start(machine: Machine, docker?: Machine): void;
}

/** `struck`: the machine, where the fault is a machine's. */
export function strike(struck: Machine, servers: Servers, fault: Fault): void {
  const { scheduler, chance, engine, world } = struck;
  const server = chance.pick(`struck by ${fault}`, servers.all());
  const ms = (most: number): number => chance.roll(`length of ${fault}`) ** 2 * most;
  world.count(fault);
  switch (fault) {
    case 'rename':
    case 'wrong-docker':
    case 'clone':
    case 'data-lost':
    case 'reinstalled':
    case 'card-moved':
      strikeIdentity(struck, servers, fault);
      return;
    case 'crash':
      server?.kill();
      return;
    case 'pause':
      server?.pause(ms(15_000));
      return;
    case 'standby':
      if (servers.all().filter(({ machine }) => machine === struck).length < 3) servers.start(struck);
      return;
    case 'busy':
      server?.holdFor(ms(9_000));
      return;
    case 'by-hand':
      tidy(struck);
      return;
    case 'cut':
      server?.connection.cut(ms(8_000));
      return;
    case 'docker-down':
      struck.dockerDownUntil = scheduler.now + ms(20_000);
      if (world.swarm.rates.policy > 0 && chance.happens('docker restarted', 0.5)) engine.restartEngine(struck.dockerDownUntil);
      return;
    case 'etcd-down':
      world.etcdDownUntil = scheduler.now + ms(12_000);
      return;
    case 'no-space':
      world.etcd.fill(chance.happens('a write crosses the quota', 0.5));
      scheduler.after(ms(10_000), 'room in etcd', () => world.etcd.makeRoom());
      return;
    case 'reboot':
      for (const other of servers.all()) if (other.machine === struck) other.kill();
      struck.reboot();
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
      useByHand(struck);
      return;
    case 'unmounted':
      unmount(struck, ms(60_000));
      return;
    case 'swapped':
      // The first Docker that a host is seen with is its own.
      if (world.auditor.state.hosts.get(struck.host)?.identity !== undefined && !isKnownByDockerAlone(struck)) struck.swap();
      return;
    case 'gpus':
      unplug(struck);
      return;
    case 'clock':
      step(struck);
      return;
    case 'outside':
      meddle(struck);
      return;
    case 'prune':
      prune(struck);
      return;
    case 'keys':
      strikeKeys(world, servers.all());
      return;
    case 'taken-in':
      strikeTakenIn(struck, servers);
      return;
    default:
  }
}

/** Docker's disk is away for a while; containers run on. What is given up meanwhile runs without its lease until it is taken back. */
export function unmount(world: Machine, ms: number): void {
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
function useByHand(world: Machine): void {
  const { scheduler, chance, gpus, foreign } = world;
  const one = chance.pick('used by hand', gpus.list())?.gpu;
  if (one === undefined) return;
  const end = foreign.begin(chance.happens('all GPUs by hand', 0.2) ? 'all' : [one], chance.happens('of another log', 0.25));
  scheduler.after(chance.roll('length of foreign-gpu') ** 2 * 60_000, 'a GPU used by hand is free', end);
}

/** A GPU goes, mostly for a while, and the driver may be silent. With half of them left, one that goes comes back. */
function unplug(world: Machine): void {
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
function step(world: Machine): void {
  const { scheduler, chance } = world;
  // The first server of a boot has nothing to judge the clock by.
  if (world.clockOff !== 0 || world.clockMemory.recall() === null) return;
  world.clockOff = Math.round((chance.happens('clock back', 0.5) ? -1 : 1) * chance.roll('step of the clock') * 900_000);
  scheduler.after(chance.roll('length of clock') ** 2 * 120_000, 'the clock is right', () => {
    world.clockOff = 0;
  });
}

/** Somebody gives a container another name, or removes images that nothing uses. */
function tidy({ engine, chance, auditor }: Machine): void {
  if (chance.happens('renames', 0.3)) {
    // One that the log has not heard of, and that somebody has started, would stay for ever under a name that nothing asks for.
    const isKnown = ({ id, owner }: FakeContainer): boolean => {
      const rs = auditor.state.replicaSets.get(owner?.name ?? '');
      return rs !== undefined && findVersion(rs, owner?.version ?? 0)?.containerId === id;
    };
    const ours = [...engine.host.containers.values()].filter((c) => isOurs(c) && c.state !== 'created' && isKnown(c));
    const container = chance.pick('renamed', ours);
    if (container !== undefined) engine.renameByHand(container, `${container.containerName}-old`);
    return;
  }
  const unused = engine.unusedImages();
  const one = chance.pick('image', unused);
  for (const image of chance.happens('prune', 0.2) ? unused : one === undefined ? [] : [one]) {
    engine.host.images.delete(image.id);
    auditor.lostImages.add(image.id);
  }
}

/** `docker container prune`: every container that does not run goes. */
function prune({ engine, auditor, disks }: Machine): void {
  for (const container of [...engine.host.containers.values()]) {
    if (isRunning(container) || !isOurs(container)) continue;
    disks.pruned(container);
    auditor.lostByOthers(container);
    engine.vanish(container.containerName);
  }
}

/** Somebody uses docker by hand on a container of ours. */
function meddle(world: Machine): void {
  const { engine, chance, auditor, disks } = world;
  const container = chance.pick('meddled with', [...engine.host.containers.values()].filter(isOurs));
  if (container === undefined) return;
  if (chance.happens('freezer by hand', 0.35)) {
    engine.freezeByHand(container, chance.happens('thaws by hand', 0.4) ? 'running' : 'paused');
    return;
  }
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
  if (isRunning(container)) engine.die(container.containerName, how === 'stop' ? 143 : 137, how === 'oom');
  auditor.checkEngine();
}
