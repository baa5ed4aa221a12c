// A mutable fold: an inverted index of the last part of the log. For each stream, type, GPU, port, volume, actor and command it has the
// ascending sequences of its events, and the time of every event. Unlike the state it is changed in place, because it only ever grows. The
// events themselves stay in the log. A full part is packed (event-part.ts) and leaves the memory.
import type { Envelope } from '../../events/envelope.ts';
import { upcast } from '../../events/evolution/upcasters.ts';
import { INDEXED, type IndexedField, valuesOf } from '../../events/query.ts';
import type { EventLists } from './event-lists.ts';
import { uint32s } from './grown.ts';
import { hashOf, indexKey } from './index-key.ts';
import { PostingList } from './posting-list.ts';

/** Events of the largest part: their distances from its first fit into 16 bits. */
const MAX_PART = 65_536;

export class EventIndex implements EventLists {
  readonly first: number;
  /** By indexKey. */
  readonly lists = new Map<string, PostingList>();
  /** By the hash of a command's indexKey. */
  readonly commands = new Map<number, PostingList>();
  /** Ascending ms since the epoch, and the first event of each: the events of one record share their time. */
  readonly times: number[] = [];
  readonly timeStarts: number[] = [];
  /** A bitmap of the events that begin a record. */
  readonly begins = uint32s(MAX_PART / 32);
  #last: number;
  #lastTime = '';

  constructor(first = 1) {
    this.first = first;
    this.#last = first - 1;
  }

  get last(): number {
    return this.#last;
  }

  /** Adds the event that follows `last`. `begins`: it begins a record. */
  add(stored: Envelope, begins: boolean): void {
    const { seq, time } = stored;
    if (seq !== this.#last + 1 || seq - this.first >= MAX_PART)
      throw new RangeError(`event ${seq} does not follow event ${this.#last} here`);
    for (const event of upcast(stored)) {
      for (const field of INDEXED) {
        for (const value of valuesOf(field, event)) listOf(this.lists, indexKey(field, value), this.first).push(seq);
      }
    }
    listOf(this.commands, hashOf(indexKey('command', stored.command.id)), this.first).push(seq);
    if (time !== this.#lastTime) {
      this.#lastTime = time;
      this.times.push(Date.parse(time));
      this.timeStarts.push(seq - this.first);
    }
    const at = seq - this.first;
    if (begins) this.begins[at >>> 5] = (this.begins[at >>> 5] ?? 0) | (1 << (at & 31));
    this.#last = seq;
  }

  list(field: IndexedField, value: string): PostingList | undefined {
    return this.lists.get(indexKey(field, value));
  }

  commandList(id: string): PostingList | undefined {
    return this.commands.get(hashOf(indexKey('command', id)));
  }

  firstAt(ms: number): number {
    const at = this.timeStarts[firstNotBefore(this.times, ms)];
    return at === undefined ? this.#last + 1 : this.first + at;
  }
}

function listOf<K>(lists: Map<K, PostingList>, key: K, first: number): PostingList {
  const known = lists.get(key);
  if (known !== undefined) return known;
  const list = new PostingList(first);
  lists.set(key, list);
  return list;
}

/** The place of the first of the ascending times that is not before `ms`; their number when all are. */
export function firstNotBefore(times: ArrayLike<number>, ms: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
