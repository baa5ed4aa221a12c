import { setImmediate as turn } from 'node:timers/promises';

/** Time slice, ms: how long a loop may run before others get their turn. */
const SLICE_MS = 8;

/** Lets the event loop run now and then: `for (…) { …; await breather.breathe(); }`. */
export class Breather {
  static #elapsed = (): number => performance.now();
  #since = Breather.#elapsed();

  /**
   * All slices of this process are measured by that clock from now on (ms from any start). For the simulation, whose runs must not depend on how fast the
   * machine is.
   */
  static measureBy(elapsed: () => number): void {
    Breather.#elapsed = elapsed;
  }

  /** Whether the slice is over. */
  get isDue(): boolean {
    return Breather.#elapsed() - this.#since >= SLICE_MS;
  }

  async breathe(): Promise<void> {
    if (!this.isDue) return;
    await turn();
    this.#since = Breather.#elapsed();
  }
}
