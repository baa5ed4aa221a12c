// Takes back a volume that carries our labels and that the log, which was put back to an earlier moment, does not know.
import type { NewEvent } from '../../../events/catalogue.ts';
import { volumeStream } from '../../../events/stream.ts';
import { currentVolumeVersion, findVersion, type State, type Volume } from '../../../projections/state.ts';
import { Code } from '../../api-codes.ts';
import { accept, already, type Decision, reject } from '../../decision.ts';
import type { VolumeContent, VolumeFacts } from '../../outside/engine.ts';
import { isHeld } from './mode.ts';

/** A volume with what is in it, where that was looked at. */
export type VolumeLook = VolumeFacts & { readonly content?: VolumeContent };
type Owned = VolumeLook & { readonly owner: NonNullable<VolumeFacts['owner']> };

const ownedBy = (name: string, volumes: readonly VolumeLook[]): Owned[] =>
  volumes.filter((one): one is Owned => one.owner?.name === name && one.name === `${name}-${one.owner.version}`);

/** The names of those whose content decides: volumes that have several versions. */
export const besideOthers = (names: ReadonlySet<string>, volumes: readonly VolumeFacts[]): readonly string[] =>
  [...names].flatMap((name) => {
    const all = ownedBy(name, volumes);
    return all.length > 1 ? all.map((one) => one.name) : [];
  });

/**
 * The highest version in Docker becomes the current one. Earlier ones that are there, too, are retired: they go once no container names them. Nothing
 * to do where the log has it.
 */
export function adoptVolume(state: State, host: string, name: string, volumes: readonly VolumeLook[]): Decision {
  const refuse = (kind: 'conflict' | 'not-found' | 'misdirected' | 'busy', message: string): Decision =>
    reject(Code.adoptFailed, kind, message);
  const volume = state.volumes.get(name);
  const ours = ownedBy(name, volumes);
  const later = ours.find(({ owner }) => owner.uid !== volume?.uid);
  if (volume !== undefined && volume.host !== host && later !== undefined)
    return refuse(
      'conflict',
      `volume ${name} of the log is an earlier one on host ${volume.host}, and ${later.name} here is of one that was made after it: delete it there first`,
    );
  if (volume !== undefined && volume.host !== host)
    return refuse(
      'misdirected',
      `volume ${name} is on host ${volume.host}, and this is the server of host ${host}: send the command to the server of ${volume.host}`,
    );
  const ofLife = volume === undefined ? ours : ours.filter(({ owner }) => owner.uid === volume.uid);
  const [newest, ...lower] = [...ofLife].sort((a, b) => b.owner.version - a.owner.version);
  if (newest === undefined) {
    if (ours.length === 0) return refuse('not-found', `Docker has no volume of the name ${name} that carries this log's labels`);
    return refuse('conflict', `volume ${name} of the log is an earlier one than ${ours[0]?.name}: delete it first`);
  }
  const isOpen = volume !== undefined && volume.operation !== null;
  if (isOpen && !isHeld(state, volume)) return refuse('busy', `an operation is under way on volume ${name}: adopt it when that has ended`);
  if (!isOpen && volume !== undefined && isCurrent(volume, newest)) return already;
  if (volume !== undefined && newest.owner.version < volume.current)
    return refuse('conflict', `the log has version ${volume.current} of volume ${name}, which is newer than ${newest.name}`);
  const older = lower.filter(({ owner }) => owner.uid === newest.owner.uid);
  const doubt = newest.owner.version === volume?.current ? null : whyNotWhole(name, newest, older);
  if (doubt !== null) return refuse('conflict', doubt);
  return accept(...events(volume, name, newest, older, volumes));
}

/** A resize removes the old one only when the copy is whole. Null where it is. */
function whyNotWhole(name: string, newest: Owned, older: readonly Owned[]): string | null {
  const [beside] = older;
  if (beside === undefined) return null;
  if (newest.content === 'unfinished')
    return `${newest.name} is an unfinished copy of ${beside.name}: remove it (docker volume rm ${newest.name}), and adopt ${name} then`;
  if (newest.content === 'filled') return null;
  const choose = 'remove the one that you do not want (docker volume rm)';
  if (newest.content === undefined)
    return `${beside.name} is there beside ${newest.name}, which may be an unfinished copy of it: ${choose}`;
  const full = older.find(({ content }) => content !== 'empty');
  return full === undefined
    ? null
    : `${newest.name} is empty, and ${full.name} is there beside it, of which it was to be a copy: ${choose}`;
}

/** Sentences about the other volumes of the name, beside the version that is taken back. */
export const besideSentences = (
  name: string,
  taken: { readonly uid: string; readonly version: number },
  volumes: readonly VolumeFacts[],
): string[] =>
  ownedBy(name, volumes).flatMap(({ name: other, owner }) => {
    if (owner.uid !== taken.uid)
      return [`${other} is of an earlier volume ${name}, and stays: remove it when nobody needs it (docker volume rm)`];
    if (owner.version >= taken.version) return [];
    return [`${other} is the version that ${name}-${taken.version} was copied from: it is removed once no container names it`];
  });

/** Whether it is the version that the log has, ready or not there so far. */
const isCurrent = (volume: Volume, { owner }: Owned): boolean =>
  owner.version === volume.current && currentVolumeVersion(volume)?.state === 'ready';

/** The earlier ones are taken back as well, and retired, as the resize would have had it. */
function events(
  volume: Volume | undefined,
  name: string,
  newest: Owned,
  older: readonly Owned[],
  volumes: readonly VolumeLook[],
): readonly NewEvent[] {
  const stateOf = ({ owner }: Owned): string | undefined => (volume === undefined ? undefined : findVersion(volume, owner.version)?.state);
  const retired = older.filter((one) => stateOf(one) !== 'retired').reverse();
  const unknown = retired.filter((one) => stateOf(one) !== 'ready');
  return [
    ...[...unknown, newest].map((one) => adopted(volume, name, one, volumes)),
    ...retired.map(
      ({ owner }): NewEvent => ({ type: 'VolumeVersionRetired', stream: volumeStream(name), data: { version: owner.version } }),
    ),
  ];
}

function adopted(volume: Volume | undefined, name: string, { owner, ...taken }: Owned, volumes: readonly VolumeLook[]): NewEvent {
  const known = volume === undefined ? undefined : findVersion(volume, owner.version);
  // Of one without labels only the log says what it is.
  const its = known?.unlabelled === true ? known : undefined;
  const { bytes = its?.bytes ?? 1, size = its?.size, sizeOption } = taken;
  const createTime = its?.createTime ?? taken.createTime;
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
      ...(its !== undefined && { unlabelled: true as const }),
    },
  };
}
