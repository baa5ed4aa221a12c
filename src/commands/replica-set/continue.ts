import type { NewEvent } from '../../events/catalogue.ts';
import { replicaSetStream } from '../../events/stream.ts';
import { RESTART_ACTOR } from '../../projections/note-restarts.ts';
import { currentVersion, isFrozen, type ReplicaSet, type State } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { begin, diskDiscarded, failedOrVanished, isGone, refuse, refuseGone } from '../container/current.ts';
import { hostPathsOf, rulesFor, whyNotStart } from '../container/host-paths.ts';
import { discardStaleDiskStep, startStep, stopStep, whyNotStarted } from '../container/steps.ts';
import { type Context, type Decision, isDecision, type Needs, presentReplicaSet, reject } from '../decision.ts';
import type { OnName, OperationDefinition } from '../definition.ts';
import { type DoneStep, has, nothingToUndo, type OpenOperation, operationFailed, type StepsOf } from '../operation/steps.ts';
import { NoBody } from '../request/schema.ts';

/** The host paths of the binds that the container was made with: they may lead elsewhere by now. */
function needs(state: State, { name }: OnName<typeof NoBody>): Needs {
  const rs = state.replicaSets.get(name);
  const hostPaths = hostPathsOf((rs === undefined ? undefined : currentVersion(rs))?.spec.binds ?? []);
  return { hostPaths, presentPaths: hostPaths };
}

/** docker restart. A stopped one is refused: its GPUs may be another's by now. */
function decide(state: State, { name }: OnName<typeof NoBody>, { facts, settings }: Context): Decision {
  const rs = presentReplicaSet(state, name, Code.continueFailed);
  if (isDecision(rs)) return rs;
  if (rs.state === 'stopped') {
    const why = 'is stopped and holds no GPUs or ports any more: use restart, which allocates them afresh';
    return refuse(rs, Code.continueFailed, why);
  }
  if (isFrozen(rs)) {
    const why = 'is frozen: thaw lets its processes go on. Continue would end them and start it anew, as restart does with a new version';
    return refuse(rs, Code.continueFailed, why);
  }
  if (isGone(rs)) return refuseGone(rs, Code.continueFailed);
  const problem = whyNotStart(currentVersion(rs)?.spec.binds ?? [], facts, rulesFor(rs.owner, settings));
  if (problem === undefined) return { kind: 'stale' };
  return problem === null ? begin(rs, 'continue') : reject(Code.continueFailed, 'impossible', problem);
}

/** The container is made for its ports, so only a new version can have another. */
const portTaken = (message: string): string =>
  `a host port that it holds is used by somebody else: free it, or use restart, which takes another one; Docker says: ${message}`;

function started(open: OpenOperation<ReplicaSet>, { step: { version }, result: { start } }: DoneStep<'startContainer'>): NewEvent[] {
  const { stream, operation } = open;
  if (!start.started) {
    const message = start.why === 'port-taken' ? portTaken(start.message) : start.message;
    const ended = start.why === 'failed' && start.exitCode !== undefined ? { exitCode: start.exitCode } : {};
    // Of one that the service starts again and again nobody waits for the answer, and Docker has its output.
    const { output } = operation.command.actor === RESTART_ACTOR ? {} : whyNotStarted(start);
    const died = { version, message, ...ended, ...(output !== undefined && { output }) };
    return [{ type: 'ContainerDied', stream, data: died }, operationFailed(open, message)];
  }
  const continued: NewEvent = { type: 'ContainerContinued', stream, data: { version } };
  if (start.exitCode === undefined) return [continued];
  return [continued, { type: 'ContainerDied', stream, data: { version, exitCode: start.exitCode } }];
}

const steps: StepsOf<ReplicaSet, 'stopContainer' | 'startContainer' | 'discardDisk'> = {
  on: 'replicaSet',
  forwardStep: (open) => {
    const { from, operation, settings } = open;
    if (from === undefined) return null;
    if (has(operation, 'ContainerContinued')) return discardStaleDiskStep(from);
    if (operation.before === 'running' && !has(operation, 'ContainerStopped'))
      return stopStep(open, from, from.spec.stopTimeout, settings.stopTimeout);
    return startStep(open, from);
  },
  undoStep: nothingToUndo,
  done: {
    stopContainer: ({ stream }, { step: { version }, result: { exitCode } }) => [
      { type: 'ContainerStopped', stream, data: { version, reason: 'continue', exitCode } },
    ],
    startContainer: started,
    discardDisk: diskDiscarded,
  },
  failed: (open, step, error) => {
    if (step.do === 'discardDisk') return diskDiscarded(open, { step });
    const failed = failedOrVanished(open, step, error);
    // This operation has stopped what ran, and so has to say that it runs no more.
    const isDown = step.do === 'startContainer' && error.kind !== 'not-found' && has(open.operation, 'ContainerStopped');
    if (!isDown) return failed;
    return [{ type: 'ContainerDied', stream: open.stream, data: { version: step.version, message: error.message } }, ...failed];
  },
};

export const continueCommand = {
  schema: NoBody,
  failureCode: Code.continueFailed,
  stream: replicaSetStream,
  needs,
  decide,
  steps,
} satisfies OperationDefinition<ReplicaSet>;
