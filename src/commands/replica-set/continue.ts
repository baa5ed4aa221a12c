import type { NewEvent } from '../../events/catalogue.ts';
import { replicaSetStream } from '../../events/stream.ts';
import type { ReplicaSet, State } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { begin, failedOrVanished, isGone, refuse, refuseGone } from '../container/current.ts';
import { startStep, stopStep } from '../container/steps.ts';
import { type Decision, isDecision, presentReplicaSet } from '../decision.ts';
import { needsNothing, type OnName, type OperationDefinition } from '../definition.ts';
import { type DoneStep, has, nothingToUndo, type OpenOperation, operationFailed, type StepsOf } from '../operation/steps.ts';
import { NoBody } from '../request/schema.ts';

/** docker restart. A stopped one is refused: its GPUs may be another's by now. */
function decide(state: State, { name }: OnName<typeof NoBody>): Decision {
  const rs = presentReplicaSet(state, name, Code.continueFailed);
  if (isDecision(rs)) return rs;
  if (rs.state === 'stopped') {
    const why = 'is stopped and holds no GPUs or ports any more: use restart, which allocates them afresh';
    return refuse(rs, Code.continueFailed, why);
  }
  return isGone(rs) ? refuseGone(rs, Code.continueFailed) : begin(rs, 'continue');
}

function started(open: OpenOperation<ReplicaSet>, { step: { version }, result: { start } }: DoneStep<'startContainer'>): NewEvent[] {
  const { stream } = open;
  if (!start.started) {
    return [{ type: 'ContainerDied', stream, data: { version, message: start.message } }, operationFailed(open, start.message)];
  }
  const continued: NewEvent = { type: 'ContainerContinued', stream, data: { version } };
  if (start.exitCode === undefined) return [continued];
  return [continued, { type: 'ContainerDied', stream, data: { version, exitCode: start.exitCode } }];
}

const steps: StepsOf<ReplicaSet, 'stopContainer' | 'startContainer'> = {
  on: 'replicaSet',
  forwardStep: (open) => {
    const { from, operation, settings } = open;
    if (from === undefined || has(operation, 'ContainerContinued')) return null;
    if (operation.before === 'running' && !has(operation, 'ContainerStopped'))
      return stopStep(open, from, from.spec.stopTimeout ?? settings.stopTimeout);
    return startStep(open, from);
  },
  undoStep: nothingToUndo,
  done: {
    stopContainer: ({ stream }, { step: { version }, result: { exitCode } }) => [
      { type: 'ContainerStopped', stream, data: { version, reason: 'continue', exitCode } },
    ],
    startContainer: started,
  },
  failed: failedOrVanished,
};

export const continueCommand = {
  schema: NoBody,
  failureCode: Code.continueFailed,
  stream: replicaSetStream,
  needs: needsNothing,
  decide,
  steps,
} satisfies OperationDefinition<ReplicaSet>;
