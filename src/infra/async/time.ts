// Waiting: for some time, for an abort, or for a result that has to come before a deadline.
import type { Clock } from '../../commands/outside/host.ts';

/** The part of the clock that waits. */
export type Sleeper = Pick<Clock, 'sleep'>;

/**
 * Resolves after `ms`; rejects with the signal's reason when it aborts. With `ref: false` the timer does not keep the process alive.
 */
export function sleep(ms: number, signal?: AbortSignal, { ref = true }: { readonly ref?: boolean } = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    if (!ref) timer.unref();
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** For code that the simulation never runs, and that is therefore given no clock. */
export const realTime: Sleeper = { sleep };

/** A clock that nobody sets, and timers by it. */
export interface Timer extends Sleeper {
  /** Monotonic, ms. */
  now(): number;
  /** Runs it after `ms`, and gives what takes that back. */
  after(ms: number, run: () => void): () => void;
}

export const realTimer: Timer = {
  sleep,
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Like `clock.sleep`, but an abort resolves instead of rejecting; the caller checks the signal. */
export const pause = (clock: Sleeper, ms: number, signal: AbortSignal): Promise<void> => clock.sleep(ms, signal).catch(() => undefined);

/** Resolves when the signal aborts. */
export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

export interface Deadline {
  readonly clock: Sleeper;
  readonly ms: number;
  /** The error to reject with when the deadline has passed. */
  readonly late: () => Error;
}

/** The task's result, or a rejection with `late()` after `ms`. A deadline does not stop the task: it goes on, and its result is dropped. */
export async function inTime<T>(task: Promise<T>, { clock, ms, late }: Deadline): Promise<T> {
  const done = new AbortController();
  const deadline = clock.sleep(ms, done.signal).then(() => {
    throw late();
  });
  deadline.catch(() => undefined);
  task.catch(() => undefined);
  try {
    return await Promise.race([task, deadline]);
  } finally {
    done.abort(new Error('the task ended in time'));
  }
}
