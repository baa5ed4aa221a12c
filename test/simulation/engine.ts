// Docker as one simulated process sees it: every call travels there, happens at one moment, and its answer travels back. Each leg may
// fail, be slow, or outlive the process.
import { type ContainerEngine, type ContainerRef, EngineError, type StartResult } from '../../src/commands/outside/engine.ts';
import { DockerRefusal } from '../../src/infra/docker/connection/errors.ts';
import { copyOnce } from '../../src/infra/docker/storage/copy-once.ts';
import { passingError, REFUSALS, refusal } from './docker-words.ts';
import type { Machine } from './machine.ts';
import type { Owner } from './scheduler.ts';
import { hold } from './violation.ts';

/** The process that calls. `leads`: it believes to hold the host's lease. */
export interface Process extends Owner {
  readonly pid: number;
  readonly leads: boolean;
  /** It leads or has led. */
  readonly hasLed: boolean;
  /** Whether it is alive and etcd says that it holds the lease, whatever it believes. */
  readonly holdsLease: boolean;
  /** False: its machine, or the Docker that it talks to, is not the one that the log knows. */
  readonly isRight: boolean;
  readonly ledSince: number;
  /** What it gives is called right before each change of the call: it throws when the term in which the call began is over by the clock. */
  fenceOfStep(): () => void;
  pause(ms: number): void;
}

type Call = Exclude<keyof ContainerEngine, 'onChange'>;

/** What only the holder of the lease may ask for. */
const CHANGES: ReadonlySet<Call> = new Set([
  ...(['createContainer', 'startContainer', 'stopContainer', 'removeContainer', 'saveDisk', 'removeDisk', 'removeDisks'] as const),
  ...(['commitImage', 'createVolume', 'copyVolume', 'removeVolume', 'removeAnonymousVolumes'] as const),
]);
/** What a Docker without its disk answers with "No such container". */
const KNOWS_NONE: ReadonlySet<Call> = new Set(['stopContainer', 'startContainer', 'saveDisk', 'checkDiskSpace', 'commitImage', 'exec']);
/** The latest that a request whose sender gave up or died may still be carried out, in ms. */
const LATEST_MS = 1_500;

function subjectOf(args: readonly unknown[]): string {
  const [first] = args;
  if (typeof first === 'string') return first;
  const { containerName, name } = (first ?? {}) as { containerName?: string; name?: string };
  return containerName ?? name ?? '';
}

export function engineOf(world: Machine, process: Process, over: AbortSignal): ContainerEngine {
  const method = <K extends Call>(name: K): ContainerEngine[K] =>
    ((...args: readonly unknown[]) => new Flight(world, process, name, args).answer()) as unknown as ContainerEngine[K];
  return {
    info: method('info'),
    startedAt: () => world.engine.startedAt(),
    inspectImage: method('inspectImage'),
    pullImage: method('pullImage'),
    createContainer: method('createContainer'),
    startContainer: method('startContainer'),
    stopContainer: method('stopContainer'),
    removeContainer: method('removeContainer'),
    saveDisk: method('saveDisk'),
    checkDiskSpace: method('checkDiskSpace'),
    removeDisk: method('removeDisk'),
    removeDisks: method('removeDisks'),
    listDisks: method('listDisks'),
    diskUsage: method('diskUsage'),
    room: async () => null,
    commitImage: method('commitImage'),
    exec: method('exec'),
    listContainers: method('listContainers'),
    listOtherLogs: method('listOtherLogs'),
    listGpuUse: method('listGpuUse'),
    inspectVolume: method('inspectVolume'),
    volumeUsers: method('volumeUsers'),
    createVolume: method('createVolume'),
    volumeUsage: method('volumeUsage'),
    copyVolume: method('copyVolume'),
    removeVolume: method('removeVolume'),
    removeAnonymousVolumes: method('removeAnonymousVolumes'),
    listVolumes: method('listVolumes'),
    onChange: (log, ring, signal) => {
      const travel = (): void => void world.scheduler.after(world.scheduler.latency('bell', 20, 2_000), 'docker event', ring, process);
      world.engine.onChange(log, travel, AbortSignal.any([signal, over]));
    },
  };
}

async function inOrder(arrivals: readonly (() => Promise<void>)[], last: () => Promise<void>): Promise<void> {
  for (const arrive of arrivals) {
    await arrive();
    if (arrive === last) return;
  }
}

