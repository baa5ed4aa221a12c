// The last act of some runs: etcd is put back to an earlier moment under servers that know more. None of them may lead, record or touch anything
// until the operator has done what docs/disaster-recovery.md says; what leads after that gives no GPU twice. The auditor's books are of events
// that are gone, so this act has rules of its own.
import { rmSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Mutation } from '../../src/commands/command.ts';
import { HEAD_KEY } from '../../src/infra/etcd/log.ts';
import { findVersion, type State, writable } from '../../src/projections/state.ts';
import type { EtcdBackup } from '../doubles/fake-etcd.ts';
import type { FakeContainer } from '../doubles/fake-host.ts';
import { isRunning } from '../doubles/fake-machine.ts';
import { isOurs } from './foreign.ts';
import { beRight, saysRefused } from './identity.ts';
import type { Machine } from './machine.ts';
import { Standstill, sayRestored } from './operator.ts';
import { NOTICE_MS, type SimulatedServer } from './server.ts';
import { replayed } from './settle.ts';
import type { Servers } from './strikes.ts';
import { hold } from './violation.ts';
import type { World } from './world.ts';

/** Time for which it goes on so, and for which the log that was put back is led, ms. */
const WAIT_MS = 60_000;
const RECOVER_MS = 180_000;
/** Backups that are retained. */
const MOST_BACKUPS = 8;
/** Pause between two requests, ms. */
const PACE_MS = 3_000;

interface Backup {
  readonly etcd: EtcdBackup;
  readonly seq: number;
}

export class Restored {
  readonly #world: World;
  #backups: Backup[] = [];
  #isOver = false;
  /** No client asks for anything. */
  #isQuiet = false;
  #sent = 0;
  /** The last event of the log that was put back, while events are missing; 0 else. */
  #end = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Somebody backs etcd up now and then. */
  sometimesBackUp(): void {
    const { etcd, auditor, chance, swarm } = this.#world;
    if (swarm.rates.restored === 0 || !chance.happens('backs up', 0.05)) return;
    this.#backups = [{ etcd: etcd.backUp(), seq: auditor.state.head.seq }, ...this.#backups].slice(0, MOST_BACKUPS);
  }

  /** The newest backup of which the data directory knows that it is not all, where nothing was archived that it lacks. */
  async #usable({ data, isRight }: Machine): Promise<Backup | undefined> {
    const { auditor } = this.#world;
    if (data === null || !isRight || this.#world.machines.length > 1) return undefined;
    const newest = await data.newestSnapshot(auditor.state.logId);
    return this.#backups.find(({ seq }) => seq < newest && seq >= data.end);
  }

  /** True where it was played: the run ends with it. */
  async play(servers: Servers, step: () => Promise<boolean>): Promise<boolean> {
    const world = this.#world;
    const [machine] = world.right;
    if (machine === undefined) return false;
    const backup = await this.#usable(machine);
    if (backup === undefined) return false;
    world.count('restored');
    world.auditor.isPast = true;
    // Only what is about the log: an order of a server that is gone may still change Docker.
    world.check = () => world.guard(() => checkGpus(machine));
    await this.#onAHole(machine, servers, step, backup);
    if (world.violation === null) await this.#afterwards(machine, servers, step);
    this.#isOver = true;
    return true;
  }

