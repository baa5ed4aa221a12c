import Type from 'typebox';
import { replicaSetStream } from '../../events/stream.ts';
import type { ReplicaSet, State } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { noSteps } from '../container/current.ts';
import { surplusRemoved } from '../container/retention.ts';
import { accept, already, type Context, type Decision, idleReplicaSet, isDecision, reject } from '../decision.ts';
import { needsNothing, type OnName, type OperationDefinition } from '../definition.ts';
import { policyFields, policyOf, policyProblem, restartProblem } from './policy.ts';

const schema = Type.Object(policyFields, {
  $id: 'PolicyBody',
  description: 'The whole policy: it replaces the one before, and what is absent goes by the server’s option.',
});

/**
 * Makes no version and touches no container: it is done once it is in the log. Versions beyond a lower limit are given up with it, or after
 * it where they are many.
 */
function decide(state: State, { name, ...asked }: OnName<typeof schema>, { settings }: Context): Decision {
  const problem = restartProblem(asked.restart);
  if (problem !== null) return reject(Code.invalidBody, 'invalid', problem);
  const rs = idleReplicaSet(state, name, Code.policyFailed);
  if (isDecision(rs)) return rs;
  const policy = policyOf(asked);
  const { keepVersions, restart } = rs.policy ?? {};
  if (policy.keepVersions === keepVersions && policy.restart === restart) return already;
  const tooEarly = policyProblem(state, policy);
  if (tooEarly !== null) return reject(Code.policyFailed, 'unavailable', tooEarly);
  const stream = replicaSetStream(name);
  return accept(
    { type: 'OperationStarted', stream, data: { kind: 'setPolicy' } },
    { type: 'PolicySet', stream, data: { policy } },
    ...surplusRemoved(state, rs, settings, policy),
    { type: 'OperationCompleted', stream, data: { kind: 'setPolicy' } },
  );
}

export const setPolicy = {
  schema,
  failureCode: Code.policyFailed,
  stream: replicaSetStream,
  needs: needsNothing,
  decide,
  steps: noSteps,
} satisfies OperationDefinition<ReplicaSet>;
