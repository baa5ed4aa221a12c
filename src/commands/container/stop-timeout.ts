// The longest grace period that a request may ask for.
import { Code } from '../api-codes.ts';
import { type Decision, reject, type Settings } from '../decision.ts';

/** The refusal of a stopTimeout beyond the server's limit; null where it is within, or not given. */
export function refuseStopTimeout(stopTimeout: number | undefined, { maxStopTimeout }: Settings): Decision | null {
  if (stopTimeout === undefined || stopTimeout <= maxStopTimeout) return null;
  return reject(
    Code.invalidBody,
    'invalid',
    `stopTimeout is ${stopTimeout} s: at most ${maxStopTimeout} s are allowed here (--max-stop-timeout of the server)`,
  );
}
