// Why the host is not led, and the waits of a take-over for Docker and for the log.
import { EngineError } from '../../../commands/outside/engine-error.ts';
import type { Clock } from '../../../commands/outside/host.ts';
import type { Logger } from '../../../commands/outside/logger.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import { ClockHeldError, LogHeldError } from '../../../events/log.ts';
import { retry } from '../../async/retry.ts';

/** Pause between two attempts to take the host over, ms. */
const RETRY_MS = 500;

export class Waiting {
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Why the host is not led; null while it is. */
  reason: string | null = 'the event log has not been read yet';

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Tries again for as long as Docker gives no answer or the log has no room, with that as the reason. */
  untilAnswered<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return retry(task, {
      clock: this.#clock,
      signal,
      firstMs: RETRY_MS,
      maxMs: RETRY_MS,
      isPassing: (error) => error instanceof EngineError || error instanceof LogHeldError,
      onPause: (error) => {
        const reason = reasonOf(error);
        if (this.reason !== reason)
          this.#logger.warn({ err: messageOf(error) }, 'the host cannot be taken over yet; tried again until it can');
        this.reason = reason;
      },
    });
  }
}

function reasonOf(error: unknown): string {
  // Readiness says itself what both clocks show.
  if (error instanceof ClockHeldError) return 'the clock of this machine is not believed';
  return error instanceof LogHeldError ? error.message : dockerReason(messageOf(error));
}

/** A message that names the address says itself what is wrong. */
export const dockerReason = (message: string): string =>
  message.startsWith('Docker cannot be reached at ') ? `${message}; trying again` : `Docker does not answer: ${message}`;
