// The requests of one call of the engine: the product's own code asks, and each of its requests travels, takes effect and is answered by
// itself, with whatever happens between two of them.
import type DockerModem from 'docker-modem';
import type { CreateContainer, Owner as MadeFor } from '../../src/commands/outside/engine.ts';
import { DockerApi } from '../../src/infra/docker/connection/api.ts';
import { toEngineError } from '../../src/infra/docker/connection/errors.ts';
import { LABEL } from '../../src/infra/docker/connection/labels.ts';
import type { Line } from '../../src/infra/docker/connection/line.ts';
import type { RawVolume } from '../../src/infra/docker/connection/raw.ts';
import { type FakeDockerd, RawRefusal, type RawRequest } from '../doubles/fake-dockerd.ts';
import { type FakeContainer, fateOf, filesOf } from '../doubles/fake-host.ts';
import { isRunning } from '../doubles/fake-machine.ts';
import { passingError, REFUSALS, refusal } from './docker-words.ts';
import { type Call, type Process, requireLease } from './engine.ts';
import { isKnownByDockerAlone } from './identity.ts';
import type { Machine } from './machine.ts';
import { STUBBORN_S } from './plan.ts';
import { hold } from './violation.ts';

/** The latest that a request whose sender gave up or died may still be carried out, in ms. */
const LATEST_MS = 1_500;
const DEADLINES = { quickMs: 30_000, slowMs: 120_000, silenceMs: 30_000 };
const ID = /[0-9a-z]{64}/g;
/** The request of a call that Docker may refuse for good. */
const REFUSABLE = /^(POST \/(containers\/create|volumes\/create|commit|containers\/[^/]+\/stop)|DELETE \/containers)/;
/** Answered at the moment at which they are asked, as far as the asker can tell: it asks many. */
const LOOK = /^\/(containers\/[^/]+\/json|images\/.+\/json|volumes\/.+|info|_ping)$/;

type Answered = (error: unknown, answer: unknown) => void;
type Asked = RawRequest & { readonly label: string; readonly answered: Answered; readonly line: OneLine };

/** A call of the engine's port. */
export interface CallOf {
  readonly name: Call;
  readonly args: readonly unknown[];
  readonly subject: string;
  readonly label: string;
}

/** Leads to one daemon for as long as it is open. */
interface OneLine {
  daemon: FakeDockerd | null;
}

/** Docker's API for one call. Deadlines never pass: a call that is given up has its own fault. */
export function apiFor(world: Machine, process: Process, call: CallOf, mayChange: () => void): DockerApi {
  const requests = new Requests(world, process, call);
  const connect = async (): Promise<Line> => {
    const line: OneLine = { daemon: null };
    const dial = (options: DockerModem.DialOptions, answered: Answered): void => requests.send(options, answered, line);
    return { modem: { dial: dial as DockerModem['dial'] }, close: () => undefined };
  };
  const { scheduler } = world;
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => void scheduler.after(ms, 'wait for Docker', resolve, process));
  // What it watches over is never given up here, and pinging every few seconds would be most of all that happens. A promise of its own for each wait:
  // one for all would keep all who ever waited in memory.
  const timer = {
    sleep: (ms: number) => (ms < 1_000 ? sleep(ms) : new Promise<never>(() => undefined)),
    now: () => scheduler.now,
    after: () => () => undefined,
  };
  return new DockerApi(connect, DEADLINES, { mayChange, expected: process.expected, timer, unlabelled: process.unlabelled });
}

const isMadeBy = ({ operation }: MadeFor, { Labels }: RawVolume): boolean => Labels?.[LABEL.operation] === operation;

class Requests {
  readonly #world: Machine;
  readonly #process: Process;
  readonly #call: CallOf;
  /** Looks that were asked for together. */
  #looks: Asked[] = [];

  constructor(world: Machine, process: Process, call: CallOf) {
    this.#world = world;
    this.#process = process;
    this.#call = call;
  }

  send({ method = 'GET', path: raw, options, ...more }: DockerModem.DialOptions, answered: Answered, line: OneLine): void {
    const { _query: query = {}, _body: body = {} } = options as { _query?: RawRequest['query']; _body?: object };
    const path = raw.endsWith('?') ? raw.slice(0, -1) : raw;
    const { file } = more as { file?: unknown };
    const label = `${this.#call.label}: ${method} ${path.replace(ID, '*')}`;
    const request: Asked = { method, path, query, body, file, label, answered, line };
    if (method !== 'GET') this.#change(request);
    else if (LOOK.test(path)) this.#look(request);
    else this.#ask(request);
  }

