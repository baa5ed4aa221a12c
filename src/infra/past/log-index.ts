import type { Envelope } from '../../events/envelope.ts';
import type { Bound, EventFilter } from '../../events/query.ts';
import { candidatesIn, type EventLists, type Range, recordIn } from '../../projections/mutable/event-lists.ts';
import { emptyLedger, endOf } from '../../projections/mutable/gpu-ledger.ts';
import { has, hashOf, indexKey } from '../../projections/mutable/index-key.ts';
import { OpenPart } from '../../projections/mutable/open-part.ts';
import { loadedAhead } from '../async/ahead.ts';
import { Breather } from '../async/breather.ts';
import { Parts, type PartsOptions } from './parts/parts.ts';

type Order = 'asc' | 'desc';

/**
 * The index of the whole log's events, and its GPU ledger. The log is indexed in parts of equal size: the full ones
 * lie in files, the last one grows in memory.
 *
 *     const index = new LogIndex({ files: new PartFiles(dir), source: log, logger });
 *     await index.open();                 // before the log is read: `last` says from where on events are missing
 *     index.add(events, begins);          // the events that follow
 *     await index.candidates({ clauses: [{ field: 'gpu', values: ['GPU-0'] }] }, { from: 1, to: index.last }, 'desc', 100);
 *
 * Promises the answers of one index over all events, however they are divided. Its memory is bounded, but for 4 bytes a name and command in
 * each part. Methods that give a promise throw the log's errors where a part must be made again.
 */
export class LogIndex {
  readonly parts: Parts;
  #open = new OpenPart(endOf(emptyLedger()));

  constructor(options: PartsOptions) {
    this.parts = new Parts(options);
  }

  /** All events up to this sequence are in the index. */
  get last(): number {
    return this.#open.events.last;
  }

  /** The part that grows. A full one is replaced by another, and does not change any more. */
  get openPart(): OpenPart {
    return this.#open;
  }

  /** Call it before anything is added. */
  async open(): Promise<void> {
    this.#open = new OpenPart(await this.parts.open());
  }

  /** Adds the events that follow `last` and ignores all others. `begins`: the first sequence of each record among them, ascending. */
  add(events: readonly Envelope[], begins: readonly number[]): void {
    let next = 0;
    for (const event of events) {
      if (event.seq !== this.last + 1) continue;
      while ((begins[next] ?? Number.POSITIVE_INFINITY) < event.seq) next++;
      this.#open.add(event, begins[next] === event.seq);
      if (this.#open.count < this.parts.size) continue;
      const full = this.#open;
      this.parts.append(full.packed());
      this.#open = new OpenPart(full.end());
    }
  }

  /** The sequences within the filter's bounds; `isClosed`: no event to come can lie within them. */
  async rangeOf({ since, until }: EventFilter): Promise<Range & { readonly isClosed: boolean }> {
    const { last } = this;
    const from = since === undefined ? 1 : 'seq' in since ? Math.max(1, since.seq) : await this.#firstAt(since.ms);
    const end = until === undefined ? Number.POSITIVE_INFINITY : await this.#endOf(until, last);
    return { from, to: Math.min(last, end), isClosed: end <= last };
  }

  /** The last sequence that is not after the bound; Infinity while it may still come. */
  async #endOf(bound: Bound, last: number): Promise<number> {
    if ('seq' in bound) return bound.seq;
    // Times are whole ms, so this is the first sequence after the bound.
    const after = await this.#firstAt(bound.ms + 1);
    return after > last ? Number.POSITIVE_INFINITY : after - 1;
  }

  /** The first sequence at that time or later; the one after `last` when there is none. */
  async #firstAt(ms: number): Promise<number> {
    const place = this.parts.endingAt(ms);
    return (place < this.parts.count ? await this.parts.events(place) : this.#open.events).firstAt(ms);
  }

  /**
   * Up to `limit` sequences that may match the filter, from either end of [from, to] and within the filter's bounds. All that match are
   * among them. A clause on commands may add false ones (see EventLists.commandList): compare the events with `matches`.
   */
  async candidates(filter: EventFilter, { from, to }: Range, order: Order, limit: number): Promise<number[]> {
    const bounds = await this.rangeOf(filter);
    const range = { from: Math.max(from, bounds.from), to: Math.min(to, bounds.to) };
    const hashes = filter.clauses.map(({ field, values }) => values.map((value) => hashOf(indexKey(field, value))));
    const found: number[] = [];
    for await (const part of this.#parts(range, order, hashes)) {
      found.push(...candidatesIn(part, filter.clauses, range, order, limit - found.length));
      if (found.length >= limit) break;
    }
    return found;
  }

  /** The newest `most` events that may be the command's, ascending. */
  async candidatesOf(command: string, most: number): Promise<number[]> {
    const clauses = [{ field: 'command', values: [command] }] as const;
    return (await this.candidates({ clauses }, { from: 1, to: this.last }, 'desc', most)).reverse();
  }

  /** The sequences before and after this one in its stream. */
  async neighbours(stream: string, seq: number): Promise<{ readonly previous: number | null; readonly next: number | null }> {
    const filter: EventFilter = { clauses: [{ field: 'stream', values: [stream] }] };
    const [previous = null] = await this.candidates(filter, { from: 1, to: seq - 1 }, 'desc', 1);
    const [next = null] = await this.candidates(filter, { from: seq + 1, to: this.last }, 'asc', 1);
    return { previous, next };
  }

  /** The sequences of the record that holds the event, as far as they lie in the same part. */
  async recordOf(seq: number): Promise<Range> {
    if (seq > this.parts.last) return recordIn(this.#open.events, this.#open.events.begins, seq);
    const place = this.parts.placeOf(seq);
    return recordIn(this.parts.summary(place), await this.parts.records(place), seq);
  }

  /** The parts with events in the range that may have one of each list of hashes, in that order. */
  async *#parts({ from, to }: Range, order: Order, hashes: readonly (readonly number[])[]): AsyncGenerator<EventLists, void, undefined> {
    const [open, inParts] = [this.#open.events, this.parts.last];
    const step = order === 'asc' ? 1 : -1;
    const [first, last] = [this.parts.placeOf(Math.max(1, from)), this.parts.placeOf(Math.min(to, inParts))];
    if (order === 'desc' && to > inParts) yield open;
    const { parts } = this;
    const places = function* (): Generator<number> {
      for (let place = order === 'asc' ? first : last; place >= first && place <= last; place += step) {
        const { keys } = parts.summary(place);
        if (hashes.every((some) => some.some((hash) => has(keys, hash)))) yield place;
      }
    };
    const breather = new Breather();
    for await (const part of loadedAhead(places(), (place) => parts.events(place))) {
      yield part;
      await breather.breathe();
    }
    if (order === 'asc' && to > inParts) yield open;
  }
}
