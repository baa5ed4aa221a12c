// Events by sequence: from the last ones that were used, else from the history, no more of it than is needed.
import type { Event } from '../../events/catalogue.ts';
import type { EventLog } from '../../events/log.ts';
import type { Range } from '../../projections/mutable/event-index.ts';

/** Only what a reader needs of the log. */
export type History = Pick<EventLog, 'read' | 'records' | 'archived' | 'trouble'>;

const MOST_KEPT = 10_000;
/** A commit of more events than this is a replay, and would push out all else. */
const LARGEST_KEPT = 500;
/** Reading so many events that nobody asked for costs less than one more request to etcd. */
const NEAR = 8;
const LONGEST_READ = 1_000;
const AT_ONCE = 16;
/** Records of one request. */
const BATCH = 50;

export class EventCache {
  readonly #history: History;
  readonly #recordOf: (seq: number) => Range;
  /** By sequence; the least recently used first. */
  readonly #kept = new Map<number, Event>();

  constructor(history: History, recordOf: (seq: number) => Range) {
    this.#history = history;
    this.#recordOf = recordOf;
  }

  /** Has them at hand for whoever asks next. */
  keep(events: readonly Event[]): void {
    if (events.length > LARGEST_KEPT) return;
    for (const event of events) {
      this.#kept.delete(event.seq);
      this.#kept.set(event.seq, event);
    }
    for (const seq of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) return;
      this.#kept.delete(seq);
    }
  }

  /** The events with these sequences, in the same order. Throws what the history throws. */
  async get(seqs: readonly number[]): Promise<Event[]> {
    const found = new Map<number, Event>();
    const missing = new Set<number>();
    for (const seq of seqs) {
      const event = this.#keptEvent(seq);
      if (event === undefined) missing.add(seq);
      else found.set(seq, event);
    }
    const take = (events: readonly Event[]): void => {
      this.keep(events);
      for (const event of events) {
        found.set(event.seq, event);
        missing.delete(event.seq);
      }
    };
    if (missing.size > 0) take(((await this.#history.archived?.([...missing])) ?? []) as readonly Event[]);
    const records = new Map([...missing].map((seq) => this.#recordOf(seq)).map((record) => [record.from, record]));
    const elsewhere = await this.#together([...records.values()], take);
    const reads = neighbours(elsewhere.sort((a, b) => a.from - b.from));
    const worker = async (): Promise<void> => {
      for (let range = reads.pop(); range !== undefined; range = reads.pop()) {
        for await (const record of this.#history.read(range.from, range.to)) take(record as readonly Event[]);
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, reads.length) }, worker));
    return seqs.flatMap((seq) => found.get(seq) ?? []);
  }

  /** Reads many records with one request where the history can; gives those that it has not got in that way. */
  async #together(records: readonly Range[], take: (record: readonly Event[]) => void): Promise<Range[]> {
    const history = this.#history;
    if (history.records === undefined) return [...records];
    const batches = Array.from({ length: Math.ceil(records.length / BATCH) }, (_, i) => records.slice(i * BATCH, (i + 1) * BATCH));
    const left = await Promise.all(
      batches.map(async (batch) => {
        const found = (await history.records?.(batch.map(({ from }) => from))) ?? [];
        return batch.filter((_, i) => {
          const record = found[i] ?? null;
          if (record !== null) take(record as readonly Event[]);
          return record === null;
        });
      }),
    );
    return left.flat();
  }

  /** Whether all of them are at hand. */
  has(seqs: readonly number[]): boolean {
    return seqs.every((seq) => this.#keptEvent(seq) !== undefined);
  }

  #keptEvent(seq: number): Event | undefined {
    const event = this.#kept.get(seq);
    if (event === undefined) return undefined;
    this.#kept.delete(seq);
    this.#kept.set(seq, event);
    return event;
  }
}

/** Neighbours as one read. */
function neighbours(records: readonly Range[]): Range[] {
  const reads: Range[] = [];
  for (const record of records) {
    const before = reads.at(-1);
    if (before !== undefined && record.from - before.to <= NEAR && record.to - before.from < LONGEST_READ) {
      reads[reads.length - 1] = { from: before.from, to: record.to };
    } else reads.push(record);
  }
  return reads;
}
