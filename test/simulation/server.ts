// One simulated server process: the real core, log and lease over the simulated outside. It dies without a word.
import type { Clock, GpusSeen } from '../../src/commands/outside/host.ts';
import type { Logger } from '../../src/commands/outside/logger.ts';
import { untilAborted } from '../../src/infra/async/time.ts';
import { EtcdNoSpaceError, type Txn } from '../../src/infra/etcd/kv.ts';
import { acquireLease, type Holder, leaseKey, type Term } from '../../src/infra/etcd/lease.ts';
import { EtcdLog, type Fence } from '../../src/infra/etcd/log.ts';
import { Committer } from '../../src/infra/runtime/committer.ts';
import { HostService } from '../../src/infra/runtime/host-service.ts';
import { MustNotLeadError } from '../../src/infra/runtime/lead/recognition.ts';
import { LogTime } from '../../src/infra/runtime/log-time.ts';
import type { State } from '../../src/projections/state.ts';
import { DOUBT_MS } from './auditor.ts';
import { engineOf } from './engine.ts';
import { type Connection, connectTo } from './etcd.ts';
import { checkView } from './kept.ts';
import { hold } from './violation.ts';
import { HOST, PORTS, type World } from './world.ts';

const LEASE_SECONDS = 5;
const RECONCILE_EVERY_MS = 10_000;

export class SimulatedServer {
  readonly pid: number;
  alive = true;
  pausedUntil = 0;
  /** It has read the log to its head: from then on it may decide. */
  followed = false;
  #term: Term | null = null;
  /** Virtual ms at which its term began. */
  ledSince = 0;
  readonly core: HostService;
  readonly connection: Connection;
  readonly #world: World;
  /** Transaction → whether this server had led when it sent it first. */
  readonly #sent = new WeakMap<Txn, boolean>();
  /** Ends its watches from the far side. */
  readonly #gone = new AbortController();

  /** `isGone`: whether it can tell that the process with a pid has ended, as one on the same machine and data can. */
  constructor(world: World, pid: number, isGone: (pid: number) => boolean, say: (line: string) => void, snapshot: State | null = null) {
    this.#world = world;
    this.pid = pid;
    this.connection = connectTo(world, this, pid, this.#gone.signal, (txn) => this.#sends(txn));
    const { kv } = this.connection;
    const clock = this.#clock();
    const ids = { next: () => world.nextId() };
    const lead: { fence: Fence | null } = { fence: null };
    const log = new EtcdLog({ kv, clock, ids, fence: () => lead.fence });
    world.over.signal.addEventListener('abort', () => {
      this.kill();
      log.close();
    });
    this.core = new HostService({
      log,
      committer: new Committer({ log, clock, host: HOST, time: new LogTime({ clock, memory: world.clockMemory }) }),
      engine: engineOf(world, this, this.#gone.signal),
      inventory: { mode: 'nvidia', list: () => this.#askDriver() },
      clock,
      ids,
      settings: {
        ...{ host: HOST, replaceGrace: 1, stopTimeout: 10, settleMs: 0, strictVolumes: false },
        ...{ requestDevices: true, allowBind: [], forbiddenPaths: ['/'] },
        // Servers come and go with another limit than the one before.
        keepVersions: pid % 4 === 3 ? 3 : 0,
      },
      limits: { maxExecOutputBytes: 1_000, execTimeoutMs: 1_000, maxQueuedPerStream: 8, maxQueued: 64, maxExecs: 8 },
      factSources: {
        busyPorts: () => this.#later('ports', this.#busyPorts()),
        resolvePath: async (path) => path,
        dataRoot: async () => undefined,
        pull: 'never',
      },
      logger: loggerOf(pid, say),
      portRange: PORTS,
      about: { pid, version: 'simulated' },
      machine: { hostId: 'simulated', name: HOST, machineId: 'simulated', adoption: () => null, adopted: () => undefined },
      reconcileEveryMs: RECONCILE_EVERY_MS,
      doubt: { monotonic: () => world.scheduler.now, doubtMs: DOUBT_MS },
      ...(snapshot !== null && { restore: () => this.#later('snapshot', snapshot) }),
    });
    const me: Holder = { host: HOST, pid, startTime: '0', bootId: 'boot', dataDir: '/data', addr: `server:${pid}` };
    // A process that is killed does not notice: nothing that it waits for is told.
    const never = world.over.signal;
    const main = async (): Promise<void> => {
      await this.core.follow(never);
      this.followed = true;
      if (!world.calm) world.guard(() => checkView(world, this.core.state()));
      for (;;) {
        const term = await acquireLease({
          ...{ kv, clock, key: leaseKey(HOST), holder: me, ttlSeconds: LEASE_SECONDS, signal: never },
          isGone: (holder) => isGone(holder.pid),
        });
        lead.fence = term.fence;
        this.#term = term;
        this.ledSince = world.scheduler.now;
        say(`server ${pid} leads`);
        const stranger = new AbortController();
        const over = AbortSignal.any([term.lost, stranger.signal]);
        try {
          await this.core.lead(over, (error) => stranger.abort(error));
          await untilAborted(over);
        } catch (error) {
          if (!over.aborted && !(error instanceof MustNotLeadError)) throw error;
        }
        if (term.lost.aborted) continue;
        await term.resign();
        await this.core.untilRecognised(never);
      }
    };
    main().catch((error: unknown) => {
      if (!this.alive) return;
      say(`server ${pid} ends: ${String(error)}`);
      // A process that cannot get a lease because etcd is full ends, and is started again by whoever supervises it.
      if (error instanceof EtcdNoSpaceError) this.kill();
      else world.fail(error instanceof Error ? error : new Error(String(error)));
    });
  }

  /**
   * A transaction leaves this server. One that has led writes only as the holder of the lease. What it decided before it ever led carries no
   * fence, and may take effect late, or be sent again, when it has led, died and been followed by another: the head that it was decided on
   * guards it alone.
   */
  #sends(txn: Txn): () => void {
    const hasLed = this.#sent.get(txn) ?? this.hasLed;
    this.#sent.set(txn, hasLed);
    return () => {
      const holder = this.#world.etcd.peek(leaseKey(HOST));
      const pid = holder === undefined ? null : (JSON.parse(holder) as Holder).pid;
      const message = (): string => `server ${this.pid} writes while ${pid === null ? 'nobody' : `server ${pid}`} holds the lease`;
      this.#world.guard(() => hold(!hasLed || pid === this.pid, 'append without the lease', message));
    };
  }

  get hasLed(): boolean {
    return this.#term !== null;
  }

  get leads(): boolean {
    return this.#term !== null && !this.#term.lost.aborted;
  }

  /** As the Docker engine asks the server. */
  mayChange(): void {
    this.#term?.check();
  }

  /** What is on its way to it is lost; what it sent may still arrive. */
  kill(): void {
    this.alive = false;
    this.#gone.abort(new Error('killed'));
  }

  pause(ms: number): void {
    this.pausedUntil = this.#world.scheduler.now + ms;
  }

  async #askDriver(): Promise<GpusSeen> {
    const { gpus, scheduler } = this.#world;
    const seen = await this.#later('nvidia-smi', gpus.look(this.#world));
    if (scheduler.now < gpus.silentUntil) throw new Error('nvidia-smi did not answer');
    return seen;
  }

  #busyPorts(): ReadonlySet<number> {
    const { engine, chance } = this.#world;
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
      now: () => scheduler.now + this.#world.clockOff,
      boot: () => scheduler.now - this.#world.bootedAt,
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
