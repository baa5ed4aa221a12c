// The one grammar in which a person names a moment of the log, in a query (`?at=`, `?since=`) and on the command line (`--at`, `--before`).

import type { Moment } from './reads.ts';
import { isoMs } from './request/iso-time.ts';

const SEQUENCE = /^\d{1,11}$/;
const MILLISECONDS = /^\d{12,15}$/;

/**
 * Up to 11 digits are a sequence, 12 to 15 are milliseconds since the epoch. Everything else must be ISO 8601: without a zone it is UTC, and a
 * date alone is its first millisecond. Returns null for a text that names no moment.
 */
export function momentOf(text: string): Moment | null {
  if (SEQUENCE.test(text)) return { seq: Number(text) };
  const ms = MILLISECONDS.test(text) ? Number(text) : isoMs(text);
  return ms === null ? null : { ms };
}
