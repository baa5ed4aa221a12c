import Type from 'typebox';
import { replicaSetStream } from '../../events/stream.ts';
import { currentVersion, type ReplicaSet, type State } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { decideReplacement, needsOfReplacement, withStopTimeout } from '../container/replace.ts';
import { refuseStopTimeout } from '../container/stop-timeout.ts';
import { versionSteps } from '../container/version-steps.ts';
import { type Context, type Decision, isDecision, type Needs, presentReplicaSet, reject } from '../decision.ts';
import type { OnName, OperationDefinition } from '../definition.ts';
import { StopTimeout } from '../request/schema.ts';

const schema = Type.Object({ stopTimeout: StopTimeout }, { $id: 'RestartBody' });
type Restart = OnName<typeof schema>;

function needs(state: State, { name }: Restart): Needs {
  const rs = state.replicaSets.get(name);
  return needsOfReplacement(state, rs, rs === undefined ? undefined : currentVersion(rs)?.spec);
}

/** A new version of the same configuration; a stopped replicaSet gets its GPUs and ports allocated afresh. */
function decide(state: State, { name, stopTimeout }: Restart, context: Context): Decision {
  const tooLong = refuseStopTimeout(stopTimeout, context.settings);
  if (tooLong !== null) return tooLong;
  const rs = presentReplicaSet(state, name, Code.restartFailed);
  if (isDecision(rs)) return rs;
  const spec = currentVersion(rs)?.spec;
  if (spec === undefined) return reject(Code.restartFailed, 'impossible', `replicaSet ${rs.name} has no version yet`);
  return decideReplacement(state, rs, 'restart', Code.restartFailed, withStopTimeout(spec, stopTimeout), context);
}

export const restart = {
  schema,
  failureCode: Code.restartFailed,
  stream: replicaSetStream,
  needs,
  decide,
  steps: versionSteps,
} satisfies OperationDefinition<ReplicaSet>;
