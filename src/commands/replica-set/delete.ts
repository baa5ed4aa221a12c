import type { NewEvent } from '../../events/catalogue.ts';
import { replicaSetStream } from '../../events/stream.ts';
import { allAnonymousVolumes, type ContainerVersion, type ReplicaSet, type State } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { begin, failedAsItIs } from '../container/current.ts';
import { released } from '../container/release.ts';
import { removeStep } from '../container/steps.ts';
import { type Decision, idleReplicaSet, isDecision, reject } from '../decision.ts';
import { needsNothing, type OnName, type OperationDefinition } from '../definition.ts';
import { isTooMuch, knownAbsence, missingSentence } from '../host/absence.ts';
import { nothingToUndo, type OpenOperation, type StepsOf } from '../operation/steps.ts';
import { NoBody } from '../request/schema.ts';

/**
 * The container, its disks and its anonymous volumes; cannot be undone. One that is missing may be deleted: Docker is asked once more by the
 * removal itself. But not while so much is missing that Docker cannot be believed: it would run on, known to nobody, when it is back.
 */
function decide(state: State, { name }: OnName<typeof NoBody>): Decision {
  const rs = idleReplicaSet(state, name, Code.deleteFailed);
  if (isDecision(rs)) return rs;
  if (rs.missing !== undefined && isTooMuch(knownAbsence(state, rs.host))) {
    return reject(Code.deleteFailed, 'unavailable', missingSentence(rs));
  }
  return begin(rs, 'delete');
}

const isThere = ({ container }: ContainerVersion): boolean => container !== 'removed' && container !== 'planned';

/**
 * What the name holds is released with the last of its containers, whichever that is: one that is back beside its successor may have to go
 * first, and the successor then still runs on all of it.
 */
function removed({ stream, aggregate: rs }: OpenOperation<ReplicaSet>, version: number): readonly NewEvent[] {
  const isLast = !rs.versions.some((v) => v.version !== version && isThere(v));
  return [{ type: 'ContainerRemoved', stream, data: { version } }, ...(isLast ? released(rs, version) : [])];
}

const steps: StepsOf<ReplicaSet, 'removeContainer' | 'removeDisks'> = {
  on: 'replicaSet',
  forwardStep: (open) => {
    const { state, aggregate: rs } = open;
    const left = rs.versions.find(isThere);
    if (left !== undefined) return removeStep(open, left, true);
    return {
      do: 'removeDisks',
      owner: { log: state.logId, name: rs.name, uid: rs.uid },
      anonymousVolumes: allAnonymousVolumes(rs),
    };
  },
  undoStep: nothingToUndo,
  done: {
    removeContainer: (open, { step: { version } }) => removed(open, version),
    // The name is free from the first of these on, so the second closes the operation here.
    removeDisks: ({ stream, aggregate: rs, operation }) => [
      { type: 'ReplicaSetDeleted', stream, data: { uid: rs.uid } },
      { type: 'OperationCompleted', stream, data: { kind: operation.kind } },
    ],
  },
  failed: (open, step, error) =>
    // A foreign container has this name, so ours is already gone.
    step.do === 'removeContainer' ? removed(open, step.version) : failedAsItIs(open, step, error),
};

export const deleteCommand = {
  schema: NoBody,
  failureCode: Code.deleteFailed,
  stream: replicaSetStream,
  needs: needsNothing,
  decide,
  steps,
} satisfies OperationDefinition<ReplicaSet>;
