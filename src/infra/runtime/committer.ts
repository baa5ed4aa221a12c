// The one writer of the log, and the holder of the state that all else reads.
import { setImmediate as turn } from 'node:timers/promises';
import type { Decision, Rejection } from '../../commands/decision.ts';
import type { Clock } from '../../commands/outside/host.ts';
import { messageOf } from '../../commands/outside/message-of.ts';
import { type Event, type NewEvent, schemaVersionOf } from '../../events/catalogue.ts';
import type { CommandMeta, Envelope } from '../../events/envelope.ts';
import { checkData, checkLevel } from '../../events/evolution/sealable.ts';
import { sealWithText } from '../../events/hash.ts';
import { type EventLog, LogClosedError, LogCorruptError, MAX_EVENTS_PER_RECORD } from '../../events/log.ts';
import { applyAll } from '../../projections/apply.ts';
import { initialState, type State } from '../../projections/state.ts';
import { retry } from '../async/retry.ts';
import { bytesInRecord, MAX_EVENT_BYTES_PER_RECORD } from '../etcd/record.ts';
import { LogTime } from './log-time.ts';

type Committed =
  | { readonly kind: 'committed'; readonly events: readonly Event[] }
  | { readonly kind: 'already' }
  | { readonly kind: 'rejected'; readonly rejection: Rejection }
  | { readonly kind: 'wait'; readonly streams: readonly string[] }
  | { readonly kind: 'stale' };

/** The events of one command do not fit into a record. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

interface Pending {
  readonly meta: CommandMeta;
  readonly decide: (state: State) => Decision;
  readonly resolve: (committed: Committed) => void;
  readonly reject: (error: unknown) => void;
}
interface Decided {
  readonly pending: Pending;
  readonly committed: Committed;
}

/**
 * Called with new events, as they are stored (`upcastAll` gives today's), and the state after them. `recordStarts`: the first sequence of each
 * record among the events.
 */
export type RecordListener = (events: readonly Envelope[], state: State, recordStarts: readonly number[]) => void;

/** Batch size of a replay, events. `?at=` caches the state after each batch; larger batches are not applied any faster. */
const REPLAY_BATCH = 2_000;
/** Time slice, ms: how long decisions are made before what they came to is appended, and others get their turn. */
const SLICE_MS = 8;
/** Pauses after a conflict before the log is read again where it could not be, ms: the first, and the longest. */
const READ_ON_MS = { first: 20, most: 1_000 };

/**
 * Decides and appends:
 *
 *     await committer.catchUp();
 *     const committed = await committer.submit(meta, (state) => decide(state, command, context));
 *
 * Decisions that are queued together are decided one after another, each on the state that the ones before it would leave, and are appended
 * as one record (group commit). Promises that a decision takes effect only on the head it was decided on: when the head has moved, it is
 * thrown away and decided again. When `submit` resolves with `committed`, the events are in the log and in `state`; when it rejects, they are
 * not and never will be. On a log that this release cannot read it stops for good, and rejects all that comes.
 */
export class Committer {
  readonly #log: EventLog;
  readonly #time: LogTime;
  readonly #host: string;
  #state: State = initialState;
  #queue: Pending[] = [];
  #writing = false;
  /** Whether the log has been read or written: the first events may have passed. */
  #started = false;
  #catchingUp: Promise<void> | null = null;
  /** Why nothing can be read or written any more. */
  #broken: LogCorruptError | LogClosedError | null = null;
  /** Why the log could not be read after another server had appended to it; null where it could. */
  #behind: string | null = null;
  readonly #elapsed: () => number;
  readonly #clock: Clock;
  readonly #listeners = new Set<RecordListener>();

  /**
   * `time`: without it the clock is judged by what this process has seen of it. `elapsed`: ms from any start, to slice decisions by; this
   * process's own clock when left out.
   */
  constructor(deps: { log: EventLog; clock: Clock; host: string; time?: LogTime; elapsed?: () => number }) {
    this.#log = deps.log;
    this.#clock = deps.clock;
    this.#elapsed = deps.elapsed ?? ((): number => performance.now());
    this.#time = deps.time ?? new LogTime({ clock: deps.clock });
    this.#host = deps.host;
  }

