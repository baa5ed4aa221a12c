// Docker as one simulated process sees it. What containers, volumes and disks go through is the product's own code, each of whose requests
// travels by itself (requests.ts). All other calls travel there, happen at one moment, and their answers travel back. Each leg may fail, be
// slow, or outlive the process.
import type { ContainerEngine } from '../../src/commands/outside/engine.ts';
import { EngineError, OtherEngineError } from '../../src/commands/outside/engine-error.ts';
import type { Unlabelled } from '../../src/commands/outside/unlabelled.ts';
import type { DockerApi } from '../../src/infra/docker/connection/api.ts';
import { DockerRefusal } from '../../src/infra/docker/connection/errors.ts';
import type { ExpectedEngine } from '../../src/infra/docker/connection/expected.ts';
import { containerCalls } from '../../src/infra/docker/containers/containers.ts';
import { freezeContainer, thawContainer } from '../../src/infra/docker/containers/freeze.ts';
import { type ImageFacts, Images, inspectBaseImage } from '../../src/infra/docker/containers/images.ts';
import { copyOnce } from '../../src/infra/docker/storage/copy-once.ts';
import { checkDiskSpace, commitImage, listDisks, removeDisk, removeDisks, saveDisk } from '../../src/infra/docker/storage/disks.ts';
import {
  createVolume,
  inspectVolume,
  listVolumes,
  removeAnonymousVolumes,
  removeVolume,
  volumeUsers,
} from '../../src/infra/docker/storage/volumes.ts';
import { passingError, REFUSALS, refusal } from './docker-words.ts';
import type { Machine } from './machine.ts';
import { apiFor, type CallOf } from './requests.ts';
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
  /** The Docker that it takes for the host's. */
  readonly expected: ExpectedEngine;
  /** What its log has taken in without labels. */
  readonly unlabelled: Unlabelled;
  /** What it gives is called right before each change of the call: it throws when the term in which the call began is over by the clock. */
  fenceOfStep(): () => void;
  pause(ms: number): void;
}

export type Call = Exclude<keyof ContainerEngine, 'onChange'>;

/** What only the holder of the lease may ask for. */
const CHANGES: ReadonlySet<Call> = new Set([
  ...(['createContainer', 'startContainer', 'stopContainer', 'removeContainer', 'saveDisk', 'removeDisk', 'removeDisks'] as const),
  ...(['freezeContainer', 'thawContainer', 'commitImage', 'createVolume', 'copyVolume', 'removeVolume', 'removeAnonymousVolumes'] as const),
]);
/** Where images lie is not looked at, so that no disk is full. */
const STORAGE = {
  isLocal: false,
  imageRoots: [],
  copies: 1,
  info: { ServerVersion: 'fake', Driver: 'memory', DockerRootDir: '/fake' },
} as const;
const DISK = { layerLimit: 100, measureMs: 15 * 60_000 };
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
  const containers = (api: DockerApi, images: Images) => containerCalls(() => api, images, { get: async () => ({ isLocal: false }) });
  // What an image was made with is remembered by the process.
  const facts = new Map<string, ImageFacts>();
  const asked = <T>(name: Call, args: readonly unknown[], work: (api: DockerApi, images: Images) => Promise<T>): Promise<T> => {
    const subject = subjectOf(args);
    const call: CallOf = { name, args, subject, label: `${name} ${subject}` };
    requireRight(world, process, call);
    const fence = process.fenceOfStep();
    const api = apiFor(world, process, call, () => mayChange(world, process, call, fence));
    return answered(world, process, call, work(api, new Images(api, facts)));
  };
  return {
    info: method('info'),
    startedAt: () => world.engine.startedAt(),
    inspectImage: (...args) => asked('inspectImage', args, (_, images) => inspectBaseImage(images, ...args)),
    pullImage: method('pullImage'),
    createContainer: (...args) => asked('createContainer', args, (...by) => containers(...by).createContainer(...args)),
    startContainer: (...args) => asked('startContainer', args, (...by) => containers(...by).startContainer(...args)),
    stopContainer: (...args) => asked('stopContainer', args, (...by) => containers(...by).stopContainer(...args)),
    removeContainer: (...args) => asked('removeContainer', args, (...by) => containers(...by).removeContainer(...args)),
    lastOutput: method('lastOutput'),
    freezeContainer: (...args) => asked('freezeContainer', args, (api) => freezeContainer(api, ...args)),
    thawContainer: (...args) => asked('thawContainer', args, (api) => thawContainer(api, ...args)),
    saveDisk: (...args) => asked('saveDisk', args, (...by) => saveDisk(...by, STORAGE, args[0], args[1], DISK)),
    checkDiskSpace: (...args) => asked('checkDiskSpace', args, (...by) => checkDiskSpace(...by, STORAGE, ...args, DISK)),
    removeDisk: (...args) => asked('removeDisk', args, (...by) => removeDisk(...by, ...args)),
    removeDisks: (...args) => asked('removeDisks', args, (...by) => removeDisks(...by, ...args)),
    listDisks: (...args) => asked('listDisks', args, (api) => listDisks(api, ...args)),
    diskUsage: method('diskUsage'),
    room: async () => null,
    limitProblems: async () => [],
    commitImage: (...args) => asked('commitImage', args, (...by) => commitImage(...by, STORAGE, ...args)),
    exec: method('exec'),
    listContainers: (...args) => asked('listContainers', args, (...by) => containers(...by).listContainers(...args)),
    readOutput: method('readOutput'),
    listOtherLogs: method('listOtherLogs'),
    inspectOwned: method('inspectOwned'),
    inspectUnlabelled: method('inspectUnlabelled'),
    listGpuUse: method('listGpuUse'),
    inspectVolume: (...args) => asked('inspectVolume', args, (api) => inspectVolume(api, ...args, false)),
    volumeUsers: (...args) => asked('volumeUsers', args, (api) => volumeUsers(api, ...args)),
    createVolume: (...args) => asked('createVolume', args, (api) => createVolume(api, ...args)),
    volumeUsage: method('volumeUsage'),
    volumeContent: method('volumeContent'),
    copyVolume: method('copyVolume'),
    removeVolume: (...args) => asked('removeVolume', args, (api) => removeVolume(api, ...args)),
    removeAnonymousVolumes: (...args) => asked('removeAnonymousVolumes', args, (api) => removeAnonymousVolumes(api, ...args)),
    listVolumes: (...args) => asked('listVolumes', args, (api) => listVolumes(api, ...args, false)),
    onChange: (log, ring, signal) => {
      const travel = (): void => void world.scheduler.after(world.scheduler.latency('bell', 20, 2_000), 'docker event', ring, process);
      world.engine.onChange(log, travel, AbortSignal.any([signal, over]));
    },
  };
}