/** One call on its way. */
class Flight {
  readonly #world: Machine;
  readonly #process: Process;
  /** The check of the term that the call began in. */
  readonly #fence: () => void;
  readonly #name: Call;
  readonly #args: readonly unknown[];
  readonly #subject: string;
  readonly #label: string;
  readonly #asked: number;
  #resolve: (value: unknown) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor(world: Machine, process: Process, name: Call, args: readonly unknown[]) {
    this.#world = world;
    this.#process = process;
    this.#fence = process.fenceOfStep();
    this.#name = name;
    this.#args = args;
    this.#subject = subjectOf(args);
    this.#label = `${name} ${this.#subject}`;
    this.#asked = world.auditor.state.head.seq;
    // Anonymous volumes go in the second half of a step that had begun.
    if (CHANGES.has(name) && name !== 'removeAnonymousVolumes')
      world.guard(() => hold(process.leads, 'acts without the lease', () => `server ${process.pid} asks for ${this.#label}`));
    if (CHANGES.has(name) || name === 'exec')
      world.guard(() => hold(process.isRight, 'not who the log knows', () => `server ${process.pid} asks for ${this.#label}`));
    // A term may end between the record of an execute and its start.
    if (name === 'exec')
      world.guard(() => hold(process.hasLed, 'acts without the lease', () => `server ${process.pid} asks for ${this.#label}`));
  }

  answer(): Promise<unknown> {
    const { unanswered, calm } = this.#world;
    const call = { label: this.#label, process: this.#process };
    if (!calm) unanswered.add(call);
    return new Promise((resolve, reject) => {
      this.#resolve = (value) => {
        unanswered.delete(call);
        resolve(value);
      };
      this.#reject = (error) => {
        unanswered.delete(call);
        reject(error);
      };
      try {
        if (CHANGES.has(this.#name)) this.#mayChange();
      } catch (error) {
        this.#reject(this.#unavailable(String(error)));
        return;
      }
      this.#send();
    });
  }

  /** Whoever believes to be in charge is: a clock that says otherwise is the wrong one. */
  #mayChange(): void {
    this.#fence();
    if (!this.#process.alive || this.#name === 'removeAnonymousVolumes') return;
    this.#world.guard(() =>
      hold(this.#inCharge(), 'acts without the lease', () => `server ${this.#process.pid} may ask for ${this.#label}`),
    );
    this.#world.guard(() => this.#world.foreign.acts(`server ${this.#process.pid} asks for ${this.#label}`, this.#process.ledSince));
  }

  #send(): void {
    const { scheduler, chance } = this.#world;
    const travel = scheduler.latency(`go ${this.#label}`, 5, this.#slow() ? 8_000 : 100);
    if (this.#name === 'exec') this.#hangUp();
    if (!CHANGES.has(this.#name)) {
      scheduler.after(travel, this.#label, () => void this.#arrive(false));
      return;
    }
    // The caller may give up; what it asked for happens all the same, a little later. Nobody gives up a copy, which is the server's own work.
    const late = this.#name !== 'copyVolume' && this.#strikes('engine-late', 0.02);
    if (late) scheduler.after(travel, `${this.#label} times out`, () => this.#reject(this.#unavailable('timed out')), this.#process);
    const before = this.#world.underWay.get(this.#subject) ?? new Set();
    this.#world.underWay.set(this.#subject, before);
    const arrive = async (): Promise<void> => {
      if (!before.delete(arrive)) return;
      await this.#arrive(late);
    };
    before.add(arrive);
    const ms = travel + (late ? chance.roll(`late ${this.#label}`) * LATEST_MS : 0);
    scheduler.after(ms, `${this.#label}${late ? ' arrives late' : ''}`, () => {
      if (before.has(arrive)) void inOrder([...before], arrive);
    });
  }

  /** `stale`: the caller has given up. */
  async #arrive(stale: boolean): Promise<void> {
    const { dockerDownUntil, scheduler, chance } = this.#world;
    // Of a dead process some requests were on the wire already, some never left.
    if (!this.#process.alive && chance.happens(`lost ${this.#label}`, 0.5)) return;
    if (scheduler.now < dockerDownUntil) return this.#back(() => this.#reject(this.#unavailable('connection refused')));
    if (this.#strikes('engine-fails', 0.03)) return this.#back(() => this.#reject(this.#unavailable('connection reset')));
    if (scheduler.now < this.#world.unmountedUntil && this.#name !== 'info') return this.#back(() => this.#answerEmpty());
    if (this.#name in REFUSALS && !this.#isDone() && this.#strikes('engine-refuses', 0.04)) {
      return this.#back(() => this.#reject(refusal(this.#label, this.#name, (from) => this.#word(from))));
    }
    if (this.#name === 'copyVolume') void this.#copy();
    else await this.#happen(stale || !this.#inCharge());
  }

  /** Look by look and act by act, by the server itself: a pause of its process comes between any two, and a dead one leaves the rest. */
  async #copy(): Promise<void> {
    const { engine, scheduler, chance } = this.#world;
    const [from, to, operation] = this.#args as [string, string, string];
    const pause = (): Promise<void> =>
      new Promise((resolve) => {
        if (this.#world.strikes('pause', `copy to ${to}`, 0.03)) this.#process.pause(chance.roll(`pause of copy to ${to}`) * 15_000);
        const ms = scheduler.latency(`copy to ${to}`, 5, this.#slow() ? 8_000 : 100);
        scheduler.after(ms, `copy to ${to} goes on`, resolve, this.#process);
      });
    const acts = (): void =>
      this.#world.guard(() =>
        hold(this.#inCharge(), 'acts without the lease', () => `server ${this.#process.pid} goes on with a copy to ${to}`),
      );
    try {
      const copied = await copyOnce(engine.copyTrees(from, to, pause, acts), operation, () => this.#fence());
      if (this.#strikes('engine-fails', 0.03)) this.#back(() => this.#reject(this.#unavailable('connection lost')));
      else this.#back(() => this.#resolve(copied));
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    const thrown = error instanceof Error ? error : new Error(String(error));
    if (!(thrown instanceof EngineError)) this.#world.fail(thrown);
    this.#back(() => this.#reject(thrown));
  }

  /**
   * Docker's disk is away: it lists nothing and knows no container, so the removal of one is done. All other calls that would make or remove
   * something fail.
   */
  #answerEmpty(): void {
    if (this.#name === 'removeContainer') this.#resolve({ found: false });
    else if (this.#name.startsWith('list') || this.#name === 'volumeUsers') this.#resolve([]);
    else if (KNOWS_NONE.has(this.#name)) this.#reject(new DockerRefusal(this.#label, 404, 'No such container'));
    else this.#reject(this.#unavailable('no such file or directory'));
  }

  /** The moment of the effect. `stale`: whoever asked has died or given up, so another may have acted since. */
  async #happen(stale: boolean): Promise<void> {
    const { engine, disks } = this.#world;
    this.#world.guard(() => disks.before(this.#name, this.#args));
    const gone = this.#name === 'startContainer' ? this.#goneGpu() : undefined;
    const failing = this.#name === 'startContainer' && !stale && this.#strikes('start-fails', 0.1);
    try {
      const value = await (gone !== undefined
        ? ({ started: false, why: 'failed', message: `nvidia-container-cli: device error: ${gone}: unknown device` } satisfies StartResult)
        : failing
          ? this.#failToStart()
          : (engine[this.#name] as (...args: readonly unknown[]) => Promise<unknown>).apply(engine, [...this.#args]));
      this.#world.guard(() => disks.after(this.#name, this.#args, value, stale));
      if (this.#strikes('engine-fails', 0.03)) this.#back(() => this.#reject(this.#unavailable('connection lost')));
      else this.#back(() => this.#resolve(value));
    } catch (error) {
      this.#failed(error);
    }
  }

  /** A GPU that the container is to be started with and that is not in the machine any more. */
  #goneGpu(): string | undefined {
    const { id, containerName } = this.#args[0] as ContainerRef;
    const { host } = this.#world.engine;
    const container = id === undefined ? host.containerBy(containerName) : host.containers.get(id);
    return container?.state === 'running' ? undefined : container?.request?.gpus.find((gpu) => !this.#world.gpus.has(gpu));
  }

  async #failToStart(): Promise<StartResult> {
    const { engine, chance } = this.#world;
    if (chance.happens(`fails at once ${this.#label}`, 0.5))
      return { started: false, why: 'failed', message: 'the simulation lets no process start' };
    const [ref, settleMs] = this.#args as [ContainerRef, number];
    const start = await engine.startContainer(ref, settleMs);
    const container = [...engine.host.containers.values()].find((c) => c.owner !== undefined && c.id === ref.id);
    if (!start.started || container?.state !== 'running') return start;
    engine.die(container.containerName, 1);
    return { started: false, why: 'failed', exitCode: 1, message: 'the process ended at once' };
  }

  #back(settle: () => void): void {
    const { scheduler } = this.#world;
    const grace = this.#name === 'stopContainer' ? 300 : 10;
    scheduler.after(
      scheduler.latency(`back ${this.#label}`, grace, this.#slow() ? 60_000 : 200),
      `answer to ${this.#label}`,
      settle,
      this.#process,
    );
  }

  /** An exec ends with its signal, whatever Docker says. */
  #hangUp(): void {
    const { signal } = this.#args[1] as { signal: AbortSignal };
    signal.addEventListener('abort', () => this.#reject(this.#unavailable('aborted')), { once: true });
  }

  #strikes(fault: 'engine-late' | 'engine-fails' | 'engine-refuses' | 'start-fails', probability: number): boolean {
    return this.#world.strikes(fault, this.#label, probability);
  }

  /** A disk that an earlier try has saved is found before anything can be refused. */
  #isDone(): boolean {
    const saved = this.#name === 'saveDisk' ? this.#world.engine.host.imageBy(`gpu-docker-api/disk:${this.#subject}`) : undefined;
    return saved !== undefined && saved.disk?.operation === this.#args[1];
  }

  /** Whether etcd says so, whatever the process believes. */
  #inCharge(): boolean {
    return this.#process.holdsLease;
  }

  #slow(): boolean {
    return this.#world.strikes('engine-slow', this.#label, 0.1);
  }

  #unavailable(why: string): EngineError {
    return passingError(`${this.#label}: ${why} (asked at event ${this.#asked})`, (from) => this.#word(from));
  }

  #word<T>(from: readonly T[]): T | undefined {
    return this.#world.chance.pick(`words of ${this.#label}`, from);
  }
}
