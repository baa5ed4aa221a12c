import type { NewEvent } from '../../events/catalogue.ts';
import type { Bind } from '../../events/shapes.ts';
import { volumeStream } from '../../events/stream.ts';
import { currentVolumeVersion, nextVersion, type ReplicaSet, type State, type Volume } from '../../projections/state.ts';
import { accept, Code, type Context, type Decision, type Needs, reject } from '../decision.ts';
import { checkVolumeName, formatBytes, parseSize } from '../names.ts';

const badSize = (size: string): Decision =>
  reject(
    Code.unitNotSupported,
    'invalid',
    `size ${JSON.stringify(size)} is not a number with a unit: write it as 20GB; the units are KB, MB, GB and TB`,
  );

/** The replicaSets that have a container which mounts any version of the volume, or the one of that name. */
export function mountedBy(state: State, volume: Volume, volumeName?: string): ReplicaSet[] {
  const mounts = (bind: Bind): boolean => bind.volume?.uid === volume.uid && (volumeName === undefined || bind.src === volumeName);
  return [...state.replicaSets.values()].filter((rs) => rs.versions.some((v) => v.container !== 'removed' && v.spec.binds.some(mounts)));
}

function idleVolume(state: State, name: string, code: number): Volume | Decision {
  const volume = state.volumes.get(name);
  if (volume?.operation != null) return { kind: 'wait', streams: [volumeStream(name)] };
  return volume ?? reject(code, 'not-found', `volume ${name} does not exist`);
}
const isDecision = (x: object): x is Decision => 'kind' in x;

export interface CreateVolume {
  readonly name: string;
  readonly size: string;
}

export function decideCreateVolume(state: State, command: CreateVolume, { id }: Context): Decision {
  const badName = checkVolumeName(command.name);
  if (badName !== null) return badName;
  const size = parseSize(command.size);
  if (size === null) return badSize(command.size);
  const stream = volumeStream(command.name);
  const existing = state.volumes.get(command.name);
  if (existing?.operation != null) return { kind: 'wait', streams: [stream] };
  if (existing !== undefined) {
    return reject(
      Code.volumeExists,
      'conflict',
      `volume ${command.name} exists already (${currentVolumeVersion(existing)?.size}); change its size or delete it`,
    );
  }
  return accept(
    { type: 'OperationStarted', stream, data: { kind: 'createVolume', to: 1 } },
    { type: 'VolumeVersionCreated', stream, data: { uid: id, version: 1, ...size } },
  );
}

export interface ResizeVolume {
  readonly name: string;
  readonly size: string;
}

export const needsOfVolumeUse = (state: State, name: string, measure: boolean): Needs => {
  const volume = state.volumes.get(name);
  const version = volume === undefined ? undefined : currentVolumeVersion(volume);
  return version === undefined ? {} : { volumeUse: { volume: version.volumeName, measure } };
};

export function decideResizeVolume(state: State, command: ResizeVolume, { facts }: Context): Decision {
  const size = parseSize(command.size);
  if (size === null) return badSize(command.size);
  const volume = idleVolume(state, command.name, Code.volumePatchFailed);
  if (isDecision(volume)) return volume;
  const current = currentVolumeVersion(volume);
  if (current === undefined || current.state !== 'ready') {
    return reject(
      Code.volumePatchFailed,
      'impossible',
      `volume ${volume.name} cannot be resized: version ${volume.current} is ${current?.state ?? 'missing'}`,
    );
  }
  if (size.bytes === current.bytes) return reject(Code.sameSize, 'conflict', `volume ${volume.name} has the size ${current.size} already`);
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
  return accept(
    { type: 'OperationStarted', stream, data: { kind: 'resizeVolume', from: current.version, to: version } },
    { type: 'VolumeVersionCreated', stream, data: { uid: volume.uid, version, ...size, from: current.version } },
  );
}

export function decideDeleteVolume(state: State, command: { readonly name: string }, { facts }: Context): Decision {
  const volume = idleVolume(state, command.name, Code.volumeDeleteFailed);
  if (isDecision(volume)) return volume;
  const current = currentVolumeVersion(volume);
  const user = mountedBy(state, volume)[0];
  if (user !== undefined) {
    return reject(
      Code.volumeDeleteFailed,
      'conflict',
      `volume ${volume.name} is mounted by replicaSet ${user.name} (${user.state}): delete that or patch its bind first`,
    );
  }
  if (current !== undefined) {
    const use = facts.volumeUse.get(current.volumeName);
    if (use === undefined) return { kind: 'stale' };
    const foreign = use.users[0];
    if (foreign !== undefined) {
      return reject(
        Code.volumeDeleteFailed,
        'conflict',
        `volume ${current.volumeName} is mounted by container ${foreign.containerName}: remove it first`,
      );
    }
  }
  const event: NewEvent = {
    type: 'OperationStarted',
    stream: volumeStream(volume.name),
    data: { kind: 'deleteVolume', from: volume.current },
  };
  return accept(event);
}
