// The one grammar in which a person names a moment of the log, in a query (`?at=`, `?since=`) and on the command line (`--at`, `--before`).
import type { Moment } from './reads.ts';

const SEQUENCE = /^\d{1,11}$/;
const MILLISECONDS = /^\d{12,15}$/;
const ISO_8601 = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+ -]\d{2}:\d{2})?)?$/i;

/**
 * Up to 11 digits are a sequence, 12 to 15 are milliseconds since the epoch. Everything else must be ISO 8601: without a zone it is UTC, and a
 * date alone is its first millisecond. Returns null for a text that names no moment.
 */
export function momentOf(text: string): Moment | null {
  if (SEQUENCE.test(text)) return { seq: Number(text) };
  const ms = MILLISECONDS.test(text) ? Number(text) : isoMs(text);
  return ms === null ? null : { ms };
}

/** The ms since the epoch that an ISO 8601 time or date names; null for any other text. */
export function isoMs(text: string): number | null {
  const [, date, time = '00:00', zone = 'Z'] = ISO_8601.exec(text) ?? [];
  if (date === undefined || !isDay(date)) return null;
  // In a query that nobody encoded, the + of a zone arrives as a space.
  const ms = Date.parse(`${date}T${time}${zone.replace(' ', '+').toUpperCase()}`);
  return Number.isNaN(ms) ? null : ms;
}

/** Date.parse reads 31 February as a day in March. */
function isDay(date: string): boolean {
  const text = `${date}T00:00Z`;
  const midnight = new Date(text);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date);
}
