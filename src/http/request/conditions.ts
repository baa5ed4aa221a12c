// If-Match binds a mutation to the state that the client has seen; ?dryRun asks only for its plan.
import type { IncomingMessage } from 'node:http';
import { cut, quoted } from '../../commands/request/quoted.ts';
import type { Precondition } from '../../commands/service.ts';
import { invalid } from '../response/failure.ts';

/** The version of a stream as an ETag. */
export const etagOf = (seq: number): string => `"${seq}"`;

/** If-Match with the ETag of an info; `*` asks for nothing that a command does not ask for itself. Throws Failure 'invalid'. */
export function preconditionOf({ headers }: IncomingMessage): Precondition {
  const given = headers['if-match']?.trim();
  if (given === undefined || given === '*') return {};
  const match = /^"(\d{1,15})"$/.exec(given);
  if (match === null) throw invalid(`If-Match is ${cut(given)}: give it the one ETag of an info, such as "42"`);
  return { ifMatch: Number(match[1]) };
}

/** ?dryRun=true, in any case of letters: a misspelt dry run must not become a real one. Throws Failure 'invalid'. */
export function isDryRun(query: URLSearchParams): boolean {
  for (const [name, value] of query) {
    if (name.toLowerCase() !== 'dryrun') continue;
    if (value === '' || /^(true|1)$/i.test(value)) return true;
    if (!/^(false|0)$/i.test(value)) throw invalid(`dryRun is ${quoted(value)}: it can be true or false`);
  }
  return false;
}
