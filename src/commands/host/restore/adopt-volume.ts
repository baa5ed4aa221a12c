// Takes back a volume that carries our labels and that the log, which was put back to an earlier moment, does not know.
import type { NewEvent } from '../../../events/catalogue.ts';
import { volumeStream } from '../../../events/stream.ts';
import { currentVolumeVersion, type State, type Volume } from '../../../projections/state.ts';
import { Code } from '../../api-codes.ts';
import { accept, already, type Decision, reject } from '../../decision.ts';
import type { VolumeFacts } from '../../outside/engine.ts';
import { isHeld } from './mode.ts';

type Owned = VolumeFacts & { readonly owner: NonNullable<VolumeFacts['owner']> };

/** The highest version in Docker becomes the current one. Nothing to do where the log has it. */
export function adoptVolume(state: State, host: string, name: string, volumes: readonly VolumeFacts[]): Decision {
  const refuse = (kind: 'conflict' | 'not-found' | 'misdirected' | 'busy', message: string): Decision =>
    reject(Code.adoptFailed, kind, message);
  const volume = state.volumes.get(name);
  if (volume !== undefined && volume.host !== host)
    return refuse(
      'misdirected',
      `volume ${name} is on host ${volume.host}, and this is the server of host ${host}: send the command to the server of ${volume.host}`,
    );
  const ours = volumes.filter((one): one is Owned => one.owner?.name === name && one.name === `${name}-${one.owner.version}`);
  const ofLife = volume === undefined ? ours : ours.filter(({ owner }) => owner.uid === volume.uid);
  const [newest, ...older] = [...ofLife].sort((a, b) => b.owner.version - a.owner.version);
  if (newest === undefined) {
    if (ours.length === 0) return refuse('not-found', `Docker has no volume of the name ${name} that carries this log's labels`);
    return refuse('conflict', `volume ${name} of the log is an earlier one than ${ours[0]?.name}: delete it first`);
  }
  const isOpen = volume !== undefined && volume.operation !== null;
  if (isOpen && !isHeld(state, volume)) return refuse('busy', `an operation is under way on volume ${name}: adopt it when that has ended`);
  if (!isOpen && volume !== undefined && isCurrent(volume, newest)) return already;
  if (volume !== undefined && newest.owner.version < volume.current)
    return refuse('conflict', `the log has version ${volume.current} of volume ${name}, which is newer than ${newest.name}`);
  // A resize removes the old one only when the copy is whole.
  const [beside] = older;
  if (beside !== undefined && newest.owner.version !== volume?.current)
    return refuse(
      'conflict',
      `${beside.name} is there beside ${newest.name}, which may be an unfinished copy of it: remove the one that you do not want (docker volume rm)`,
    );
  return accept(event(volume, name, newest, volumes));
}

/** Whether it is the version that the log has, ready or not there so far. */
const isCurrent = (volume: Volume, { owner }: Owned): boolean =>
  owner.version === volume.current && currentVolumeVersion(volume)?.state === 'ready';

function event(volume: Volume | undefined, name: string, newest: Owned, volumes: readonly VolumeFacts[]): NewEvent {
  const { owner, bytes = 1, size, sizeOption, createTime } = newest;
  const there = new Set(volumes.map((one) => one.name));
  const gone = (volume?.versions ?? []).flatMap((v) =>
    v.version !== owner.version && v.state !== 'planned' && v.state !== 'removed' && !there.has(v.volumeName) ? [v.version] : [],
  );
  return {
    type: 'VolumeAdopted',
    stream: volumeStream(name),
    data: {
      uid: owner.uid,
      version: owner.version,
      size: size ?? sizeOption ?? `${Math.max(1, Math.ceil(bytes / 1024))}KB`,
      bytes,
      enforced: sizeOption !== undefined,
      createTime: createTime ?? '',
      gone,
    },
  };
}
