import Type from 'typebox';
import type { NewEvent } from '../../events/catalogue.ts';
import { volumeStream } from '../../events/stream.ts';
import { currentVolumeVersion, findVersion, nextVersion, type State, type Volume } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { accept, type Context, type Decision, idleVolume, isDecision, refuseWithoutRoom, reject } from '../decision.ts';
import type { OnName, OperationDefinition } from '../definition.ts';
import { missingSentence } from '../host/absence.ts';
import { type DoneStep, has, type OpenOperation, type StepsOf } from '../operation/steps.ts';
import { formatBytes, parseSize } from '../request/names.ts';
import { VolumeSize } from '../request/schema.ts';
import { createStep, failed, isGone, provisioned, removed, removeStep, undoStep } from './steps.ts';
import { mountedBy, needsOfVolumeUse, refuseSize, waitForMounts } from './use.ts';

const schema = Type.Object({ size: VolumeSize }, { $id: 'ResizeVolumeBody' });
type Resize = OnName<typeof schema>;

function decide(state: State, command: Resize, { facts, settings }: Context): Decision {
  const size = parseSize(command.size);
  if (size === null) return refuseSize(command.size);
  const volume = idleVolume(state, command.name, Code.volumePatchFailed);
  if (isDecision(volume)) return volume;
  if (volume.missing !== undefined) return reject(Code.volumePatchFailed, 'unavailable', missingSentence(volume));
  const current = currentVolumeVersion(volume);
  if (current === undefined || current.state !== 'ready') {
    return reject(
      Code.volumePatchFailed,
      'impossible',
      `volume ${volume.name} cannot be resized: version ${volume.current} is ${current?.state ?? 'missing'}`,
    );
  }
  if (size.bytes === current.bytes) return reject(Code.sameSize, 'conflict', `volume ${volume.name} has the size ${current.size} already`);
  const full = refuseWithoutRoom(facts, Code.volumePatchFailed);
  if (full !== null) return full;
  const use = facts.volumeUse.get(current.volumeName);
  if (use === undefined) return { kind: 'stale' };
  // A stopped replicaSet starts again only as a new version, which mounts the new volume; all others would go on with the old one.
  const users = mountedBy(state, volume);
  const live = users.find((rs) => rs.operation !== null || rs.state !== 'stopped');
  if (live !== undefined) {
    return reject(
      Code.volumePatchFailed,
      'conflict',
      `volume ${current.volumeName} is mounted by replicaSet ${live.name} (${live.state}): stop or delete it first`,
    );
  }
  const foreign = use.users.find((u) => !users.some((rs) => rs.versions.some((v) => v.containerName === u.containerName)));
  if (foreign !== undefined) {
    return reject(
      Code.volumePatchFailed,
      'conflict',
      `volume ${current.volumeName} is mounted by container ${foreign.containerName}, which is not one of ours: remove it first`,
    );
  }
  if (use.usedBytes === undefined) return { kind: 'stale' };
  if (typeof use.usedBytes !== 'number') return reject(Code.volumePatchFailed, 'impossible', use.usedBytes.problem);
  if (use.usedBytes > size.bytes) {
    return reject(
      Code.smallerThanUsed,
      'conflict',
      `volume ${volume.name} uses ${formatBytes(use.usedBytes)}, more than the ${size.size} asked for`,
    );
  }
  const stream = volumeStream(volume.name);
  const version = nextVersion(volume);
  const wait = waitForMounts(state, settings.host, `${volume.name}-${version}`);
  if (wait !== null) return wait;
  return accept(
    { type: 'OperationStarted', stream, data: { kind: 'resizeVolume', from: current.version, to: version } },
    { type: 'VolumeVersionCreated', stream, data: { uid: volume.uid, version, ...size, from: current.version } },
  );
}

function copied({ stream, aggregate }: OpenOperation<Volume>, { step, result }: DoneStep<'copyVolume'>): readonly NewEvent[] {
  const { fromVersion: from, toVersion: to } = step;
  const made = findVersion(aggregate, to);
  if (made === undefined) return [];
  return [
    { type: 'VolumeDataCopied', stream, data: { from, to, entries: result.entries, bytes: result.bytes } },
    { type: 'VolumeResized', stream, data: { from, to, size: made.size, bytes: made.bytes } },
  ];
}

/** Create the new version, copy into it, remove the old one, or retire it while a stopped container still names it. */
const steps: StepsOf<Volume, 'createVolume' | 'copyVolume' | 'removeVolume'> = {
  on: 'volume',
  forwardStep: (open) => {
    const { operation, from, to } = open;
    if (to?.state === 'planned') return createStep(open, to);
    if (from === undefined || to === undefined) return null;
    if (!has(operation, 'VolumeDataCopied')) {
      return {
        do: 'copyVolume',
        from: from.volumeName,
        to: to.volumeName,
        fromVersion: from.version,
        toVersion: to.version,
        operation: operation.id,
      };
    }
    return from.state === 'ready' ? removeStep(open, from) : null;
  },
  undoStep,
  done: {
    createVolume: provisioned,
    copyVolume: copied,
    removeVolume: (open, { step }) => removed(open, step),
  },
  failed: (open, step, error) =>
    step.do === 'removeVolume' && open.operation.phase === 'forward' && !isGone(error)
      ? [{ type: 'VolumeVersionRetired', stream: open.stream, data: { version: step.version } }]
      : failed(open, step, error),
};

export const resizeVolume = {
  schema,
  failureCode: Code.volumePatchFailed,
  stream: volumeStream,
  needs: (state: State, { name }: Resize) => ({ ...needsOfVolumeUse(state, name, true), ...(state.volumes.has(name) && { room: true }) }),
  decide,
  steps,
} satisfies OperationDefinition<Volume>;