/** The call's answer, which counts as outstanding until it is there. */
async function answered<T>({ calm, unanswered }: Machine, process: Process, { label }: CallOf, answer: Promise<T>): Promise<T> {
  if (calm) return answer;
  const call = { label, process };
  unanswered.add(call);
  try {
    return await answer;
  } finally {
    unanswered.delete(call);
  }
}

/** Only the holder of the lease asks Docker to change anything, and only on the machine that the log knows. */
function requireRight(world: Machine, process: Process, { name, label }: CallOf): void {
  // Anonymous volumes go in the second half of a step that had begun.
  if (CHANGES.has(name) && name !== 'removeAnonymousVolumes')
    world.guard(() => hold(process.leads, 'acts without the lease', () => `server ${process.pid} asks for ${label}`));
  if (CHANGES.has(name) || name === 'exec')
    world.guard(() => hold(process.isRight, 'not who the log knows', () => `server ${process.pid} asks for ${label}`));
  // A term may end between the record of an execute and its start.
  if (name === 'exec') world.guard(() => hold(process.hasLed, 'acts without the lease', () => `server ${process.pid} asks for ${label}`));
}

/** By etcd's own key, whatever the process believes. That of an etcd that was put back tells nothing: the server has its time to notice. */
export function requireLease({ world }: Machine, process: Process, label: string): void {
  if (world.lostSince !== null) return;
  world.guard(() => hold(process.holdsLease, 'acts without the lease', () => `server ${process.pid} may ask for ${label}`));
}

