// The memory behind the doubt: for how long this server has seen things missing from Docker, look by look.
import { type Absence, absenceOn, isTooMuch, knownAbsence } from '../../../commands/host/absence.ts';
import { type Doubt, isUnseen, type Observed } from '../../../commands/host/reconcile.ts';
import { type State, writable } from '../../../projections/state.ts';

/** Age at which what is missing from Docker is given up, ms. */
export const DOUBT_MS = 10_000;

export interface DoubtDeps {
  /** Milliseconds by a clock that nobody sets. */
  readonly monotonic: () => number;
  /** DOUBT_MS, but for tests. */
  readonly doubtMs: number;
}

/**
 * Remembers since when each name has been missing at every look:
 *
 *     const doubt = absences.after(state, host, observed, clock.now());
 *     decideReconcile(state, stream, observed, doubt);
 *
 * Promises that a name which one look found begins anew, and that nothing may be given up while too much of the host is missing.
 */
export class Absences {
  readonly #deps: DoubtDeps;
  #since: ReadonlyMap<string, number> = new Map();
  /** The log's head before the last look. */
  #seq = 0;

  constructor(deps: DoubtDeps) {
    this.#deps = deps;
  }

  /** The streams whose container or volume was missing at the last look. */
  get streams(): readonly string[] {
    return [...this.#since.keys()];
  }

  /** Whether the stream's container or volume was missing at the last look. */
  has(stream: string): boolean {
    return this.#since.has(stream);
  }

  /** As the log has it; a log of level 1 does not, and there it is the last look's, without the names that changed since. */
  known(state: State, host: string): Absence {
    if (writable(state, 'ContainerMissing')) return knownAbsence(state, host);
    return absenceOn(state, host, (stream, { seq }) => seq <= this.#seq && this.#since.has(stream));
  }

  after(state: State, host: string, observed: Observed, now: number): Doubt {
    const at = this.#deps.monotonic();
    const absence = this.#absence(state, host, observed);
    const since = new Map(absence.missing.map(({ stream }) => [stream, this.#since.get(stream) ?? at]));
    this.#since = since;
    this.#seq = observed.seq;
    const { doubtMs } = this.#deps;
    return { missingMs: (stream) => at - (since.get(stream) ?? at), now, doubtMs, mayGiveUp: !isTooMuch(absence) };
  }

  #absence(state: State, host: string, observed: Observed): Absence {
    return absenceOn(state, host, (_, aggregate) => isUnseen(aggregate, observed));
  }
}
