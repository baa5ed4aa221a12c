// One simulated server process: the real core, log and lease over the simulated outside. It dies without a word.
import { otherEngine } from '../../src/commands/host/identity.ts';
import { unlabelledOn } from '../../src/commands/host/restore/unlabelled.ts';
import type { Clock, GpusSeen } from '../../src/commands/outside/host.ts';
import type { Logger } from '../../src/commands/outside/logger.ts';
import type { Unlabelled } from '../../src/commands/outside/unlabelled.ts';
import type { ExpectedEngine } from '../../src/infra/docker/connection/expected.ts';
import { EtcdNoSpaceError, type Txn } from '../../src/infra/etcd/kv.ts';
import { type Holder, leaseKey, type Term } from '../../src/infra/etcd/lease.ts';
import { EtcdLog } from '../../src/infra/etcd/log.ts';
import { Committer } from '../../src/infra/runtime/committer.ts';
import { HostService } from '../../src/infra/runtime/host-service.ts';
import { CurrentTerm, leadHost } from '../../src/infra/runtime/lead/lead-loop.ts';
import { LogTime } from '../../src/infra/runtime/log-time.ts';
import type { State } from '../../src/projections/state.ts';
import { MemorySecretKeys } from '../doubles/memory-secret-keys.ts';
import { saysWhichAreMissing } from './archive.ts';
import { DOUBT_MS } from './auditor.ts';
import { engineOf } from './engine.ts';
import { type Connection, connectTo } from './etcd.ts';
import { checkView } from './kept.ts';
import type { Machine } from './machine.ts';
import { STUBBORN_S } from './plan.ts';
import { CommitterBefore, isTooOld, LogBefore, RELEASE_BEFORE } from './releases.ts';
import { keep } from './upkeep.ts';
import { hold } from './violation.ts';
import { PORTS, type World } from './world.ts';

/** Time within which a server notices that etcd lacks events, ms. */
export const NOTICE_MS = 25_000;
const RECONCILE_EVERY_MS = 10_000;
/** Cost, ms: of each event that a server applies, where processors are busy. */
const MS_PER_EVENT = 0.1;

/** The term, with what a watcher must know of it. */
class WatchedTerm extends CurrentTerm {
  term: Term | null = null;

  readonly #onBegin: () => void;

  constructor(onBegin: () => void) {
    super();
    this.#onBegin = onBegin;
  }

  override begin(term: Term): void {
    super.begin(term);
    this.term = term;
    this.#onBegin();
  }
}

/** The data directory holds another host by now: whoever supervises the process starts it again. */
class StartAgain extends Error {}

/** The choices at the start of a server. */
export interface Start {
  readonly machine: Machine;
  /** The machine whose Docker it talks to: its own, unless `DOCKER_HOST` is wrong. */
  readonly docker: Machine;
  readonly pid: number;
  /** Whether it can tell that the process with a pid has ended, as one on the same machine and data can. */
  readonly isGone: (pid: number) => boolean;
  readonly say: (line: string) => void;
  readonly snapshot: State | null;
  /** It is of the release before. */
  readonly isBefore: boolean;
}

