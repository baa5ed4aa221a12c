// Every event of the log, from the first, once and in order: the journal's commits, and what lies before them when the journal began at a
// snapshot, which is read from the log in the background.
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../commands/ports.ts';
import type { Event } from '../events/catalogue.ts';
import type { EventLog } from '../events/log.ts';
import { applyAll } from '../projections/apply.ts';
import { initialState, type State } from '../projections/state.ts';
import type { Journal } from './journal.ts';

export type EventSource = Pick<EventLog, 'read'>;
type Listener = (events: readonly Event[], state: State) => void;

/** Not everything has been read yet, or it cannot be. */
export class NotReadError extends Error {
  override readonly name = 'NotReadError';
}

/** How many events are applied before something else may run. */
const SLICE = 500;
/** What failed is not tried again at once. */
const RETRY_MS = 5_000;
const PAUSE_MS = 500;

export class WholeLog {
  readonly #journal: Journal;
  readonly #source: EventSource;
  readonly #clock: Clock;
  readonly #listeners: Listener[] = [];
  /** After the last event that the listeners had. */
  #state: State = initialState;
  #begun = false;
  #reading = false;
  #failure: { readonly at: number; readonly error: unknown } | null = null;

  constructor(deps: { readonly journal: Journal; readonly source: EventSource; readonly clock: Clock }) {
    this.#journal = deps.journal;
    this.#source = deps.source;
    this.#clock = deps.clock;
    deps.journal.onCommit((events, state) => this.#take(events, state));
  }

  /** Called with all events in turn, and the state after them. */
  onEvents(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** From now on what the journal did not read may be read: its own reading is over. */
  begin(): void {
    this.#begun = true;
    this.#readOn();
  }

  #readOn(): void {
    if (!this.#begun || this.#reading || this.#isComplete()) return;
    if (this.#failure !== null && this.#clock.now() - this.#failure.at < RETRY_MS) return;
    this.#failure = null;
    this.#reading = true;
    void this.#read();
  }

  /** Throws NotReadError while the listeners have not had all of the log. */
  check(): void {
    if (this.#isComplete()) return;
    this.#readOn();
    const { error } = this.#failure ?? {};
    if (error !== undefined) throw new NotReadError(`the log cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    throw new NotReadError(`the log is still being read: ${this.#state.head.seq} of ${this.#journal.state.head.seq} events`);
  }

  #isComplete(): boolean {
    return this.#state.head.seq >= this.#journal.state.head.seq;
  }

  #take(events: readonly Event[], state: State): void {
    if (!this.#reading && events[0]?.seq === this.#state.head.seq + 1) this.#give(events, state);
    else this.#readOn();
  }

  #give(events: readonly Event[], state: State): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(events, state);
  }

  /** Until it is where the journal stands: the next commit then follows, so `reading` ends in the same turn. */
  async #read(): Promise<void> {
    try {
      await this.#clock.sleep(PAUSE_MS); // a start has more urgent things to do
      while (!this.#isComplete()) {
        let slice: Event[] = [];
        for await (const record of this.#source.read(this.#state.head.seq + 1, this.#journal.state.head.seq)) {
          slice.push(...(record as readonly Event[]));
          if (slice.length < SLICE) continue;
          this.#give(slice, applyAll(this.#state, slice));
          slice = [];
          await turn();
        }
        this.#give(slice, applyAll(this.#state, slice));
      }
    } catch (error) {
      this.#failure = { at: this.#clock.now(), error };
    } finally {
      this.#reading = false;
    }
  }
}
