// The users of a volume and the form of its size, which the commands on volumes share.
import type { Bind } from '../../events/shapes.ts';
import { replicaSetStream } from '../../events/stream.ts';
import { currentVolumeVersion, findVersion, type ReplicaSet, type State, type Volume } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { type Decision, type Needs, reject } from '../decision.ts';
import { quoted } from '../request/quoted.ts';

export function refuseSize(size: string): Decision {
  if (size.trim() === '') return reject(Code.unitNotSupported, 'invalid', 'size is missing: write it as 20GB');
  const [, amount] = /^\s*(\d+(?:\.\d+)?)\s*[KMGT]B\s*$/i.exec(size) ?? [];
  const why =
    amount === undefined
      ? 'not a number with a unit: write it as 20GB; the units are KB, MB, GB and TB'
      : `too ${Number(amount) < 1 ? 'small' : 'large'}: it is from 0.001KB to 8000TB`;
  return reject(Code.unitNotSupported, 'invalid', `size ${quoted(size)} is ${why}`);
}

/** The replicaSets that have a container which mounts any version of the volume, or the one of that name. */
export function mountedBy(state: State, volume: Volume, volumeName?: string): ReplicaSet[] {
  const mounts = (bind: Bind): boolean => bind.volume?.uid === volume.uid && (volumeName === undefined || bind.src === volumeName);
  return [...state.replicaSets.values()].filter((rs) => rs.versions.some((v) => v.container !== 'removed' && v.spec.binds.some(mounts)));
}

/**
 * Waits for the containers that are still to be made on this host with a volume of this name that was not managed when they were asked for.
 * Docker would give them the new one, which a program would write into while it is filled, and nobody would count them as its users. Once
 * they are made, the name is taken in Docker, and the making of the new volume says so.
 */
export function waitForMounts(state: State, host: string, volumeName: string): Decision | null {
  const mounts = (bind: Bind): boolean => bind.volume === undefined && bind.src === volumeName;
  const streams: string[] = [];
  for (const rs of state.replicaSets.values()) {
    if (rs.operation?.to === undefined || rs.host !== host) continue;
    const version = findVersion(rs, rs.operation.to);
    if (version?.container === 'planned' && version.spec.binds.some(mounts)) streams.push(replicaSetStream(rs.name));
  }
  return streams.length === 0 ? null : { kind: 'wait', streams };
}

/** Asks who mounts the current version and, with `measure`, how many bytes are in it. */
export function needsOfVolumeUse(state: State, name: string, measure: boolean): Needs {
  const volume = state.volumes.get(name);
  const version = volume === undefined ? undefined : currentVolumeVersion(volume);
  return version === undefined ? {} : { volumeUse: { volume: version.volumeName, measure } };
}
