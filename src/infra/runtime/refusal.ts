// Errors that are nobody's fault in the request, as answers: Docker or etcd does not answer, or another server has taken over.
import { Code } from '../../commands/api-codes.ts';
import { type Command, commands } from '../../commands/command.ts';
import type { Rejection } from '../../commands/decision.ts';
import { EngineError } from '../../commands/outside/engine.ts';
import { FencedError, LogClosedError, LogFullError } from '../../events/log.ts';
import { TooLargeError } from './committer.ts';

export interface Refused {
  readonly ok: false;
  readonly rejection: Rejection;
}

export const no = (code: number, kind: Rejection['kind'], message: string): Refused => ({ ok: false, rejection: { code, kind, message } });

export const codeOf = (command: Command): number => commands[command.do].failureCode;

export const otherBody = (command: Command, key: string): Refused =>
  no(
    codeOf(command),
    'impossible',
    `Idempotency-Key ${JSON.stringify(key)} was used with another request before: use a new key for a new request`,
  );

const KINDS = {
  unavailable: 'unavailable',
  'not-found': 'not-found',
  conflict: 'conflict',
  'in-use': 'conflict',
  'no-space': 'impossible',
  refused: 'impossible',
} as const;

/** Rethrows what it does not know. */
export function refusal(command: Command, error: unknown): Refused {
  const code = codeOf(command);
  if (error instanceof TooLargeError) return no(Code.invalidBody, 'invalid', error.message);
  if (error instanceof LogFullError)
    return no(code, 'unavailable', `the event log has no space left, so nothing can be changed: ${error.message}`);
  if (error instanceof FencedError || error instanceof LogClosedError)
    return no(code, 'unavailable', `this server is no longer in charge: ${error.message}`);
  if (!(error instanceof EngineError)) throw error;
  return no(code, KINDS[error.kind], error.message);
}
