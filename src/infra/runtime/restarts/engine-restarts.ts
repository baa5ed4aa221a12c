// Deaths that were recorded just before the engine went away: it stops its containers first, and answers meanwhile.
import type { EngineSeen } from '../../../commands/host/reconcile.ts';
import type { Clock } from '../../../commands/outside/host.ts';
import type { Event } from '../../../events/catalogue.ts';

/** Longest time, ms, from the first container that an ending engine stops to the moment at which it no longer answers. */
const ENDING_MS = 30_000;

/**
 * Tells which of the recorded deaths came with the end of an engine:
 *
 *     engines.recorded(events);             // whenever deaths were recorded
 *     engines.silent();                     // it does not answer
 *     const seen = engines.seen(startedAt); // at each look
 *
 * It remembers nothing beyond this process: a death whose end of the engine no server saw counts as the container's own.
 */
export class EngineRestarts {
  readonly #clock: Clock;
  #startedAt: number | null = null;
  /** The last answer of the engine, and the beginning of its silence, ms since the boot. */
  #answeredAt = 0;
  #silentSince: number | null = null;
  /** Stream → when its death was recorded, ms since the boot. */
  readonly #deaths = new Map<string, number>();
  #stopped: ReadonlySet<string> = new Set();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  recorded(events: readonly Event[]): void {
    for (const { type, stream, data } of events)
      if (type === 'ContainerDied' && data.cause === undefined) this.#deaths.set(stream, this.#clock.boot());
  }

  silent(): void {
    this.#silentSince ??= this.#clock.boot();
  }

  seen(startedAt: number | null): EngineSeen | undefined {
    const wentAt = this.#silentSince ?? this.#answeredAt;
    if (startedAt !== null && this.#startedAt !== null && startedAt !== this.#startedAt)
      this.#stopped = new Set([...this.#deaths].filter(([, at]) => at >= wentAt - ENDING_MS).map(([stream]) => stream));
    this.#startedAt = startedAt ?? this.#startedAt;
    this.#silentSince = null;
    this.#answeredAt = this.#clock.boot();
    for (const [stream, at] of this.#deaths) if (at < this.#answeredAt - ENDING_MS) this.#deaths.delete(stream);
    return startedAt === null ? undefined : { startedAt, stopped: this.#stopped };
  }
}
