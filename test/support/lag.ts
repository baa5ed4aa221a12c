// The holds of the server's event loop, and whether the machine let it run meanwhile.
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { TestServer } from './server.ts';

/** Longest delay of an idle thread up to which a machine is not overloaded, ms. */
const IDLE_LATE_MS = 50;
/** Processes that run or want to, by processor, up to which a machine is not overloaded: to start a process the server waits for its child to run. */
const MAX_LOAD = 2;
/** Time for which the server's main thread may have waited for a processor between two readings, ms. */
const WAITED_MS = 50;

/** An idle thread that measures how late its own timer is: what delays it, too, is the machine. */
const IDLE_THREAD = `
  const { parentPort } = require('node:worker_threads');
  let last = performance.now(), most = 0;
  setInterval(() => { const now = performance.now(); most = Math.max(most, now - last - 10); last = now; }, 10);
  parentPort.on('message', () => { parentPort.postMessage(most); most = 0; });
`;

export interface LagSeen {
  /** Longest hold of the server's event loop since the last reading, ms. */
  readonly lagMs: number;
  /** Part of it, ms, that the server's main thread itself has computed for, whatever else the machine did: at least so much of it is its own. */
  readonly ownMs: number;
  /** The machine was too busy to blame the server for all of it. */
  readonly overloaded: boolean;
}

/** The longest hold that the server is to blame for, ms. */
export const blameOf = ({ lagMs, ownMs, overloaded }: LagSeen): number => (overloaded ? ownMs : lagMs);

/** Milliseconds of a thread on a processor, and waiting for one. */
interface Spent {
  readonly ran: number;
  readonly waited: number;
}

/** Reads the server's metric, each time since the reading before. */
export class LagWatch {
  readonly #idle = new Worker(IDLE_THREAD, { eval: true, execArgv: [] });
  /** The server and its times when the reading before was asked for: a hold that ends in that reading is in the next one. */
  #before: { readonly pid: number; readonly spent: Spent | null } | null = null;

  constructor() {
    this.#idle.unref();
  }

  /** Null where the server does not answer, or has no such metric. */
  async read(server: Pick<TestServer, 'request' | 'pid'>): Promise<LagSeen | null> {
    const idle = new Promise<number>((resolve) => this.#idle.once('message', resolve));
    this.#idle.postMessage('');
    const asked = { pid: server.pid, spent: spentBy(server.pid) };
    const [idleMs, answer] = await Promise.all([idle, server.request('GET', '/metrics').catch(() => null)]);
    const spent = this.#spent(server.pid);
    this.#before = asked;
    const found = /^gpu_docker_api_event_loop_lag_seconds\{of="max"\} (\S+)$/m.exec(String(answer?.body ?? ''));
    if (found === null) return null;
    return lagSeen(Math.round(Number(found[1]) * 1_000), spent, isOverloaded() || idleMs > IDLE_LATE_MS);
  }

  /** Since the reading before was asked for; null where there was none of the process, which started up meanwhile, with all that a start waits for. */
  #spent(pid: number): Spent | null {
    const now = spentBy(pid);
    const before = this.#before;
    if (now === null || before?.pid !== pid || before.spent === null) return null;
    return { ran: now.ran - before.spent.ran, waited: now.waited - before.spent.waited };
  }
}

/** `spent`: by the server's main thread since the reading before; null where that is not known. */
export function lagSeen(lagMs: number, spent: Spent | null, busy: boolean): LagSeen {
  if (spent === null) return { lagMs, ownMs: 0, overloaded: true };
  // All that it waited may have been in the hold, and all that it computed.
  const ownMs = Math.round(Math.max(0, Math.min(spent.ran, lagMs - spent.waited)));
  return { lagMs, ownMs, overloaded: busy || spent.waited > WAITED_MS };
}

const isOverloaded = (): boolean => (loadavg()[0] ?? 0) > MAX_LOAD * cpus().length;

/** By the process's main thread since it began; null where the process is gone, or the kernel does not say. */
function spentBy(pid: number): Spent | null {
  try {
    const [ran = 0, waited = 0] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ').map(Number);
    return { ran: ran / 1_000_000, waited: waited / 1_000_000 };
  } catch {
    return null;
  }
}
