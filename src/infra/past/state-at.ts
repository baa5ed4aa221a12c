import { setImmediate as turn } from 'node:timers/promises';
import { FutureError, type Moment } from '../../commands/reads.ts';
import type { Envelope } from '../../events/envelope.ts';
import type { EventLog } from '../../events/log.ts';
import { applyAll } from '../../projections/apply.ts';
import { KeyedCommands } from '../../projections/keyed-commands.ts';
import { initialState, type State } from '../../projections/state.ts';
import { LruCache } from './parts/lru-cache.ts';

/** Whether an event of that sequence and time had happened at the moment in question. */
type IsThen = (seq: number, time: string) => boolean;

/** The latest state on disk that is of that moment or earlier, and later than the sequence `after`; null when there is none. */
export type StateBefore = (isThen: IsThen, after: number) => Promise<State | null>;

interface StateAtOptions {
  readonly source: Pick<EventLog, 'read'>;
  /** The state at the head of the log. */
  readonly head: () => State;
  readonly now: () => number;
  /** Bridges the time after a start, until states are cached here. */
  readonly stateBefore?: StateBefore;
  /** For tests: EVERY. */
  readonly every?: number;
  /** For tests: MAX_CACHED. */
  readonly most?: number;
}

/**
 * Cache one state every EVERY events; a lookup replays at most that many. 2,000 events are applied in about 10 ms, and a cached state takes
 * 30 to 60 KB with 200 replicaSets: bench/history.ts measures both.
 */
const EVERY = 2_000;
/** Upper bound on cached states: when it is reached, every second one is dropped and `every` doubles. */
const MAX_CACHED = 1_024;
/** Answers in the cache of answers: a person looks at the same moment again, or at the next. */
const RECENT = 8;
/** Events applied before the event loop runs. */
const SLICE = 500;
/** Events per read: how far a time lies ahead is not known before it is reached. */
const READ = 2_000;

/**
 * The state as it was after any event, or at any time: the nearest cached state before it, with the events in between applied again. States
 * share everything that did not change between them, so caching one every few thousand events costs little.
 *
 *     const states = new StateAt({ source: log, head: () => committer.state, now: () => clock.now() });
 *     committer.onCommit((_, state) => states.cache(state));
 *     await states.at({ seq: 4711 });
 *
 * Promises the state that a replay from event 1 would give, except for its `commands`. Replays run one after another, and give the event
 * loop back every few ms.
 */
export class StateAt {
  readonly #options: StateAtOptions;
  readonly #most: number;
  #every: number;
  /** Ascending by sequence. */
  #cached: State[] = [];
  /** Answers, by sequence. */
  readonly #recent = new LruCache<number, State>(RECENT);
  #tail: Promise<unknown> = Promise.resolve();

  constructor(options: StateAtOptions) {
    this.#options = options;
    this.#every = options.every ?? EVERY;
    this.#most = options.most ?? MAX_CACHED;
  }

  /** The number of cached states. */
  get size(): number {
    return this.#cached.length;
  }

  /** Caches the state unless one near before it is cached. States of this log may come in any order. */
  cache(state: State): void {
    const { seq } = state.head;
    const at = this.#cached.findLastIndex(({ head }) => head.seq <= seq);
    const before = this.#cached[at]?.head.seq ?? 0;
    const after = this.#cached[at + 1]?.head.seq ?? Number.POSITIVE_INFINITY;
    if (seq - before < this.#every || after === seq) return;
    // The commands are dropped: views show nothing of them.
    this.#cached.splice(at + 1, 0, { ...state, commands: KeyedCommands.none });
    if (this.#cached.length <= this.#most) return;
    this.#cached = this.#cached.filter((_, i) => i % 2 === 1);
    this.#every *= 2;
  }

  /** Throws FutureError, and the source's errors. */
  async at(moment: Moment): Promise<State> {
    const head = this.#options.head();
    if ('seq' in moment ? moment.seq === head.head.seq : head.time !== '' && moment.ms >= Date.parse(head.time)) {
      this.#refuseFuture(moment, head);
      return head;
    }
    this.#refuseFuture(moment, head);
    // One after another, so that many requests cannot take all time and memory.
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
    if (stored !== null) state = { ...stored, commands: KeyedCommands.none };
    let slice: Envelope[] = [];
    const flush = async (): Promise<void> => {
      state = applyAll(state, slice);
      slice = [];
      this.cache(state);
      await turn();
    };
    reading: for (let from = state.head.seq + 1; from <= limit; from += READ) {
      for await (const record of this.#options.source.read(from, Math.min(limit, from + READ - 1))) {
        for (const event of record) {
          if (!isThen(event.seq, event.time)) break reading;
          slice.push(event);
        }
        if (slice.length >= SLICE) await flush();
      }
    }
    if (slice.length > 0) await flush();
    this.#recent.set(state.head.seq, state);
    return state;
  }

  #nearest(isThen: IsThen): State {
    const before = (state: State): boolean => isThen(state.head.seq, state.time);
    let best = this.#cached.findLast(before) ?? initialState;
    for (const state of this.#recent.values()) if (before(state) && state.head.seq > best.head.seq) best = state;
    return best;
  }
}
