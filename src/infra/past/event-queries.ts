import type { Envelope } from '../../events/envelope.ts';
import type { EventLog } from '../../events/log.ts';
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
import { inTime, realTime } from '../async/time.ts';
import type { Committer } from '../runtime/committer.ts';
import { EventCache } from './event-cache.ts';
import type { FullLogFeed } from './full-log-feed.ts';
import type { LogIndex } from './log-index.ts';

export interface EventQueriesDeps {
  readonly committer: Committer;
  /** The whole log, its archived beginning included. */
  readonly history: Pick<EventLog, 'read' | 'records' | 'archived' | 'trouble' | 'head'>;
  /** Has the index. */
  readonly whole: FullLogFeed;
  /** For tests: timeout of a question in ms, for the index and again for the log. */
  readonly patienceMs?: number;
}

/** Timeout in ms; see EventQueriesDeps. */
const PATIENCE_MS = 3_000;
/** Events of one command that are shown. An operation has about ten; one that is retried for days has more. */
const MAX_OF_COMMAND = 500;
/** Characters of the events on a page, about: a page that has more ends early. Usual events have a thousand, the largest 256 times that. */
const MAX_ON_PAGE = 4 * 1024 * 1024;
/** Events of a page that are read together. */
const READ_TOGETHER = 100;

const sizeOf = (events: readonly Envelope[]): number => events.reduce((sum, { data }) => sum + JSON.stringify(data).length, 0);

/**
 * Answers questions about the events: an index says where the matching events are, the log gives them.
 *
 *     const queries = new EventQueries({ committer, history, whole });
 *     await queries.page({ clauses: [{ field: 'gpu', values: ['GPU-0'] }] }, { order: 'desc', limit: 100 });
 *
 * Promises that an answer holds every matching event up to the head and no other, and that a question for which the index or the log is
 * not ready in time is refused with EventsUnavailableError instead of answered in part.
 */
export class EventQueries implements EventReads {
  readonly #deps: EventQueriesDeps;
  readonly #index: LogIndex;
  readonly #events: EventCache;
  readonly #listeners = new Set<() => void>();

  constructor(deps: EventQueriesDeps) {
    this.#deps = deps;
    this.#index = deps.whole.index;
    this.#events = new EventCache(deps.history, (seq) => this.#index.recordOf(seq));
    deps.whole.onEvents((events) => this.#follow(events));
  }

  head(): number {
    return this.#deps.committer.state.head.seq;
  }

  async end(): Promise<number> {
    const { history } = this.#deps;
    const trouble = history.trouble();
    if (trouble !== null) throw new EventsUnavailableError(`the event log does not answer: ${trouble.reason}`);
    return (await this.#inTime(history.head(), () => 'the event log does not answer in time')).seq;
  }

  onMoved(moved: () => void): () => void {
    this.#listeners.add(moved);
    return () => this.#listeners.delete(moved);
  }

  async page(filter: EventFilter, { order, limit, cursor }: PageRequest): Promise<EventPage> {
    await this.#indexed();
    const head = this.#index.last;
    const range = order === 'asc' ? { from: (cursor ?? 0) + 1, to: head } : { from: 1, to: Math.min(head, (cursor ?? head + 1) - 1) };
    const seqs = await this.#find(this.#index.candidates(filter, range, order, limit + 1));
    const page = seqs.slice(0, limit);
    const events: Envelope[] = [];
    let count = 0;
    for (let size = 0; count < page.length && size < MAX_ON_PAGE; count += READ_TOGETHER) {
      const found = await this.#read(page.slice(count, count + READ_TOGETHER), (event) => matches(event, filter));
      events.push(...found);
      size += sizeOf(found);
    }
    const last = page[Math.min(count, page.length) - 1];
    return { events, next: seqs.length > Math.min(count, page.length) ? (last ?? null) : null, head };
  }

  async one(seq: number): Promise<EventInContext | null> {
    await this.#indexed();
    if (seq < 1 || seq > this.#index.last) return null;
    const [event] = await this.#read([seq]);
    if (event === undefined) return null;
    const { id } = event.command;
    const seqs = await this.#find(this.#index.candidatesOf(id, MAX_OF_COMMAND + 1));
    const command = await this.#read(seqs.slice(-MAX_OF_COMMAND), (other) => other.command.id === id);
    const neighbours = await this.#find(this.#index.neighbours(event.stream, seq));
    return { event, command, truncated: seqs.length > MAX_OF_COMMAND, ...neighbours };
  }

  async following(filter: EventFilter, after: number, limit: number): Promise<Following> {
    await this.#indexed();
    const to = this.#index.last;
    const { isClosed, to: end } = await this.#find(this.#index.rangeOf(filter));
    const seqs = await this.#find(this.#index.candidates(filter, { from: after + 1, to }, 'asc', limit));
    const reached = seqs.length < limit ? Math.max(after, to) : (seqs.at(-1) ?? after);
    const events = await this.#read(seqs, (event) => matches(event, filter));
    return { events, reached, ended: isClosed && reached >= end };
  }

  #follow(events: readonly Envelope[]): void {
    if (!this.#deps.whole.isComplete) return;
    this.#events.add(events);
    for (const moved of this.#listeners) moved();
  }

  /** Waits until the index reaches the head. Throws EventsUnavailableError when that takes too long or fails. */
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

  /** Reads the candidates that the index found, and drops the false ones among them. */
  async #read(candidates: readonly number[], isWanted: (event: Envelope) => boolean = () => true): Promise<Envelope[]> {
    return (await this.#readAll(candidates)).filter(isWanted);
  }

  #readAll(seqs: readonly number[]): Promise<Envelope[]> {
    if (this.#events.has(seqs)) return this.#events.get(seqs);
    const trouble = this.#deps.history.trouble();
    if (trouble !== null) throw new EventsUnavailableError(`the event log does not answer: ${trouble.reason}`);
    return this.#inTime(this.#events.get(seqs), () => 'the event log does not answer in time');
  }

  #find<T>(task: Promise<T>): Promise<T> {
    return this.#inTime(task, () => 'the index of the events does not answer in time');
  }

  #inTime<T>(task: Promise<T>, reason: () => string): Promise<T> {
    const ms = this.#deps.patienceMs ?? PATIENCE_MS;
    return inTime(task, { clock: realTime, ms, late: () => new EventsUnavailableError(reason()) });
  }
}
