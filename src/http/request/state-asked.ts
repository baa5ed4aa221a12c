// ?at=: the answer as it was after an event, or at a time.
import { Code } from '../../commands/api-codes.ts';
import { FutureError, NotReadError, type PastReads } from '../../commands/reads.ts';
import type { State } from '../../projections/state.ts';
import { Failure, invalid } from '../response/failure.ts';
import { momentIn } from './moment.ts';

/** What the past throws, as the client is told it. */
export function toFailure(error: unknown): unknown {
  if (error instanceof FutureError) return invalid(error.message);
  if (error instanceof NotReadError) return new Failure('unavailable', 503, error.message);
  return error;
}

/** A future or malformed moment is code 1000; null: the client asks for now. Throws Failure. */
export async function stateAsked(
  query: URLSearchParams,
  past: PastReads,
  setHeader: (name: string, value: string) => void,
): Promise<State | null> {
  const moment = momentIn(query, 'at');
  if (moment === undefined) return null;
  const state = await past.at(moment).catch((error: unknown) => {
    throw toFailure(error);
  });
  setHeader('X-At-Sequence', String(state.head.seq));
  if (state.time !== '') setHeader('X-At-Time', state.time);
  return state;
}

/** Nothing can be changed in the past. Throws Failure 'invalid'. */
export function refuseAt(query: URLSearchParams): void {
  if (query.has('at')) throw new Failure('invalid', Code.invalidBody, 'at is for reading: what is past cannot be changed');
}
