// What the service knows of its past: the state at any moment, and the ledger of the GPUs.
import type { Clock } from '../commands/ports.ts';
import type { Event } from '../events/catalogue.ts';
import { emptyLedger, enter, type Ledger } from '../projections/ledger.ts';
import type { State } from '../projections/state.ts';
import type { Journal } from './journal.ts';
import { type Moment, TimeTravel } from './time-travel.ts';
import { type EventSource, WholeLog } from './whole-log.ts';

export interface PastDeps {
  readonly journal: Journal;
  /** The whole log, also what is archived. */
  readonly source: EventSource;
  readonly clock: Clock;
}

export class Past {
  readonly #deps: PastDeps;
  readonly #whole: WholeLog;
  readonly #travel: TimeTravel;
  readonly #ledger: Ledger = emptyLedger();

  constructor(deps: PastDeps) {
    this.#deps = deps;
    this.#travel = new TimeTravel({ ...deps, head: () => deps.journal.state, now: () => deps.clock.now() });
    deps.journal.onCommit((_, state) => this.#travel.keep(state));
    this.#whole = new WholeLog(deps);
    this.#whole.onEvents((events, state) => {
      this.#travel.keep(state);
      enter(this.#ledger, events);
    });
  }

  /** A state of this log that was kept elsewhere, as a snapshot is. */
  keep(state: State): void {
    this.#travel.keep(state);
  }

  /** Once the journal has been read: what it was spared is read in the background. */
  begin(): void {
    this.#whole.begin();
  }

  now(): number {
    return this.#deps.clock.now();
  }

  /** Frozen. Throws FutureError; what the log throws when the events cannot be read. */
  at(moment: Moment): Promise<State> {
    return this.#travel.at(moment);
  }

  /** At the head of the log. Throws NotReadError while not all of the log has been read. */
  ledger(): Ledger {
    this.#whole.check();
    return this.#ledger;
  }

  /** When that event was, in ms since the epoch; null: there is none. */
  async timeOf(seq: number): Promise<number | null> {
    const { head, time } = this.#deps.journal.state;
    if (seq < 1 || seq > head.seq) return null;
    if (seq === head.seq) return Date.parse(time);
    for await (const events of this.#deps.source.read(seq, seq)) {
      const found = (events as readonly Event[]).find((event) => event.seq === seq);
      if (found !== undefined) return Date.parse(found.time);
    }
    return null;
  }
}
