// Parsers for the values of sub-commands. Each throws a UsageError that names the option.
import { momentOf } from '../commands/moment.ts';
import type { Moment } from '../commands/reads.ts';
import { UsageError } from '../infra/options/usage-error.ts';
import type { Arguments } from './subcommand.ts';

/** The value of a flag with these `choices`: the parser has refused every other one. */
export function choiceOf<const T extends readonly string[]>(args: Arguments, flag: string, choices: T): T[number] | undefined {
  const given = args.one(flag);
  return choices.find((choice) => choice === given);
}

export function sequence(value: string, what: string): number {
  const seq = /^\d{1,15}$/.test(value) ? Number(value) : 0;
  if (seq < 1) throw new UsageError(`${what}: "${value}" is not a sequence number (1, 2, …)`);
  return seq;
}

export function versionNumber(value: string, what: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new UsageError(`${what}: "${value}" is not the number of a version (1, 2, …)`);
  return Number(value);
}

export function count(value: string, what: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new UsageError(`${what}: "${value}" is not a number`);
  return Number(value);
}

/** Throws UsageError for a text that names no moment. */
export function moment(value: string, what: string): Moment {
  const named = momentOf(value);
  if (named === null)
    throw new UsageError(`${what}: "${value}" is neither a sequence number nor a time such as 2026-01-31 or 2026-01-31T14:00:00Z`);
  return named;
}

const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** The time in the form of the events. Years after 9999 have a form that sorts before all others, so they become the last moment of 9999. */
export const isoTime = (ms: number): string => new Date(Math.min(ms, LAST_MS)).toISOString();
