// Trying again: the one loop behind all that waits for etcd, for Docker or for room in the log.
import type { Sleeper } from './time.ts';

interface RetryOptions {
  readonly clock: Sleeper;
  /** True for an error that a later attempt may get past. Any other error is rethrown at once. */
  readonly isPassing: (error: unknown) => boolean;
  /** First pause, ms. Each further pause is twice as long, up to `maxMs`. */
  readonly firstMs: number;
  readonly maxMs: number;
  /** Ends the pauses and the attempts with its reason. An attempt that is under way is not interrupted. */
  readonly signal?: AbortSignal;
  /** Called before each pause with the error of the attempt and the length of the pause in ms. */
  readonly onPause?: (error: unknown, pauseMs: number) => void;
}

/**
 * Calls `task` until it succeeds:
 *
 *     const head = await retry(() => kv.get(HEAD_KEY), {
 *       clock, signal, firstMs: 20, maxMs: 1_000, isPassing: (error) => error instanceof EtcdUnavailableError,
 *     });
 *
 * A task that lasts, such as following a stream, calls `recovered` as soon as it works: the pauses then begin again at `firstMs`.
 */
export async function retry<T>(task: (recovered: () => void) => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, isPassing, firstMs, maxMs, signal, onPause } = options;
  let nextMs = firstMs;
  const recovered = (): void => {
    nextMs = firstMs;
  };
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await task(recovered);
    } catch (error) {
      if (!isPassing(error)) throw error;
      signal?.throwIfAborted();
      onPause?.(error, nextMs);
    }
    const pauseMs = nextMs;
    nextMs = Math.min(nextMs * 2, maxMs);
    await clock.sleep(pauseMs, signal);
  }
}

interface RepeatOptions {
  readonly clock: Sleeper;
  /** Pause between two runs, ms. */
  readonly everyMs: number;
  /** Pause before the first run, ms; `everyMs` when left out. */
  readonly firstMs?: number;
  readonly signal: AbortSignal;
  readonly onFailure: (error: unknown) => void;
}

/** Runs `work` at intervals until the signal aborts, one run at a time. A failure is reported and ends only that run. Never rejects. */
export async function repeat(work: () => void | Promise<void>, options: RepeatOptions): Promise<void> {
  const { clock, everyMs, firstMs = everyMs, signal, onFailure } = options;
  for (let waitMs = firstMs; !signal.aborted; waitMs = everyMs) {
    try {
      await clock.sleep(waitMs, signal);
      await work();
    } catch (error) {
      if (!signal.aborted) onFailure(error);
    }
  }
}
