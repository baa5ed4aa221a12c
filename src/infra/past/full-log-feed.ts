// Every event of the log, from the first, once and in order: the committer's commits, and what lies before them when the committer began at a
// snapshot, which is read from the log in the background.

import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../commands/outside/host.ts';
import type { Logger } from '../../commands/outside/logger.ts';
import { messageOf } from '../../commands/outside/message-of.ts';
import type { Event } from '../../events/catalogue.ts';
import type { EventLog } from '../../events/log.ts';
import { applyAll } from '../../projections/apply.ts';
import { initialState, type State } from '../../projections/state.ts';
import type { Committer, RecordListener } from '../runtime/committer.ts';

export type EventSource = Pick<EventLog, 'read'>;

/** How many events are applied before something else may run. */
const SLICE = 500;
/** What failed is not tried again at once. */
const RETRY_MS = 1_000;
const PAUSE_MS = 500;

export interface FullLogFeedDeps {
  readonly committer: Committer;
  /** All of the log, also what is archived. */
  readonly source: EventSource;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class FullLogFeed {
  readonly #deps: FullLogFeedDeps;
  readonly #listeners: RecordListener[] = [];
  /** After the last event that the listeners had. */
  #state: State = initialState;
  #signal: AbortSignal | null = null;
  #reading = false;
  #failure: { readonly at: number; readonly reason: string } | null = null;

  constructor(deps: FullLogFeedDeps) {
    this.#deps = deps;
    deps.committer.onEveryCommit((events, state, begins) => this.#take(events, state, begins));
  }

  /** Called with all events in turn, and the state after them. Throws once the log is being read. */
  onEvents(listener: RecordListener): void {
    this.#deps.committer.requireUnread();
    this.#listeners.push(listener);
  }

  /** From now on, until the signal, what the committer did not read may be read: its own reading is over. */
  begin(signal: AbortSignal): void {
    this.#signal = signal;
    this.#readOn();
  }

  /** Why the listeners have not had all of the log; null: they have. What failed is tried again. */
  behind(): string | null {
    if (this.#isComplete()) return null;
    this.#readOn();
    if (this.#failure !== null) return `the log cannot be read: ${this.#failure.reason}`;
    return `the log is still being read: ${this.#state.head.seq} of ${this.#deps.committer.state.head.seq} events`;
  }

  /** Whether it is being read, or can be soon: it is worth waiting. */
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

  #take(events: readonly Event[], state: State, begins: readonly number[]): void {
    if (!this.#reading && events[0]?.seq === this.#state.head.seq + 1) this.#give(events, state, begins);
    else this.#readOn();
  }

  #give(events: readonly Event[], state: State, begins: readonly number[]): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(events, state, begins);
  }

  /** Until it is where the committer stands: the next commit then follows, so `reading` ends in the same turn. */
  async #read(signal: AbortSignal): Promise<void> {
    const { committer, source, clock, logger } = this.#deps;
    try {
      await clock.sleep(PAUSE_MS, signal); // a start has more urgent things to do
      const [from, began] = [this.#state.head.seq + 1, clock.now()];
      while (!this.#isComplete()) {
        let slice: Event[] = [];
        let begins: number[] = [];
        const flush = (): void => {
          if (slice.length > 0) this.#give(slice, applyAll(this.#state, slice), begins);
          slice = [];
          begins = [];
        };
        for await (const record of source.read(this.#state.head.seq + 1, committer.state.head.seq)) {
          begins.push(record[0]?.seq ?? 0);
          slice.push(...(record as readonly Event[]));
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
