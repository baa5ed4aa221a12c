import type { Clock } from '../../commands/outside/host.ts';
import type { Logger } from '../../commands/outside/logger.ts';
import { messageOf } from '../../commands/outside/message-of.ts';
import type { Envelope } from '../../events/envelope.ts';
import type { EventLog } from '../../events/log.ts';
import { Breather } from '../async/breather.ts';
import type { Committer } from '../runtime/committer.ts';
import { LogIndex } from './log-index.ts';
import type { PartFiles } from './parts/part-files.ts';

/** Shortest time in ms from a failed read to the next. */
const RETRY_MS = 1_000;
/** Delay in ms before much is read: a start has more urgent work. */
const PAUSE_MS = 500;
/** Events that are read without that delay: they take some 30 ms. */
const FEW = 2_000;

interface FullLogFeedDeps {
  readonly committer: Committer;
  /** The whole log, its archived beginning included. */
  readonly source: Pick<EventLog, 'read'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The files of the index; absent: it stays in memory. */
  readonly files?: PartFiles;
  /** For tests: events of each part of the index. */
  readonly size?: number;
}

/** Called with the events that were added to the index; with none when it has caught up by reading. */
type FeedListener = (events: readonly Envelope[]) => void;

/**
 * Indexes the whole log, each event once and in order. The events come from the committer; what the index lacks in front of them is read from
 * the log in the background.
 *
 *     const feed = new FullLogFeed({ committer, source: log, clock, logger, files });  // before the committer is first read
 *     await feed.open();
 *     await committer.catchUp();
 *     feed.begin(signal);
 *     feed.behind();  // null once all of the log is in feed.index; else why not
 */
export class FullLogFeed {
  readonly index: LogIndex;
  readonly #deps: FullLogFeedDeps;
  readonly #listeners: FeedListener[] = [];
  #signal: AbortSignal | null = null;
  #reading = false;
  #failure: { readonly at: number; readonly reason: string } | null = null;

  constructor(deps: FullLogFeedDeps) {
    this.#deps = deps;
    this.index = new LogIndex(deps);
    deps.committer.onEveryCommit((events, _, begins) => this.#onCommit(events, begins));
  }

  /** Throws once the log is being read. */
  onEvents(listener: FeedListener): void {
    this.#deps.committer.requireUnread();
    this.#listeners.push(listener);
  }

  /** Finds what is indexed already. Call it before the log is read; where it fails, all is read again. */
  async open(): Promise<void> {
    const { committer, logger } = this.#deps;
    committer.requireUnread();
    try {
      await this.index.open();
    } catch (error) {
      logger.error({ err: messageOf(error) }, 'the index cannot be read: it is made again');
    }
  }

  /** Call it once the committer has caught up: now the events that the index lacks may be read. Ends with the signal. */
  begin(signal: AbortSignal): void {
    this.#signal = signal;
    this.#readOn();
  }

  /** Why the index has not all of the log yet; null when it has. A failed read is tried again. */
  behind(): string | null {
    if (this.isComplete) return null;
    this.#readOn();
    if (this.#failure !== null) return `the log cannot be read: ${this.#failure.reason}`;
    return `the log is still being read: ${this.index.last} of ${this.#deps.committer.state.head.seq} events`;
  }

  /** Whether waiting is worthwhile: the log is being read, or soon will be. */
  get isReading(): boolean {
    return this.#failure === null;
  }

  #readOn(): void {
    const signal = this.#signal;
    if (signal === null || signal.aborted || this.#reading || this.isComplete) return;
    if (this.#failure !== null && this.#deps.clock.now() - this.#failure.at < RETRY_MS) return;
    this.#failure = null;
    this.#reading = true;
    void this.#read(signal);
  }

  /** All of the log is in the index. */
  get isComplete(): boolean {
    return this.index.parts.isLoaded && this.index.last >= this.#deps.committer.state.head.seq;
  }

  #onCommit(events: readonly Envelope[], begins: readonly number[]): void {
    const next = this.index.last + 1;
    if ((events.at(-1)?.seq ?? 0) < next) return;
    if (!this.#reading && (events[0]?.seq ?? 0) <= next) this.#emit(events, begins);
    else this.#readOn();
  }

  #emit(events: readonly Envelope[], begins: readonly number[]): void {
    this.index.add(events, begins);
    for (const listener of this.#listeners) listener(events);
  }

  /** Reads until it has caught up with the committer. `#reading` ends in that same turn, so that the next commit follows on. */
  async #read(signal: AbortSignal): Promise<void> {
    const { committer, source, clock, logger } = this.#deps;
    const { index } = this;
    try {
      if (committer.state.head.seq - index.last > FEW) await clock.sleep(PAUSE_MS, signal);
      const [from, began] = [index.last + 1, clock.now()];
      const breather = new Breather();
      await index.parts.load();
      while (!this.isComplete) {
        for await (const record of source.read(index.last + 1, committer.state.head.seq)) {
          this.#emit(record, [record[0]?.seq ?? 0]);
          await breather.breathe();
          if (signal.aborted) return;
        }
      }
      this.#emit([], []);
      logger.info({ from, to: index.last, ms: clock.now() - began }, 'the whole log is indexed');
    } catch (error) {
      if (signal.aborted) return;
      const reason = messageOf(error);
      this.#failure = { at: clock.now(), reason };
      logger.error({ err: reason }, 'the log’s beginning cannot be read: tried again when somebody asks for it');
    } finally {
      this.#reading = false;
    }
  }
}
