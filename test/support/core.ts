// The service of one host in this process, over a log in memory and a fake engine.

import type { Command } from '../../src/commands/command.ts';
import type { Settings } from '../../src/commands/decision.ts';
import { unlabelledOn } from '../../src/commands/host/restore/unlabelled.ts';
import type { Clock, Gpu, GpusSeen, ReadingMemory } from '../../src/commands/outside/host.ts';
import { type Logger, silent } from '../../src/commands/outside/logger.ts';
import { ANY_REGISTRY } from '../../src/commands/request/image-name.ts';
import type { CommandOutcome } from '../../src/commands/service.ts';
import { sleep } from '../../src/infra/async/time.ts';
import { FullLogFeed } from '../../src/infra/past/full-log-feed.ts';
import { Past } from '../../src/infra/past/past.ts';
import { Committer } from '../../src/infra/runtime/committer.ts';
import { HostService } from '../../src/infra/runtime/host-service.ts';
import { type MachineOfHost, MustNotLeadError } from '../../src/infra/runtime/lead/recognition.ts';
import { LogTime } from '../../src/infra/runtime/log-time.ts';
import { openOperations } from '../../src/projections/state.ts';
import { FakeEngine } from '../doubles/fake-engine.ts';
import { MemoryLog, MemoryStore } from '../doubles/memory-log.ts';
import { MemorySecretKeys } from '../doubles/memory-secret-keys.ts';
import { HOST, machineOf, settings } from './scenario.ts';

export interface CoreOptions {
  readonly store?: MemoryStore;
  readonly engine?: FakeEngine;
  readonly gpus?: number;
  readonly busy?: Set<number>;
  /** Host paths that do not exist. */
  readonly absent?: Set<string>;
  readonly bootId?: string;
  /** Docker's own directory. */
  readonly dataRoot?: string;
  readonly settings?: Partial<Settings>;
  /** How the machine differs from the usual one. */
  readonly machine?: Partial<MachineOfHost>;
  readonly ignoreOtherLogs?: boolean;
  /** Interval between two comparisons with Docker, ms. */
  readonly reconcileEveryMs?: number;
  readonly clock?: Clock;
  /** The release that it says it is. */
  readonly version?: string;
  readonly time?: { readonly memory?: ReadingMemory; readonly acceptClock?: boolean };
  /** Age at which what is missing from Docker is given up, ms. */
  readonly doubtMs?: number;
  readonly acceptLoss?: boolean;
  readonly pull?: 'never' | 'missing';
  readonly pullStallMs?: number;
  readonly acceptRestore?: boolean;
  readonly secretKeys?: MemorySecretKeys;
  readonly logger?: Logger;
}

/** A core of another host plays another machine. */
const otherMachine = (host: string | undefined): Partial<MachineOfHost> =>
  host === undefined || host === HOST ? {} : { hostId: `id of ${host}`, name: host, machineId: `machine ${host}` };

let ids = 0;
export const realClock: Clock = {
  now: () => Date.now(),
  boot: () => performance.now(),
  // Long pauses do not keep the process of a failed test alive.
  sleep: (ms, signal) => sleep(ms, signal, { ref: ms <= 1_000 }),
};

export class TestCore {
  readonly store: MemoryStore;
  readonly engine: FakeEngine;
  readonly committer: Committer;
  readonly feed: FullLogFeed;
  readonly past: Past;
  readonly core: HostService;
  readonly secretKeys: MemorySecretKeys;
  /** GPUs that the driver reports. */
  gpus: readonly Gpu[];
  unreadable: GpusSeen['unreadable'] = [];
  /** Host paths that lead elsewhere. */
  readonly links = new Map<string, string | null>();
  /** Awaited at each look where a host path leads. */
  onPath: (path: string) => Promise<void> = async () => {};
  /** Called before each look at the driver. */
  onInventory: () => void = () => {};
  /** Called before each append. If it throws, the append fails. */
  onAppend: () => void = () => {};
  readonly #stop = new AbortController();

