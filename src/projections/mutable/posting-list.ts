// A mutable fold's building block: an ascending list of sequences, 2 bytes each, and the intersection of several from either end. Appended
// to in place, or a view of a file. A list is of one part of the log, and holds distances from the part's first sequence.
import { grown, uint16s } from './grown.ts';

export class PostingList {
  readonly #first: number;
  #items: Uint16Array;
  #length: number;

  /** `first`: the first sequence of the part. `items`: distances from it, ascending; without them the list is empty. */
  constructor(first: number, items?: Uint16Array) {
    this.#first = first;
    // Few at first: a small typed array lies on the heap, without a buffer of its own, and most lists stay small.
    this.#items = items ?? uint16s(4);
    this.#length = items?.length ?? 0;
  }

  get length(): number {
    return this.#length;
  }

  /** `seq` must not be smaller than the last one. An equal one is ignored. */
  push(seq: number): void {
    const item = seq - this.#first;
    if (this.#length > 0 && this.#items[this.#length - 1] === item) return;
    if (this.#length === this.#items.length) this.#items = grown(this.#items, this.#length, uint16s);
    this.#items[this.#length++] = item;
  }

  at(index: number): number | undefined {
    return index < 0 || index >= this.#length ? undefined : this.#first + (this.#items[index] ?? 0);
  }

  /** The number of entries smaller than `seq`. */
  countBelow(seq: number): number {
    return lowerBound(this.#items, seq - this.#first, 0, this.#length);
  }

  /** As the constructor takes them. */
  get items(): Uint16Array {
    return this.#items.subarray(0, this.#length);
  }

  cursor(order: 'asc' | 'desc'): Cursor {
    const within = (order === 'asc' ? ascending : descending)(this.#items, this.#length);
    return (seq) => {
      const item = within(seq - this.#first);
      return item === NONE_BEFORE ? 0 : this.#first + item;
    };
  }
}

/** Of a descending cursor: there is no smaller item. */
const NONE_BEFORE = -1;

/**
 * Ascending: returns the smallest sequence ≥ `seq`, Infinity when there is none. Descending: the largest ≤ `seq`, 0 when there is none.
 * From call to call `seq` must only move in the cursor's own direction.
 */
export type Cursor = (seq: number) => number;

/** First index in [from, to) whose item is ≥ seq; `to` when there is none. */
function lowerBound(items: Uint16Array, seq: number, from: number, to: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((items[middle] ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Both cursors gallop: steps of 1, 2, 4, … from where they stand, then a binary search. A near target costs little, a far one log n. */
function ascending(items: Uint16Array, length: number): Cursor {
  let at = 0;
  return (seq) => {
    let step = 1;
    while (at + step <= length && (items[at + step - 1] ?? 0) < seq) {
      at += step;
      step *= 2;
    }
    at = lowerBound(items, seq, at, Math.min(length, at + step));
    return at < length ? (items[at] ?? 0) : Number.POSITIVE_INFINITY;
  };
}

function descending(items: Uint16Array, length: number): Cursor {
  /** All items from this index on are too large. */
  let end = length;
  return (seq) => {
    let step = 1;
    while (end - step >= 0 && (items[end - step] ?? 0) > seq) {
      end -= step;
      step *= 2;
    }
    end = lowerBound(items, seq + 1, Math.max(0, end - step), end);
    return end > 0 ? (items[end - 1] ?? 0) : NONE_BEFORE;
  };
}

/** A cursor over the sequences that any of the cursors has. */
export function union(cursors: readonly Cursor[], order: 'asc' | 'desc'): Cursor {
  const [only] = cursors;
  if (only !== undefined && cursors.length === 1) return only;
  return (seq) => {
    let best = order === 'asc' ? Number.POSITIVE_INFINITY : 0;
    for (const cursor of cursors) best = order === 'asc' ? Math.min(best, cursor(seq)) : Math.max(best, cursor(seq));
    return best;
  };
}

/** Up to `limit` sequences of [from, to] that all cursors have, in the cursors' order. Fastest with the shortest list first. */
export function intersect(cursors: readonly Cursor[], from: number, to: number, order: 'asc' | 'desc', limit: number): number[] {
  const found: number[] = [];
  const step = order === 'asc' ? 1 : -1;
  let seq = order === 'asc' ? from : to;
  while (found.length < limit && seq >= from && seq <= to) {
    let next = seq;
    for (const cursor of cursors) {
      next = cursor(seq);
      if (next !== seq) break;
    }
    if (next === seq) {
      found.push(seq);
      seq += step;
    } else seq = next;
  }
  return found;
}
