// The bytes that the versions of each replicaSet take on this host's disk, from the engine's count.
import { allAnonymousVolumes, type ContainerVersion, findVersion, type ReplicaSet, type State } from '../state.ts';

interface Image {
  readonly image: string;
  readonly name: string;
  readonly uid: string;
  readonly version: number;
  readonly bytes: number;
  readonly shared: number | null;
  readonly layer: number | null;
}

/** As the engine counted it, in bytes: saved disks, writable layers, and volumes by their name in Docker. */
interface Counted {
  readonly images: readonly Image[];
  readonly containers: readonly { readonly uid: string; readonly version: number; readonly bytes: number }[];
  readonly volumes: ReadonlyMap<string, number>;
}

/** Null: the engine does not say. */
type Bytes = number | null;

interface VersionDisk {
  readonly version: number;
  /** All layers of its saved disk, those of the base image included. */
  readonly bytes: Bytes;
  /** Of these, in layers that another image has as well. */
  readonly shared: Bytes;
  /** Of these, in layers that no other image has: what is given back when this version alone is removed. */
  readonly own: Bytes;
  /** The layer that this version added. */
  readonly layer: Bytes;
}

interface ReplicaSetDisks {
  readonly name: string;
  /** Layers of all its saved disks, each counted once; the base image's are not among them. */
  readonly disks: number;
  /** Of these, in disks of versions that were removed and which others are built on, or are in use. */
  readonly waiting: number;
  /** The writable layer of its container. */
  readonly container: Bytes;
  /** Anonymous volumes of all its versions. */
  readonly anonymousVolumes: number;
  /** Newest first: the ones with a saved disk. */
  readonly versions: readonly VersionDisk[];
  /** Not all versions are listed. */
  readonly more?: true;
}

export interface DiskUsageView {
  /** Sums over all names. */
  readonly total: { readonly disks: number; readonly containers: number; readonly anonymousVolumes: number; readonly volumes: number };
  readonly replicaSets: readonly ReplicaSetDisks[];
  readonly volumes: readonly { readonly name: string; readonly version: number; readonly bytes: Bytes }[];
}

/** Versions in one answer at most. The sums are over all of them. */
const MOST_VERSIONS = 2_000;

/** `only`: the one replicaSet that is asked for. */
export function diskUsageView(state: State, host: string, counted: Counted, only?: string): DiskUsageView {
  const images = new Map(counted.images.map((image) => [image.image, image]));
  const ofName = new Map<string, Image[]>();
  for (const image of counted.images) {
    const others = ofName.get(image.uid);
    if (others === undefined) ofName.set(image.uid, [image]);
    else others.push(image);
  }
  const containers = new Map(counted.containers.map(({ uid, version, bytes }) => [`${uid}/${version}`, bytes]));
  const replicaSets: ReplicaSetDisks[] = [];
  let left = MOST_VERSIONS;
  for (const rs of [...state.replicaSets.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (rs.host !== host || (only !== undefined && rs.name !== only)) continue;
    const saved = rs.versions.filter(({ disk }) => disk !== undefined);
    const shown = left === 0 ? [] : saved.slice(-left).reverse();
    left -= shown.length;
    const layers = (ofName.get(rs.uid) ?? []).map((image) => layerOf(image, rs));
    const sizes = layers.map(({ bytes }) => bytes);
    replicaSets.push({
      name: rs.name,
      disks: sum(sizes),
      waiting: sum(layers.filter(({ isNamed }) => !isNamed).map(({ bytes }) => bytes)),
      container: containers.get(`${rs.uid}/${rs.current}`) ?? null,
      anonymousVolumes: sum(allAnonymousVolumes(rs).map((name) => counted.volumes.get(name) ?? 0)),
      versions: shown.map((version) => versionDisk(version, images)),
      ...(shown.length < saved.length && { more: true as const }),
    });
  }
  const volumes = [...state.volumes.values()].filter((volume) => volume.host === host && only === undefined);
  const managed = volumes.flatMap((volume) => {
    const version = findVersion(volume, volume.current);
    const bytes = version === undefined ? undefined : counted.volumes.get(version.volumeName);
    return version === undefined ? [] : [{ name: volume.name, version: version.version, bytes: bytes ?? null }];
  });
  const total = {
    disks: sum(replicaSets.map(({ disks }) => disks)),
    containers: sum(replicaSets.map(({ container }) => container ?? 0)),
    anonymousVolumes: sum(replicaSets.map(({ anonymousVolumes }) => anonymousVolumes)),
    volumes: sum(managed.map(({ bytes }) => bytes ?? 0)),
  };
  return { total, replicaSets, volumes: managed };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

/** The bytes that the disk adds. Where the engine does not say on what it is built: as the log has them. */
function layerOf(image: Image, rs: ReplicaSet): { readonly bytes: number; readonly isNamed: boolean } {
  const disk = versionOf(image, rs)?.disk;
  return { bytes: image.layer ?? (disk === undefined || disk.flattened ? image.bytes : disk.bytes), isNamed: disk !== undefined };
}

const versionOf = ({ image, version }: Image, rs: ReplicaSet): ContainerVersion | undefined => {
  const found = findVersion(rs, version);
  return found?.disk?.image === image ? found : undefined;
};

function versionDisk({ version, disk }: ContainerVersion, images: ReadonlyMap<string, Image>): VersionDisk {
  const image = images.get(disk?.image ?? '');
  if (image === undefined) return { version, bytes: null, shared: null, own: null, layer: null };
  const { bytes, shared, layer } = image;
  return { version, bytes, shared, own: shared === null ? null : Math.max(0, bytes - shared), layer: layer ?? disk?.bytes ?? null };
}
