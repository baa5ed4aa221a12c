// The operations that make no progress: why, since when, and an operator's order to undo one.
import type { Clock } from '../../../commands/outside/host.ts';
import { pause } from '../../async/time.ts';

/** Time without progress, ms, from which an operation is worth a warning. */
const WARN_MS = 30_000;

export interface Stall {
  readonly stream: string;
  /** ISO time of the first attempt that failed. */
  readonly since: string;
  /** Attempts that failed since then. */
  readonly attempts: number;
  /** Why the last one failed. */
  readonly reason: string;
}

interface Noted extends Stall {
  readonly sinceMs: number;
}

const shown = ({ sinceMs: _, ...stall }: Noted): Stall => stall;

/** Attempts that failed, by stream, until one succeeds. */
export class Stalls {
  readonly #clock: Clock;
  readonly #byStream = new Map<string, Noted>();
  /** Orders to undo the operation on a stream. */
  readonly #orders = new Map<string, { readonly operation: string; readonly actor: string }>();
  readonly #wakers = new Map<string, AbortController>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  all(): readonly Stall[] {
    return [...this.#byStream.values()].map(shown);
  }

  of(stream: string): Stall | undefined {
    const noted = this.#byStream.get(stream);
    return noted === undefined ? undefined : shown(noted);
  }

  warnings(): readonly string[] {
    const now = this.#clock.now();
    const long = [...this.#byStream.values()].filter(({ sinceMs }) => now - sinceMs >= WARN_MS);
    const first = long[0];
    if (first === undefined) return [];
    const others = long.length === 1 ? '' : ` (and ${long.length - 1} more: GET /api/v1/operations)`;
    return [`the operation on ${first.stream} has made no progress since ${first.since}, and is tried again: ${first.reason}${others}`];
  }

  failed(stream: string, reason: string): void {
    const sinceMs = this.#byStream.get(stream)?.sinceMs ?? this.#clock.now();
    const attempts = (this.#byStream.get(stream)?.attempts ?? 0) + 1;
    this.#byStream.set(stream, { stream, sinceMs, since: new Date(sinceMs).toISOString(), attempts, reason });
  }

  gotOn(stream: string): void {
    this.#byStream.delete(stream);
  }

  /** An operator's order to undo the operation; it ends the pause between two attempts. */
  order(stream: string, operation: string, actor: string): void {
    this.#orders.set(stream, { operation, actor });
    this.wake(stream);
  }

  /** Ends the pause between two attempts. */
  wake(stream: string): void {
    this.#wakers.get(stream)?.abort(new Error('not to be waited for any longer'));
  }

  /** The actor who ordered the undo of the operation; undefined when nobody did. */
  orderedBy(stream: string, operation: string): string | undefined {
    const order = this.#orders.get(stream);
    return order?.operation === operation ? order.actor : undefined;
  }

  /** Nothing is under way on the stream any more. */
  ended(stream: string): void {
    this.#byStream.delete(stream);
    this.#orders.delete(stream);
  }

  /** The pause between two attempts. It ends early with the signal, and with an order. */
  async pause(stream: string, ms: number, signal: AbortSignal): Promise<void> {
    const waker = new AbortController();
    const onAbort = (): void => waker.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#wakers.set(stream, waker);
    await pause(this.#clock, ms, waker.signal);
    this.#wakers.delete(stream);
    signal.removeEventListener('abort', onAbort);
  }
}
