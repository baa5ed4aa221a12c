// The part of a container's output that a query asks for.
import { isoMs } from '../../commands/request/iso-time.ts';
import { quoted } from '../../commands/request/quoted.ts';
import type { OutputAsked } from '../../commands/service.ts';
import { invalid } from '../response/failure.ts';
import { wholeNumber } from './event-filter.ts';
import { isTrue, oneOf } from './moment.ts';

/** Lines from the end that can be asked for, at most: Docker reads the number as a C int. */
const MOST_LINES = 2 ** 31 - 1;

export const OUTPUT = {
  follow: 'true: go on until the container has ended; where a patch, rollback or restart replaces it, with the next version.',
  tail: 'Lines from the end, or all (the default).',
  since: 'Only what was printed from this time (ISO 8601) on.',
  timestamps: 'true: each line begins with the time at which it was printed.',
} as const;

/** Throws Failure 'invalid'. */
export function outputAsked(name: string, query: URLSearchParams): OutputAsked {
  const tail = oneOf(query, 'tail') === 'all' ? undefined : wholeNumber(query, 'tail', 0, MOST_LINES);
  const since = oneOf(query, 'since');
  const sinceMs = since === undefined ? undefined : isoMs(since);
  if (sinceMs === null) throw invalid(`since is ${quoted(since ?? '')}: it must be a time such as 2026-01-31T14:00:00Z`);
  return {
    name,
    follow: isTrue(query, 'follow'),
    timestamps: isTrue(query, 'timestamps'),
    ...(tail !== undefined && { tail }),
    ...(sinceMs !== undefined && { sinceMs }),
  };
}
