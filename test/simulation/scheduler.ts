// Virtual time. Everything that is under way outside of the code under test is an entry here: an answer on its way, a request in
// flight, a sleep. One step delivers one entry and lets all that follows from it run until nothing moves.
import { Chance } from './chance.ts';

/** A simulated process: what is delivered to a dead one is lost, what is delivered to a paused one waits. */
export interface Owner {
  readonly alive: boolean;
  readonly pausedUntil: number;
}

export interface Entry {
  readonly label: string;
  readonly run: () => void;
  readonly owner: Owner | null;
  due: number;
  /** Breaks ties, so that the order of what is due at one moment is chance and not habit. */
  readonly tie: number;
  cancelled: boolean;
}

const before = (a: Entry, b: Entry): boolean => a.due < b.due || (a.due === b.due && a.tie < b.tie);

export class Scheduler {
  readonly chance: Chance;
  /** ms since the epoch. */
  now = Date.parse('2026-01-01T00:00:00.000Z');
  steps = 0;
  /** Over the label and time of every step: equal for equal runs. */
  trace = 0;
  onStep: ((label: string) => void) | undefined;
  /** Awaited after each step: what goes on outside of virtual time. */
  outside: (() => Promise<void>) | undefined;
  readonly #heap: Entry[] = [];
  /** Processor time that the code of this step has used, ms: its calls leave so much later. */
  lag = 0;

  constructor(seed: number) {
    this.chance = new Chance(seed ^ 0x5eed);
  }

  after(ms: number, label: string, run: () => void, owner: Owner | null = null): Entry {
    const entry: Entry = { label, run, owner, due: this.now + this.lag + Math.max(0, ms), tie: this.chance.roll(label), cancelled: false };
    this.#push(entry);
    return entry;
  }

  /** Mostly quick, now and then slow: the tail is what finds bugs. */
  latency(key: string, usual: number, worst: number): number {
    const roll = this.chance.roll(key);
    return roll < 0.9 ? (roll / 0.9) * usual : usual + ((roll - 0.9) * 10) ** 4 * worst;
  }

  /** Delivers what is due next; false when nothing is under way any more. */
  async step(): Promise<boolean> {
    for (;;) {
      const entry = this.#pop();
      if (entry === undefined) return false;
      const { owner } = entry;
      if (entry.cancelled || owner?.alive === false) continue;
      if (owner !== null && owner.pausedUntil > entry.due) {
        entry.due = owner.pausedUntil + this.chance.roll('unpause') * Math.min(20, owner.pausedUntil - entry.due);
        this.#push(entry);
        continue;
      }
      this.now = Math.max(this.now, entry.due);
      this.steps++;
      this.lag = 0;
      this.#note(entry.label);
      entry.run();
      // The event loop turns once when, and only when, the queue of microtasks is empty: all that follows from this entry has run.
      await new Promise<void>((resolve) => setImmediate(resolve));
      await this.outside?.();
      this.lag = 0;
      return true;
    }
  }

  #note(label: string): void {
    let h = this.trace ^ Math.floor(this.now * 1_000);
    for (let i = 0; i < label.length; i++) h = Math.imul(h ^ label.charCodeAt(i), 0x01000193);
    this.trace = h >>> 0;
    this.onStep?.(label);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || !before(entry, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let down = at * 2 + 1;
      let child = heap[down];
      const right = heap[down + 1];
      if (child === undefined) break;
      if (right !== undefined && before(right, child)) {
        down++;
        child = right;
      }
      if (!before(child, last)) break;
      heap[at] = child;
      at = down;
    }
    heap[at] = last;
    return top;
  }
}
