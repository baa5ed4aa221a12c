// A moment of the log as a query names it.
import { momentOf } from '../../commands/moment.ts';
import type { Moment } from '../../commands/reads.ts';
import { quoted } from '../../commands/request/quoted.ts';
import { invalid } from '../response/failure.ts';

/** The one value of a query's parameter. Throws Failure 'invalid' when there are several. */
export function oneOf(query: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = query.getAll(name);
  if (more.length > 0) throw invalid(`${name} is given ${more.length + 1} times: give it once`);
  return value;
}

/** A parameter that is true or false; false where it is absent. Throws Failure 'invalid'. */
export function isTrue(query: URLSearchParams, name: string): boolean {
  const text = oneOf(query, name);
  if (text === undefined || /^(false|0)$/i.test(text)) return false;
  if (text === '' || /^(true|1)$/i.test(text)) return true;
  throw invalid(`${name} is ${quoted(text)}: it can be true or false`);
}

/** Throws Failure 'invalid' for a text that names no moment, or for several of them. */
export function momentIn(query: URLSearchParams, name: string): Moment | undefined {
  const text = oneOf(query, name);
  if (text === undefined) return undefined;
  const moment = momentOf(text);
  if (moment === null)
    throw invalid(`${name} is ${quoted(text)}: it must be a sequence such as 1042, or a time such as 2026-01-31T14:00:00Z`);
  return moment;
}
