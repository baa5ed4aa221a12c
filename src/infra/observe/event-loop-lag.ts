// The lag of this process's timers: work that holds the event loop delays every request and the renewal of the lease.
import { createHistogram } from 'node:perf_hooks';

/** Interval of the looks at the loop, ms: a shorter hold than this may be missed. */
const EVERY_MS = 20;

/** Seconds. */
interface Lag {
  readonly p99: number;
  readonly max: number;
}

/**
 * Watches from its creation on; holds no process open. (Node's own monitorEventLoopDelay sees nothing of a hold that begins right after a
 * reset, as the one of a slow /metrics would.)
 */
export class EventLoopLag {
  readonly #late = createHistogram();
  #last = performance.now();

  constructor() {
    setInterval(() => this.#look(), EVERY_MS).unref();
  }

  /** The lag since the call before, or since the start. */
  take(): Lag {
    const { max } = this.#late;
    const p99 = this.#late.percentile(99);
    this.#late.reset();
    return { p99: seconds(p99), max: seconds(max) };
  }

  #look(): void {
    const now = performance.now();
    // The histogram takes whole nanoseconds from 1 on.
    this.#late.record(Math.max(1, Math.round((now - this.#last - EVERY_MS) * 1_000_000)));
    this.#last = now;
  }
}

const seconds = (nanoseconds: number): number => Math.round(nanoseconds / 1_000) / 1_000_000;
