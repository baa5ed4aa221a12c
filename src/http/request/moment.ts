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

/** Throws Failure 'invalid' for a text that names no moment, or for several of them. */
export function momentIn(query: URLSearchParams, name: string): Moment | undefined {
  const text = oneOf(query, name);
  if (text === undefined) return undefined;
  const moment = momentOf(text);
  if (moment === null)
    throw invalid(`${name} is ${quoted(text)}: it must be a sequence such as 1042, or a time such as 2026-01-31T14:00:00Z`);
  return moment;
}
