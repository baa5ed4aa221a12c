import type { Clock } from '../../commands/outside/host.ts';
import { type LedgerReads, type Moment, NotReadError, type PastReads } from '../../commands/reads.ts';
import type { EventLog } from '../../events/log.ts';
import type { State } from '../../projections/state.ts';
import { inTime } from '../async/time.ts';
import type { Committer } from '../runtime/committer.ts';
import type { FullLogFeed } from './full-log-feed.ts';
import { LedgerQueries } from './ledger-queries.ts';
import { StateAt, type StateBefore } from './state-at.ts';

/** Timeout in ms of a question about the past. */
const PATIENCE_MS = 20_000;

interface PastDeps {
  readonly committer: Committer;
  /** The whole log, its archived beginning included. */
  readonly source: Pick<EventLog, 'read'>;
  /** Has the ledger. */
  readonly whole: FullLogFeed;
  readonly clock: Clock;
  readonly stateBefore?: StateBefore;
}

/**
 * The past of this host: the state at any moment, and the ledger of the GPUs.
 *
 *     const past = new Past({ committer, source: log, whole, clock });  // before the committer is first read
 *     await past.at({ ms: Date.parse('2026-01-20T14:00:00Z') });         // the frozen state at that time
 *     past.ledger();                                                     // who held which GPU from when to when
 *
 * Promises the same answer as a replay from event 1, and an answer or an error within 20 s.
 */
export class Past implements PastReads {
  readonly #deps: PastDeps;
  readonly #states: StateAt;
  readonly #ledger: LedgerReads;

  constructor(deps: PastDeps) {
    this.#deps = deps;
    this.#states = new StateAt({ ...deps, head: () => deps.committer.state, now: () => deps.clock.now() });
    this.#ledger = new LedgerQueries(deps.whole.index);
    deps.committer.onEveryCommit((_, state) => this.#states.cache(state));
  }

  /** Adds a state of this log that came from elsewhere, as from a snapshot. */
  cache(state: State): void {
    this.#states.cache(state);
  }

  now(): number {
    return this.#deps.clock.now();
  }

  at(moment: Moment): Promise<State> {
    return this.#inTime(this.#states.at(moment));
  }

  ledger(): LedgerReads {
    const behind = this.#deps.whole.behind();
    if (behind !== null) throw new NotReadError(behind);
    return this.#ledger;
  }

  /** A timeout does not stop the replay. It goes on and caches states, so a retry is quick. */
  #inTime<T>(replay: Promise<T>): Promise<T> {
    const late = (): Error => new NotReadError(`the events up to that moment were not read within ${PATIENCE_MS / 1_000} s: try again`);
    return inTime(replay, { clock: this.#deps.clock, ms: PATIENCE_MS, late });
  }

  timeOf(seq: number): Promise<number | null> {
    return this.#inTime(this.#timeOf(seq));
  }

  async #timeOf(seq: number): Promise<number | null> {
    const { head, time } = this.#deps.committer.state;
    if (seq < 1 || seq > head.seq) return null;
    if (seq === head.seq) return Date.parse(time);
    for await (const events of this.#deps.source.read(seq, seq)) {
      const found = events.find((event) => event.seq === seq);
      if (found !== undefined) return Date.parse(found.time);
    }
    return null;
  }
}
