// Pulls of images: one for all who want the same image. A pull is no operation: it decides and leases nothing, the log has nothing to say of it, and a
// server that dies leaves nothing behind but layers that Docker need not fetch again.
import { setMaxListeners } from 'node:events';
import type { ContainerEngine } from '../../../commands/outside/engine.ts';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import type { Clock } from '../../../commands/outside/host.ts';
import type { Logger } from '../../../commands/outside/logger.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import type { Progress } from '../../../commands/outside/progress.ts';
import { wholeName } from '../../../commands/request/image-name.ts';
import type { PullInfo } from '../../../commands/service.ts';
import { pause } from '../../async/time.ts';
import { ENDLESS, type Patience, waitedFor } from '../queue/patience.ts';
import { Places } from '../queue/places.ts';

interface PullsDeps {
  readonly engine: Pick<ContainerEngine, 'pullImage'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Time, ms, after which a pull is given up that has not downloaded LEAST_BYTES in it. */
  readonly stallMs: number;
}

/** Pulls at the same time, at most. */
const MOST = 16;
/** Bytes: so many must come within the time without progress. A registry that sends a few now and then would hold a place, and Docker's few downloads. */
const LEAST_BYTES = 1_000_000;
/** The places that one actor may take for each that is free: a registry of his own holds a place for long. */
const PER_FREE = { name: MOST, actor: 1 };
/** Looks at the progress within the time without any. */
const LOOKS = 10;

interface UnderWay {
  readonly sinceMs: number;
  readonly done: Promise<void>;
  /** Those who wait for it, once for each command. */
  readonly waiting: string[];
  progress?: Progress;
}

/**
 *     await pulls.pull('busybox', 'alice', patience);     // whoever asks meanwhile waits for the same pull
 *
 * Promises that of one image there is one pull at a time, which ends when Docker says so, or when it has made no progress for `stallMs`, and never for
 * the time that it takes, nor for that in which Docker downloads others first; that its failure is that of all who wait; and that who waits no longer leaves it to go on, for the others and for the next.
 */
export class Pulls {
  readonly #deps: PullsDeps;
  readonly #byImage = new Map<string, UnderWay>();
  readonly #places = new Places({ what: 'images are being pulled', most: MOST, perFree: PER_FREE });
  readonly #over = new AbortController();
  /** The time, of the boot clock, at which any pull got further. */
  #newsAt = Number.NEGATIVE_INFINITY;

  constructor(deps: PullsDeps) {
    this.#deps = deps;
    setMaxListeners(0, this.#over.signal); // every pull listens to it
  }

  /** Oldest first. `own`: only those that this actor waits for, without the others who do. */
  all(own?: string): readonly PullInfo[] {
    const now = this.#deps.clock.now();
    return [...this.#byImage].flatMap(([image, { sinceMs, waiting: all, progress }]) => {
      const waiting = own === undefined ? all : all.filter((actor) => actor === own);
      if (own !== undefined && waiting.length === 0) return [];
      return {
        image,
        since: new Date(sinceMs).toISOString(),
        elapsedMs: Math.max(0, now - sinceMs),
        waiting: waiting.length,
        actors: [...new Set(waiting)],
        ...(progress !== undefined && { progress }),
      };
    });
  }

  /** Ends all pulls: the process is about to end. */
  stop(reason: string): void {
    this.#over.abort(new EngineError('unavailable', reason));
  }

  /** Resolves when the image is there. Rejects with the pull's EngineError, or with ImpatientError. */
  async pull(reference: string, actor: string, patience: Patience = ENDLESS): Promise<void> {
    const image = wholeName(reference);
    const one = this.#byImage.get(image) ?? this.#begin(image, reference, actor);
    one.waiting.push(actor);
    try {
      await waitedFor(one.done, patience);
    } finally {
      one.waiting.splice(one.waiting.indexOf(actor), 1);
    }
  }

  /** Its place is that of the actor who was the first to ask. */
  #begin(image: string, reference: string, actor: string): UnderWay {
    const { clock, logger } = this.#deps;
    const place = this.#places.take(image, actor);
    if (typeof place === 'string') throw new EngineError('unavailable', `${place}: try again when one is there; GET /api/v1/operations`);
    const done = this.#carryOut(reference, (progress) => {
      one.progress = progress;
    });
    const one: UnderWay = { sinceMs: clock.now(), waiting: [], done };
    this.#byImage.set(image, one);
    void done
      .then(
        () => logger.info({ image, ms: clock.now() - one.sinceMs }, 'an image was pulled'),
        (error: unknown) => logger.warn({ image, err: messageOf(error) }, 'an image could not be pulled'),
      )
      .finally(() => {
        place();
        this.#byImage.delete(image);
      });
    return one;
  }

  async #carryOut(reference: string, onProgress: (progress: Progress) => void): Promise<void> {
    const { engine, clock, stallMs } = this.#deps;
    const [ended, given] = [new AbortController(), new AbortController()];
    const onOver = (): void => given.abort(this.#over.signal.reason);
    if (this.#over.signal.aborted) onOver();
    else this.#over.signal.addEventListener('abort', onOver, { once: true });
    const got = { newsAt: clock.boot(), bytes: 0, bytesThen: 0, isQueued: false };
    const quietMs = (): number => clock.boot() - (got.isQueued ? Math.max(got.newsAt, this.#newsAt) : got.newsAt);
    const watch = async (): Promise<void> => {
      while (!ended.signal.aborted && quietMs() < stallMs) await pause(clock, stallMs / LOOKS, ended.signal);
      if (ended.signal.aborted) return;
      const time = `${Math.round(stallMs / 1_000)} s (--pull-timeout)`;
      const why = got.bytes > got.bytesThen ? `less than ${LEAST_BYTES / 1e6} MB has come in ${time}` : `nothing has come for ${time}`;
      given.abort(new EngineError('unavailable', `pull of ${reference}: ${why}: it is given up`));
    };
    void watch();
    try {
      await engine.pullImage(reference, {
        signal: given.signal,
        onProgress: (progress, { bytes, isQueued }) => {
          // What is unpacked has come, and is Docker's own work.
          const isNews = progress.doing === 'unpack' || bytes - got.bytesThen >= LEAST_BYTES;
          const now = clock.boot();
          if (isNews) this.#newsAt = now;
          if (isNews || (got.isQueued && !isQueued)) [got.newsAt, got.bytesThen] = [now, bytes];
          [got.bytes, got.isQueued] = [bytes, isQueued];
          onProgress(progress);
        },
      });
    } catch (error) {
      throw given.signal.aborted ? given.signal.reason : error;
    } finally {
      ended.abort(new Error('the pull has ended'));
      this.#over.signal.removeEventListener('abort', onOver);
    }
  }
}
