// The bytes in Docker's storage. Docker counts them when somebody asks, which walks over all files and may take minutes.
import type { DiskUsage, Room } from '../../../commands/outside/disk-usage.ts';
import type { ContainerEngine } from '../../../commands/outside/engine.ts';
import type { Clock } from '../../../commands/outside/host.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import type { MeasuredDisks } from '../../../commands/service.ts';

interface CountedDisksDeps {
  readonly engine: ContainerEngine;
  readonly clock: Clock;
  readonly logId: () => string;
}

/** Age up to which a count is given again, ms. One that took long is given for longer. */
const FRESH_MS = 10_000;
/** Multiple of what the count took: Docker counts for a tenth of the time at most, however often somebody asks. */
const FRESH_FOR = 10;
/** The longest that a reader waits for Docker to count, ms. */
const PATIENCE_MS = 20_000;

interface Counted {
  readonly usage: DiskUsage;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly tookMs: number;
}

/**
 * Counts at most once at a time:
 *
 *     const { usage, incomplete } = await disks.measure();
 *
 * Promises an answer within PATIENCE_MS, whatever Docker does: then the last count, or none, with the reason.
 */
export class CountedDisks {
  readonly #deps: CountedDisksDeps;
  #last: Counted | null = null;
  #counting: Promise<Counted> | null = null;

  constructor(deps: CountedDisksDeps) {
    this.#deps = deps;
  }

  async measure(): Promise<MeasuredDisks> {
    const [room, counted] = await Promise.all([this.#room(), this.#inTime()]);
    return { room, ...counted };
  }

  #room(): Promise<Room | null> {
    return this.#deps.engine.room().catch(() => null);
  }

  async #inTime(): Promise<Omit<MeasuredDisks, 'room'>> {
    const { clock } = this.#deps;
    if (this.#last !== null && this.#isFresh(this.#last)) return shown(this.#last);
    const enough = new AbortController();
    const late = clock.sleep(PATIENCE_MS, enough.signal).then(
      () => 'Docker is still counting: ask again later',
      () => '',
    );
    try {
      const counted = await Promise.race([this.#count(), late]);
      return typeof counted === 'string' ? shown(this.#last, counted) : shown(counted);
    } catch (error) {
      return shown(this.#last, messageOf(error));
    } finally {
      enough.abort();
    }
  }

  #isFresh({ at, tookMs }: Counted): boolean {
    const age = this.#deps.clock.now() - at;
    return age >= 0 && age < Math.max(FRESH_MS, FRESH_FOR * tookMs);
  }

  #count(): Promise<Counted> {
    this.#counting ??= this.#countAnew().finally(() => {
      this.#counting = null;
    });
    return this.#counting;
  }

  async #countAnew(): Promise<Counted> {
    const { engine, clock, logId } = this.#deps;
    const began = clock.boot();
    const usage = await engine.diskUsage(logId());
    this.#last = { usage, at: clock.now(), tookMs: clock.boot() - began };
    return this.#last;
  }
}

const NOTHING: DiskUsage = { images: [], containers: [], volumes: new Map() };

const shown = (counted: Counted | null, incomplete?: string): Omit<MeasuredDisks, 'room'> => ({
  usage: counted?.usage ?? NOTHING,
  countedAt: counted === null ? null : new Date(counted.at).toISOString(),
  ...(incomplete !== undefined && { incomplete }),
});
