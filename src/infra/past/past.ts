// What the service knows of its past: the state at any moment, and the ledger of the GPUs.
import type { Clock } from '../../commands/outside/host.ts';
import { type Moment, NotReadError, type PastReads } from '../../commands/reads.ts';
import type { Event } from '../../events/catalogue.ts';
import { emptyLedger, enter, type Ledger } from '../../projections/mutable/gpu-ledger.ts';
import type { State } from '../../projections/state.ts';
import type { Committer } from '../runtime/committer.ts';
import { inTime } from '../time.ts';
import type { EventSource, FullLogFeed } from './full-log-feed.ts';
import { StateAt, type StateBefore } from './state-at.ts';

/** How long somebody waits for a moment of the past, in ms. */
const PATIENCE_MS = 20_000;

export interface PastDeps {
  readonly committer: Committer;
  /** The whole log, also what is archived. */
  readonly source: EventSource;
  /** Its events, from the first on. */
  readonly whole: FullLogFeed;
  readonly clock: Clock;
  readonly stateBefore?: StateBefore;
}

export class Past implements PastReads {
  readonly #deps: PastDeps;
  readonly #travel: StateAt;
  readonly #ledger: Ledger = emptyLedger();

  constructor(deps: PastDeps) {
    this.#deps = deps;
    this.#travel = new StateAt({ ...deps, head: () => deps.committer.state, now: () => deps.clock.now() });
    deps.committer.onEveryCommit((_, state) => this.#travel.keep(state));
    deps.whole.onEvents((events, state) => {
      this.#travel.keep(state);
      enter(this.#ledger, events);
    });
  }

  /** A state of this log that was kept elsewhere, as a snapshot is. */
  keep(state: State): void {
    this.#travel.keep(state);
  }

  now(): number {
    return this.#deps.clock.now();
  }

  /** Frozen. Throws FutureError, NotReadError when it takes too long, and what the log throws when the events cannot be read. */
  at(moment: Moment): Promise<State> {
    return this.#inTime(this.#travel.at(moment));
  }

  /** At the head of the log. Throws NotReadError while not all of the log has been read. */
  ledger(): Ledger {
    const behind = this.#deps.whole.behind();
    if (behind !== null) throw new NotReadError(behind);
    return this.#ledger;
  }

  /** A timeout does not stop the replay. It goes on and caches states, so a retry is quick. */
  #inTime<T>(replay: Promise<T>): Promise<T> {
    const late = (): Error => new NotReadError(`the events up to that moment were not read within ${PATIENCE_MS / 1_000} s: try again`);
    return inTime(replay, { clock: this.#deps.clock, ms: PATIENCE_MS, late });
  }

  /** When that event was, in ms since the epoch; null: there is none. Throws as `at`. */
  timeOf(seq: number): Promise<number | null> {
    return this.#inTime(this.#timeOf(seq));
  }

  async #timeOf(seq: number): Promise<number | null> {
    const { head, time } = this.#deps.committer.state;
    if (seq < 1 || seq > head.seq) return null;
    if (seq === head.seq) return Date.parse(time);
    for await (const events of this.#deps.source.read(seq, seq)) {
      const found = (events as readonly Event[]).find((event) => event.seq === seq);
      if (found !== undefined) return Date.parse(found.time);
    }
    return null;
  }
}
