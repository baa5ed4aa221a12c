import { setImmediate as turn } from 'node:timers/promises';

/** Time slice, ms: how long a loop may run before others get their turn. */
const SLICE_MS = 8;

/** Lets the event loop run now and then: `for (…) { …; await breather.breathe(); }`. */
export class Breather {
  static #elapsed = (): number => performance.now();
  #since = Breather.#elapsed();

  /** The clock that slices are measured by, ms from any start, instead of this process's own: a simulation of time has none that depends on the machine. */
  static measureBy(elapsed: () => number): void {
    Breather.#elapsed = elapsed;
  }

  get isDue(): boolean {
    return Breather.#elapsed() - this.#since >= SLICE_MS;
  }

  async breathe(): Promise<void> {
    if (!this.isDue) return;
    await turn();
    this.#since = Breather.#elapsed();
  }
}