  /** Looks that are asked for together are answered together. */
  #look(request: Asked): void {
    this.#looks.push(request);
    if (this.#looks.length > 1) return;
    const { scheduler } = this.#world;
    const answer = (): void => {
      const looks = this.#looks;
      this.#looks = [];
      for (const one of looks) this.#settle(one, () => this.#effect(one, false));
    };
    scheduler.after(scheduler.latency(request.label, 8, this.#slow(request) ? 30_000 : 200), request.label, answer, this.#process);
  }

  #ask(request: Asked): void {
    const { scheduler } = this.#world;
    const travel = scheduler.latency(request.label, 5, this.#slow(request) ? 8_000 : 100);
    scheduler.after(travel, request.label, () => this.#arrive(request, false), this.#process);
  }

  #change(request: Asked): void {
    const { scheduler, chance, underWay } = this.#world;
    const { label } = request;
    const { subject, name } = this.#call;
    if (this.#process.alive && name !== 'removeAnonymousVolumes') requireLease(this.#world, this.#process, label);
    const travel = scheduler.latency(label, 5, this.#slow(request) ? 8_000 : 100);
    // The caller may give up; what it asked for happens all the same, a little later.
    const late = this.#world.strikes('engine-late', label, 0.02);
    if (late) scheduler.after(travel, `${label} times out`, () => request.answered(this.#passing(label, 'timed out'), null), this.#process);
    // Those about one thing take effect in the order in which they were sent.
    const before = underWay.get(subject) ?? new Set();
    underWay.set(subject, before);
    const arrive = async (): Promise<void> => {
      if (before.delete(arrive)) this.#arrive(late ? { ...request, answered: () => undefined } : request, late);
    };
    before.add(arrive);
    const grace = this.#graceOf(request);
    const ms = travel + grace + (late ? chance.roll(`late ${label}`) * LATEST_MS : 0);
    scheduler.after(ms, `${label}${late ? ' arrives late' : ''}`, () => {
      if (!before.has(arrive)) return;
      // Who waits for the end of a container waits for this one: should its server die, the next one's stop ends it, and nothing else comes of it.
      if (grace > 0 && !this.#process.alive) {
        before.delete(arrive);
        return;
      }
      for (const one of [...before]) {
        void one();
        if (one === arrive) return;
      }
    });
  }

  /** Time, ms, that a stubborn container takes to end. What is sent about it meanwhile, as a kill, ends it. */
  #graceOf({ path, query }: Asked): number {
    const seconds = path.endsWith('/stop') ? Number(query?.['t'] ?? 0) : 0;
    const container = this.#world.engine.host.containers.get(path.split('/')[2] ?? '');
    if (seconds < STUBBORN_S || container === undefined || !isRunning(container)) return 0;
    this.#world.count('stubborn');
    return seconds * 1_000;
  }

  /** `stale`: the caller has given up. */
  #arrive(request: Asked, stale: boolean): void {
    // Of a dead process some requests were on the wire already, some never left.
    if (!this.#process.alive && this.#world.chance.happens(`lost ${request.label}`, 0.5)) return;
    try {
      const answer = this.#effect(request, stale || !this.#process.holdsLease);
      if (request.method !== 'GET' && this.#fails(request)) throw this.#passing(request.label, 'connection lost');
      this.#back(request, () => request.answered(null, answer));
    } catch (error) {
      this.#back(request, () => this.#refused(request, error));
    }
  }

  #settle(request: Asked, effect: () => unknown): void {
    let answer: unknown;
    try {
      answer = effect();
    } catch (error) {
      this.#refused(request, error);
      return;
    }
    request.answered(null, answer);
  }

  #refused({ answered }: Asked, error: unknown): void {
    if (!(error instanceof RawRefusal) && !(error instanceof Error && error.name === 'EngineError')) this.#world.fail(error as Error);
    answered(error, null);
  }

  #back({ label, path }: Asked, settle: () => void): void {
    const { scheduler } = this.#world;
    const grace = path.endsWith('/stop') ? 300 : 10;
    const slow = this.#world.strikes('engine-slow', label, 0.1);
    scheduler.after(scheduler.latency(`back ${label}`, grace, slow ? 60_000 : 200), `answer to ${label}`, settle, this.#process);
  }

  /** The moment of the effect. Throws what the daemon, or the way there, answers instead. */
  #effect(request: Asked, stale: boolean): unknown {
    const { label, method, path, line } = request;
    // In the middle of an operation, where it matters most.
    if (method !== 'GET' && this.#world.strikes('swapped', label, 0.04) && !isKnownByDockerAlone(this.#world)) this.#world.swap();
    const { scheduler, dockerDownUntil, unmountedUntil, isSwapped } = this.#world;
    if (scheduler.now < dockerDownUntil) throw this.#passing(label, 'connection refused');
    if (this.#fails(request)) throw this.#passing(label, 'connection reset');
    const daemon = isSwapped ? this.#world.otherDockerd : this.#world.dockerd;
    line.daemon ??= daemon;
    if (line.daemon !== daemon) throw this.#passing(label, 'connection lost');
    if (isSwapped) return this.#onOther(request);
    if (scheduler.now < unmountedUntil && path !== '/info') return this.#onEmpty(request);
    if (method !== 'GET' && this.#isRefused(request)) throw refusal(label, this.#call.name, (from) => this.#word(from));
    return this.#carryOut(request, daemon, stale);
  }

  #isRefused({ label, method, path }: Asked): boolean {
    const { name } = this.#call;
    return name in REFUSALS && REFUSABLE.test(`${method} ${path}`) && this.#world.strikes('engine-refuses', label, 0.04);
  }

  #carryOut(request: Asked, daemon: FakeDockerd, stale: boolean): unknown {
    const { name, args } = this.#call;
    const { method, path } = request;
    const { disks } = this.#world;
    if (method === 'GET') return daemon.answer(request);
    const isStart = path.endsWith('/start');
    if (method === 'DELETE' && path.startsWith('/containers/')) this.#world.guard(() => disks.before('removeContainer', args));
    const dying = isStart ? this.#startingBadly(path, stale) : undefined;
    const answer = daemon.answer(request, path === '/containers/create' ? (args[0] as CreateContainer) : undefined);
    if (dying !== undefined) this.#world.engine.end(dying, 1);
    this.#world.guard(() => {
      if (path === '/containers/create') disks.after('createContainer', args, { containerId: (answer as { Id: string }).Id }, stale);
      // One that somebody else made is given back as it is.
      if (path === '/volumes/create' && isMadeBy(args[1] as MadeFor, answer as RawVolume)) disks.after('createVolume', args, answer, stale);
      if (isStart) disks.after('startContainer', args, answer, stale);
      if (name === 'saveDisk' && (path === '/commit' || path === '/images/create')) this.#saved();
    });
    return answer;
  }

  /** What was saved is under the container's tag from now on. */
  #saved(): void {
    const { disks, engine } = this.#world;
    const image = engine.host.imageBy(`gpu-docker-api/disk:${this.#call.subject}`);
    if (image !== undefined) disks.after('saveDisk', this.#call.args, { image: image.id }, false);
  }

  /** A container does not start with a GPU that is gone, and now and then without a reason; or it ends at once, and is given here. */
  #startingBadly(path: string, stale: boolean): FakeContainer | undefined {
    const { engine, gpus, chance } = this.#world;
    const container = engine.host.containers.get(path.split('/')[2] ?? '');
    if (container === undefined || isRunning(container)) return undefined;
    const gone = container.request?.gpus.find((gpu) => !gpus.has(gpu));
    if (gone !== undefined) throw new RawRefusal(500, `nvidia-container-cli: device error: ${gone}: unknown device`);
    const { label } = this.#call;
    if (stale || !this.#world.strikes('start-fails', label, 0.1)) return undefined;
    if (chance.happens(`fails at once ${label}`, 0.5)) throw new RawRefusal(500, 'the simulation lets no process start');
    if (container.hostPorts.some((port) => engine.host.holds(port, container))) return undefined;
    return fateOf(container.argv, filesOf(container.image)).exit === undefined ? container : undefined;
  }

  /** Docker's disk is away: it lists nothing and knows no container. All that would make or remove something else fails. */
  #onEmpty({ path, label }: Asked): unknown {
    if (path === '/containers/json' || path === '/images/json') return [];
    if (path === '/volumes') return { Volumes: [] };
    if (path.startsWith('/containers/') && path !== '/containers/create') throw new RawRefusal(404, 'No such container');
    throw this.#passing(label, 'no such file or directory');
  }

  /** Another Docker answers, which has nothing of ours, and must have nothing of ours afterwards. */
  #onOther(request: Asked): unknown {
    const { otherDockerd } = this.#world;
    const { name, args } = this.#call;
    const answer = otherDockerd.answer(request, name === 'createContainer' ? (args[0] as CreateContainer) : undefined);
    this.#world.guard(() =>
      hold(
        request.method === 'GET',
        'another Docker',
        () => `server ${this.#process.pid} changed a Docker that is not the host's: ${request.label}`,
      ),
    );
    return answer;
  }

  #fails({ label, method }: Asked): boolean {
    return this.#world.strikes('engine-fails', label, method === 'GET' ? 0.01 : 0.03);
  }

  #slow({ label, method }: Asked): boolean {
    return this.#world.strikes('engine-slow', label, method === 'GET' ? 0.04 : 0.1);
  }

  #passing(label: string, why: string): Error {
    return toEngineError(
      label,
      passingError(`${label}: ${why}`, (from) => this.#word(from)),
    );
  }

  #word<T>(from: readonly T[]): T | undefined {
    return this.#world.chance.pick(`words of ${this.#call.label}`, from);
  }
}
