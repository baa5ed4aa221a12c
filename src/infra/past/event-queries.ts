// Answers questions about the log: the index says where the events are, the records give them.
import type { Event } from '../../events/catalogue.ts';
import {
  type EventFilter,
  type EventInContext,
  type EventPage,
  type EventReads,
  EventsUnavailableError,
  type Following,
  matches,
  type PageRequest,
} from '../../events/query.ts';
import { EventIndex } from '../../projections/mutable/event-index.ts';
import type { Committer } from '../runtime/committer.ts';
import { inTime, realTime } from '../time.ts';
import { EventCache, type History } from './event-cache.ts';
import type { FullLogFeed } from './full-log-feed.ts';

export interface EventQueriesDeps {
  readonly committer: Committer;
  /** All events from the first on, wherever they are kept. */
  readonly history: History;
  /** Tells the index of all events. */
  readonly whole: FullLogFeed;
  /** How long a question waits for the index, and for the history, in ms. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 3_000;
/** An operation has about ten events; one that is retried for days has more. */
const MOST_OF_A_COMMAND = 500;

export class EventQueries implements EventReads {
  readonly #deps: EventQueriesDeps;
  readonly #index = new EventIndex();
  readonly #records: EventCache;
  readonly #listeners = new Set<() => void>();

  constructor(deps: EventQueriesDeps) {
    this.#deps = deps;
    this.#records = new EventCache(deps.history, (seq) => this.#index.recordOf(seq));
    deps.whole.onEvents((events, _, begins) => this.#follow(events, begins));
  }

  head(): number {
    return this.#deps.committer.state.head.seq;
  }

  onMoved(moved: () => void): () => void {
    this.#listeners.add(moved);
    return () => this.#listeners.delete(moved);
  }

  async page(filter: EventFilter, { order, limit, cursor }: PageRequest): Promise<EventPage> {
    await this.#indexed();
    const head = this.#index.last;
    const range = order === 'asc' ? { from: (cursor ?? 0) + 1, to: head } : { from: 1, to: Math.min(head, (cursor ?? head + 1) - 1) };
    const seqs = this.#index.find(filter, range, order, limit + 1);
    const page = seqs.slice(0, limit);
    const events = await this.#read(page);
    return { events: events.filter((event) => matches(event, filter)), next: seqs.length > limit ? (page.at(-1) ?? null) : null, head };
  }

  async one(seq: number): Promise<EventInContext | null> {
    await this.#indexed();
    if (seq < 1 || seq > this.#index.last) return null;
    const [event] = await this.#read([seq]);
    if (event === undefined) return null;
    const { id } = event.command;
    const seqs = this.#index.ofCommand(id, MOST_OF_A_COMMAND + 1);
    const command = (await this.#read(seqs.slice(-MOST_OF_A_COMMAND))).filter((other) => other.command.id === id);
    return { event, command, truncated: seqs.length > MOST_OF_A_COMMAND, ...this.#index.neighbours(event.stream, seq) };
  }

  async following(filter: EventFilter, after: number, limit: number): Promise<Following> {
    await this.#indexed();
    const to = this.#index.last;
    const { isClosed, to: end } = this.#index.rangeOf(filter);
    const seqs = this.#index.find(filter, { from: after + 1, to }, 'asc', limit);
    const reached = seqs.length < limit ? Math.max(after, to) : (seqs.at(-1) ?? after);
    const events = await this.#read(seqs);
    return { events: events.filter((event) => matches(event, filter)), reached, ended: isClosed && reached >= end };
  }

  #follow(events: readonly Event[], begins: readonly number[]): void {
    this.#index.add(events, begins);
    if (this.#index.last < this.head()) return;
    this.#records.keep(events);
    for (const moved of this.#listeners) moved();
  }

  /** Until the index reaches the head. Throws EventsUnavailableError when that takes too long, or cannot be. */
  async #indexed(): Promise<void> {
    const { whole } = this.#deps;
    const behind = whole.behind();
    if (behind === null) return;
    if (!whole.isReading) throw new EventsUnavailableError(behind);
    let stop = (): void => {};
    const done = new Promise<void>((resolve) => {
      stop = this.onMoved(resolve);
    });
    await this.#inTime(done, () => whole.behind() ?? 'the events are being indexed').finally(stop);
  }

  async #read(seqs: readonly number[]): Promise<Event[]> {
    if (this.#records.has(seqs)) return this.#records.get(seqs);
    const trouble = this.#deps.history.trouble();
    if (trouble !== null) throw new EventsUnavailableError(`the event log does not answer: ${trouble.reason}`);
    return this.#inTime(this.#records.get(seqs), () => 'the event log does not answer in time');
  }

  #inTime<T>(task: Promise<T>, reason: () => string): Promise<T> {
    const ms = this.#deps.patienceMs ?? PATIENCE_MS;
    return inTime(task, { clock: realTime, ms, late: () => new EventsUnavailableError(reason()) });
  }
}
