// The story that run, patch, rollback and restart share: a new container version is made, and takes the old one's place where there is one.
import type { NewEvent } from '../../events/catalogue.ts';
import { completeDisk, type ReplicaSet } from '../../projections/state.ts';
import { type DoneStep, has, type OpenOperation, operationFailed, type StepsOf } from '../operation/steps.ts';
import type { Step, StepFailure, StepName, StepOf } from '../outside/engine.ts';
import { diskDiscarded, diskSaved, wayBack } from './current.ts';
import { anotherPort, conflictingPort } from './port-conflict.ts';
import { released } from './release.ts';
import { surplusRemoved } from './retention.ts';
import { createStep, discardStaleDiskStep, removeNewStep, removeStep, saveDiskStep, startStep, stopStep, whyNotStarted } from './steps.ts';

type Open = OpenOperation<ReplicaSet>;
type VersionStep = 'createContainer' | 'startContainer' | 'stopContainer' | 'saveDisk' | 'removeContainer' | 'discardDisk';

/** Stop and save the old container, create and start the new one, remove the old one. */
function forwardStep(open: Open): StepOf<VersionStep> | null {
  const { operation, from, to, settings } = open;
  if (to === undefined) return null;
  const old = from === undefined || from.container === 'removed' ? null : from;
  // After a port conflict the new container is planned again, but the old one has been stopped and saved already.
  if (old !== null && to.container === 'planned' && operation.conflicts.length === 0) {
    // The new spec has the old one's stopTimeout, or the one that this very request gave.
    if (!has(operation, 'ContainerStopped')) return stopStep(open, old, to.spec.stopTimeout, settings.replaceGrace);
    if (!has(operation, 'SystemDiskSaved')) return saveDiskStep(open, old);
  }
  if (operation.conflict !== undefined) return removeNewStep(open, to);
  if (to.container === 'planned') return createStep(open, to);
  if (to.container === 'created') return startStep(open, to);
  return old === null ? null : removeStep(open, old, false);
}

/** Remove the new container, start the old one again, discard the copy of its disk. */
function undoStep(open: Open): StepOf<VersionStep> | null {
  const { operation, from, to } = open;
  if (to === undefined) return null;
  if (to.container !== 'removed') return removeNewStep(open, to);
  if (from === undefined || from.container === 'removed') return null;
  // A stop that was refused may have happened: its answer was lost. To start what runs changes nothing.
  const maybeStopped = from.container !== 'running' || operation.failure?.step === 'stopContainer';
  const wasRunning = operation.before === 'running' && maybeStopped;
  // Restart the old container only once: one that exits immediately must not loop.
  const isTried = operation.restoreFailed !== undefined || has(operation, 'ContainerStarted');
  if (wasRunning && !isTried) return startStep(open, from);
  // The old version goes on from here. The copy of one that was not started again is as good as its container.
  return has(operation, 'SystemDiskSaved') ? discardStaleDiskStep(from) : null;
}

type Why = ReturnType<typeof whyNotStarted>;

/** Turns the operation round: from here on it is undone. */
const versionFailed = ({ stream, operation }: Open, version: number, step: StepName, why: Why): NewEvent => ({
  type: 'ContainerVersionFailed',
  stream,
  data: { version: operation.to ?? version, step, ...why },
});

function started(open: Open, { step: { version }, result: { start } }: DoneStep<'startContainer'>): readonly NewEvent[] {
  const { stream, aggregate: rs, operation } = open;
  const isUndo = operation.phase === 'undo';
  if (start.started) {
    const running: NewEvent = { type: 'ContainerStarted', stream, data: { version, reason: isUndo ? 'undo' : 'operation' } };
    if (start.exitCode === undefined) return [running];
    return [running, { type: 'ContainerDied', stream, data: { version, exitCode: start.exitCode } }];
  }
  if (isUndo) return [{ type: 'ContainerDied', stream, data: { version, ...whyNotStarted(start) } }];
  const hostPort = conflictingPort(rs, operation, version, start);
  if (hostPort !== null) return [{ type: 'PortConflictFound', stream, data: { version, hostPort, message: start.message } }];
  return [versionFailed(open, version, 'startContainer', whyNotStarted(start))];
}