  async #onAHole(machine: Machine, servers: Servers, step: () => Promise<boolean>, backup: Backup): Promise<void> {
    const world = this.#world;
    const { etcd, scheduler, chance } = world;
    // Where nobody asks for anything, nothing is appended that would be refused.
    this.#isQuiet = chance.happens('quiet on a hole', 0.3);
    if (chance.happens('stopped before', 0.3)) for (const server of servers.all()) server.kill();
    const known = world.auditor.state.head.seq;
    etcd.onWrite = (writes) => {
      const isAppend = writes.some((write) => 'put' in write && write.put === HEAD_KEY);
      world.guard(() =>
        hold(!isAppend, 'records on a hole', () => `something was appended to a log that lacks events ${backup.seq + 1}-${known}`),
      );
    };
    etcd.restore(backup.etcd);
    this.#end = backup.seq;
    const began = scheduler.now;
    world.lostSince = began;
    if (!servers.all().some(({ alive }) => alive)) servers.start(machine);
    scheduler.after(NOTICE_MS, 'one is started again', () => {
      for (const server of servers.all()) if (chance.happens('started again on a hole', 0.5)) server.kill();
      servers.start(machine);
    });
    await this.#wait(WAIT_MS, servers, step);
    world.guard(() => {
      for (const server of servers.all()) {
        // One that must not lead for who it is says that, and looks at etcd before it leads.
        if (!server.alive || saysRefused(server)) continue;
        const readiness = server.core.readiness();
        const says = !readiness.ready && readiness.reasons.some((reason) => /events? [\d-]+ (is|are) missing from etcd/.test(reason));
        hold(says, 'ready on a hole', () => `server ${server.pid} says ${JSON.stringify(readiness)}`);
      }
    });
  }

  /** The operator moves what knows more away, removes what the log does not know, and starts the service. */
  async #afterwards(machine: Machine, servers: Servers, step: () => Promise<boolean>): Promise<void> {
    const world = this.#world;
    this.#isQuiet = false;
    this.#end = 0;
    for (const server of servers.all()) server.kill();
    // What a dead server has sent may still arrive.
    await this.#wait(WAIT_MS, servers, step);
    if (machine.data !== null) rmSync(machine.data.snapshots, { recursive: true, force: true });
    const state = replayed(world);
    world.etcd.onWrite = undefined;
    world.lostSince = null;
    // The log goes on from the backup, and its new events have numbers that others had in the auditor's books.
    world.fold = () => replayed(world);
    if (writable(state, 'LogRestored') && world.chance.happens('says that it is restored', 0.6)) {
      await this.#takenBack(machine, servers, step, state);
    } else {
      for (const container of [...machine.docker.containers.values()])
        if (isOurs(container) && !isKnown(state, container)) machine.engine.vanish(container.containerName);
      await this.#startRight(machine, servers, step);
    }
    await this.#wait(RECOVER_MS, servers, step);
    if (world.violation !== null) return;
    world.guard(() => {
      const server = leaderOf(servers);
      const all = servers.all().filter(({ alive }) => alive);
      hold(
        server !== undefined,
        'liveness',
        () => `nobody leads the log that was put back: ${JSON.stringify(all.map(({ core }) => core.readiness()))}`,
      );
      const live = server.core.state();
      const same = isDeepStrictEqual(live, replayed(world));
      hold(same, 'live state is the replay', () => `at ${live.head.seq} the server's state is not what the log folds to`);
    });
  }

  /** The machine may have been another one before, or the log of the backup may not know it yet: the operator sees to that. */
  async #startRight(machine: Machine, servers: Servers, step: () => Promise<boolean>): Promise<void> {
    servers.start(machine);
    await this.#wait(WAIT_MS, servers, step);
    if (!servers.all().some((server) => server.alive && saysRefused(server))) return;
    for (const server of servers.all()) server.kill();
    beRight(machine, replayed(this.#world));
    servers.start(machine);
    await this.#wait(WAIT_MS, servers, step);
  }

  /** The operator says so: nothing may happen until what the log does not know is taken back, and the rest is settled. */
  async #takenBack(machine: Machine, servers: Servers, step: () => Promise<boolean>, state: State): Promise<void> {
    const world = this.#world;
    await sayRestored(world, state, machine.hostFile.name);
    const still = new Standstill(machine);
    const isRestored = (): boolean =>
      servers.all().some(({ alive, core, host }) => alive && core.state().hosts.get(host)?.restored !== undefined);
    const gpus = world.check;
    world.check = () => {
      gpus();
      if (isRestored()) world.guard(() => still.check());
    };
    await this.#startRight(machine, servers, step);
    const server = leaderOf(servers);
    world.guard(() => hold(server !== undefined, 'liveness', () => 'nobody leads the log of which the operator said that it was restored'));
    if (server === undefined || world.violation !== null) return;
    // The answers come while time goes on.
    void still.tidyUp(server).catch(() => undefined);
    await this.#wait(WAIT_MS, servers, step);
    if (isRestored()) void server.core.acceptRestore(server.host, { actor: 'operator' }, false);
    await this.#wait(WAIT_MS, servers, step);
    world.guard(() => {
      hold(!isRestored(), 'liveness', () => 'a restored log that the operator settled is not settled');
      still.checkAdopted();
    });
    world.check = gpus;
  }

  /**
   * Whether it has read nothing but the log that was put back, and does not lead: it looks for holes before it does, and its HTTP interface
   * answers 503 until then. One that has read more has to refuse by itself.
   */
  #isShut({ core }: SimulatedServer): boolean {
    return core.state().head.seq <= this.#end && !core.isReady();
  }

  /** Clients go on asking for GPUs meanwhile. */
  async #wait(ms: number, servers: Servers, step: () => Promise<boolean>): Promise<void> {
    const { scheduler, chance } = this.#world;
    const until = scheduler.now + ms;
    const ask = (): void => {
      if (this.#isOver || scheduler.now > until) return;
      const server = this.#isQuiet ? undefined : chance.pick('asked after all', servers.all());
      if (server?.alive === true && server.followed && !this.#isShut(server)) {
        const name = chance.pick('asked for', ['a', 'b', 'c', 'd']) ?? 'a';
        const origin = { actor: 'simulation', requestId: `request-after-${++this.#sent}` };
        void server.core.queue
          .submit(commandOf(name, chance.int('GPUs asked for', 3), chance.happens('stops', 0.3)), origin)
          .catch(() => undefined);
      }
      scheduler.after(PACE_MS, 'another request', ask);
    };
    ask();
    while (scheduler.now < until && (await step()));
  }
}

const commandOf = (name: string, gpuCount: number, stops: boolean): Mutation =>
  stops ? { do: 'stop', name } : { do: 'run', replicaSetName: name, imageName: 'img', gpuCount, containerPorts: [], binds: [], env: [] };

const leaderOf = (servers: Servers): SimulatedServer | undefined =>
  servers.all().find((server) => server.alive && server.core.readiness().ready);

function isKnown(state: State, { owner, id }: FakeContainer): boolean {
  const rs = state.replicaSets.get(owner?.name ?? '');
  const version = rs?.uid === owner?.uid && rs !== undefined ? findVersion(rs, owner?.version ?? 0) : undefined;
  return version?.containerId === undefined ? version !== undefined : version.containerId === id;
}

/** No two containers of the service run on one GPU, whatever the log says. */
function checkGpus({ docker, auditor }: Machine): void {
  const users = new Map<string, FakeContainer>();
  for (const container of docker.containers.values()) {
    if (!isOurs(container) || !isRunning(container) || auditor.outside.has(container.id)) continue;
    for (const gpu of container.request?.gpus ?? []) {
      const other = users.get(gpu);
      hold(other === undefined, 'two on one GPU', () => `${container.containerName} and ${other?.containerName} both run on ${gpu}`);
      users.set(gpu, container);
    }
  }
}
