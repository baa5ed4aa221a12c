import { replicaSetStream } from '../../events/stream.ts';
import type { ReplicaSet, State } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { begin, diskSaved, doneUnsaved, failedOrVanished, isSaved, refuse } from '../container/current.ts';
import { saveDiskStep, stopStep } from '../container/steps.ts';
import { already, type Decision, isDecision, presentReplicaSet } from '../decision.ts';
import { needsNothing, type OnName, type OperationDefinition } from '../definition.ts';
import { has, nothingToUndo, type StepsOf } from '../operation/steps.ts';
import { NoBody } from '../request/schema.ts';

/**
 * docker stop; GPUs and ports stay held. The system disk is saved as at a stop: the container is just as much a prey of `docker container
 * prune`, and a pause that takes as long as a commit is better than one that may cost the disk.
 */
function decide(state: State, { name }: OnName<typeof NoBody>): Decision {
  const rs = presentReplicaSet(state, name, Code.pauseFailed);
  if (isDecision(rs)) return rs;
  if (rs.state === 'paused' && isSaved(rs)) return already;
  if (rs.state !== 'running' && rs.state !== 'paused')
    return refuse(rs, Code.pauseFailed, `is ${rs.state}, not running: there is nothing to pause`);
  return begin(rs, 'pause');
}

const steps: StepsOf<ReplicaSet, 'stopContainer' | 'saveDisk'> = {
  on: 'replicaSet',
  forwardStep: (open) => {
    const { from, operation, settings } = open;
    if (from === undefined) return null;
    if (!has(operation, 'ContainerPaused')) return stopStep(open, from, from.spec.stopTimeout, settings.stopTimeout);
    return has(operation, 'SystemDiskSaved') ? null : saveDiskStep(open, from);
  },
  undoStep: nothingToUndo,
  done: {
    stopContainer: ({ stream }, { step: { version } }) => [{ type: 'ContainerPaused', stream, data: { version } }],
    saveDisk: diskSaved,
  },
  failed: (open, step, error) => {
    const isUnsaved = step.do === 'saveDisk' && error.kind !== 'not-found' && open.from !== undefined;
    return isUnsaved ? doneUnsaved(open, open.from, error.message) : failedOrVanished(open, step, error);
  },
};

export const pause = {
  schema: NoBody,
  failureCode: Code.pauseFailed,
  stream: replicaSetStream,
  needs: needsNothing,
  decide,
  steps,
} satisfies OperationDefinition<ReplicaSet>;