export class SimulatedServer {
  readonly pid: number;
  readonly machine: Machine;
  /** The host that its data directory named when it started. */
  readonly host: string;
  readonly isBefore: boolean;
  alive = true;
  pausedUntil = 0;
  /** Time, ms, for which its next act holds its loop. */
  #holds = 0;
  /** It has read the log to its head: from then on it may decide. */
  followed = false;
  /** Virtual ms at which its last term began. */
  ledSince = 0;
  readonly core: HostService;
  readonly expected: ExpectedEngine = {
    differs: (ids) => otherEngine(this.core.state(), this.host, ids),
    onOther: () => this.core.compareAtOnce(),
  };
  readonly unlabelled: Unlabelled;
  readonly connection: Connection;
  readonly #docker: Machine;
  readonly #world: World;
  readonly #term = new WatchedTerm(() => {
    this.ledSince = this.#world.scheduler.now;
  });
  /** Transaction → whether this server had led when it sent it first. */
  readonly #sent = new WeakMap<Txn, boolean>();
  /** Ends its watches from the far side. */
  readonly #gone = new AbortController();

  constructor({ machine, docker, pid, isGone, say, snapshot, isBefore }: Start) {
    const { world, name } = machine;
    this.#world = world;
    this.machine = machine;
    this.#docker = docker;
    this.pid = pid;
    this.isBefore = isBefore;
    this.host = machine.hostFile.name;
    this.unlabelled = unlabelledOn(() => this.core.state(), this.host);
    this.connection = connectTo(world, this, pid, this.#gone.signal, (txn) => this.#sends(txn));
    const { kv } = this.connection;
    const clock = this.#clock();
    const ids = { next: () => world.nextId() };
    const etcdLog = new EtcdLog({ kv, clock, ids, fence: () => this.#term.fence() });
    const logger = loggerOf(pid, say);
    const { data } = machine;
    const files = data === null ? null : keep({ data, process: this, kv, log: etcdLog, clock, logger, host: this.host, isBefore });
    const whole = files?.log ?? etcdLog;
    const log = isBefore ? new LogBefore(whole) : whole;
    const end = (): void => {
      this.kill();
      etcdLog.close();
    };
    world.over.signal.addEventListener('abort', end, { once: true });
    const time = new LogTime({ clock, memory: machine.clockMemory });
    const committer = new (isBefore ? CommitterBefore : Committer)({ log, clock, host: this.host, time, elapsed: () => 0 });
    const msPerEvent = world.swarm.rates.busy * MS_PER_EVENT;
    committer.onEveryCommit((events) => {
      if (!world.calm) this.#burn(events.length * msPerEvent);
      this.#works();
    });
    this.core = new HostService({
      log,
      committer,
      engine: engineOf(docker, this, this.#gone.signal),
      inventory: { mode: 'nvidia', list: () => this.#askDriver() },
      clock,
      ids,
      settings: {
        ...{
          host: this.host,
          replaceGrace: 1,
          stopTimeout: 10,
          maxStopTimeout: STUBBORN_S,
          settleMs: 0,
          strictVolumes: false,
          restart: 'no',
        },
        // Any volume may be mounted: Docker then makes volumes by name beside the service, which is harder than when it does not.
        ...{ requestDevices: true, allowBind: [], forbiddenPaths: [], protectedPaths: [], createBinds: false, allowVolumes: 'any' },
        // Servers come and go with another limit than the one before.
        keepVersions: pid % 4 === 3 ? 3 : 0,
      },
      limits: {
        maxExecOutputBytes: 1_000,
        execTimeoutMs: 1_000,
        maxQueuedPerStream: 8,
        maxQueued: 64,
        maxExecs: 8,
        maxOutputReaders: 8,
        pullStallMs: 60_000,
      },
      factSources: {
        busyPorts: () => this.#later('ports', this.#busyPorts()),
        resolvePath: async (path) => path,
        exists: async () => true,
        dataRoot: async () => undefined,
        pullFrom: [],
        secretKeys: new MemorySecretKeys(),
      },
      logger,
      portRange: PORTS,
      about: { pid, version: isBefore ? RELEASE_BEFORE : 'simulated', bootId: `boot at ${machine.bootedAt}` },
      machine: {
        hostId: machine.hostFile.id,
        name,
        machineId: machine.machineId,
        adoption: () => {
          if (machine.hostFile.name !== this.host) throw new StartAgain(`this machine is host ${machine.hostFile.name} now`);
          return machine.hostFile.adoption ?? null;
        },
        adopted: () => {
          machine.hostFile = { id: machine.hostFile.id, name: machine.hostFile.name };
        },
      },
      reconcileEveryMs: RECONCILE_EVERY_MS,
      doubt: { monotonic: () => world.scheduler.now, doubtMs: DOUBT_MS },
      onStep: (step) => {
        if (machine.strikes('bug', `bug after ${step}`, 0.05)) throw new RangeError(`the simulation lets the program fail after ${step}`);
      },
      ...(snapshot !== null && { restore: () => this.#later('snapshot', snapshot) }),
      ...(files !== null && {
        restore: () => files.upkeep.restore(),
        space: files.upkeep.space,
        missing: () => files.holes.look(committer.state),
      }),
    });
    const { id: hostId } = machine.hostFile;
    const { bootId } = machine;
    // What it has read by then is not read again when somebody puts the directory right.
    const lacked = data?.isWhole === false;
    leadHost({
      ...{ kv, clock, host: this.core, ownEtcd: !world.isShared, term: this.#term, logger },
      me: { host: this.host, hostId, pid, startTime: '0', bootId, dataDir: '/data', addr: `server:${pid}` },
      // A process that is killed does not notice: nothing that it waits for is told.
      signal: world.over.signal,
      missing: async () => files?.holes.look(committer.state) ?? null,
      isGone: (holder) => holder.bootId === bootId && isGone(holder.pid),
      onFollowing: () => {
        this.followed = true;
        files?.upkeep.start(committer, this.#gone.signal);
        if (!world.calm) world.guard(() => checkView(world, this.core.state()));
      },
      onLeading: (over) => {
        files?.upkeep.lead(over);
        if (files !== null) world.guard(() => checkView(world, this.core.state()));
        world.guard(() => this.#mayGoOn('leads'));
        say(`server ${pid} leads ${this.host}`);
      },
    }).catch((error: unknown) => {
      if (!this.alive) return;
      say(`server ${pid} ends: ${String(error)}`);
      // A process that cannot get a lease because etcd is full ends, and is started again by whoever supervises it.
      const lacks = lacked || data?.isWhole === false || !machine.isRight || machine !== world.right[0];
      if (files !== null && lacks && saysWhichAreMissing(error)) this.kill();
      else if (error instanceof EtcdNoSpaceError || error instanceof StartAgain || (isBefore && isTooOld(error))) this.kill();
      else world.fail(error instanceof Error ? error : new Error(String(error)));
    });
  }

  /** Whether it is on the machine that the log knows, under that host's name, and talks to that one's Docker. */
  get isRight(): boolean {
    return this.machine.isRight && this.#docker === this.machine && this.host === this.machine.host;
  }

  get holdsLease(): boolean {
    const holder = this.#world.etcd.peek(leaseKey(this.host));
    const { etcd, scheduler } = this.#world;
    const lasts = etcd.expiryOf(leaseKey(this.host)) > scheduler.now + scheduler.lag;
    return this.alive && lasts && holder !== undefined && (JSON.parse(holder) as Holder).pid === this.pid;
  }

  /**
   * A transaction leaves this server. One that has led writes only as the holder of the lease. What it decided before it ever led carries no
   * fence, and may take effect late, or be sent again, when it has led, died and been followed by another: the head that it was decided on
   * guards it alone.
   */
  #sends(txn: Txn): () => void {
    this.#works();
    const hasLed = this.#sent.get(txn) ?? this.hasLed;
    this.#sent.set(txn, hasLed);
    const { isRight } = this;
    return () => {
      this.#world.guard(() => hold(isRight, 'not who the log knows', () => `server ${this.pid} appends as ${this.host}`));
      const holder = this.#world.etcd.peek(leaseKey(this.host));
      const pid = holder === undefined ? null : (JSON.parse(holder) as Holder).pid;
      const message = (): string => `server ${this.pid} writes while ${pid === null ? 'nobody' : `server ${pid}`} holds the lease`;
      this.#world.guard(() => hold(!hasLed || pid === this.pid, 'append without the lease', message));
    };
  }

  get hasLed(): boolean {
    return this.#term.term !== null;
  }

  get leads(): boolean {
    return this.#term.term?.lost.aborted === false;
  }

  /** As the Docker engine asks the server, at the beginning of each call. */
  fenceOfStep(): () => void {
    const check = this.#term.fenceOfStep();
    return () => {
      this.#works();
      check();
      this.#world.guard(() => this.#mayGoOn('changes Docker'));
      const { lostSince, scheduler } = this.#world;
      const isLate = lostSince !== null && scheduler.now > lostSince + NOTICE_MS;
      this.#world.guard(() => hold(!isLate, 'acts on a hole', () => `server ${this.pid} changes Docker, and etcd lacks events`));
    };
  }

  /** The release before does nothing any more once the log holds what it cannot read. */
  #mayGoOn(does: string): void {
    const { logLevel } = this.#world.auditor.state;
    hold(
      !this.isBefore || logLevel <= 1,
      'an older release goes on',
      () => `server ${this.pid} ${does}, and the log is at level ${logLevel}`,
    );
  }

  /** Answers on their way to it are lost; calls that it sent may still arrive. */
  kill(): void {
    this.alive = false;
    this.#gone.abort(new Error('killed'));
  }

  pause(ms: number): void {
    this.pausedUntil = this.#world.scheduler.now + ms;
  }

  /** The next thing that it does takes so long, and nothing else of it runs meanwhile. */
  holdFor(ms: number): void {
    this.#holds = ms;
  }

  #works(): void {
    this.#burn(this.#holds);
    this.#holds = 0;
  }

  /** Time passes for the code that runs now, and all else of this process waits. */
  #burn(ms: number): void {
    if (ms === 0) return;
    const { scheduler } = this.#world;
    scheduler.lag += ms;
    this.pausedUntil = Math.max(this.pausedUntil, scheduler.now + scheduler.lag);
  }

  async #askDriver(): Promise<GpusSeen> {
    const { gpus, scheduler } = this.machine;
    const seen = await this.#later('nvidia-smi', gpus.look(this.machine));
    if (scheduler.now < gpus.silentUntil) throw new Error('nvidia-smi did not answer');
    return seen;
  }

  #busyPorts(): ReadonlySet<number> {
    const { engine, chance } = this.machine;
    // Now and then somebody binds the port between the look and the start.
    return chance.happens('port seen', 0.5) ? new Set(engine.host.foreignPorts) : new Set();
  }

  #later<T>(label: string, value: T): Promise<T> {
    const { scheduler } = this.#world;
    return new Promise((resolve) =>
      scheduler.after(scheduler.latency(label, 2, 50), `${label} for ${this.pid}`, () => resolve(value), this),
    );
  }

  #clock(): Clock {
    const { scheduler } = this.#world;
    return {
      now: () => scheduler.now + scheduler.lag + this.machine.clockOff,
      boot: () => scheduler.now + scheduler.lag - this.machine.bootedAt,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) return reject(signal.reason);
          const onAbort = (): void => {
            entry.cancelled = true;
            reject(signal?.reason);
          };
          const wake = (): void => {
            signal?.removeEventListener('abort', onAbort);
            resolve();
          };
          const entry = scheduler.after(ms + scheduler.chance.roll('timer') * 2, `timer of ${this.pid}`, wake, this);
          signal?.addEventListener('abort', onAbort, { once: true });
        }),
    };
  }
}

function loggerOf(pid: number, say: (line: string) => void): Logger {
  const log = (level: string) => (fields: object, message: string) => say(`server ${pid} ${level}: ${message} ${describe(fields)}`);
  return { debug: () => undefined, info: log('info'), warn: log('warn'), error: log('error') };
}

function describe(fields: object): string {
  return JSON.stringify(fields, (_, value: unknown) => (value instanceof Error ? `${value.name}: ${value.message}` : value));
}
