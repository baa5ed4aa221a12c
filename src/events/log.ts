// The port to the event log. infra/ has one over etcd and one in memory; one contract test runs over both.
import type { Envelope, Head } from './envelope.ts';

export interface EventLog {
  /** The last sequence and hash; EMPTY_HEAD for an empty log. */
  head(): Promise<Head>;
  /**
   * Every event from `from` to `to` (both included; `to` absent: the end as it is met), as it is stored (see upcasters.ts), in order and
   * without a hole, one array a record. Throws LogCorruptError where a sequence is missing.
   */
  read(from: number, to?: number): AsyncIterable<readonly Envelope[]>;
  /**
   * The records that begin at these sequences (at most 100), all with one request; null where no record begins (any more).
   * Absent where nothing is faster than `read`.
   */
  records?(firsts: readonly number[]): Promise<readonly (readonly Envelope[] | null)[]>;
  /**
   * The archived events among these sequences, in any order, without reading everything around them. Throws
   * LogCorruptError. Absent where nothing is archived.
   */
  archived?(seqs: readonly number[]): Promise<readonly Envelope[]>;
  /**
   * Appends 1–500 sealed events as one record, if the head is still `expected` and the fence (if any) still holds. An unknown outcome is
   * settled inside: the promise ends only with a definite answer. `conflict`: somebody else appended first, nothing was written.
   * Throws FencedError (another server has the lease; nothing was written), LogFullError (no space; nothing was written),
   * LogClosedError. `texts`: the events' canonical texts, where the caller has them.
   */
  append(events: readonly Envelope[], expected: Head, texts?: readonly string[]): Promise<'committed' | 'conflict'>;
  /** Calls `ring` soon after the head may have moved; a doorbell, never a source. Ends with the signal. */
  onMoved(ring: () => void, signal: AbortSignal): void;
  /** Since when (ms since the epoch) appends or reads get no answer, and why; null when all is well. */
  trouble(): { readonly since: number; readonly reason: string } | null;
}

export const MAX_EVENTS_PER_RECORD = 500;
export const MAX_BYTES_PER_RECORD = 512 * 1024;

/** Another server has taken the host's lease: this one must not act any more. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}
/** Nothing can be appended just now, and nothing was written; reads go on. Later it may succeed. */
export class LogHeldError extends Error {}
/** etcd has no space left. */
export class LogFullError extends LogHeldError {
  override readonly name = 'LogFullError';
}
/** The clock of this machine is not to be believed, and every event carries its time for ever. */
export class ClockHeldError extends LogHeldError {
  override readonly name = 'ClockHeldError';
}
/** The log is damaged or newer than this program: a hole, a broken chain, an unknown event. Names the sequence. */
export class LogCorruptError extends Error {
  override readonly name = 'LogCorruptError';
  readonly seq: number;
  constructor(seq: number, message: string) {
    super(`event ${seq}: ${message}`);
    this.seq = seq;
  }
}
export class LogClosedError extends Error {
  override readonly name = 'LogClosedError';
}
