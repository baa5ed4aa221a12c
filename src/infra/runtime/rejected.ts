// Commands that end without being done for a reason that lies outside the request: Docker or etcd does not answer, the log is full, or
// another server has taken over.
import { Code } from '../../commands/api-codes.ts';
import { type AnyCommand, commands } from '../../commands/command.ts';
import type { Rejection } from '../../commands/decision.ts';
import { EngineError } from '../../commands/outside/engine-error.ts';
import { ClockHeldError, FencedError, LogClosedError, LogCorruptError, LogFullError } from '../../events/log.ts';
import { TooLargeError } from './committer.ts';

/** The outcome of a command that was rejected. */
export interface Rejected {
  readonly ok: false;
  readonly rejection: Rejection;
}

export const rejected = (code: number, kind: Rejection['kind'], message: string, output?: readonly string[]): Rejected => ({
  ok: false,
  rejection: { code, kind, message, ...(output !== undefined && { output }) },
});

/** The API's code for a command of this kind that could not be carried out. */
export const failureCodeOf = (command: AnyCommand): number => commands[command.do].failureCode;

const KIND_OF_ENGINE_ERROR = {
  unavailable: 'unavailable',
  'not-found': 'not-found',
  conflict: 'conflict',
  'in-use': 'conflict',
  'no-space': 'impossible',
  refused: 'impossible',
} as const;

/** The error as the outcome of the command. Rethrows every error of another kind: those are faults of this program. */
export const rejectedBy = (command: AnyCommand, error: unknown): Rejected => ({
  ok: false,
  rejection: rejectionOf(failureCodeOf(command), error),
});

/** As rejectedBy, of what has this code. */
export function rejectionOf(code: number, error: unknown): Rejection {
  const rejected = (its: number, kind: Rejection['kind'], message: string): Rejection => ({ code: its, kind, message });
  if (error instanceof TooLargeError) return rejected(Code.invalidBody, 'invalid', error.message);
  if (error instanceof LogFullError)
    return rejected(code, 'unavailable', `the event log has no space left, so nothing can be changed: ${error.message}`);
  if (error instanceof ClockHeldError) return rejected(code, 'unavailable', error.message);
  if (error instanceof LogCorruptError)
    return rejected(code, 'unavailable', `the event log cannot be read on, so nothing can be changed: ${error.message}`);
  if (error instanceof FencedError || error instanceof LogClosedError)
    return rejected(code, 'unavailable', `this server is no longer in charge: ${error.message}`);
  if (!(error instanceof EngineError)) throw error;
  return rejected(code, KIND_OF_ENGINE_ERROR[error.kind], error.message);
}
