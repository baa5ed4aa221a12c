// The inverted index of a full part of the log as bytes, which are searched where they lie: reading a part decodes nothing.
import type { IndexedField } from '../../events/query.ts';
import { Columns, packed, packedTexts, textAt } from './columns.ts';
import { type EventIndex, firstNotBefore } from './event-index.ts';
import type { EventLists } from './event-lists.ts';
import { hashOf, indexKey, placeOf } from './index-key.ts';
import { PostingList } from './posting-list.ts';

/** The columns, in the order of packing. */
const TIMES = 0;
const TIME_STARTS = 1;
/** Of the values: hashes of their keys, ascending; where each list ends; the keys as texts. */
const VALUE_HASHES = 2;
const VALUE_ENDS = 3;
const KEY_ENDS = 4;
const KEYS = 5;
/** Of the commands: hashes, ascending; where each list ends, counted on from the last value's. */
const COMMAND_HASHES = 6;
const COMMAND_ENDS = 7;
/** Distances from the first sequence, one list after the other. */
const POSTINGS = 8;

export function packedEvents(index: EventIndex): Uint8Array<ArrayBuffer> {
  const values = [...index.lists].map(([key, list]) => ({ key, hash: hashOf(key), list }));
  values.sort((a, b) => a.hash - b.hash || (a.key < b.key ? -1 : 1));
  const commands = [...index.commands].sort(([a], [b]) => a - b);
  const lists = [...values.map(({ list }) => list), ...commands.map(([, list]) => list)];
  const ends = new Uint32Array(lists.length);
  let at = 0;
  for (const [i, { length }] of lists.entries()) {
    at += length;
    ends[i] = at;
  }
  const postings = new Uint16Array(at);
  for (const [i, { items, length }] of lists.entries()) postings.set(items, (ends[i] ?? 0) - length);
  return packed([
    Float64Array.from(index.times),
    Uint16Array.from(index.timeStarts),
    Uint32Array.from(values, ({ hash }) => hash),
    ends.subarray(0, values.length),
    ...packedTexts(values.map(({ key }) => key)),
    Uint32Array.from(commands, ([hash]) => hash),
    ends.subarray(values.length),
    postings,
  ]);
}

/** Apart from the events' index: how events share records is a matter of storage, and not the same in etcd and in the archive. */
export const packedRecords = ({ begins, first, last }: EventIndex): Uint8Array<ArrayBuffer> =>
  new Uint8Array(begins.slice(0, Math.ceil((last - first + 1) / 32)).buffer);

/** Reads what `packedEvents` gave. */
export class EventPart implements EventLists {
  readonly first: number;
  readonly last: number;
  readonly #columns: Columns;

  constructor({ first, last }: { readonly first: number; readonly last: number }, bytes: Uint8Array) {
    this.first = first;
    this.last = last;
    this.#columns = new Columns(bytes);
  }

  list(field: IndexedField, value: string): PostingList | undefined {
    const key = indexKey(field, value);
    const hash = hashOf(key);
    const hashes = this.#columns.uint32s(VALUE_HASHES);
    for (let place = placeOf(hashes, hash); hashes[place] === hash; place++) {
      if (textAt(this.#columns.uint32s(KEY_ENDS), this.#columns.uint8s(KEYS), place) !== key) continue;
      const ends = this.#columns.uint32s(VALUE_ENDS);
      return this.#listOf(place === 0 ? 0 : ends[place - 1], ends[place]);
    }
    return undefined;
  }

  commandList(id: string): PostingList | undefined {
    const hash = hashOf(indexKey('command', id));
    const hashes = this.#columns.uint32s(COMMAND_HASHES);
    const place = placeOf(hashes, hash);
    if (hashes[place] !== hash) return undefined;
    const ends = this.#columns.uint32s(COMMAND_ENDS);
    return this.#listOf(place === 0 ? (this.#columns.uint32s(VALUE_ENDS).at(-1) ?? 0) : ends[place - 1], ends[place]);
  }

  #listOf(from: number | undefined, to: number | undefined): PostingList {
    return new PostingList(this.first, this.#columns.uint16s(POSTINGS).subarray(from, to));
  }

  firstAt(ms: number): number {
    const at = this.#columns.uint16s(TIME_STARTS)[firstNotBefore(this.#columns.float64s(TIMES), ms)];
    return at === undefined ? this.last + 1 : this.first + at;
  }
}
