// One at a time per stream, in the order in which they came. Who gives up leaves the row at once.
import { impatient, type Patience, throwIfOver } from './patience.ts';

/**
 *     const done = await turns.take('replicaSet/foo', patience);   // rejects when the patience ends before the turn comes
 *     try { … } finally { done(); }
 */
export class Turns {
  /** Of each stream whose turn is taken, those who wait for the next. */
  readonly #waiting = new Map<string, Set<() => void>>();

  async take(stream: string, patience: Patience): Promise<() => void> {
    throwIfOver(patience);
    const waiting = this.#waiting.get(stream);
    if (waiting === undefined) this.#waiting.set(stream, new Set());
    else {
      await new Promise<void>((resolve, reject) => {
        const leave = (): void => {
          waiting.delete(begin);
          reject(impatient(patience));
        };
        const begin = (): void => {
          patience.removeEventListener('abort', leave);
          resolve();
        };
        patience.addEventListener('abort', leave, { once: true });
        waiting.add(begin);
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
