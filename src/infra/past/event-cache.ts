import type { Envelope } from '../../events/envelope.ts';
import type { EventLog } from '../../events/log.ts';
import type { Range } from '../../projections/mutable/event-lists.ts';
import { LruCache } from './parts/lru-cache.ts';

/** Events in the cache. */
const CACHED = 10_000;
/** Events of the largest commit that is cached: more at once is a replay, which would push out everything else. */
const LARGEST_COMMIT = 500;
/** Distance in sequences: records closer than this are read together, since a few unwanted events cost less than one more request. */
const NEAR = 8;
/** Events of the longest such read. */
const LONGEST_READ = 1_000;
/** Reads under way at once. */
const PARALLEL_READS = 16;
/** Records per request. */
const BATCH = 50;

/**
 * Events by sequence: the recently used ones from memory, the others from the log with as few requests as possible.
 *
 *     const cache = new EventCache(log, (seq) => index.recordOf(seq));
 *     await cache.get([4711, 12, 99_000]);  // the three events, in this order
 *
 * `get` reads from the archive first, then whole records by key, then ranges. Its memory is bounded.
 */
export class EventCache {
  readonly #log: Pick<EventLog, 'read' | 'records' | 'archived'>;
  readonly #recordOf: (seq: number) => Promise<Range>;
  readonly #events = new LruCache<number, Envelope>(CACHED);

  /** `recordOf` says which record holds an event. */
  constructor(log: Pick<EventLog, 'read' | 'records' | 'archived'>, recordOf: (seq: number) => Promise<Range>) {
    this.#log = log;
    this.#recordOf = recordOf;
  }

  /** Caches the events of a commit, which are the likeliest to be asked for next. */
  add(events: readonly Envelope[]): void {
    if (events.length > LARGEST_COMMIT) return;
    for (const event of events) this.#events.set(event.seq, event);
  }

  /** The events with these sequences, in the same order. Throws the log's errors. */
  async get(seqs: readonly number[]): Promise<Envelope[]> {
    const found = new Map<number, Envelope>();
    const missing = new Set<number>();
    for (const seq of seqs) {
      const event = this.#events.get(seq);
      if (event === undefined) missing.add(seq);
      else found.set(seq, event);
    }
    const onRead = (events: readonly Envelope[]): void => {
      this.add(events);
      for (const event of events) {
        found.set(event.seq, event);
        missing.delete(event.seq);
      }
    };
    if (missing.size > 0) onRead((await this.#log.archived?.([...missing])) ?? []);
    const records = new Map((await Promise.all([...missing].map((seq) => this.#recordOf(seq)))).map((record) => [record.from, record]));
    const remaining = await this.#readByKey([...records.values()], onRead);
    const ranges = joined(remaining.sort((a, b) => a.from - b.from));
    const worker = async (): Promise<void> => {
      for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
        for await (const record of this.#log.read(range.from, range.to)) onRead(record);
      }
    };
    await Promise.all(Array.from({ length: Math.min(PARALLEL_READS, ranges.length) }, worker));
    return seqs.flatMap((seq) => found.get(seq) ?? []);
  }

  /** Reads many records with one request where the log can; returns the records that it did not find that way. */
  async #readByKey(records: readonly Range[], onRead: (record: readonly Envelope[]) => void): Promise<Range[]> {
    const log = this.#log;
    if (log.records === undefined) return [...records];
    const batches = Array.from({ length: Math.ceil(records.length / BATCH) }, (_, i) => records.slice(i * BATCH, (i + 1) * BATCH));
    const missed = await Promise.all(
      batches.map(async (batch) => {
        const found = (await log.records?.(batch.map(({ from }) => from))) ?? [];
        return batch.filter((_, i) => {
          const record = found[i] ?? null;
          if (record !== null) onRead(record);
          return record === null;
        });
      }),
    );
    return missed.flat();
  }

  /** Whether all of them are cached, so that `get` need not read. */
  has(seqs: readonly number[]): boolean {
    return seqs.every((seq) => this.#events.get(seq) !== undefined);
  }
}

/** Joins records that lie close together into one range. */
function joined(records: readonly Range[]): Range[] {
  const ranges: Range[] = [];
  for (const record of records) {
    const last = ranges.at(-1);
    if (last !== undefined && record.from - last.to <= NEAR && record.to - last.from < LONGEST_READ) {
      ranges[ranges.length - 1] = { from: last.from, to: record.to };
    } else ranges.push(record);
  }
  return ranges;
}