  /** Why nothing can be appended for the sake of the clock; null where all is well. */
  get clockProblem(): string | null {
    return this.#time.problem(this.#state.time);
  }

  /** The oddity of a clock by which events are stamped all the same; null when there is none. */
  get clockWarning(): string | null {
    return this.#time.warning(this.#state.time);
  }

  /** Why the log cannot be read, and so nothing can be appended; null where it can. */
  get readTrouble(): string | null {
    return this.#broken?.message ?? this.#behind;
  }

  /** The state at the last event that is known to be in the log. Frozen. */
  get state(): State {
    return this.#state;
  }

  /** Begins at the state of a snapshot instead of the empty one. Listeners do not get its events. Throws once the log is being read. */
  restore(state: State): void {
    this.requireUnread();
    this.#state = state;
  }

  /** Throws once the log is being read: a listener that registers after that has missed events. */
  requireUnread(): void {
    if (this.#started) throw new Error('the log is being read already: register for every event before that');
  }

  /**
   * Calls the listener with every event: those of the replay, and those of every commit, whether of this process or another. Throws once
   * the log is being read.
   */
  onEveryCommit(listener: RecordListener): void {
    this.requireUnread();
    this.#listeners.add(listener);
  }

  /** Calls the listener after each commit from now on. Returns a function that ends it. */
  onCommit(listener: RecordListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads the log to its head. Safe to call at any time; appends wait for it. */
  catchUp(): Promise<void> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    if (this.#writing && this.#catchingUp === null) return Promise.resolve(); // the writer finds new events itself
    this.#catchingUp ??= this.#readOn().finally(() => {
      this.#catchingUp = null;
      this.#wake();
    });
    return this.#catchingUp;
  }

