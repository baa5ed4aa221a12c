// The patience of a client: it ends when the client hangs up, or after the time that a request may take.

import { setMaxListeners } from 'node:events';

/** Aborts with an Error whose message says why, as a sentence without its end. */
export type Patience = AbortSignal;

/** The patience of those who wait for an answer however long it takes. */
export const ENDLESS: Patience = new AbortController().signal;
setMaxListeners(0, ENDLESS); // every command that waits listens

/** Nobody waits for the answer any more. `message` says why. */
export class ImpatientError extends Error {
  override readonly name = 'ImpatientError';
}

export const impatient = (patience: Patience): ImpatientError =>
  patience.reason instanceof ImpatientError ? patience.reason : new ImpatientError(String((patience.reason as Error).message));

/** Throws ImpatientError. */
export function throwIfOver(patience: Patience): void {
  if (patience.aborted) throw impatient(patience);
}

/** The task's result, or a rejection with ImpatientError; the task goes on then. */
export function waitedFor<T>(task: Promise<T>, patience: Patience): Promise<T> {
  if (patience === ENDLESS) return task;
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(impatient(patience));
    if (patience.aborted) giveUp();
    else patience.addEventListener('abort', giveUp, { once: true });
    task.then(resolve, reject).finally(() => patience.removeEventListener('abort', giveUp));
  });
}

/** The patience of several clients who wait for one answer: it ends when that of the last of them has ended. */
export class SharedPatience {
  readonly #over = new AbortController();
  #waiting = 0;

  get signal(): Patience {
    return this.#over.signal;
  }

  join(patience: Patience): void {
    this.#waiting++;
    if (patience === ENDLESS) return;
    const leave = (): void => {
      if (--this.#waiting === 0) this.#over.abort(impatient(patience));
    };
    if (patience.aborted) leave();
    else patience.addEventListener('abort', leave, { once: true });
  }
}
