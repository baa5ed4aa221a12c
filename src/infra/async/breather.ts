import { setImmediate as turn } from 'node:timers/promises';

/** Time slice, ms: how long a loop may run before others get their turn. */
const SLICE_MS = 8;

/** Lets the event loop run now and then: `for (…) { …; await breather.breathe(); }`. */
export class Breather {
  #since = performance.now();

  async breathe(): Promise<void> {
    if (performance.now() - this.#since < SLICE_MS) return;
    await turn();
    this.#since = performance.now();
  }
}