  constructor(options: CoreOptions = {}) {
    this.store = options.store ?? new MemoryStore();
    this.engine = options.engine ?? new FakeEngine();
    this.secretKeys = options.secretKeys ?? new MemorySecretKeys();
    if (options.engine === undefined) {
      this.engine.addImage('img:latest', { cmd: ['sh'] });
      if (options.settings?.host !== undefined && options.settings.host !== HOST)
        this.engine.host.engineId = `ENGINE OF ${options.settings.host}`;
    }
    this.gpus = Array.from({ length: options.gpus ?? 8 }, (_, index) => ({ gpu: `GPU-${index}`, index, name: 'A100', memoryMiB: 81920 }));
    this.engine.unlabelled = unlabelledOn(() => this.committer.state, options.settings?.host ?? HOST);
    const log = this.#log();
    const clock = options.clock ?? realClock;
    this.committer = new Committer({
      log,
      clock,
      host: options.settings?.host ?? HOST,
      elapsed: () => 0,
      time: new LogTime({ clock, ...options.time }),
    });
    this.feed = new FullLogFeed({ committer: this.committer, source: log, clock, logger: silent });
    this.past = new Past({ committer: this.committer, source: log, whole: this.feed, clock });
    this.core = new HostService({
      log,
      committer: this.committer,
      engine: this.engine,
      inventory: { mode: 'nvidia', list: async () => this.#askDriver() },
      clock,
      ids: { next: () => `id-${++ids}` },
      settings: { ...settings, ...options.settings },
      limits: {
        maxExecOutputBytes: 1 << 20,
        maxOutputReaders: 4,
        pullStallMs: options.pullStallMs ?? 60_000,
        execTimeoutMs: 1_000,
        maxQueuedPerStream: 64,
        maxQueued: 2_048,
        maxExecs: 16,
      },
      factSources: {
        busyPorts: async () => options.busy ?? new Set(),
        resolvePath: async (path) => {
          await this.onPath(path);
          const target = this.links.get(path);
          return target === undefined ? path : target;
        },
        exists: async (path) => options.absent?.has(path) !== true,
        dataRoot: async () => options.dataRoot,
        pullFrom: options.pull === 'missing' ? [ANY_REGISTRY] : [],
        secretKeys: this.secretKeys,
      },
      logger: options.logger ?? silent,
      portRange: { start: 40000, end: 40099 },
      about: { pid: 1, version: options.version ?? 'test', ...(options.bootId !== undefined && { bootId: options.bootId }) },
      machine: machineOf({ ...otherMachine(options.settings?.host), ...options.machine }),
      reconcileEveryMs: options.reconcileEveryMs ?? 60_000,
      ignoreOtherLogs: options.ignoreOtherLogs ?? false,
      doubt: { monotonic: () => performance.now(), doubtMs: options.doubtMs ?? 50 },
      ...(options.acceptLoss !== undefined && { acceptLoss: options.acceptLoss }),
      ...(options.acceptRestore !== undefined && { acceptRestore: options.acceptRestore }),
    });
  }

  #log(): MemoryLog {
    const log = new MemoryLog({ store: this.store });
    const append = log.append.bind(log);
    log.append = async (...args) => {
      this.onAppend();
      return append(...args);
    };
    return log;
  }

  #askDriver(): GpusSeen {
    this.onInventory();
    return { gpus: this.gpus, unreadable: this.unreadable };
  }

  async start(): Promise<this> {
    await this.core.follow(this.#stop.signal);
    this.feed.begin(this.#stop.signal);
    await this.#lead();
    return this;
  }

  /** As the lead loop does: a machine that must not lead looks again without the lease, and another engine ends the term. */
  async #lead(): Promise<void> {
    for (;;) {
      const stranger = new AbortController();
      try {
        await this.core.lead(AbortSignal.any([this.#stop.signal, stranger.signal]), (error) => stranger.abort(error));
        const again = (): Promise<void> => this.core.untilRecognised(this.#stop.signal).then(() => this.#lead());
        stranger.signal.addEventListener('abort', () => void again().catch(() => undefined), { once: true });
        return;
      } catch (error) {
        if (!(error instanceof MustNotLeadError)) throw error;
      }
      await this.core.untilRecognised(this.#stop.signal);
    }
  }

  /** Resolves when no operation is under way. */
  async settled(): Promise<void> {
    for (let looks = 0; openOperations(this.committer.state).length > 0; looks++) {
      if (looks > 500) throw new Error(`still under way: ${JSON.stringify(openOperations(this.committer.state))}`);
      await sleep(10);
    }
  }

  submit(command: Exclude<Command, { do: 'execute' }>): Promise<CommandOutcome> {
    return this.core.queue.submit(command, { actor: 'test' });
  }

  /** Like a kill: nothing more is done. */
  die(): void {
    this.#stop.abort(new Error('killed'));
  }
}
