// Who uses a volume, and how its size is given: what the commands on volumes share.
import type { Bind } from '../../events/shapes.ts';
import { currentVolumeVersion, type ReplicaSet, type State, type Volume } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { type Decision, type Needs, reject } from '../decision.ts';

export const refuseSize = (size: string): Decision =>
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

/** Who mounts the current version and, with `measure`, how many bytes are in it. */
export function needsOfVolumeUse(state: State, name: string, measure: boolean): Needs {
  const volume = state.volumes.get(name);
  const version = volume === undefined ? undefined : currentVolumeVersion(volume);
  return version === undefined ? {} : { volumeUse: { volume: version.volumeName, measure } };
}
