// One run: a seed gives the faults, the commands and every delay; the run ends with the first broken promise, or at rest.
import type { Command, Mutation } from '../../src/commands/command.ts';
import { isTooMuch, knownAbsence } from '../../src/commands/host/absence.ts';
import { Breather } from '../../src/infra/async/breather.ts';
import { Clients } from './clients.ts';
import { passDays, setKeyLifetime } from './days.ts';
import { beRight, saysRefused } from './identity.ts';
import { checkView } from './kept.ts';
import { lose } from './loss.ts';
import type { Machine } from './machine.ts';
import { type Action, type Fault, nameOf, Plan, type Swarm, swarmOf } from './plan.ts';
import { Releases } from './releases.ts';
import { Restored } from './restored.ts';
import { SimulatedServer } from './server.ts';
import { checkReplay, checkViews, checkWhole, REST_MS, replayed, restless, SETTLE_MS, writeUnknown } from './settle.ts';
import { type Servers, strike } from './strikes.ts';
import { operatorOf } from './tenants.ts';
import { hold, Violation } from './violation.ts';
import { World } from './world.ts';

// No slice ever ends: where a loop lets others have their turn would depend on the machine.
Breather.measureBy(() => 0);

/** Time between two looks of the operator, virtual ms. */
const WORD_MS = 60_000;
/** Clients that may wait for an answer when an operator's forced stop is sent: any number. */
const ANY = Number.POSITIVE_INFINITY;

export interface Settings {
  readonly seed: number;
  /** Steps before the run settles. */
  readonly steps: number;
  /** The run settles after so many actions, if it has not before. */
  readonly until?: number;
  /** Actions that are left out, by number. */
  readonly skip?: ReadonlySet<number>;
  /** Fault classes that are switched off. */
  readonly without?: ReadonlySet<Fault>;
  readonly trace?: (line: string) => void;
}

/** The world of a run. */
interface Met {
  readonly hosts: number;
  /** Machines beside those of the hosts. */
  readonly clones: number;
  /** ReplicaSets at the end, and the most versions that one has. */
  readonly names: number;
  readonly versions: number;
}

export interface Outcome {
  readonly violation: Violation | null;
  readonly steps: number;
  /** Actions that were taken, also those left out. */
  readonly actions: number;
  readonly commands: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly struck: ReadonlyMap<Fault, number>;
  readonly world: Met;
  /** Equal for equal runs. */
  readonly trace: string;
  readonly tail: readonly string[];
}

export async function simulate(settings: Settings): Promise<Outcome> {
  return new Run(settings).run();
}

