// The commands on the current version's container that make no new version: how they begin, and how they fail.
import type { NewEvent } from '../../events/catalogue.ts';
import type { OperationKind } from '../../events/operation.ts';
import { replicaSetStream } from '../../events/stream.ts';
import { type ContainerVersion, completeDisk, currentVersion, findVersion, type ReplicaSet, usableDisk } from '../../projections/state.ts';
import { accept, type Decision, reject } from '../decision.ts';
import { type DoneStep, nothingToUndo, type OpenOperation, operationFailed, type StepsOf } from '../operation/steps.ts';
import type { Step, StepFailure, StepOf } from '../outside/engine.ts';
import { released } from './release.ts';

export const begin = (rs: ReplicaSet, kind: OperationKind, more: { imageName?: string; stopTimeout?: number } = {}): Decision =>
  accept({
    type: 'OperationStarted',
    stream: replicaSetStream(rs.name),
    data: { kind, ...(rs.current > 0 && { from: rs.current }), ...more },
  });

export const refuse = (rs: ReplicaSet, code: number, why: string): Decision => reject(code, 'conflict', `replicaSet ${rs.name} ${why}`);

export const isGone = (rs: ReplicaSet): boolean => currentVersion(rs)?.container === 'removed';
export const refuseGone = (rs: ReplicaSet, code: number): Decision =>
  refuse(rs, code, `has no container any more: it was removed from Docker by someone else; ${wayBack(rs)}`);

/** The versions that can be rolled back to as far as is known: their disks were in Docker at the last look. */
export const usableVersions = (rs: ReplicaSet): number[] => rs.versions.filter((v) => usableDisk(v) !== undefined).map((v) => v.version);

/** Whether the container of the current version may go without a loss: it is gone already, or its disk is saved as it is. */
export function isSaved(rs: ReplicaSet): boolean {
  const version = currentVersion(rs);
  return version === undefined || version.container === 'removed' || completeDisk(version) !== undefined;
}

/** The commands that are left for a replicaSet whose container is gone. */
export function wayBack(rs: ReplicaSet): string {
  const version = currentVersion(rs);
  if (version !== undefined && completeDisk(version) !== undefined) return 'its system disk is saved: use restart, or delete it';
  const usable = usableVersions(rs);
  return usable.length > 0 ? `roll back to version ${usable.join(' or ')}, or delete it` : 'delete it and run it anew';
}

/**
 * The end of a stop or a pause whose disk could not be saved: it has happened, and the client and the list are told where the container has
 * the only copy.
 */
export const doneUnsaved = (
  { stream, operation }: OpenOperation<ReplicaSet>,
  version: ContainerVersion,
  why: string,
): readonly NewEvent[] => {
  const again = `leave it where it is (docker container prune would take it), and ${operation.kind} again to have it saved`;
  const warning =
    completeDisk(version) === undefined
      ? `the system disk of container ${version.containerName} is not saved: ${why}; it is in the container alone: ${again}`
      : `the system disk of container ${version.containerName} is not saved again: ${why}; it has not run since it was saved before`;
  return [{ type: 'OperationCompleted', stream, data: { kind: operation.kind, warning } }];
};

/**
 * A disk that was saved before goes first, in the same record: release 0.1.0 takes every discard for "this version has no disk", and must
 * find the one that was saved last. Its image is removed by the disk sweep.
 */
export function diskSaved(
  { stream, aggregate: rs }: OpenOperation<ReplicaSet>,
  { step: { version }, result: { disk } }: DoneStep<'saveDisk'>,
): readonly NewEvent[] {
  const before = findVersion(rs, version)?.disk;
  const saved: NewEvent = { type: 'SystemDiskSaved', stream, data: { version, disk } };
  if (before === undefined || before.image === disk.image) return [saved];
  return [{ type: 'SystemDiskDiscarded', stream, data: { version, image: before.image } }, saved];
}

/** A disk that Docker does not remove now is named by no version any more: the disk sweep tries again. */
export const diskDiscarded = (
  { stream }: OpenOperation<ReplicaSet>,
  { step: { version, image } }: { readonly step: StepOf<'discardDisk'> },
): readonly NewEvent[] => [{ type: 'SystemDiskDiscarded', stream, data: { version, image } }];

/** A refused step changed nothing: the operation fails, and the container stays as it is. */
export const failedAsItIs = (open: OpenOperation<ReplicaSet>, _: Step, { message }: StepFailure['error']): readonly NewEvent[] => [
  operationFailed(open, message),
];

/** As failedAsItIs, but a container that is not there any more was removed by somebody else, and holds nothing from now on. */
export function failedOrVanished(
  open: OpenOperation<ReplicaSet>,
  step: Step,
  { kind, message }: StepFailure['error'],
): readonly NewEvent[] {
  const { stream, aggregate: rs } = open;
  const version = 'version' in step ? step.version : rs.current;
  if (kind !== 'not-found') return [operationFailed(open, message)];
  const what = `${message}; container ${rs.name}-${version} was removed from Docker by someone else: ${wayBack(rs)}`;
  return [{ type: 'ContainerVanished', stream, data: { version } }, ...released(rs, version), operationFailed(open, what)];
}

/** The steps of an operation that is done once it is in the log: its first event and its end stand in one record. */
export const noSteps: StepsOf<ReplicaSet, never> = {
  on: 'replicaSet',
  forwardStep: () => null,
  undoStep: nothingToUndo,
  done: {},
  failed: failedAsItIs,
};
