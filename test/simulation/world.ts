// What all simulated processes share: the host with its Docker, etcd, time, chance, and the watchers over what they do.
import { setMaxListeners } from 'node:events';
import type { ClockReading, ReadingMemory } from '../../src/commands/outside/host.ts';
import { FakeEngine } from '../doubles/fake-engine.ts';
import { FakeEtcd } from '../doubles/fake-etcd.ts';
import { Auditor, DOUBT_MS, HOST_NAME } from './auditor.ts';
import type { Chance } from './chance.ts';
import { Disks } from './disks.ts';
import { Foreign } from './foreign.ts';
import { Gpus } from './gpus.ts';
import { Kept } from './kept.ts';
import type { Fault, Swarm } from './plan.ts';
import { type Owner, Scheduler } from './scheduler.ts';
import { hold, Violation } from './violation.ts';

export const HOST = HOST_NAME;
const GPUS = 4;
export const PORTS = { start: 40000, end: 40004 };

export class World {
  readonly scheduler: Scheduler;
  readonly chance: Chance;
  readonly swarm: Swarm;
  readonly engine = new FakeEngine();
  readonly etcd: FakeEtcd;
  readonly auditor: Auditor;
  readonly disks: Disks;
  readonly gpus = new Gpus(GPUS);
  readonly kept = new Kept();
  readonly foreign: Foreign;
  /** Aborts when the run is over: Node keeps combined signals that somebody listens to until one of them aborts, and all behind them. */
  readonly over = new AbortController();
  /** No fault befalls a call any more: the run is settling. */
  calm = false;
  dockerDownUntil = 0;
  /** What the wall clock of the machine is off by, ms. */
  clockOff = 0;
  bootedAt: number;
  #clockReading: ClockReading | null = null;
  /** A file of the machine, for as long as it is not restarted. */
  readonly clockMemory: ReadingMemory = {
    recall: () => this.#clockReading,
    remember: (reading) => {
      this.#clockReading = reading;
    },
  };
  /** Docker answers and has nothing before: its disk is not mounted. */
  unmountedUntil = 0;
  /** When it went away, having been there for long. */
  unmountedSince = 0;
  etcdDownUntil = 0;
  /** Requests on their way to Docker, by what they are about: those about one thing take effect in the order in which they were sent. */
  readonly underWay = new Map<string, Set<() => Promise<void>>>();
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
    this.bootedAt = this.scheduler.now;
    this.etcd = new FakeEtcd({
      now: () => this.scheduler.now,
      boot: () => this.scheduler.now,
      sleep: (ms, signal) => this.sleep(ms, signal),
    });
    this.auditor = new Auditor(this.engine.host, () => this.scheduler.now);
    this.foreign = new Foreign(this.engine, () => this.scheduler.now);
    this.auditor.onGone = (seq, id) => {
      const hiddenMs = this.scheduler.now - this.unmountedSince;
      const isDoubted = !this.engine.host.containers.has(id ?? '') || hiddenMs >= DOUBT_MS;
      hold(isDoubted, 'given up without doubt', () => `event ${seq} gives a container up that Docker has hidden for ${hiddenMs} ms`);
    };
    this.foreign.onChange = () => this.auditor.watchForeign();
    this.auditor.onGpusGiven = (event) => this.foreign.given(event.seq, event.command.requestId, event.data.gpus);
    this.disks = new Disks(this.engine.host, this.auditor);
    this.auditor.onGpuLost = (seq, gpu) => hold(this.gpus.wentOnce(gpu), 'lost GPU', () => `event ${seq}: ${gpu} is lost, it never went`);
    this.etcd.onWrite = (writes) => this.guard(() => this.auditor.written(writes));
    this.engine.addImage('img', { cmd: ['serve'], files: { '/etc/base': 'img' } });
    this.engine.addImage('anon', { cmd: ['serve'], files: { '/etc/base': 'anon' }, volumes: ['/anon'] });
    this.engine.addImage('brief', { cmd: ['sh', '-c', 'exit 0'], files: { '/etc/base': 'brief' } });
    this.engine.addImage('broken', { cmd: ['sh', '-c', 'exit 3'], files: { '/etc/base': 'broken' } });
    this.engine.addForeignVolume('theirs');
    this.engine.host.volumes.get('theirs')?.files.set('/keep', 'theirs');
    this.engine.addForeignContainer('theirs', 'img');
    this.auditor.watchForeign();
  }

  nextId(): string {
    return `id-${String(++this.#ids).padStart(6, '0')}`;
  }

  /** The machine is restarted, which sets its clock right. */
  reboot(): void {
    this.bootedAt = this.scheduler.now;
    this.#clockReading = null;
    this.clockOff = 0;
  }

  /** A sleep of nobody who can die: etcd's own. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry = this.scheduler.after(ms, 'sleep', resolve);
      signal?.addEventListener('abort', () => {
        entry.cancelled = true;
        reject(signal.reason);
      });
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

  /** What must hold between any two steps. */
  check(): void {
    this.guard(() => this.auditor.checkEngine());
  }
}
