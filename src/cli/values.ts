// The forms that values of sub-commands have.
import { UsageError } from '../infra/options/parse.ts';

export function sequence(value: string, what: string): number {
  const seq = /^\d{1,15}$/.test(value) ? Number(value) : 0;
  if (seq < 1) throw new UsageError(`${what}: "${value}" is no sequence number (1, 2, …)`);
  return seq;
}

export function count(value: string, what: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new UsageError(`${what}: "${value}" is no number`);
  return Number(value);
}

/** A place in the log: a sequence, or a moment. A time without a zone is UTC, as the log's are; a date alone is its beginning. */
export type Place = { readonly seq: number } | { readonly time: string };

export function place(value: string, what: string): Place {
  if (/^\d{1,15}$/.test(value)) return { seq: sequence(value, what) };
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?)?$/.exec(value);
  const time = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2] ?? '00:00'}${match[3] ?? 'Z'}`);
  if (Number.isNaN(time))
    throw new UsageError(`${what}: "${value}" is neither a sequence number nor a time such as 2026-01-31 or 2026-01-31T14:00:00Z`);
  return { time: new Date(time).toISOString() };
}
