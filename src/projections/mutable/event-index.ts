// A mutable fold: an inverted index of the log. For each stream, type, GPU, port, volume, actor and command it has the ascending sequences
// of its events, and the time of every event. Unlike the state it is changed in place, because it only ever grows: copying on write would
// copy whole lists. The events themselves stay in the log; the index takes 12 to 17 bytes an event, so that a million fit into memory.
import type { Envelope } from '../../events/envelope.ts';
import { upcast } from '../../events/evolution/upcasters.ts';
import { type Bound, type Clause, type EventFilter, INDEXED, type IndexedField, valuesOf } from '../../events/query.ts';
import { CommandIndex } from './command-index.ts';
import { float64s, grown, uint32s } from './grown.ts';
import { type Cursor, intersect, PostingList, union } from './posting-list.ts';

/** Sequences from `from` to `to`, both included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

const lists = (): { [K in IndexedField]: Map<string, PostingList> } => ({
  stream: new Map(),
  type: new Map(),
  gpu: new Map(),
  port: new Map(),
  volume: new Map(),
  actor: new Map(),
});

export class EventIndex {
  readonly #lists = lists();
  readonly #commands = new CommandIndex();
  /** By sequence: the event's time in ms since the epoch. Ascending. */
  #times = float64s(1024);
  /** A bitmap of the sequences that begin a record. */
  #begins = uint32s(32);
  #last = 0;
  #lastTime = { text: '', ms: 0 };

  /** All events up to this sequence are in the index. */
  get last(): number {
    return this.#last;
  }

  /** Adds the events that follow `last` and ignores all others. `begins`: the first sequence of each record among them. */
  add(events: readonly Envelope[], begins: readonly number[]): void {
    for (const event of events) if (event.seq === this.#last + 1) this.#addOne(event);
    for (const seq of begins) if (seq <= this.#last) this.#setBegin(seq);
  }

  #addOne(stored: Envelope): void {
    const { seq } = stored;
    for (const event of upcast(stored)) {
      for (const field of INDEXED) {
        for (const value of valuesOf(field, event)) this.#listOf(field, value).push(seq);
      }
    }
    this.#commands.add(stored.command.id, seq);
    this.#setTime(seq, stored.time);
    this.#last = seq;
  }

  #listOf(field: IndexedField, value: string): PostingList {
    const known = this.#lists[field].get(value);
    if (known !== undefined) return known;
    const list = new PostingList();
    this.#lists[field].set(value, list);
    return list;
  }

  #setTime(seq: number, text: string): void {
    if (seq >= this.#times.length) this.#times = grown(this.#times, seq, float64s);
    // The events of one record share their time: it is parsed once.
    if (text !== this.#lastTime.text) this.#lastTime = { text, ms: Date.parse(text) };
    this.#times[seq] = this.#lastTime.ms;
  }

  #setBegin(seq: number): void {
    const word = seq >>> 5;
    if (word >= this.#begins.length) this.#begins = grown(this.#begins, word, uint32s);
    this.#begins[word] = (this.#begins[word] ?? 0) | (1 << (seq & 31));
  }

  #isBegin(seq: number): boolean {
    return ((this.#begins[seq >>> 5] ?? 0) & (1 << (seq & 31))) !== 0;
  }

  /** The sequences of the record that holds the event: reading the event means reading them all. */
  recordOf(seq: number): Range {
    let from = seq;
    while (from > 1 && !this.#isBegin(from)) from--;
    let to = seq;
    while (to < this.#last && !this.#isBegin(to + 1)) to++;
    return { from, to };
  }

  /** The sequences within the filter's bounds; `isClosed`: no event to come can lie within them. */
  rangeOf({ since, until }: EventFilter): Range & { readonly isClosed: boolean } {
    const from = since === undefined ? 1 : 'seq' in since ? Math.max(1, since.seq) : this.#firstAt(since.ms);
    const to = until === undefined ? this.#last : Math.min(this.#last, this.#endOf(until));
    return { from, to, isClosed: until !== undefined && this.#endOf(until) <= this.#last };
  }

  /** The last sequence that is not after the bound; Infinity while it may still come. */
  #endOf(bound: Bound): number {
    if ('seq' in bound) return bound.seq;
    // Times are whole ms, so this is the first sequence after the bound.
    const after = this.#firstAt(bound.ms + 1);
    return after > this.#last ? Number.POSITIVE_INFINITY : after - 1;
  }

  /** The first sequence at that time or later; the one after `last` when there is none. */
  #firstAt(time: number): number {
    let [low, high] = [1, this.#last + 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#times[middle] ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Up to `limit` sequences that may match the filter, from either end of [from, to] and within the filter's bounds. All that match are
   * among them. A clause on commands may add false ones (see CommandIndex.candidates): compare the events with `matches`.
   */
  candidates(filter: EventFilter, { from, to }: Range, order: 'asc' | 'desc', limit: number): number[] {
    const bounds = this.rangeOf(filter);
    const parts = filter.clauses.map((clause) => this.#listsOf(clause));
    parts.sort((a, b) => total(a) - total(b));
    const cursors = parts.map(
      (part): Cursor =>
        union(
          part.map((list) => list.cursor(order)),
          order,
        ),
    );
    return intersect(cursors, Math.max(from, bounds.from), Math.min(to, bounds.to), order, limit);
  }

  #listsOf({ field, values }: Clause): readonly PostingList[] {
    return values.flatMap((value) => {
      if (field !== 'command') return this.#lists[field].get(value) ?? [];
      const list = new PostingList();
      for (const seq of this.#commands.candidates(value)) list.push(seq);
      return list;
    });
  }

  /** See CommandIndex.candidates. */
  candidatesOf(command: string, most: number): number[] {
    return this.#commands.candidates(command, most);
  }

  /** The sequences before and after this one in its stream. */
  neighbours(stream: string, seq: number): { readonly previous: number | null; readonly next: number | null } {
    const list = this.#lists.stream.get(stream);
    const at = list?.countBelow(seq) ?? 0;
    return { previous: list?.at(at - 1) ?? null, next: list?.at(at + 1) ?? null };
  }
}

const total = (part: readonly PostingList[]): number => part.reduce((sum, { length }) => sum + length, 0);
