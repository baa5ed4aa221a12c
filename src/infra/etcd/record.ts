// A record is the text of one commit in the log. Here it is written, read, and checked when it is read.
import type { Envelope, Head } from '../../events/envelope.ts';
import { canonical } from '../../events/hash.ts';
import { LogCorruptError, MAX_BYTES_PER_RECORD, MAX_EVENTS_PER_RECORD } from '../../events/log.ts';

/** `tx` is the id of the commit's transaction: it tells a writer's own commit from another's when the answer was lost. */
interface LogRecord {
  readonly v: 1;
  readonly tx: string;
  readonly e: readonly Envelope[];
}

/** Longest id of a transaction, characters: a UUID. */
const MAX_TX = 36;
const FRAME = { before: '{"v":1,"tx":', between: ',"e":[', after: ']}' };

/**
 * Bytes that the events of a record may take (see bytesInRecord): what its frame leaves. The frame is counted with the longest id; the comma
 * that the last event has not is counted with the events.
 */
export const MAX_EVENT_BYTES_PER_RECORD =
  MAX_BYTES_PER_RECORD - FRAME.before.length - JSON.stringify(' '.repeat(MAX_TX)).length - FRAME.between.length - FRAME.after.length + 1;

/** The bytes that the events with these canonical texts take in a record, each with its comma. */
export const bytesInRecord = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);

/**
 * The record's text; `texts`: the canonical texts of the events, where the caller has them. Throws RangeError for events that do not continue
 * `expected`, that are too many, or too large.
 */
export function encodeRecord(
  tx: string,
  events: readonly Envelope[],
  expected: Head,
  texts: readonly string[] = events.map(canonical),
): string {
  if (events.length < 1 || events.length > MAX_EVENTS_PER_RECORD) {
    throw new RangeError(`a record holds 1–${MAX_EVENTS_PER_RECORD} events, not ${events.length}`);
  }
  let last = expected;
  for (const event of events) {
    if (event.seq !== last.seq + 1 || event.prev !== last.hash)
      throw new RangeError(`event ${event.seq} does not continue event ${last.seq}`);
    last = event;
  }
  // Canonical, so that verifying a hash finds the keys already in order.
  const text = `${FRAME.before}${JSON.stringify(tx)}${FRAME.between}${texts.join(',')}${FRAME.after}`;
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES_PER_RECORD) throw new RangeError(`a record holds at most ${MAX_BYTES_PER_RECORD} bytes, not ${bytes}`);
  return text;
}

/** The id of the transaction that wrote the record; null for a text that is not a record. */
export function txOf(text: string): string | null {
  try {
    const record = JSON.parse(text) as Partial<LogRecord> | null;
    return typeof record?.tx === 'string' ? record.tx : null;
  } catch {
    return null;
  }
}

/**
 * The events of the record that begins at `first`, as they are stored. `before` is the hash of the event in front of it, null when
 * that is not known. Throws LogCorruptError. The hashes are not computed again here; `log verify` does that.
 */
export function decodeRecord(first: number, text: string, before: string | null): readonly Envelope[] {
  let prev = before;
  const events = storedEvents(first, text);
  for (const [i, event] of events.entries()) {
    const seq = first + i;
    if (event?.seq !== seq) throw new LogCorruptError(seq, `its place holds event ${event?.seq}`);
    if (prev !== null && event.prev !== prev) throw new LogCorruptError(seq, `follows ${event.prev}, but the event before it is ${prev}`);
    prev = event.hash;
  }
  return events;
}

/** The events of the record that begins at `first`, as they are stored, without any check. */
export function storedEvents(first: number, text: string): readonly Envelope[] {
  const { e: events } = parse(first, text);
  if (Array.isArray(events) && events.length >= 1 && events.length <= MAX_EVENTS_PER_RECORD) return events as readonly Envelope[];
  throw new LogCorruptError(first, 'its record has no list of 1–500 events');
}

function parse(first: number, text: string): LogRecord {
  let record: Partial<LogRecord> | null;
  try {
    record = JSON.parse(text) as Partial<LogRecord> | null;
  } catch (error) {
    throw new LogCorruptError(first, `its record is not JSON: ${String(error)}`);
  }
  if (record?.v !== 1) throw new LogCorruptError(first, `its record has format ${String(record?.v)}; this program reads format 1`);
  return record as LogRecord;
}
