// Events by sequence: from the last ones that were used, else from the history, a few records at a time and no more than are needed.
import type { Event } from '../events/catalogue.ts';
import type { EventLog } from '../events/log.ts';
import type { Range } from '../projections/event-index.ts';

/** Only what a reader needs of the log. */
export type History = Pick<EventLog, 'read' | 'records' | 'trouble'>;

const MOST_KEPT = 10_000;
/** A commit of more events than this is a replay, and would push out all else. */
const LARGEST_KEPT = 500;
/** Reading so many events that nobody asked for costs less than one more request to etcd. */
const NEAR = 8;
const LONGEST_READ = 1_000;
const AT_ONCE = 16;
/** Records of one request. */
const BATCH = 50;

export class EventRecords {
  readonly #history: History;
  readonly #recordOf: (seq: number) => Range;
  /** By the first sequence of each record; the least recently used first. */
  readonly #kept = new Map<number, readonly Event[]>();
  #events = 0;

  constructor(history: History, recordOf: (seq: number) => Range) {
    this.#history = history;
    this.#recordOf = recordOf;
  }

  /** Has them at hand for whoever asks next. `events` begin with a record. */
  keep(events: readonly Event[]): void {
    const [first] = events;
    if (first === undefined || events.length > LARGEST_KEPT) return;
    this.#events += events.length - (this.#kept.get(first.seq)?.length ?? 0);
    this.#kept.delete(first.seq);
    this.#kept.set(first.seq, events);
    for (const [seq, oldest] of this.#kept) {
      if (this.#events <= MOST_KEPT) return;
      this.#kept.delete(seq);
      this.#events -= oldest.length;
    }
  }

  /** The events with these sequences, in the same order. Throws what the history throws. */
  async get(seqs: readonly number[]): Promise<Event[]> {
    const found = new Map<number, Event>();
    const missing = new Map<number, Range>();
    for (const seq of seqs) {
      const record = this.#recordOf(seq);
      const event = this.#keptEvent(record.from, seq);
      if (event !== undefined) found.set(seq, event);
      else missing.set(record.from, record);
    }
    const take = (record: readonly Event[]): void => {
      this.keep(record);
      for (const event of record) found.set(event.seq, event);
    };
    const elsewhere = await this.#together([...missing.values()], take);
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
    return seqs.every((seq) => this.#keptEvent(this.#recordOf(seq).from, seq) !== undefined);
  }

  #keptEvent(from: number, seq: number): Event | undefined {
    const record = this.#kept.get(from);
    const event = record?.[seq - from];
    if (record === undefined || event === undefined) return undefined;
    this.#kept.delete(from);
    this.#kept.set(from, record);
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
