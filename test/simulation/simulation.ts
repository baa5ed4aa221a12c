// One run: a seed gives the faults, the commands and every delay; the run ends with the first broken promise, or at rest.
import { isTooMuch, knownAbsence } from '../../src/commands/host/absence.ts';
import { Clients } from './clients.ts';
import { checkView } from './kept.ts';
import { type Action, type Fault, Plan, type Swarm, swarmOf } from './plan.ts';
import { SimulatedServer } from './server.ts';
import { checkReplay, checkViews, REST_MS, restless, SETTLE_MS, writeUnknown } from './settle.ts';
import { strike } from './strikes.ts';
import { hold, Violation } from './violation.ts';
import { HOST, World } from './world.ts';

/** Time between two looks of the operator, virtual ms. */
const WORD_MS = 60_000;

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

export interface Outcome {
  readonly violation: Violation | null;
  readonly steps: number;
  /** Actions that were taken, also those left out. */
  readonly actions: number;
  readonly commands: number;
  readonly events: number;
  readonly virtualMs: number;
  readonly struck: ReadonlyMap<Fault, number>;
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
  #starting = 0;
  #pids = 0;
  #actions = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#swarm = swarmOf(settings.seed, settings.without);
    this.#plan = new Plan(settings.seed, this.#swarm);
    this.#world = new World(settings.seed, this.#swarm);
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
    const { scheduler, auditor, struck } = this.#world;
    const began = scheduler.now;
    this.#serve();
    this.#next();
    const { steps, until = Number.POSITIVE_INFINITY } = this.#settings;
    while (scheduler.steps < steps && this.#actions <= until && (await this.#step()));
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
      trace: `${scheduler.trace.toString(16)}-${auditor.state.head.hash.slice(0, 16)}`,
      tail: auditor.tail,
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

  #serve(): void {
    const { chance } = this.#world;
    this.#servers = this.#servers.filter(({ alive }) => alive);
    const sees = chance.happens('sees the dead', 0.6);
    const isGone = (pid: number): boolean => sees && !this.#servers.some((s) => s.pid === pid && s.alive);
    const snapshot = this.#world.kept.choose(this.#world);
    this.#servers.push(new SimulatedServer(this.#world, ++this.#pids, isGone, (line) => this.#say(line), snapshot));
    this.#say(`server ${this.#pids} starts${snapshot === null ? '' : ` from a snapshot at ${snapshot.head.seq}`}`);
  }

  /** Somebody always starts one again. */
  #keepOneAlive(): void {
    this.#servers = this.#servers.filter(({ alive }) => alive);
    this.#clients.forgetTheDead();
    if (this.#servers.length > 0 || this.#starting > 0) return;
    this.#starting++;
    this.#world.scheduler.after(this.#world.chance.roll('restart') ** 2 * 5_000, 'a server is started', () => {
      this.#starting--;
      this.#serve();
    });
  }

  // ---- what happens from outside

  #next(): void {
    const i = this.#actions++;
    const { wait, action } = this.#plan.action(i);
    this.#world.scheduler.after(wait, `action ${i}`, () => {
      if (this.#world.calm) return;
      this.#keepSnapshot();
      if (this.#settings.skip?.has(i) !== true) this.#world.guard(() => this.#act(i, action));
      this.#keepOneAlive();
      this.#next();
    });
  }

  #keepSnapshot(): void {
    const { chance, swarm, kept } = this.#world;
    if (swarm.rates.snapshot === 0 || !chance.happens('snapshot kept', 0.04)) return;
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
        strike(world, { servers: this.#servers, start: () => this.#serve() }, action.fault);
        return;
      case 'checkpoint':
        for (const { core, followed } of this.#servers) if (followed) checkView(world, core.state());
        return;
      case 'work': {
        const container = chance.pick('works', [...world.engine.host.containers.values()]);
        if (container !== undefined) world.disks.work(container, chance.happens('removes', 0.2) ? 'remove' : 'write');
      }
    }
  }

  // ---- the end

  #acceptLoss(): void {
    const { state } = this.#world.auditor;
    const leader = this.#servers.find(({ core }) => core.readiness().ready);
    if (!isTooMuch(knownAbsence(state, HOST)) || leader === undefined) return;
    this.#say('the operator accepts the loss');
    leader.core.acceptLoss(HOST, { actor: 'operator' }, false).catch((error: Error) => this.#world.fail(error));
  }

  async #settle(): Promise<void> {
    const world = this.#world;
    const { scheduler } = world;
    if (world.violation !== null) return;
    this.#say('settling');
    world.calm = true;
    world.dockerDownUntil =
      world.unmountedUntil =
      world.etcdDownUntil =
      world.gpus.silentUntil =
      world.gpus.emptyUntil =
      world.clockOff =
        0;
    world.etcd.makeRoom();
    world.engine.host.foreignPorts.clear();
    world.foreign.endAll();
    for (const server of this.#servers) {
      server.pausedUntil = 0;
      server.connection.cut(0);
    }
    // Whoever leads goes on; should nobody be left, one starts.
    this.#servers = this.#servers.filter(({ alive }) => alive);
    if (this.#servers.length === 0) this.#serve();
    const deadline = scheduler.now + SETTLE_MS;
    const why = (): string | null => {
      if (!this.#servers.some(({ core }) => core.readiness().ready))
        return `no server is ready: ${JSON.stringify(this.#servers.map(({ core }) => core.readiness()))}`;
      const waiting = this.#clients.waiting();
      return restless(world) ?? (waiting === undefined ? null : `${JSON.stringify(waiting)} has no answer`);
    };
    for (let rest = scheduler.now, word = scheduler.now; ; ) {
      // What is missing for good and too much to be believed waits for the operator's word.
      if (scheduler.now - word > WORD_MS) {
        word = scheduler.now;
        this.#acceptLoss();
      }
      if (why() !== null) rest = scheduler.now;
      if (scheduler.now - rest > REST_MS) break;
      world.guard(() => hold(scheduler.now < deadline, 'liveness', () => `${SETTLE_MS / 1_000} s after the last fault: ${why()}`));
      if (!(await this.#step())) return;
    }
    world.guard(() => {
      checkViews(world);
      for (const { core } of this.#servers) checkReplay(world, core.state());
    });
    const ready = this.#servers.find(({ core }) => core.readiness().ready);
    if (ready !== undefined) await this.#clients.askAgain(ready, () => this.#step());
    if (world.violation === null) await this.#meetTheUnknown();
  }

  /** Rule 7: a newer program has written what this one does not know; the next server must stop there and say where. */
  async #meetTheUnknown(): Promise<void> {
    const world = this.#world;
    for (const server of this.#servers) server.kill();
    const seq = world.auditor.state.head.seq + 1;
    writeUnknown(world);
    const heir = new SimulatedServer(
      world,
      ++this.#pids,
      () => true,
      (line) => this.#say(line),
    );
    const deadline = world.scheduler.now + 60_000;
    while (world.violation === null && !heir.core.readiness().ready && world.scheduler.now < deadline && (await world.scheduler.step()));
    const { violation } = world;
    if (violation?.message.includes(`event ${seq}: this program does not know`)) world.violation = null;
    else world.violation = violation ?? new Violation('unknown event', `event ${seq} is of an unknown type, and the server went on`);
  }
}
