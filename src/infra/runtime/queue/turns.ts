// One at a time per stream, in the order in which they came. Who gives up leaves the row at once.
import { impatient, type Patience, throwIfOver } from './patience.ts';

/**
 *     const done = await turns.take('replicaSet/foo', patience, clock.now());   // rejects when the patience ends before the turn comes
 *     try { … } finally { done(); }
 */
export class Turns {
  /** Of each stream whose turn is taken, those who wait for the next. */
  readonly #waiting = new Map<string, Set<() => void>>();
  /** Since when each of all that wait does, ms; the first has waited longest. */
  readonly #since = new Map<() => void, number>();

  /** All that wait, whatever their stream. */
  waiting(now: number): { readonly count: number; readonly oldestMs: number } {
    const [oldest = now] = this.#since.values();
    return { count: this.#since.size, oldestMs: Math.max(0, now - oldest) };
  }

  async take(stream: string, patience: Patience, now: number): Promise<() => void> {
    throwIfOver(patience);
    const waiting = this.#waiting.get(stream);
    if (waiting === undefined) this.#waiting.set(stream, new Set());
    else {
      await new Promise<void>((resolve, reject) => {
        const leave = (): void => {
          waiting.delete(begin);
          this.#since.delete(begin);
          reject(impatient(patience));
        };
        const begin = (): void => {
          patience.removeEventListener('abort', leave);
          this.#since.delete(begin);
          resolve();
        };
        patience.addEventListener('abort', leave, { once: true });
        waiting.add(begin);
        this.#since.set(begin, now);
      });
    }
    return () => this.#next(stream);
  }

  #next(stream: string): void {
    const waiting = this.#waiting.get(stream);
    const [begin] = waiting ?? [];
    if (begin === undefined) this.#waiting.delete(stream);
    else {
      waiting?.delete(begin);
      begin();
    }
  }
}