function removed(open: Open, { step: { version }, busyPorts }: DoneStep<'removeContainer'>): readonly NewEvent[] {
  const { stream, operation } = open;
  const gone: NewEvent = { type: 'ContainerRemoved', stream, data: { version } };
  const isRetry = operation.conflict !== undefined && operation.phase === 'forward';
  return isRetry ? [gone, ...anotherPort(open, version, busyPorts)] : [gone];
}

function failed(open: Open, step: Step, { kind, message }: StepFailure['error']): readonly NewEvent[] {
  const { stream, aggregate: rs, operation } = open;
  const version = 'version' in step ? step.version : rs.current;
  const isOfOld = step.do === 'stopContainer' || step.do === 'saveDisk' || (step.do === 'startContainer' && version !== operation.to);
  if (kind === 'not-found' && isOfOld) return oldVanished(open, version, step.do);
  // A foreign container has this name, so ours is already gone.
  if (step.do === 'removeContainer') return [{ type: 'ContainerRemoved', stream, data: { version } }];
  if (step.do === 'discardDisk') return diskDiscarded(open, { step });
  if (operation.phase === 'forward') return [versionFailed(open, version, step.do, { message })];
  if (step.do === 'startContainer') return [{ type: 'ContainerDied', stream, data: { version, message } }];
  return [operationFailed(open, message)];
}

/** Somebody else removed the old container, and its system disk with it. */
function oldVanished(open: Open, version: number, step: StepName): readonly NewEvent[] {
  const { stream, aggregate: rs, operation, from } = open;
  const gone: NewEvent = { type: 'ContainerVanished', stream, data: { version } };
  if (operation.phase === 'undo') return [gone, ...released(rs, version)];
  // A rollback needs nothing of the old container; the others have lost the disk that they were to carry over, unless a stop has saved it.
  const isSaved = from !== undefined && completeDisk(from) !== undefined;
  const what = `the system disk of container ${rs.name}-${version} cannot be carried over`;
  return operation.kind === 'rollback' || isSaved ? [gone] : [gone, versionFailed(open, version, step, { message: what })];
}

/**
 * Done: the surplus of the old version is released, and versions beyond the limit are given up. Undone: everything that was added is
 * released, or everything if the old container is gone.
 */
function atEnd({ state, settings, aggregate: rs, operation, from, to }: Open): readonly NewEvent[] {
  const version = operation.to ?? operation.from ?? rs.current;
  if (operation.phase === 'undo') return from?.container === 'removed' ? released(rs, version) : released(rs, version, operation.held);
  if (to === undefined) return [];
  return [...released(rs, operation.from ?? version, to), ...surplusRemoved(state, rs, settings)];
}

/** The undo may have started the old container again before it was removed, so the disk that was saved of it may lack its last writes. */
function undone({ aggregate: rs, operation, from }: Open): string {
  if (from === undefined || operation.restoreFailed !== undefined) return '';
  if (!has(operation, 'ContainerVanished'))
    return operation.before === 'running' ? `; the old version runs again (${from.containerName})` : '; the old version is as it was';
  const gone = `; container ${from.containerName} was removed from Docker by someone else while it was being replaced`;
  if (from.disk === undefined) return `${gone}, and its system disk is lost: ${wayBack(rs)}`;
  return `${gone}: version ${from.version} can be rolled back to as its system disk was saved; what it wrote after that is lost`;
}

export const versionSteps: StepsOf<ReplicaSet, VersionStep> = {
  on: 'replicaSet',
  forwardStep,
  undoStep,
  done: {
    createContainer: ({ stream }, { step: { version }, result: { containerId, anonymousVolumes } }) => [
      { type: 'ContainerCreated', stream, data: { version, containerId, anonymousVolumes } },
    ],
    startContainer: started,
    stopContainer: ({ stream }, { step: { version }, result: { exitCode } }) => [
      { type: 'ContainerStopped', stream, data: { version, reason: 'replace', exitCode } },
    ],
    saveDisk: diskSaved,
    removeContainer: removed,
    discardDisk: diskDiscarded,
  },
  failed,
  atEnd,
  undone,
};