  /** Queues a decision. Resolves when its events are in the log and in `state`, or when it has decided to append nothing. */
  submit(meta: CommandMeta, decide: (state: State) => Decision): Promise<Committed> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#queue.push({ meta, decide, resolve, reject });
      this.#wake();
    });
  }

  #wake(): void {
    if (this.#writing || this.#catchingUp !== null || this.#queue.length === 0) return;
    this.#writing = true;
    void this.#write();
  }

  async #write(): Promise<void> {
    this.#started = true;
    await Promise.resolve(); // every decision that is submitted in this turn shares the record
    while (this.#queue.length > 0) {
      if (this.#broken !== null) {
        this.#rejectQueued(this.#broken);
        break;
      }
      const { decided, events, texts, state, isCut } = this.#decideQueued();
      if (events.length === 0) {
        for (const { pending, committed } of decided) pending.resolve(committed);
        if (isCut) await turn();
        continue;
      }
      let outcome: 'committed' | 'conflict';
      try {
        outcome = await this.#log.append(events, this.#state.head, texts);
      } catch (error) {
        for (const { pending } of decided) pending.reject(error);
        continue;
      }
      if (outcome === 'conflict') {
        this.#queue.unshift(...decided.map((d) => d.pending));
        await this.#readOnAfterConflict();
        continue;
      }
      this.#advance(events, state, [this.#state.head.seq + 1]);
      for (const { pending, committed } of decided) pending.resolve(committed);
      if (isCut) await turn();
    }
    this.#writing = false; // in the same turn in which the queue was seen to be empty
  }

  /**
   * Commands in the queue wait until the log can be read: before that each attempt would meet the same conflict. They are rejected where the log
   * never will be, or does not go on from here (an etcd that was put back to an earlier moment), and nothing of them is in the log then.
   */
  async #readOnAfterConflict(): Promise<void> {
    const { seq } = this.#state.head;
    try {
      await retry(() => this.#readOn(), {
        clock: this.#clock,
        firstMs: READ_ON_MS.first,
        maxMs: READ_ON_MS.most,
        isPassing: (error) => !isForGood(error),
        onPause: (error) => {
          this.#behind = messageOf(error);
        },
      });
      this.#behind = null;
      if (this.#state.head.seq === seq)
        throw new LogCorruptError(seq, 'is not what the log in etcd ends with, and nothing follows it there');
    } catch (error) {
      this.#rejectQueued(error);
    }
  }

  #rejectQueued(error: unknown): void {
    for (const { reject } of this.#queue.splice(0)) reject(error);
  }

  /** Decides from the queue as much as fits into one record and one slice, each decision on the state that the ones before it would leave. */
  #decideQueued(): { decided: Decided[]; events: Event[]; texts: string[]; state: State; isCut: boolean } {
    const decided: Decided[] = [];
    const events: Event[] = [];
    const texts: string[] = [];
    // Asked once for a record: it is decided in one turn, and the boot clock is read from the kernel.
    let time: string | undefined;
    let state = this.#state;
    let bytes = 0;
    const since = this.#elapsed();
    for (let pending = this.#queue[0]; pending !== undefined; pending = this.#queue[0]) {
      if (decided.length > 0 && this.#elapsed() - since >= SLICE_MS) return { decided, events, texts, state, isCut: true };
      try {
        const decision = pending.decide(state);
        if (decision.kind !== 'events' || decision.events.length === 0) {
          decided.push({ pending, committed: decision.kind === 'events' ? { kind: 'already' } : decision });
          this.#queue.shift();
          continue;
        }
        time ??= this.#time.next(state.time);
        const { sealed, texts: own } = this.#seal(decision.events, pending.meta, state, time);
        const size = bytesInRecord(own);
        if (sealed.length > MAX_EVENTS_PER_RECORD)
          throw new TooLargeError(`the command needs ${sealed.length} events in the log; at most ${MAX_EVENTS_PER_RECORD} fit`);
        if (size > MAX_EVENT_BYTES_PER_RECORD)
          throw new TooLargeError(`the command needs ${size} bytes in the log; at most ${MAX_EVENT_BYTES_PER_RECORD} fit`);
        const isFull = events.length + sealed.length > MAX_EVENTS_PER_RECORD || bytes + size > MAX_EVENT_BYTES_PER_RECORD;
        if (events.length > 0 && isFull) break;
        state = applyAll(state, sealed);
        events.push(...sealed);
        texts.push(...own);
        bytes += size;
        decided.push({ pending, committed: { kind: 'committed', events: sealed } });
      } catch (error) {
        pending.reject(error);
      }
      this.#queue.shift();
    }
    return { decided, events, texts, state, isCut: false };
  }

  /** Throws UnsealableEventError; nothing of the command is appended then. */
  #seal(events: readonly NewEvent[], command: CommandMeta, state: State, time: string): { sealed: Event[]; texts: string[] } {
    let { seq, hash } = state.head;
    let level = state.logLevel;
    const texts: string[] = [];
    const sealed = events.map((event) => {
      checkData(event);
      level = checkLevel(event, level);
      const { type, stream, data } = event;
      const envelope = { seq: seq + 1, type, schema: schemaVersionOf(type), stream, time, host: this.#host, command, data, prev: hash };
      const one = sealWithText<string, unknown>(envelope);
      ({ seq, hash } = one.event);
      texts.push(one.text);
      return one.event as Event;
    });
    return { sealed, texts };
  }

  async #readOn(): Promise<void> {
    try {
      await this.#read();
    } catch (error) {
      if (isForGood(error)) this.#broken = error;
      throw error;
    }
  }

  async #read(): Promise<void> {
    this.#started = true;
    let batch: Envelope[] = [];
    let recordStarts: number[] = [];
    const flush = (): void => {
      if (batch.length > 0) this.#advance(batch, applyAll(this.#state, batch), recordStarts);
      batch = [];
      recordStarts = [];
    };
    for await (const record of this.#log.read(this.#state.head.seq + 1)) {
      recordStarts.push(this.#state.head.seq + batch.length + 1);
      batch.push(...record);
      if (batch.length >= REPLAY_BATCH) flush();
    }
    flush();
  }

  #advance(events: readonly Envelope[], state: State, recordStarts: readonly number[]): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(events, state, recordStarts);
  }
}

/** Whether no later attempt to read the log gets past this error. */
const isForGood = (error: unknown): error is LogCorruptError | LogClosedError =>
  error instanceof LogCorruptError || error instanceof LogClosedError;