/** Whoever believes to be in charge is: a clock that says otherwise is the wrong one. */
function mayChange(world: Machine, process: Process, { name, label }: CallOf, fence: () => void): void {
  fence();
  if (!process.alive || name === 'removeAnonymousVolumes') return;
  requireLease(world, process, label);
  world.guard(() => world.foreign.acts(`server ${process.pid} asks for ${label}`, process.ledSince));
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
    requireRight(world, process, this.#callOf());
  }

  #callOf(): CallOf {
    return { name: this.#name, args: this.#args, subject: this.#subject, label: this.#label };
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
        if (CHANGES.has(this.#name)) mayChange(this.#world, this.#process, this.#callOf(), this.#fence);
      } catch (error) {
        this.#reject(this.#unavailable(String(error)));
        return;
      }
      this.#send();
    });
  }

  #send(): void {
    const { scheduler, chance } = this.#world;
    const travel = scheduler.latency(`go ${this.#label}`, 5, this.#slow() ? 8_000 : 100);
    if (this.#name === 'exec') this.#hangUp();
    if (!CHANGES.has(this.#name)) {
      scheduler.after(travel, this.#label, () => void this.#arrive());
      return;
    }
    // The caller may give up; what it asked for happens all the same, a little later. Nobody gives up a copy, which is the server's own work.
    const late = this.#name !== 'copyVolume' && this.#strikes('engine-late', 0.02);
    if (late) scheduler.after(travel, `${this.#label} times out`, () => this.#reject(this.#unavailable('timed out')), this.#process);
    const before = this.#world.underWay.get(this.#subject) ?? new Set();
    this.#world.underWay.set(this.#subject, before);
    const arrive = async (): Promise<void> => {
      if (!before.delete(arrive)) return;
      await this.#arrive();
    };
    before.add(arrive);
    const ms = travel + (late ? chance.roll(`late ${this.#label}`) * LATEST_MS : 0);
    scheduler.after(ms, `${this.#label}${late ? ' arrives late' : ''}`, () => {
      if (before.has(arrive)) void inOrder([...before], arrive);
    });
  }

  async #arrive(): Promise<void> {
    const { dockerDownUntil, scheduler, chance } = this.#world;
    // Of a dead process some requests were on the wire already, some never left.
    if (!this.#process.alive && chance.happens(`lost ${this.#label}`, 0.5)) return;
    if (scheduler.now < dockerDownUntil) return this.#back(() => this.#reject(this.#unavailable('connection refused')));
    if (this.#strikes('engine-fails', 0.03)) return this.#back(() => this.#reject(this.#unavailable('connection reset')));
    if (this.#world.isSwapped) return this.#back(() => this.#answerOther());
    if (scheduler.now < this.#world.unmountedUntil && this.#name !== 'info') return this.#back(() => this.#answerEmpty());
    if (this.#name in REFUSALS && !this.#isDone() && this.#strikes('engine-refuses', 0.04)) {
      return this.#back(() => this.#reject(refusal(this.#label, this.#name, (from) => this.#word(from))));
    }
    if (this.#name === 'copyVolume') void this.#copy();
    else await this.#happen();
  }

  /** Look by look and act by act, by the server itself: a pause of its process comes between any two, and a dead one leaves the rest. */
  async #copy(): Promise<void> {
    const { engine, scheduler, chance } = this.#world;
    const [from, to, operation] = this.#args as [string, string, string];
    const pause = (): Promise<void> =>
      new Promise((resolve) => {
        if (this.#world.strikes('pause', `copy to ${to}`, 0.03)) this.#process.pause(chance.roll(`pause of copy to ${to}`) * 15_000);
        if (this.#world.strikes('stored', `long copy to ${to}`, 0.04)) this.#process.pause(chance.roll(`length of copy to ${to}`) * 15_000);
        const ms = scheduler.latency(`copy to ${to}`, 5, this.#slow() ? 8_000 : 100);
        scheduler.after(ms, `copy to ${to} goes on`, resolve, this.#process);
      });
    const acts = (): void =>
      this.#world.guard(() =>
        // Etcd that was put back has another's lease in it: that nothing is changed for long is looked at there.
        hold(
          this.#world.world.auditor.isPast || this.#inCharge(),
          'acts without the lease',
          () => `server ${this.#process.pid} goes on with a copy to ${to}`,
        ),
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

  /** Another Docker answers: who it is, or what the product makes of it in all calls that could go wrong there. */
  #answerOther(): void {
    if (this.#name === 'info') {
      this.#world.otherEngine.info().then(
        (info) => this.#resolve(info),
        (error: Error) => this.#reject(error),
      );
      return;
    }
    this.#process.expected.onOther();
    this.#reject(new OtherEngineError(`${this.#label}: another Docker than the host's answers`));
  }

  /**
   * Docker's disk is away: it lists nothing and knows no container, so the removal of one is done. All other calls that would make or remove
   * something fail.
   */
  #answerEmpty(): void {
    if (this.#name.startsWith('list')) this.#resolve([]);
    else if (this.#name === 'exec') this.#reject(new DockerRefusal(this.#label, 404, 'No such container'));
    else this.#reject(this.#unavailable('no such file or directory'));
  }

  async #happen(): Promise<void> {
    const { engine } = this.#world;
    try {
      const value = await (engine[this.#name] as (...args: readonly unknown[]) => Promise<unknown>).apply(engine, [...this.#args]);
      if (this.#strikes('engine-fails', 0.03)) this.#back(() => this.#reject(this.#unavailable('connection lost')));
      else this.#back(() => this.#resolve(value));
    } catch (error) {
      this.#failed(error);
    }
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
