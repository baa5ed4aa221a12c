// A name's policy: rules of its own for all its versions, in place of the server's options.
import Type from 'typebox';
import type { Policy } from '../../events/shapes.ts';
import { type State, writable } from '../../projections/state.ts';
import { quoted } from '../request/quoted.ts';
import { Integer, LONGEST, Text } from '../request/schema.ts';

/** The fields of a policy in a request. A field that is absent or null goes by the server's option. */
export const policyFields = {
  keepVersions: Type.Optional(
    Integer('Versions that are retained and can be rolled back to, the current one included; 0: all. Absent: as --keep-versions says.', {
      minimum: 0,
      maximum: 1_000_000,
    }),
  ),
  restart: Type.Optional(
    Text(
      'Whether a container that died is started again: always, no, or on-failure:N, at most N times in a row. Absent: as --restart says.',
      { maxLength: LONGEST.word },
    ),
  ),
};

/** The policy that a request asks for, without the fields that it leaves to the server. */
export const policyOf = ({ keepVersions, restart }: Policy): Policy => ({
  ...(keepVersions !== undefined && { keepVersions }),
  ...(restart !== undefined && { restart }),
});

/** The form of `restart`; null where it is right. */
export const restartProblem = (restart: string | undefined): string | null =>
  restart === undefined || /^(always|no|on-failure:[1-9][0-9]{0,3})$/.test(restart)
    ? null
    : `restart is ${quoted(restart)}: it is always, no, or on-failure:N with N from 1 to 9999`;

/** The reason why the log cannot hold a policy yet; null where it can, or where none is asked for. */
export const policyProblem = (state: State, policy: Policy): string | null =>
  Object.keys(policy).length === 0 || writable(state, 'PolicySet')
    ? null
    : `the log is at level ${state.logLevel}, which has no policies: raise it with gpu-docker-api log raise`;
