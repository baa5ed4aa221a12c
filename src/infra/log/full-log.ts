import type { Envelope, Head } from '../../events/envelope.ts';
import { type EventLog, LogCorruptError } from '../../events/log.ts';
import type { Marker } from './archive/marker.ts';
import type { Segments } from './archive/segments.ts';

/**
 * The whole log through one reader: its archived beginning from the segments, the rest from etcd.
 *
 *     const log = new FullLog(new EtcdLog({ kv, clock, ids }), new Segments(dir), () => readMarker(kv));
 *     for await (const events of log.read(1)) apply(events);  // from the first event ever to the head
 *
 * Promises one chain without a hole, also while the beginning is being archived. Appends go to etcd unchanged.
 */
export class FullLog implements EventLog {
  readonly #log: EventLog;
  readonly #segments: Segments;
  readonly #marker: () => Promise<Marker | null>;

  /** `marker` says where the beginning was archived to, for the error when its segments are not here. */
  constructor(log: EventLog, segments: Segments, marker: () => Promise<Marker | null> = async () => null) {
    this.#log = log;
    this.#segments = segments;
    this.#marker = marker;
  }

  /** Like EventLog.read, over both parts. An event that is archived during the read is read from its segment. */
  async *read(from: number, to?: number): AsyncGenerator<readonly Envelope[], void, undefined> {
    let next = Math.max(1, from);
    let before: string | null = null;
    const follow = (events: readonly Envelope[]): readonly Envelope[] => {
      const [first, last] = [events[0], events.at(-1)];
      if (first === undefined || last === undefined) return events;
      if (first.seq !== next) throw new LogCorruptError(next, 'is missing in the log');
      if (before !== null && first.prev !== before)
        throw new LogCorruptError(next, `follows ${first.prev}, but the event before it is ${before}`);
      next = last.seq + 1;
      before = last.hash;
      return events;
    };
    for (;;) {
      const archived = this.#segments.head.seq;
      for await (const events of this.#segments.read(next, to)) yield follow(events);
      if (next <= archived && next <= (to ?? archived)) throw new LogCorruptError(next, `is missing in ${this.#segments.dir}`);
      if (to !== undefined && next > to) return;
      try {
        for await (const events of this.#log.read(next, to)) yield follow(events);
        return;
      } catch (error) {
        if (!(error instanceof LogCorruptError) || error.seq !== next) throw error;
        // The missing event may have been archived since the segments were listed.
        if (this.#segments.refresh() && this.#segments.head.seq >= next) continue;
        throw await this.#explained(error);
      }
    }
  }

  async #explained(error: LogCorruptError): Promise<LogCorruptError> {
    const marker = await this.#marker().catch(() => null);
    if (marker === null || error.seq > marker.seq) return error;
    const { seq, host, dir } = marker;
    return new LogCorruptError(
      error.seq,
      `events 1 to ${seq} were archived to ${dir} on ${host}, and are not in ${this.#segments.dir}: copy those files there, or name their folder with --archive-dir`,
    );
  }

  async archived(seqs: readonly number[]): Promise<readonly Envelope[]> {
    return this.#segments.pick(seqs);
  }

  async records(firsts: readonly number[]): Promise<readonly (readonly Envelope[] | null)[]> {
    return (await this.#log.records?.(firsts)) ?? firsts.map(() => null);
  }

  head(): Promise<Head> {
    return this.#log.head();
  }

  append(events: readonly Envelope[], expected: Head, texts?: readonly string[]): Promise<'committed' | 'conflict'> {
    return this.#log.append(events, expected, texts);
  }

  onMoved(ring: () => void, signal: AbortSignal): void {
    this.#log.onMoved(ring, signal);
  }

  trouble(): { readonly since: number; readonly reason: string } | null {
    return this.#log.trouble();
  }
}
