// Searches one part of the log by its inverted index, which lies in memory (EventIndex) or in the bytes of a file (EventPart).
import type { Clause, IndexedField } from '../../events/query.ts';
import { type Cursor, intersect, type PostingList, union } from './posting-list.ts';

/** Sequences from `from` to `to`, both included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The inverted index of one part of the log: the events from `first` to `last`. */
export interface EventLists {
  readonly first: number;
  /** `first - 1` while it has none. */
  readonly last: number;
  /** The events that are found under the value. */
  list(field: IndexedField, value: string): PostingList | undefined;
  /**
   * The events that may be the command's. All of them are among them, and now and then some of another command whose id has the same hash:
   * compare the ids when the events have been read.
   */
  commandList(id: string): PostingList | undefined;
  /** The first sequence at that time (ms since the epoch) or later; the one after `last` when there is none. */
  firstAt(ms: number): number;
}

/**
 * Up to `limit` sequences of the part that may match all clauses, from either end of the range. All that match are among them; only a clause
 * on commands may add false ones.
 */
export function candidatesIn(
  part: EventLists,
  clauses: readonly Clause[],
  { from, to }: Range,
  order: 'asc' | 'desc',
  limit: number,
): number[] {
  const lists = clauses.map((clause) => listsOf(part, clause));
  if (lists.some((some) => some.length === 0)) return [];
  lists.sort((a, b) => total(a) - total(b));
  const cursors = lists.map(
    (some): Cursor =>
      union(
        some.map((list) => list.cursor(order)),
        order,
      ),
  );
  return intersect(cursors, Math.max(from, part.first), Math.min(to, part.last), order, limit);
}

const listsOf = (part: EventLists, { field, values }: Clause): readonly PostingList[] =>
  values.flatMap((value) => (field === 'command' ? part.commandList(value) : part.list(field, value)) ?? []);

const total = (lists: readonly PostingList[]): number => lists.reduce((sum, { length }) => sum + length, 0);

/**
 * The sequences of the record that holds the event, as far as they lie in the part. `begins`: a bitmap of the part's events that begin a
 * record.
 */
export function recordIn({ first, last }: Pick<EventLists, 'first' | 'last'>, begins: Uint32Array, seq: number): Range {
  const isBegin = (one: number): boolean => ((begins[(one - first) >>> 5] ?? 0) & (1 << ((one - first) & 31))) !== 0;
  let from = seq;
  while (from > first && !isBegin(from)) from--;
  let to = seq;
  while (to < last && !isBegin(to + 1)) to++;
  return { from, to };
}
