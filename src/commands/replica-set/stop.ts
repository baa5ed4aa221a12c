import Type from 'typebox';
import { replicaSetStream } from '../../events/stream.ts';
import type { ReplicaSet, State } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { begin, diskSaved, doneUnsaved, failedAsItIs, isGone, isSaved, refuseGone } from '../container/current.ts';
import { released } from '../container/release.ts';
import { removeStep, saveDiskStep, stopStep } from '../container/steps.ts';
import { refuseStopTimeout } from '../container/stop-timeout.ts';
import { already, type Context, type Decision, idleReplicaSet, isDecision, reject } from '../decision.ts';
import { needsNothing, type OnName, type OperationDefinition } from '../definition.ts';
import { missingSentence } from '../host/absence.ts';
import { isSuperseded } from '../host/leftovers.ts';
import { has, nothingToUndo, type StepsOf } from '../operation/steps.ts';
import { StopTimeout } from '../request/schema.ts';

const schema = Type.Object(
  { stopTimeout: StopTimeout },
  { $id: 'StopBody', description: 'stopTimeout 0 kills at once, and does not wait for the grace period of a stop that is under way.' },
);

/**
 * Releases GPUs and host ports once the container is seen to have ended, and saves its system disk then: nobody has to wait for what is
 * free, and a container that is pruned is no loss. Stopping a stopped one changes nothing, unless its disk could not be saved.
 */
function decide(state: State, { name, stopTimeout }: OnName<typeof schema>, { settings }: Context): Decision {
  const tooLong = refuseStopTimeout(stopTimeout, settings);
  if (tooLong !== null) return tooLong;
  const rs = idleReplicaSet(state, name, Code.stopFailed);
  if (isDecision(rs)) return rs;
  if (rs.state === 'stopped' && isSaved(rs)) return already;
  if (rs.missing !== undefined) return reject(Code.stopFailed, 'unavailable', missingSentence(rs));
  return isGone(rs) ? refuseGone(rs, Code.stopFailed) : begin(rs, 'stop', stopTimeout === undefined ? {} : { stopTimeout });
}

type Step = 'stopContainer' | 'saveDisk' | 'removeContainer';

const steps: StepsOf<ReplicaSet, Step> = {
  on: 'replicaSet',
  forwardStep: (open) => {
    const { aggregate: rs, from, operation, settings } = open;
    if (from === undefined || from.container === 'removed') return null;
    if (!has(operation, 'ContainerStopped'))
      return stopStep(open, from, operation.stopTimeout ?? from.spec.stopTimeout, settings.stopTimeout);
    if (isSuperseded(rs, from) && (has(operation, 'SystemDiskSaved') || from.failed !== undefined)) {
      // Another version has its place, so it goes. What it ended with can be rolled back to, unless it never ran.
      return removeStep(open, from, from.failed !== undefined);
    }
    return has(operation, 'SystemDiskSaved') ? null : saveDiskStep(open, from);
  },
  undoStep: nothingToUndo,
  done: {
    stopContainer: ({ stream, aggregate: rs, operation }, { step, result: { exitCode } }) => {
      const { version } = step;
      // The reconciler found a container without a lease running, or one whose place another version has.
      if (isSuperseded(rs, step)) return [{ type: 'ContainerStopped', stream, data: { version, reason: 'unleased', exitCode } }];
      const reason = rs.state === 'stopped' && operation.command.name === 'reconcile' ? 'unleased' : 'stop';
      return [{ type: 'ContainerStopped', stream, data: { version, reason, exitCode } }, ...released(rs, version)];
    },
    saveDisk: diskSaved,
    removeContainer: ({ stream }, { step: { version } }) => [{ type: 'ContainerRemoved', stream, data: { version } }],
  },
  // A container that is not there any more has ended, too: the stop goes on and releases.
  failed: (open, step, error) => {
    const { aggregate: rs, from, stream } = open;
    if (from === undefined || (step.do !== 'stopContainer' && step.do !== 'saveDisk')) return failedAsItIs(open, step, error);
    if (error.kind === 'not-found') return [{ type: 'ContainerVanished', stream, data: { version: step.version } }];
    return step.do === 'saveDisk' && !isSuperseded(rs, from) ? doneUnsaved(open, from, error.message) : failedAsItIs(open, step, error);
  },
  atEnd: ({ aggregate: rs, from }) => (from !== undefined && isSuperseded(rs, from) ? [] : released(rs, from?.version ?? rs.current)),
};

export const stop = {
  schema,
  failureCode: Code.stopFailed,
  stream: replicaSetStream,
  needs: needsNothing,
  decide,
  steps,
} satisfies OperationDefinition<ReplicaSet>;
