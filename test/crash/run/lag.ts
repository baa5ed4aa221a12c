// The holds of the server's event loop, and whether the machine let it run meanwhile.
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Door } from '../client.ts';

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
  /** The machine was too busy to blame the server. */
  readonly overloaded: boolean;
}

/** Reads the server's metric, each time since the reading before. */
export class LagWatch {
  readonly #idle = new Worker(IDLE_THREAD, { eval: true, execArgv: [] });
  #before = { pid: 0, waited: 0 };

  constructor() {
    this.#idle.unref();
  }

  /** Null where the server does not answer, or has no such metric. */
  async read(server: Door & { readonly pid: number }): Promise<LagSeen | null> {
    const idle = new Promise<number>((resolve) => this.#idle.once('message', resolve));
    this.#idle.postMessage('');
    const [idleMs, answer] = await Promise.all([idle, server.request('GET', '/metrics').catch(() => null)]);
    const waited = this.#waited(server.pid);
    const found = /^gpu_docker_api_event_loop_lag_seconds\{of="max"\} (\S+)$/m.exec(String(answer?.body ?? ''));
    if (found === null) return null;
    return { lagMs: Math.round(Number(found[1]) * 1_000), overloaded: isOverloaded() || idleMs > IDLE_LATE_MS || waited > WAITED_MS };
  }

  /** Milliseconds since the reading before in which the process's main thread could have run and did not. */
  #waited(pid: number): number {
    const waited = waitedMs(pid);
    const before = this.#before;
    this.#before = { pid, waited };
    // The first reading of a process has no beginning: it started up meanwhile, with all that a start waits for.
    return before.pid === pid ? waited - before.waited : Number.POSITIVE_INFINITY;
  }
}

const isOverloaded = (): boolean => (loadavg()[0] ?? 0) > MAX_LOAD * cpus().length;

/** Milliseconds for which the process's main thread has waited for a processor. */
function waitedMs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1_000_000;
  } catch {
    return 0;
  }
}
