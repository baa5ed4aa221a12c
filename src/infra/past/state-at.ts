// The state as it was after any event, or at any time: from the nearest state that was kept, the events in between applied again. States
// share all that did not change between them, so that keeping one every few thousand events costs little.
import { setImmediate as turn } from 'node:timers/promises';
import { FutureError, type Moment } from '../../commands/reads.ts';
import type { Event } from '../../events/catalogue.ts';
import { applyAll } from '../../projections/apply.ts';
import { initialState, type State } from '../../projections/state.ts';
import type { EventSource } from './full-log-feed.ts';

/** Whether an event of that sequence and time was there at the moment that is asked for. */
type IsThen = (seq: number, time: string) => boolean;

/** The latest state that is kept on disk, is of that moment or earlier, and lies behind the sequence `after`; null: none does. */
export type StateBefore = (isThen: IsThen, after: number) => Promise<State | null>;

export interface StateAtOptions {
  readonly source: EventSource;
  /** The state at the head of the log. */
  readonly head: () => State;
  readonly now: () => number;
  /** For the time after a start, until the states that are kept here are there. */
  readonly stateBefore?: StateBefore;
  /** A state is kept for so many events: what has to be applied again at most. */
  readonly every?: number;
  /** So many are kept; then every other one is forgotten, and `every` doubles. */
  readonly most?: number;
}

/** A kept state takes 30 to 60 KB with 200 replicaSets; 2,000 events are applied in about 10 ms. bench/history.ts measures it. */
const EVERY = 2_000;
const MOST = 1_024;
/** Answers that are kept: a person looks at the same moment again, or at the next. */
const RECENT = 8;
/** Events that are applied before something else may run. */
const SLICE = 500;
/** Events that are read at once: where a time lies in the log is not known before. */
const READ = 2_000;

export class StateAt {
  readonly #options: StateAtOptions;
  readonly #most: number;
  #every: number;
  /** Ascending. */
  #kept: State[] = [];
  /** The least recently asked for first. */
  readonly #recent = new Map<number, State>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(options: StateAtOptions) {
    this.#options = options;
    this.#every = options.every ?? EVERY;
    this.#most = options.most ?? MOST;
  }

  /** How many states are kept. */
  get size(): number {
    return this.#kept.length;
  }

  /** Keeps the state if none is kept near before it. Any state of this log will do, in any order. */
  keep(state: State): void {
    const { seq } = state.head;
    const at = this.#kept.findLastIndex(({ head }) => head.seq <= seq);
    const before = this.#kept[at]?.head.seq ?? 0;
    const after = this.#kept[at + 1]?.head.seq ?? Number.POSITIVE_INFINITY;
    if (seq - before < this.#every || after === seq) return;
    // Views show nothing of the commands, and their map is the one that would be copied whole for every state.
    this.#kept.splice(at + 1, 0, { ...state, commands: new Map() });
    if (this.#kept.length <= this.#most) return;
    this.#kept = this.#kept.filter((_, i) => i % 2 === 1);
    this.#every *= 2;
  }

  /** Throws FutureError; what the source throws when the events cannot be read. */
  async at(moment: Moment): Promise<State> {
    const head = this.#options.head();
    if ('seq' in moment ? moment.seq === head.head.seq : head.time !== '' && moment.ms >= Date.parse(head.time)) {
      this.#refuseFuture(moment, head);
      return head;
    }
    this.#refuseFuture(moment, head);
    // One after another, so that many who ask cannot take all the time and memory there is.
    const found = this.#tail.then(() => this.#replay(moment, head.head.seq));
    this.#tail = found.catch(() => undefined);
    return found;
  }

  #refuseFuture(moment: Moment, { head, time }: State): void {
    const end = head.seq === 0 ? 'the log is empty' : `the log ends at event ${head.seq}, of ${time}`;
    if ('seq' in moment && moment.seq > head.seq) throw new FutureError(`there is no event ${moment.seq} yet: ${end}`);
    const now = Math.max(this.#options.now(), time === '' ? 0 : Date.parse(time));
    if ('ms' in moment && moment.ms > now) throw new FutureError(`${new Date(moment.ms).toISOString()} is in the future: ${end}`);
  }

  async #replay(moment: Moment, headSeq: number): Promise<State> {
    const limit = 'seq' in moment ? moment.seq : headSeq;
    const lastTime = 'ms' in moment ? new Date(moment.ms).toISOString() : null;
    const isThen: IsThen = (seq, time) => seq <= limit && (lastTime === null || time <= lastTime);
    let state = this.#nearest(isThen);
    const stored = (await this.#options.stateBefore?.(isThen, state.head.seq + this.#every)) ?? null;
    if (stored !== null) state = { ...stored, commands: new Map() };
    let slice: Event[] = [];
    const flush = async (): Promise<void> => {
      state = applyAll(state, slice);
      slice = [];
      this.keep(state);
      await turn();
    };
    reading: for (let from = state.head.seq + 1; from <= limit; from += READ) {
      for await (const record of this.#options.source.read(from, Math.min(limit, from + READ - 1))) {
        for (const event of record as readonly Event[]) {
          if (!isThen(event.seq, event.time)) break reading;
          slice.push(event);
        }
        if (slice.length >= SLICE) await flush();
      }
    }
    if (slice.length > 0) await flush();
    this.#remember(state);
    return state;
  }

  #nearest(isThen: IsThen): State {
    const before = (state: State): boolean => isThen(state.head.seq, state.time);
    let best = this.#kept.findLast(before) ?? initialState;
    for (const state of this.#recent.values()) if (before(state) && state.head.seq > best.head.seq) best = state;
    return best;
  }

  #remember(state: State): void {
    const { seq } = state.head;
    this.#recent.delete(seq);
    this.#recent.set(seq, state);
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= RECENT) break;
      this.#recent.delete(oldest);
    }
  }
}
