import { replicaSetStream } from '../../events/stream.ts';
import type { ReplicaSet, State } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { begin, failedOrVanished, refuse } from '../container/current.ts';
import { stopStep } from '../container/steps.ts';
import { already, type Decision, isDecision, presentReplicaSet } from '../decision.ts';
import { needsNothing, type OnName, type OperationDefinition } from '../definition.ts';
import { has, nothingToUndo, type StepsOf } from '../operation/steps.ts';
import { NoBody } from '../request/schema.ts';

/** docker stop; GPUs and ports stay held. */
function decide(state: State, { name }: OnName<typeof NoBody>): Decision {
  const rs = presentReplicaSet(state, name, Code.pauseFailed);
  if (isDecision(rs)) return rs;
  if (rs.state === 'paused') return already;
  if (rs.state !== 'running') return refuse(rs, Code.pauseFailed, `is ${rs.state}, not running: there is nothing to pause`);
  return begin(rs, 'pause');
}

const steps: StepsOf<ReplicaSet, 'stopContainer'> = {
  on: 'replicaSet',
  forwardStep: (open) => {
    const { from, operation, settings } = open;
    if (from === undefined || has(operation, 'ContainerPaused')) return null;
    return stopStep(open, from, from.spec.stopTimeout ?? settings.stopTimeout);
  },
  undoStep: nothingToUndo,
  done: {
    stopContainer: ({ stream }, { step: { version } }) => [{ type: 'ContainerPaused', stream, data: { version } }],
  },
  failed: failedOrVanished,
};

export const pause = {
  schema: NoBody,
  failureCode: Code.pauseFailed,
  stream: replicaSetStream,
  needs: needsNothing,
  decide,
  steps,
} satisfies OperationDefinition<ReplicaSet>;
