// The things that all simulated processes share: the machines, etcd, time, chance, and the watchers over what they do.
import { setMaxListeners } from 'node:events';
import type { State } from '../../src/projections/state.ts';
import { FakeEtcd } from '../doubles/fake-etcd.ts';
import { Files } from './archive.ts';
import { Auditor } from './auditor.ts';
import type { Chance } from './chance.ts';
import { Kept } from './kept.ts';
import { Machine } from './machine.ts';
import type { Fault, Swarm } from './plan.ts';
import { type Owner, Scheduler } from './scheduler.ts';
import { Violation } from './violation.ts';

/** The hosts of the log; a world has the first of them, or more. */
const HOSTS = ['box', 'rack', 'shed'];
export const PORTS = { start: 40000, end: 40004 };

export class World {
  readonly scheduler: Scheduler;
  readonly chance: Chance;
  readonly swarm: Swarm;
  readonly etcd: FakeEtcd;
  readonly auditor: Auditor;
  /** The machines of the log's hosts come first. */
  readonly machines: Machine[] = [];
  readonly kept = new Kept();
  /** Data directories, where they are simulated. */
  readonly files: Files | null;
  /** Aborts when the run is over: Node keeps combined signals that somebody listens to until one of them aborts, and all behind them. */
  readonly over = new AbortController();
  /** No fault befalls a call any more: the run is settling. */
  calm = false;
  etcdDownUntil = 0;
  /** Since when etcd lacks events that servers know, ms; null while it has all. */
  lostSince: number | null = null;
  /** Calls of Docker that were made while faults struck and have no answer yet: one may be slow beyond the last fault. */
  readonly unanswered = new Set<{ readonly label: string; readonly process: Owner }>();
  violation: Violation | null = null;
  /** How often each fault struck. */
  readonly struck = new Map<Fault, number>();
  #ids = 0;

  constructor(seed: number, swarm: Swarm) {
    setMaxListeners(0, this.over.signal);
    this.scheduler = new Scheduler(seed);
    this.chance = this.scheduler.chance;
    this.swarm = swarm;
    this.etcd = new FakeEtcd({
      now: () => this.scheduler.now,
      boot: () => this.scheduler.now,
      sleep: (ms, signal) => this.sleep(ms, signal),
    });
    this.files = swarm.rates.archive > 0 ? new Files() : null;
    const { files } = this;
    if (files !== null) this.scheduler.outside = () => files.turns.idle();
    this.auditor = new Auditor(() => this.scheduler.now);
    for (const host of HOSTS.slice(0, swarm.hosts)) this.add(host, true);
    this.etcd.onWrite = (writes) => this.guard(() => this.auditor.written(writes));
  }

  nextId(): string {
    return `id-${String(++this.#ids).padStart(6, '0')}`;
  }

  /** Whether several machines use the etcd. */
  get isShared(): boolean {
    return this.machines.length > 1;
  }

  /** `isRight`: the machine that the log knows, or will know, as `host`. */
  add(host: string, isRight: boolean): Machine {
    const machine = new Machine(this, host, isRight);
    this.machines.push(machine);
    this.auditor.watch(machine);
    return machine;
  }

  /** The machines of the log's hosts. */
  get right(): readonly Machine[] {
    return this.machines.slice(0, this.swarm.hosts);
  }

  machineOf(host: string): Machine | undefined {
    return this.right.find((machine) => machine.host === host);
  }

  /** A sleep of nobody who can die: etcd's own. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal !== undefined) setMaxListeners(0, signal);
    return new Promise((resolve, reject) => {
      const end = (): void => {
        entry.cancelled = true;
        reject(signal?.reason);
      };
      const wake = (): void => {
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const entry = this.scheduler.after(ms, 'sleep', wake);
      signal?.addEventListener('abort', end, { once: true });
    });
  }

  /** The first broken promise is kept; the run ends with it. */
  guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  fail(error: Error): void {
    this.violation ??= error instanceof Violation ? error : new Violation('crash', error.stack ?? error.message);
  }

  /** Whether a fault of this class befalls what has this key. */
  strikes(fault: Fault, key: string, probability: number): boolean {
    if (this.calm) return false;
    const struck = this.chance.happens(`${fault} ${key}`, probability * this.swarm.rates[fault]);
    if (struck) this.count(fault);
    return struck;
  }

  count(fault: Fault): void {
    this.struck.set(fault, (this.struck.get(fault) ?? 0) + 1);
  }

  /** The state that the log folds to now: by the auditor's books, until etcd was put back and they are of events that are gone. */
  fold: () => State = () => this.auditor.state;

  /** What must hold between any two steps. */
  check: () => void = () => this.guard(() => this.auditor.checkEngine());
}
