import { replicaSetStream } from '../../events/stream.ts';
import type { ReplicaSet, State } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { begin, failedAsItIs, isGone, refuseGone } from '../container/current.ts';
import { released } from '../container/release.ts';
import { removeStep, saveDiskStep, stopStep } from '../container/steps.ts';
import { already, type Decision, idleReplicaSet, isDecision, reject } from '../decision.ts';
import { needsNothing, type OnName, type OperationDefinition } from '../definition.ts';
import { missingSentence } from '../host/absence.ts';
import { isSuperseded } from '../host/leftovers.ts';
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

type Step = 'stopContainer' | 'saveDisk' | 'removeContainer';

const steps: StepsOf<ReplicaSet, Step> = {
  on: 'replicaSet',
  forwardStep: (open) => {
    const { aggregate: rs, from, operation, settings } = open;
    if (from === undefined || from.container === 'removed') return null;
    if (!has(operation, 'ContainerStopped')) return stopStep(open, from, from.spec.stopTimeout ?? settings.stopTimeout);
    // Another version has its place, so it goes. What it ended with can be rolled back to, unless it never ran.
    if (!isSuperseded(rs, from)) return null;
    const isSaved = has(operation, 'SystemDiskSaved') || from.failed !== undefined;
    return isSaved ? removeStep(open, from, from.failed !== undefined) : saveDiskStep(open, from);
  },
  undoStep: nothingToUndo,
  done: {
    // A stop of a stopped replicaSet, or of a version whose place is taken, is the reconciler's: a container was found without a lease.
    stopContainer: ({ stream, aggregate: rs }, { step, result: { exitCode } }) => {
      const { version } = step;
      const isUnleased = rs.state === 'stopped' || isSuperseded(rs, step);
      return [{ type: 'ContainerStopped', stream, data: { version, reason: isUnleased ? 'unleased' : 'stop', exitCode } }];
    },
    saveDisk: ({ stream }, { step: { version }, result: { disk } }) => [{ type: 'SystemDiskSaved', stream, data: { version, disk } }],
    removeContainer: ({ stream }, { step: { version } }) => [{ type: 'ContainerRemoved', stream, data: { version } }],
  },
  // A container that is not there any more has ended, too: the stop goes on and releases.
  failed: (open, step, error) => {
    const isGone = error.kind === 'not-found' && (step.do === 'stopContainer' || step.do === 'saveDisk');
    return isGone ? [{ type: 'ContainerVanished', stream: open.stream, data: { version: step.version } }] : failedAsItIs(open, step, error);
  },
  atEnd: ({ aggregate: rs, from }) => (from !== undefined && isSuperseded(rs, from) ? [] : released(rs, from?.version ?? rs.current)),
};

export const stop = {
  schema: NoBody,
  failureCode: Code.stopFailed,
  stream: replicaSetStream,
  needs: needsNothing,
  decide,
  steps,
} satisfies OperationDefinition<ReplicaSet>;
