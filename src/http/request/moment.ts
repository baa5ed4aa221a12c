// A moment of the log as a query names it, and the state as it was then.
import type { Moment } from '../../commands/reads.ts';
import { invalid } from '../response/failure.ts';

const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+ -]\d{2}:\d{2})?)?$/i;

/**
 * Up to 11 digits are a sequence, 12 to 15 are milliseconds since the epoch; otherwise ISO 8601, in UTC where no zone is given, and a date is
 * its beginning. Throws Failure 'invalid'.
 */
export function momentOf(name: string, text: string): Moment {
  if (/^\d{1,11}$/.test(text)) return { seq: Number(text) };
  if (/^\d{12,15}$/.test(text)) return { ms: Number(text) };
  const [, date, time = '00:00', zone = 'Z'] = TIME.exec(text) ?? [];
  // The + of a zone is a space in a query where nobody encoded it.
  const ms = date === undefined ? Number.NaN : Date.parse(`${date}T${time}${zone.replace(' ', '+').toUpperCase()}`);
  // Date.parse takes 31 February for a day in March.
  const isDay = date !== undefined && new Date(`${date}T00:00Z`).toJSON()?.startsWith(date);
  if (Number.isNaN(ms) || isDay !== true) {
    throw invalid(`${name} is ${JSON.stringify(text)}: it must be a sequence such as 1042, or a time such as 2026-01-31T14:00:00Z`);
  }
  return { ms };
}

/** The one value of a query's parameter. Throws Failure 'invalid' when there are several. */
export function oneOf(query: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = query.getAll(name);
  if (more.length > 0) throw invalid(`${name} is given ${more.length + 1} times: give it once`);
  return value;
}

export function momentIn(query: URLSearchParams, name: string): Moment | undefined {
  const text = oneOf(query, name);
  return text === undefined ? undefined : momentOf(name, text);
}
