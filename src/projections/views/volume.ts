// The documented JSON of a volume, plus whether its size is enforced.
import { currentVolumeVersion, type ReplicaSet, type State, type Volume, type VolumeVersion } from '../state.ts';
import { createTime } from './create-time.ts';
import { type HistoryPage, PAGE, type Page, pageOf } from './history-page.ts';
import { type UnderWay, underWay } from './replica-set.ts';

export interface VolumeInfo {
  readonly version: number;
  readonly createTime: string;
  readonly opt: { readonly Driver: 'local'; readonly DriverOpts: { readonly size: string }; readonly Name: string };
  /** False when the size is only recorded: the engine cannot enforce it. */
  readonly enforced: boolean;
}

export function volumeInfo(version: VolumeVersion): VolumeInfo {
  return {
    version: version.version,
    createTime: createTime(version.createTime),
    opt: { Driver: 'local', DriverOpts: { size: version.size }, Name: version.volumeName },
    enforced: version.enforced ?? false,
  };
}

export interface VolumeHistoryEntry {
  readonly version: number;
  readonly createTime: string;
  readonly status: VolumeInfo;
}

/** Newest first. Versions that failed, and one that is still being made, are left out. */
export const volumeHistory = (volume: Volume, page: Page = { limit: PAGE }): HistoryPage<VolumeHistoryEntry> =>
  pageOf(volume, page, (version) => {
    const status = volumeInfo(version);
    return { version: status.version, createTime: status.createTime, status };
  });

export interface VolumeListEntry {
  readonly name: string;
  readonly version: number;
  readonly volumeName: string;
  readonly size: string;
  readonly enforced: boolean;
  readonly state: 'creating' | 'ready' | 'unknown' | 'vanished' | 'failed';
  /** The replicaSets whose container mounts it, running or not. */
  readonly mountedBy: readonly string[];
  /** ISO: the list is not the Go program's. */
  readonly createTime: string;
  readonly operation: UnderWay | null;
}

/** Of a replicaSet, which never changes: the uids of the volumes that its containers mount. */
const MOUNTED = new WeakMap<ReplicaSet, ReadonlySet<string>>();

function mountedBy(rs: ReplicaSet): ReadonlySet<string> {
  const known = MOUNTED.get(rs);
  if (known !== undefined) return known;
  const found = new Set<string>();
  for (const version of rs.versions) {
    if (version.container === 'removed' || version.failed !== undefined) continue;
    for (const { volume } of version.spec.binds) if (volume !== undefined) found.add(volume.uid);
  }
  MOUNTED.set(rs, found);
  return found;
}

function stateOf({ missing }: Volume, version: VolumeVersion): VolumeListEntry['state'] {
  if (missing !== undefined) return 'unknown';
  if (version.state === 'planned') return 'creating';
  if (version.state === 'vanished' || version.state === 'failed') return version.state;
  return 'ready';
}

/** Every volume by name, also one that is still being made. */
export const volumeList = (state: State): VolumeListEntry[] => [...volumeRows(state)].filter((row) => row !== undefined);

/** The same one by one. Undefined stands for a look at what some replicaSet mounts. */
export function* volumeRows(state: State): Generator<VolumeListEntry | undefined, void, undefined> {
  const mounts = new Map<string, string[]>();
  for (const rs of state.replicaSets.values()) {
    for (const uid of mountedBy(rs)) {
      const names = mounts.get(uid);
      if (names === undefined) mounts.set(uid, [rs.name]);
      else names.push(rs.name);
    }
    yield undefined;
  }
  for (const volume of [...state.volumes.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))) {
    const version = currentVolumeVersion(volume) ?? volume.versions.at(-1);
    if (version === undefined) continue;
    yield {
      name: volume.name,
      version: version.version,
      volumeName: version.volumeName,
      size: version.size,
      enforced: version.enforced ?? false,
      state: stateOf(volume, version),
      mountedBy: mounts.get(volume.uid)?.sort() ?? [],
      createTime: version.createTime,
      operation: underWay(volume.operation),
    };
  }
}
