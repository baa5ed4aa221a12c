// The one writer: commands queue here, are decided one after another on the state that the ones before would leave, and are
// appended as one record (group commit). Whatever is decided on a head that has moved is thrown away and decided again.
import type { Decision, Rejection } from '../../commands/decision.ts';
import type { Clock } from '../../commands/outside/host.ts';
import { type Event, type NewEvent, schemaVersionOf } from '../../events/catalogue.ts';
import type { CommandMeta, Head } from '../../events/envelope.ts';
import { seal } from '../../events/hash.ts';
import { type EventLog, MAX_BYTES_PER_RECORD, MAX_EVENTS_PER_RECORD } from '../../events/log.ts';
import { applyAll } from '../../projections/apply.ts';
import { initialState, type State } from '../../projections/state.ts';

export type Committed =
  | { readonly kind: 'committed'; readonly events: readonly Event[] }
  | { readonly kind: 'already' }
  | { readonly kind: 'rejected'; readonly rejection: Rejection }
  | { readonly kind: 'wait'; readonly streams: readonly string[] }
  | { readonly kind: 'stale' };

/** What one command would append does not fit into a record. */
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

export type CommitListener = (events: readonly Event[], state: State) => void;
/** `begins`: the first sequence of each record among the events. */
export type RecordListener = (events: readonly Event[], state: State, begins: readonly number[]) => void;

/** The states in between are kept for looking back (time-travel.ts); larger batches are not applied any faster. */
const REPLAY_BATCH = 2_000;

export class Committer {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #host: string;
  #state: State = initialState;
  #queue: Pending[] = [];
  #running = false;
  #catchingUp: Promise<void> | null = null;
  readonly #listeners = new Set<RecordListener>();

  constructor(deps: { log: EventLog; clock: Clock; host: string }) {
    this.#log = deps.log;
    this.#clock = deps.clock;
    this.#host = deps.host;
  }

  /** The state at the last event that is known to be in the log. Frozen. */
  get state(): State {
    return this.#state;
  }

  /** Begins at a state that was kept instead of at the empty one. Only before anything was read; listeners are not told of what is in it. */
  restore(state: State): void {
    if (this.#state !== initialState) throw new Error('the log was already read');
    this.#state = state;
  }

  /** Called after each commit, one's own or another's, with the new events; replay calls it too. Returns how to stop it. */
  onCommit(listener: RecordListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads the log to its head. Safe to call at any time; one's own appends wait for it. */
  catchUp(): Promise<void> {
    if (this.#running && this.#catchingUp === null) return Promise.resolve(); // the writer meets what is new itself
    this.#catchingUp ??= this.#readOn().finally(() => {
      this.#catchingUp = null;
      this.#wake();
    });
    return this.#catchingUp;
  }

  /** Queues a decision; resolves once what it decided is in the log and in `state` (or nothing was to be appended). */
  submit(meta: CommandMeta, decide: (state: State) => Decision): Promise<Committed> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ meta, decide, resolve, reject });
      this.#wake();
    });
  }

  #wake(): void {
    if (this.#running || this.#catchingUp !== null || this.#queue.length === 0) return;
    this.#running = true;
    void this.#write();
  }

  async #write(): Promise<void> {
    await Promise.resolve(); // whoever submits in this turn shares the record
    while (this.#queue.length > 0) {
      const { decided, events, state } = this.#decideQueued();
      if (events.length === 0) {
        for (const { pending, committed } of decided) pending.resolve(committed);
        continue;
      }
      try {
        if ((await this.#log.append(events, this.#state.head)) === 'conflict') {
          this.#queue.unshift(...decided.map((d) => d.pending));
          await this.#readOn();
          continue;
        }
      } catch (error) {
        for (const { pending } of decided) pending.reject(error);
        continue;
      }
      this.#advance(events, state, [this.#state.head.seq + 1]);
      for (const { pending, committed } of decided) pending.resolve(committed);
    }
    this.#running = false; // in the same turn as the last look at the queue
  }

  /** Takes from the queue what fits into one record, each decided on what the ones before it would leave. */
  #decideQueued(): { decided: Decided[]; events: Event[]; state: State } {
    const decided: Decided[] = [];
    const events: Event[] = [];
    let state = this.#state;
    let bytes = 0;
    for (let pending = this.#queue[0]; pending !== undefined; pending = this.#queue[0]) {
      try {
        const decision = pending.decide(state);
        if (decision.kind !== 'events' || decision.events.length === 0) {
          decided.push({ pending, committed: decision.kind === 'events' ? { kind: 'already' } : decision });
          this.#queue.shift();
          continue;
        }
        const sealed = this.#seal(decision.events, pending.meta, state.head, state.time);
        const size = sealed.reduce((sum, e) => sum + Buffer.byteLength(JSON.stringify(e)) + 1, 0);
        if (sealed.length > MAX_EVENTS_PER_RECORD || size > MAX_BYTES_PER_RECORD) {
          throw new TooLargeError(`the command needs ${size} bytes in the log; at most ${MAX_BYTES_PER_RECORD} fit`);
        }
        if (events.length > 0 && (events.length + sealed.length > MAX_EVENTS_PER_RECORD || bytes + size > MAX_BYTES_PER_RECORD)) break;
        state = applyAll(state, sealed);
        events.push(...sealed);
        bytes += size;
        decided.push({ pending, committed: { kind: 'committed', events: sealed } });
      } catch (error) {
        pending.reject(error);
      }
      this.#queue.shift();
    }
    return { decided, events, state };
  }

  #seal(events: readonly NewEvent[], command: CommandMeta, head: Head, lastTime: string): Event[] {
    const now = new Date(this.#clock.now()).toISOString();
    const time = now < lastTime ? lastTime : now;
    let { seq, hash } = head;
    return events.map((event) => {
      const { type, stream, data } = event;
      const sealed = seal<string, unknown>({
        seq: seq + 1,
        type,
        schema: schemaVersionOf(type),
        stream,
        time,
        host: this.#host,
        command,
        data,
        prev: hash,
      });
      ({ seq, hash } = sealed);
      return sealed as Event;
    });
  }

  async #readOn(): Promise<void> {
    let batch: Event[] = [];
    let begins: number[] = [];
    const flush = (): void => {
      if (batch.length > 0) this.#advance(batch, applyAll(this.#state, batch), begins);
      batch = [];
      begins = [];
    };
    for await (const record of this.#log.read(this.#state.head.seq + 1)) {
      begins.push(this.#state.head.seq + batch.length + 1);
      batch.push(...(record as readonly Event[]));
      if (batch.length >= REPLAY_BATCH) flush();
    }
    flush();
  }

  #advance(events: readonly Event[], state: State, begins: readonly number[]): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(events, state, begins);
  }
}
