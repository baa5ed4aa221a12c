import { replicaSetStream } from '../../events/stream.ts';
import type { ReplicaSet, State } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { begin, failedAsItIs, isGone, refuseGone } from '../container/current.ts';
import { released } from '../container/release.ts';
import { stopStep } from '../container/steps.ts';
import { already, type Decision, idleReplicaSet, isDecision, reject } from '../decision.ts';
import { needsNothing, type OnName, type OperationDefinition } from '../definition.ts';
import { missingSentence } from '../host/absence.ts';
import { has, nothingToUndo, type StepsOf } from '../operation/steps.ts';
import { NoBody } from '../request/schema.ts';

/** Releases GPUs and host ports once the container is seen to have ended. Stopping a stopped one changes nothing. */
function decide(state: State, { name }: OnName<typeof NoBody>): Decision {
  const rs = idleReplicaSet(state, name, Code.stopFailed);
  if (isDecision(rs)) return rs;
  if (rs.state === 'stopped') return already;
  if (rs.missing !== undefined) return reject(Code.stopFailed, 'unavailable', missingSentence(rs));
  return isGone(rs) ? refuseGone(rs, Code.stopFailed) : begin(rs, 'stop');
}

const steps: StepsOf<ReplicaSet, 'stopContainer'> = {
  on: 'replicaSet',
  forwardStep: (open) => {
    const { from, operation, settings } = open;
    if (from === undefined || from.container === 'removed' || has(operation, 'ContainerStopped')) return null;
    return stopStep(open, from, from.spec.stopTimeout ?? settings.stopTimeout);
  },
  undoStep: nothingToUndo,
  done: {
    // A stop of a stopped replicaSet is the reconciler's: a container without a lease was found running.
    stopContainer: ({ stream, aggregate: rs }, { step: { version }, result: { exitCode } }) => [
      { type: 'ContainerStopped', stream, data: { version, reason: rs.state === 'stopped' ? 'unleased' : 'stop', exitCode } },
    ],
  },
  // A container that is not there any more has ended, too: the stop goes on and releases.
  failed: (open, step, error) =>
    error.kind === 'not-found' && step.do === 'stopContainer'
      ? [{ type: 'ContainerVanished', stream: open.stream, data: { version: step.version } }]
      : failedAsItIs(open, step, error),
  atEnd: ({ aggregate: rs, operation }) => released(rs, operation.from ?? rs.current),
};

export const stop = {
  schema: NoBody,
  failureCode: Code.stopFailed,
  stream: replicaSetStream,
  needs: needsNothing,
  decide,
  steps,
} satisfies OperationDefinition<ReplicaSet>;
