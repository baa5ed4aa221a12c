// The saved system disks in Docker against those that versions name: which of them nothing names, and which are gone.
import type { NewEvent } from '../../events/catalogue.ts';
import { replicaSetStream } from '../../events/stream.ts';
import { currentVersion, findVersion, type ReplicaSet, type State, writable } from '../../projections/state.ts';
import type { SavedDisk } from '../outside/disk-usage.ts';

/** At rest since before the engine was asked. */
const isSettled = (rs: ReplicaSet, host: string, seq: number): boolean => rs.host === host && rs.operation === null && rs.seq <= seq;

/**
 * Saved disks that no version of their replicaSet names: of a version that was removed, of a save that was refused, or of one that was
 * repeated after its first outcome was lost. Only of those that have been at rest since before the engine was asked. Where the log may be an
 * older one that was restored (it does not know the name or so high a number, or its current container is missing or gone) all are left alone:
 * they may be somebody's only copy. `wasMissing`: whether the last look missed the stream's, which a log of level 1 cannot say. The disk that
 * the current container was made from stays until that container goes: the engine would refuse.
 * Newest first, so that a disk goes before the one that it is built on. One pass over the disks and the versions.
 */
export function unnamedDisks(
  state: State,
  host: string,
  seq: number,
  disks: readonly SavedDisk[],
  wasMissing: (stream: string) => boolean = () => false,
): readonly SavedDisk[] {
  const named = new Map<string, ReadonlySet<string> | null>();
  const namedBy = (rs: ReplicaSet): ReadonlySet<string> | null => {
    const known = named.get(rs.name);
    if (known !== undefined) return known;
    const current = currentVersion(rs);
    const isThere = rs.missing === undefined && current?.container !== 'removed' && !wasMissing(replicaSetStream(rs.name));
    const judged = isSettled(rs, host, seq) && isThere;
    const images = judged ? new Set(rs.versions.flatMap(({ disk }) => (disk === undefined ? [] : [disk.image]))) : null;
    if (current?.madeFrom !== undefined) images?.add(current.madeFrom);
    named.set(rs.name, images);
    return images;
  };
  const unnamed = disks.filter(({ image, name, uid, version }) => {
    const rs = state.replicaSets.get(name);
    if (rs === undefined || rs.uid !== uid || version > rs.lastVersion) return false;
    const images = namedBy(rs);
    return images !== null && !images.has(image);
  });
  return unnamed.sort((a, b) => b.version - a.version);
}

/**
 * Anonymous volumes that only removed versions of the replicaSet named: nothing mounts them any more. Not one that a version of any name binds
 * by its name: Docker would refuse only while that one's container is there. Looks at all versions where there is such a volume.
 */
export function leftVolumes({ replicaSets }: State, rs: ReplicaSet, host: string, seq: number): readonly string[] {
  if (rs.leftVolumes.length === 0 || !isSettled(rs, host, seq)) return [];
  const left = new Set(rs.leftVolumes);
  for (const { versions } of replicaSets.values()) for (const { spec } of versions) for (const { src } of spec.binds) left.delete(src);
  return [...left];
}

/** These anonymous volumes are gone from Docker. */
export function decideLeftVolumes(
  state: State,
  host: string,
  { name, uid }: Pick<ReplicaSet, 'name' | 'uid'>,
  gone: readonly string[],
): NewEvent[] {
  const rs = state.replicaSets.get(name);
  const volumes = rs?.uid === uid && rs.host === host ? rs.leftVolumes.filter((volume) => gone.includes(volume)) : [];
  if (volumes.length === 0 || !writable(state, 'AnonymousVolumesRemoved')) return [];
  return [{ type: 'AnonymousVolumesRemoved', stream: replicaSetStream(name), data: { volumes } }];
}

/** The disks that a replicaSet's versions name and of which the log is to change its mind: gone though not lost, or there though lost. */
export function changedDisks(rs: ReplicaSet, host: string, seq: number, images: ReadonlySet<string>): readonly SavedDisk[] {
  if (!isSettled(rs, host, seq)) return [];
  return rs.versions.flatMap(({ version, disk, diskLost = false }) =>
    disk === undefined || images.has(disk.image) !== diskLost ? [] : [{ image: disk.image, name: rs.name, uid: rs.uid, version }],
  );
}

/** Whether the disk of that version is in Docker, where the log has it otherwise. */
export function decideDisk(
  state: State,
  host: string,
  seq: number,
  { image, name, uid, version }: SavedDisk,
  isThere: boolean,
): NewEvent[] {
  const rs = state.replicaSets.get(name);
  const found = rs?.uid === uid && isSettled(rs, host, seq) ? findVersion(rs, version) : undefined;
  const type = isThere ? 'SystemDiskReappeared' : 'SystemDiskLost';
  if (found?.disk?.image !== image || (found.diskLost === true) !== isThere || !writable(state, type)) return [];
  return [{ type, stream: replicaSetStream(name), data: { version, image } }];
}

/** By replicaSet, which never changes: its saved disks that are gone. */
const LOST = new WeakMap<ReplicaSet, number>();

function lostOf(rs: ReplicaSet): number {
  const known = LOST.get(rs);
  if (known !== undefined) return known;
  const lost = rs.versions.filter(({ diskLost }) => diskLost === true).length;
  LOST.set(rs, lost);
  return lost;
}

/** Saved disks of this host's replicaSets that are gone from Docker. Looks at the versions of those alone that changed since it was last asked. */
export function lostDisks(state: State, host: string): number {
  let lost = 0;
  for (const rs of state.replicaSets.values()) if (rs.host === host) lost += lostOf(rs);
  return lost;
}
