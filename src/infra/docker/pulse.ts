// Whether the Docker daemon is there: a ping once a second. A daemon that hangs answers nothing, and other calls have deadlines of minutes.
import { EngineError } from '../../commands/outside/engine-error.ts';
import type { Logger } from '../../commands/outside/logger.ts';
import { messageOf } from '../../commands/outside/message-of.ts';
import { pause, realTime } from '../async/time.ts';
import { dockerApi, isAboutAddress } from './connection/connect.ts';

/** Interval of the pings, ms. */
const EVERY_MS = 1_000;
/** Age, ms, from which an unanswered ping is a problem. With the interval before it, silence is noticed within three seconds. */
const LATE_MS = 2_000;
/** The same age while none has been answered yet: the address may be wrong, which is told within a second. */
const FIRST_LATE_MS = 900;
/** Margin, ms: a timer may come a little before its time, when the ping is not late yet, and the next one comes with the end of the ping. */
const MARGIN_MS = 20;
/** Deadline of one ping, ms. An answer that comes later, as from a daemon that was suspended, is one to the next ping. */
const GIVE_UP_MS = 10_000;

/** A ping takes no lock in the daemon: one container that hangs does not count as silence of all Docker. */
export class DockerPulse {
  readonly #dockerHost: string;
  readonly #logger: Logger;
  /** When the oldest ping without an answer was sent: ms by a clock that nobody sets, and ISO time. */
  #unanswered: { readonly at: number; readonly since: string } | null = null;
  #why = '';
  #told = false;
  #lateMs = FIRST_LATE_MS;

  constructor({ dockerHost, logger }: { readonly dockerHost: string; readonly logger: Logger }) {
    this.#dockerHost = dockerHost;
    this.#logger = logger;
  }

  /** The silence of a daemon that has not answered for longer than it may; null while it answers. */
  trouble(): { readonly reason: string } | null {
    if (this.#unanswered === null || performance.now() - this.#unanswered.at < this.#lateMs) return null;
    const { since } = this.#unanswered;
    return {
      reason: isAboutAddress(this.#why) ? this.#why : `no answer to a ping since ${since}${this.#why === '' ? '' : ` (${this.#why})`}`,
    };
  }

  /** Pings until the signal aborts. */
  start(signal: AbortSignal): void {
    void this.#beat(signal);
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const deadlines = { quickMs: GIVE_UP_MS, slowMs: GIVE_UP_MS, silenceMs: GIVE_UP_MS };
    const api = dockerApi({ dockerHost: this.#dockerHost, deadlines });
    while (!signal.aborted) {
      this.#unanswered ??= { at: performance.now(), since: new Date().toISOString() };
      const late = setTimeout(() => this.#tell(), this.#lateMs + MARGIN_MS);
      late.unref();
      try {
        await api.call('ping', { path: '/_ping', signal });
        this.#answered();
      } catch (error) {
        if (error instanceof EngineError && error.kind !== 'unavailable') this.#answered();
        else this.#why = messageOf(error);
      }
      clearTimeout(late);
      if (!signal.aborted) this.#tell();
      await pause(realTime, EVERY_MS, signal);
    }
  }

  #answered(): void {
    const { at } = this.#unanswered ?? { at: performance.now() };
    if (this.#told) this.#logger.warn({ silentForMs: Math.round(performance.now() - at) }, 'Docker answers again');
    this.#unanswered = null;
    this.#lateMs = LATE_MS;
    this.#why = '';
    this.#told = false;
  }

  #tell(): void {
    const trouble = this.trouble();
    if (trouble === null || this.#told) return;
    this.#told = true;
    this.#logger.warn({ err: trouble.reason }, 'Docker does not answer');
  }
}
