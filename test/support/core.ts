// The whole core in one process over a log in memory and a fake engine.

import type { Command } from '../../src/commands/command.ts';
import type { Settings } from '../../src/commands/decision.ts';
import type { Gpu } from '../../src/commands/outside/host.ts';
import { silent } from '../../src/commands/outside/logger.ts';
import type { CommandOutcome } from '../../src/commands/service.ts';
import { HostService } from '../../src/infra/runtime/host-service.ts';
import { FakeEngine } from '../doubles/fake-engine.ts';
import { MemoryLog, MemoryStore } from '../doubles/memory-log.ts';
import { settings } from './scenario.ts';

export interface CoreOptions {
  readonly store?: MemoryStore;
  readonly engine?: FakeEngine;
  readonly gpus?: number;
  readonly busy?: Set<number>;
  readonly settings?: Partial<Settings>;
  /** How often Docker and the GPUs are looked at. */
  readonly reconcileEveryMs?: number;
}

let ids = 0;
export const realClock = {
  now: () => Date.now(),
  sleep: (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const aborted = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', aborted);
        resolve();
      }, ms);
      if (ms > 1_000) timer.unref(); // a failed test must not keep the process alive
      signal?.addEventListener('abort', aborted);
    }),
};

export class TestCore {
  readonly store: MemoryStore;
  readonly engine: FakeEngine;
  readonly core: HostService;
  /** What the driver reports. */
  gpus: readonly Gpu[];
  /** Before each append; one that throws makes it fail. */
  onAppend: () => void = () => {};
  readonly #stop = new AbortController();

  constructor(options: CoreOptions = {}) {
    this.store = options.store ?? new MemoryStore();
    this.engine = options.engine ?? new FakeEngine();
    if (options.engine === undefined) this.engine.addImage('img:latest', { cmd: ['sh'] });
    this.gpus = Array.from({ length: options.gpus ?? 8 }, (_, index) => ({ gpu: `GPU-${index}`, index, name: 'A100', memoryMiB: 81920 }));
    this.core = new HostService({
      log: this.#log(),
      engine: this.engine,
      inventory: { mode: 'nvidia', list: async () => this.gpus },
      clock: realClock,
      ids: { next: () => `id-${++ids}` },
      settings: { ...settings, ...options.settings },
      limits: { maxExecOutputBytes: 1 << 20, execTimeoutMs: 1_000, maxQueuedPerStream: 64, maxQueued: 1_000, maxExecs: 16 },
      outside: { busyPorts: async () => options.busy ?? new Set(), resolvePath: async (path) => path, pull: 'never' },
      logger: silent,
      portRange: { start: 40000, end: 40099 },
      about: { pid: 1, version: 'test' },
      reconcileEveryMs: options.reconcileEveryMs ?? 60_000,
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

  async start(): Promise<this> {
    await this.core.follow(this.#stop.signal);
    await this.core.lead(this.#stop.signal);
    return this;
  }

  submit(command: Exclude<Command, { do: 'execute' }>): Promise<CommandOutcome> {
    return this.core.submit(command, { actor: 'test' });
  }

  /** As a killed process: nothing more is done. */
  die(): void {
    this.#stop.abort(new Error('killed'));
  }
}
