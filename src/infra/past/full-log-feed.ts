import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../commands/outside/host.ts';
import type { Logger } from '../../commands/outside/logger.ts';
import { messageOf } from '../../commands/outside/message-of.ts';
import type { Envelope } from '../../events/envelope.ts';
import type { EventLog } from '../../events/log.ts';
import { applyAll } from '../../projections/apply.ts';
import { initialState, type State } from '../../projections/state.ts';
import type { Committer, RecordListener } from '../runtime/committer.ts';

/** Events applied before the event loop runs. */
const SLICE = 500;
/** Shortest time in ms from a failed read to the next. */
const RETRY_MS = 1_000;
/** Delay in ms before reading: a start has more urgent work. */
const PAUSE_MS = 500;

interface FullLogFeedDeps {
  readonly committer: Committer;
  /** The whole log, its archived beginning included. */
  readonly source: Pick<EventLog, 'read'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Hands every event of the log to its listeners, from the first on, once and in order. The events come from the committer; when that began
 * at a snapshot, the events before it are read from the log in the background.
 *
 *     const feed = new FullLogFeed({ committer, source: log, clock, logger });  // before the committer is first read
 *     feed.onEvents((events, state) => index.add(events));
 *     await committer.catchUp();
 *     feed.begin(signal);
 *     feed.behind();  // null once the listeners have had all of the log; else why not
 */
export class FullLogFeed {
  readonly #deps: FullLogFeedDeps;
  readonly #listeners: RecordListener[] = [];
  /** The state after the last event that the listeners had. */
  #state: State = initialState;
  #signal: AbortSignal | null = null;
  #reading = false;
  #failure: { readonly at: number; readonly reason: string } | null = null;

  constructor(deps: FullLogFeedDeps) {
    this.#deps = deps;
    deps.committer.onEveryCommit((events, state, begins) => this.#onCommit(events, state, begins));
  }

  /** Called with all events in turn, and the state after them. Throws once the log is being read. */
  onEvents(listener: RecordListener): void {
    this.#deps.committer.requireUnread();
    this.#listeners.push(listener);
  }

  /** Call it once the committer has caught up: now the events that it skipped may be read. Ends with the signal. */
  begin(signal: AbortSignal): void {
    this.#signal = signal;
    this.#readOn();
  }

  /** Why the listeners have not had all of the log yet; null when they have. A failed read is tried again. */
  behind(): string | null {
    if (this.#isComplete()) return null;
    this.#readOn();
    if (this.#failure !== null) return `the log cannot be read: ${this.#failure.reason}`;
    return `the log is still being read: ${this.#state.head.seq} of ${this.#deps.committer.state.head.seq} events`;
  }

  /** Whether waiting is worthwhile: the log is being read, or soon will be. */
  get isReading(): boolean {
    return this.#failure === null;
  }

  #readOn(): void {
    const signal = this.#signal;
    if (signal === null || signal.aborted || this.#reading || this.#isComplete()) return;
    if (this.#failure !== null && this.#deps.clock.now() - this.#failure.at < RETRY_MS) return;
    this.#failure = null;
    this.#reading = true;
    void this.#read(signal);
  }

  #isComplete(): boolean {
    return this.#state.head.seq >= this.#deps.committer.state.head.seq;
  }

  #onCommit(events: readonly Envelope[], state: State, begins: readonly number[]): void {
    if (!this.#reading && events[0]?.seq === this.#state.head.seq + 1) this.#emit(events, state, begins);
    else this.#readOn();
  }

  #emit(events: readonly Envelope[], state: State, begins: readonly number[]): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(events, state, begins);
  }

  /** Reads until it has caught up with the committer. `#reading` ends in that same turn, so that the next commit follows on. */
  async #read(signal: AbortSignal): Promise<void> {
    const { committer, source, clock, logger } = this.#deps;
    try {
      await clock.sleep(PAUSE_MS, signal);
      const [from, began] = [this.#state.head.seq + 1, clock.now()];
      while (!this.#isComplete()) {
        let slice: Envelope[] = [];
        let begins: number[] = [];
        const flush = (): void => {
          if (slice.length > 0) this.#emit(slice, applyAll(this.#state, slice), begins);
          slice = [];
          begins = [];
        };
        for await (const record of source.read(this.#state.head.seq + 1, committer.state.head.seq)) {
          begins.push(record[0]?.seq ?? 0);
          slice.push(...record);
          if (slice.length < SLICE) continue;
          flush();
          await turn();
          if (signal.aborted) return;
        }
        flush();
      }
      logger.info({ from, to: this.#state.head.seq, ms: clock.now() - began }, 'the whole log is indexed');
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