class Run {
  readonly #settings: Settings;
  readonly #swarm: Swarm;
  readonly #plan: Plan;
  readonly #world: World;
  #servers: SimulatedServer[] = [];
  readonly #clients: Clients;
  readonly #releases: Releases;
  readonly #restored: Restored;
  /** Machines on which a server is about to be started. */
  readonly #starting = new Set<Machine>();
  #pids = 0;
  #actions = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#swarm = swarmOf(settings.seed, settings.without);
    this.#plan = new Plan(settings.seed, this.#swarm);
    this.#world = new World(settings.seed, this.#swarm);
    this.#restored = new Restored(this.#world);
    this.#releases = new Releases(this.#world);
    this.#clients = new Clients(
      this.#world,
      () => this.#servers,
      (line) => this.#say(line),
    );
    if (settings.trace === undefined) return;
    this.#world.scheduler.onStep = (label) => this.#say(`step ${label}`);
    this.#world.auditor.onEvent = (line) => this.#say(`event ${line}`);
  }

  async run(): Promise<Outcome> {
    try {
      return await this.#run();
    } finally {
      this.#world.files?.remove();
    }
  }

  async #run(): Promise<Outcome> {
    const { scheduler, auditor, struck } = this.#world;
    const began = scheduler.now;
    setKeyLifetime(this.#world);
    await this.#releases.begin();
    for (const machine of this.#world.machines) this.#serve(machine);
    if (this.#swarm.names > 0) await this.#populate();
    const early = scheduler.steps;
    this.#next();
    const { steps, until = Number.POSITIVE_INFINITY } = this.#settings;
    while (scheduler.steps - early < steps && this.#actions <= until && (await this.#step()));
    await this.#settle();
    this.#world.over.abort(new Error('the run is over'));
    return {
      violation: this.#world.violation,
      steps: scheduler.steps,
      actions: this.#actions,
      commands: this.#clients.sent,
      events: auditor.state.head.seq,
      virtualMs: scheduler.now - began,
      struck,
      world: this.#met(),
      trace: `${scheduler.trace.toString(16)}-${auditor.state.head.hash.slice(0, 16)}`,
      tail: auditor.tail,
    };
  }

  /** A world of many names is one from the start: made by the program itself, with no fault meanwhile. */
  async #populate(): Promise<void> {
    const world = this.#world;
    const { names, versions } = this.#swarm;
    world.calm = true;
    const host = world.right[0]?.host ?? '';
    const run = (i: number): Command => ({
      ...{ do: 'run', replicaSetName: nameOf(i), imageName: i % 3 === 0 ? 'anon' : 'img', gpuCount: 0 },
      ...{ containerPorts: [], binds: [], env: [] },
    });
    const restart: Command = { do: 'restart', name: nameOf(0) };
    const commands = [
      ...Array.from({ length: names }, (_, i) => run(i)),
      // One after another, as they are about one name.
      ...Array.from({ length: versions - 1 }, () => restart),
    ];
    let open = 0;
    let restarts = 0;
    for (let next = commands.shift(); next !== undefined || open > 0; ) {
      const leader = this.#leaderOf(host);
      const waits = next === undefined || open >= 32 || (next.do === 'restart' && restarts > 0);
      if (leader === undefined || waits) {
        if (!(await this.#step())) return;
        continue;
      }
      const isRestart = next?.do === 'restart';
      open++;
      if (isRestart) restarts++;
      void leader.core.queue.submit(next as Mutation, { actor: 'setup' }).then((outcome) => {
        open--;
        if (isRestart) restarts--;
        if (!outcome.ok) world.fail(new Error(`setup: ${outcome.rejection.message}`));
      });
      next = commands.shift();
    }
    if (world.swarm.rates.snapshot > 0) for (const { core } of this.#servers) world.kept.keep(core.state());
    world.calm = false;
    for (const fault of ['size', 'hidden'] as const) if (world.swarm.rates[fault] > 0) world.count(fault);
  }

  #met(): Met {
    const { right, machines, auditor } = this.#world;
    const names = [...auditor.state.replicaSets.values()];
    return {
      hosts: right.length,
      clones: machines.length - right.length,
      names: names.length,
      versions: Math.max(0, ...names.map(({ versions }) => versions.length)),
    };
  }

  async #step(): Promise<boolean> {
    const moved = await this.#world.scheduler.step();
    this.#world.check();
    return moved && this.#world.violation === null;
  }

  #say(line: string): void {
    this.#settings.trace?.(
      `${String(this.#world.scheduler.steps).padStart(7)} ${new Date(this.#world.scheduler.now).toISOString().slice(11)} ${line}`,
    );
  }

  // ---- servers

  #serve(machine: Machine, docker = machine): void {
    const { chance } = this.#world;
    this.#servers = this.#servers.filter(({ alive }) => alive);
    const sees = chance.happens('sees the dead', 0.6);
    const isGone = (pid: number): boolean => sees && !this.#servers.some((s) => s.pid === pid && s.alive);
    const isBefore = this.#releases.startsBefore(machine);
    // A snapshot is of one release's projections.
    const snapshot = isBefore || this.#world.files !== null ? null : this.#world.kept.choose(this.#world);
    const pid = ++this.#pids;
    this.#servers.push(new SimulatedServer({ machine, docker, pid, isGone, say: (line) => this.#say(line), snapshot, isBefore }));
    this.#say(
      `server ${pid}${isBefore ? ' of the release before' : ''} starts on machine ${machine.index} (${machine.name})${docker === machine ? '' : ` with the Docker of machine ${docker.index}`}${snapshot === null ? '' : ` from a snapshot at ${snapshot.head.seq}`}`,
    );
  }

  /** Somebody always starts one again. */
  #keepOneAlive(): void {
    this.#servers = this.#servers.filter(({ alive }) => alive);
    this.#clients.forgetTheDead();
    for (const machine of this.#world.machines) {
      if (this.#starting.has(machine) || this.#servers.some((server) => server.machine === machine)) continue;
      this.#starting.add(machine);
      this.#world.scheduler.after(this.#world.chance.roll('restart') ** 2 * 5_000, 'a server is started', () => {
        this.#starting.delete(machine);
        this.#serve(machine);
      });
    }
  }

  // ---- what happens from outside

  #next(): void {
    const i = this.#actions++;
    const { wait, action } = this.#plan.action(i);
    this.#world.scheduler.after(wait, `action ${i}`, () => {
      if (this.#world.calm) return;
      this.#keepSnapshot();
      this.#restored.sometimesBackUp();
      if (this.#settings.skip?.has(i) !== true) this.#world.guard(() => this.#act(i, action));
      this.#keepOneAlive();
      this.#next();
    });
  }

  #keepSnapshot(): void {
    const { chance, swarm, kept } = this.#world;
    if (swarm.rates.snapshot === 0 || this.#world.files !== null || !chance.happens('snapshot kept', swarm.names > 0 ? 0.002 : 0.04))
      return;
    const server = chance.pick('keeps a snapshot', this.#servers);
    if (server?.followed) this.#world.guard(() => kept.keep(server.core.state()));
  }

  #act(i: number, action: Action): void {
    const { world, chance } = { world: this.#world, chance: this.#world.chance };
    if (action.do !== 'work') this.#say(`action ${i}: ${JSON.stringify(action)}`);
    switch (action.do) {
      case 'command':
        this.#clients.submit(i, action.command, action.toStandby, this.#plan.again(i));
        return;
      case 'strike':
        this.#strike(chance.pick('machine struck', world.right) ?? world.add('nobody', false), action.fault);
        return;
      case 'checkpoint':
        for (const { core, followed } of this.#servers) if (followed) checkView(world, core.state());
        return;
      case 'work': {
        const machine = chance.pick('machine at work', world.right);
        const container = chance.pick('works', [...(machine?.docker.containers.values() ?? [])]);
        if (container !== undefined) machine?.disks.work(container, chance.happens('removes', 0.2) ? 'remove' : 'write');
      }
    }
  }

  get #all(): Servers {
    return { all: () => this.#servers, start: (machine, docker) => this.#serve(machine, docker) };
  }

  #strike(struck: Machine, fault: Fault): void {
    const servers = this.#all;
    strike(struck, servers, fault);
    if (fault === 'archive') {
      // Whoever replaces its files stops its servers.
      struck.data?.strike();
      if (struck.data?.isWhole === false) for (const server of servers.all()) if (server.machine === struck) server.kill();
    }
    if (fault === 'stored') {
      const name = struck.disks.store(this.#world.chance);
      const size = `${1 + this.#world.chance.int('size of what is stored', 3)}GB`;
      if (name !== undefined) this.#clients.submit(`stored-${this.#actions}`, { do: 'resizeVolume', name, size }, false, null);
    }
    if (fault === 'loss') {
      lose(struck, {
        leader: () => this.#leaderOf(struck.host),
        send: (command, request) => this.#clients.submit(request, command, false, null),
      });
    }
    if (fault === 'days') passDays(this.#world, this.#clients);
    if (fault === 'releases') this.#releases.strike(struck, servers);
  }

  // ---- the end

  #acceptLoss({ host }: Machine): void {
    const leader = this.#servers.find((server) => server.alive && server.isRight && server.host === host && server.leads);
    // Names with an open operation are missing, too, and are not in that count: their operations stand still.
    const standsStill = leader?.core.operations().some(({ stalled }) => stalled !== undefined) === true;
    if (leader === undefined) return;
    const isTold = this.#releases.missing(leader)?.includes('accept-loss') === true;
    if (!(standsStill || isTold || isTooMuch(knownAbsence(this.#world.auditor.state, host)))) return;
    this.#say(`the operator accepts the loss of ${host}`);
    leader.core.acceptLoss(host, operatorOf(leader), false).catch((error: Error) => this.#world.fail(error));
  }

  /** People lose patience with what takes an hour to end. */
  #forceStops({ host }: Machine): void {
    if (this.#swarm.rates.stubborn === 0) return;
    for (const { name, host: on, operation } of this.#world.auditor.state.replicaSets.values())
      if (on === host && operation !== null)
        this.#clients.submit(`forced ${name} ${this.#world.scheduler.steps}`, { do: 'stop', name, stopTimeout: 0 }, false, null, ANY);
  }

  #leaderOf(host: string): SimulatedServer | undefined {
    return this.#servers.find((server) => server.alive && server.isRight && server.host === host && server.core.isReady());
  }

  /** A server that may not lead says so; the operator mends it as it says. One that ends then (`StartAgain`) is started again, as ever. */
  #mend(machine: Machine): void {
    if (this.#leaderOf(machine.host) !== undefined) return;
    const own = this.#servers.filter((server) => server.alive && server.machine === machine);
    const refused = own.filter((server) => !server.isRight || saysRefused(server));
    if (refused.length > 0) {
      this.#say(`the operator says that machine ${machine.index} is ${machine.host}`);
      beRight(machine);
      for (const server of refused) server.kill();
    } else if (own.length > 0) return;
    this.#serve(machine);
  }

  async #settle(): Promise<void> {
    const world = this.#world;
    const { scheduler } = world;
    if (world.violation !== null) return;
    this.#say('settling');
    world.calm = true;
    world.etcdDownUntil = 0;
    for (const machine of world.machines) machine.calmDown();
    world.etcd.makeRoom();
    for (const server of this.#servers) {
      server.pausedUntil = 0;
      server.connection.cut(0);
    }
    this.#releases.settle(this.#servers);
    if (await this.#restored.play(this.#all, () => this.#step())) return;
    // Whoever leads goes on; should nobody be left, one starts.
    this.#servers = this.#servers.filter(({ alive }) => alive);
    for (const machine of world.right) if (!this.#servers.some((server) => server.machine === machine)) this.#serve(machine);
    const deadline = scheduler.now + SETTLE_MS;
    const why = (): (() => string) | null => {
      for (const { host } of world.right) {
        const leader = this.#leaderOf(host);
        if (leader === undefined)
          return () => `no server of ${host} is ready: ${JSON.stringify(this.#servers.map(({ core }) => core.readiness()))}`;
        const missing = this.#releases.missing(leader);
        if (missing !== undefined) return () => missing;
      }
      const open = restless(world);
      if (open !== null) return () => open;
      const waiting = this.#clients.waiting();
      const level = this.#releases.restless(this.#servers, false);
      if (level !== null) return () => level;
      return waiting === undefined ? null : () => `${JSON.stringify(waiting)} has no answer`;
    };
    for (let rest = scheduler.now, word = scheduler.now; ; ) {
      // What is missing for good and too much to be believed waits for the operator's word.
      if (scheduler.now - word > WORD_MS) {
        word = scheduler.now;
        this.#releases.restless(this.#servers, true);
        for (const machine of world.right) {
          this.#mend(machine);
          this.#acceptLoss(machine);
          this.#forceStops(machine);
        }
      }
      // Of hundreds of names not at every step.
      if (this.#swarm.names > 0 && scheduler.steps % 16 !== 0) {
        if (!(await this.#step())) return;
        continue;
      }
      if (why() !== null) rest = scheduler.now;
      if (scheduler.now - rest > REST_MS) break;
      world.guard(() => hold(scheduler.now < deadline, 'liveness', () => `${SETTLE_MS / 1_000} s after the last fault: ${why()?.()}`));
      if (!(await this.#step())) return;
    }
    world.guard(() => {
      checkViews(world);
      world.auditor.keys.check(world.auditor.state);
      this.#clients.checkTakenOut();
      const replay = replayed(world);
      for (const { core, alive } of this.#servers) if (alive) checkReplay(world, core.state(), replay);
      for (const server of this.#servers)
        hold(!server.alive || server.isRight || !server.core.isReady(), 'not who the log knows', () => `server ${server.pid} is ready`);
    });
    await checkWhole(world);
    const ready = this.#servers.find((server) => server.alive && server.isRight && server.core.isReady());
    if (ready !== undefined) await this.#clients.askAgain(ready, () => this.#step());
    if (world.violation === null) await this.#meetTheUnknown();
  }

  /** Rule 7: a newer program has written what this one does not know; the next server must stop there and say where. */
  async #meetTheUnknown(): Promise<void> {
    const world = this.#world;
    for (const server of this.#servers) server.kill();
    const seq = world.auditor.state.head.seq + 1;
    writeUnknown(world);
    const machine = world.right[0] ?? world.add('nobody', false);
    const heir = new SimulatedServer({
      ...{ machine, docker: machine, pid: ++this.#pids, isGone: () => true, snapshot: null, isBefore: false },
      say: (line) => this.#say(line),
    });
    const deadline = world.scheduler.now + 60_000;
    while (world.violation === null && !heir.core.isReady() && world.scheduler.now < deadline && (await world.scheduler.step()));
    const { violation } = world;
    if (violation?.message.includes(`event ${seq}: this program does not know`)) world.violation = null;
    else world.violation = violation ?? new Violation('unknown event', `event ${seq} is of an unknown type, and the server went on`);
  }
}
