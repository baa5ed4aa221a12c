// Waiting for operations: for the end of one that a command has begun, and for streams on which none is open.
import { EngineError } from '../../../commands/outside/engine-error.ts';
import type { Event } from '../../../events/catalogue.ts';
import { upcastAll } from '../../../events/evolution/upcasters.ts';
import { aggregateOf } from '../../../projections/state.ts';
import type { Committer } from '../committer.ts';
import { type Patience, throwIfOver } from './patience.ts';

export interface OperationEnd {
  /** The event that ends it. */
  readonly event: Extract<Event, { type: 'OperationCompleted' | 'OperationFailed' }>;
  /** What its container that ended at once had printed last. */
  readonly output?: readonly string[];
}

interface EndWaiter {
  readonly resolve: (end: OperationEnd) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Tells commands when operations end, by the events in the log:
 *
 *     const { end, forget } = waiters.endOf(meta.id);   // before the operation can begin
 *     try { await end; } finally { forget(); }
 *
 * Promises that no end is missed after `endOf` was called, and that after `stop` nobody waits any longer.
 */
export class OperationWaiters {
  readonly #committer: Committer;
  /** By the id of the command that began the operation. */
  readonly #ends = new Map<string, Set<EndWaiter>>();
  /** The first output of each that is waited for. */
  readonly #outputs = new Map<string, readonly string[]>();
  readonly #idle = new Set<{ readonly streams: readonly string[]; readonly wake: () => void }>();
  #stopped: EngineError | null = null;

  constructor(committer: Committer) {
    this.#committer = committer;
    committer.onEveryCommit((events) => {
      for (const event of upcastAll(events)) {
        const { id } = event.command;
        if (event.type === 'ContainerVersionFailed' || event.type === 'ContainerDied') this.#noteOutput(id, event.data.output);
        if (event.type !== 'OperationCompleted' && event.type !== 'OperationFailed') continue;
        const output = this.#outputs.get(id);
        for (const { resolve } of this.#ends.get(id) ?? []) resolve({ event, ...(output !== undefined && { output }) });
        for (const waiter of this.#idle) if (waiter.streams.includes(event.stream)) waiter.wake();
      }
    });
  }

  #noteOutput(commandId: string, output: readonly string[] | undefined): void {
    if (output !== undefined && this.#ends.has(commandId) && !this.#outputs.has(commandId)) this.#outputs.set(commandId, output);
  }

  /** Rejects everyone who waits. Operations that are open go on when a server starts on this host again. */
  stop(reason: string): void {
    this.#stopped = new EngineError('unavailable', reason);
    for (const waiters of this.#ends.values()) for (const { reject } of waiters) reject(this.#stopped);
    for (const { wake } of this.#idle) wake();
  }

  /** Throws EngineError('unavailable') after `stop`. */
  throwIfStopped(): void {
    if (this.#stopped !== null) throw this.#stopped;
  }

  /** The end of the operation that the command with this id begins. Call `forget` when it is no longer waited for. */
  endOf(commandId: string): { readonly end: Promise<OperationEnd>; readonly forget: () => void } {
    const waiters = this.#ends.get(commandId) ?? new Set();
    this.#ends.set(commandId, waiters);
    let forget = (): void => {};
    const end = new Promise<OperationEnd>((resolve, reject) => {
      const waiter = { resolve, reject };
      waiters.add(waiter);
      forget = () => {
        waiters.delete(waiter);
        if (waiters.size > 0) return;
        this.#ends.delete(commandId);
        this.#outputs.delete(commandId);
      };
      if (this.#stopped !== null) reject(this.#stopped);
    });
    end.catch(() => {});
    return { end, forget };
  }

  /** Resolves when no operation is open on any of these streams, or after `stop`. Rejects with ImpatientError. */
  async untilIdle(streams: readonly string[], patience: Patience): Promise<void> {
    while (this.#stopped === null && streams.some((stream) => aggregateOf(this.#committer.state, stream)?.operation != null)) {
      throwIfOver(patience);
      await new Promise<void>((resolve) => {
        const waiter = {
          streams,
          wake: () => {
            this.#idle.delete(waiter);
            patience.removeEventListener('abort', waiter.wake);
            resolve();
          },
        };
        patience.addEventListener('abort', waiter.wake, { once: true });
        this.#idle.add(waiter);
      });
    }
    throwIfOver(patience);
  }
}
