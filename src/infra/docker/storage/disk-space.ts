// Whether a system disk would fit on the host's disk if it were saved: a sparse file of 1 TB is 1 TB in an image.
import { access, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../../../commands/outside/engine.ts';
import type { DockerApi } from '../connection/api.ts';
import type { RawInfo } from '../connection/raw.ts';

const GIB = 1024 ** 3;
const CONTAINERD_ROOT = '/var/lib/containerd';

export interface Storage {
  /** Docker's directory, when its files can be reached from here. */
  readonly dataRoot?: string;
  /** Directories whose file systems hold images. */
  readonly imageRoots: readonly string[];
  /** How often a saved byte is stored: the containerd store keeps the blob beside the unpacked snapshot. */
  readonly copies: 1 | 2;
  readonly info: RawInfo;
}

const reachable = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** A socket may be forwarded from another machine, so Docker's own directories must be seen. */
export async function storageOf(api: DockerApi): Promise<Storage> {
  const info = await api.call<RawInfo>('info', { path: '/info' });
  const containerd = (info.DriverStatus ?? []).some(([, value]) => value.startsWith('io.containerd.snapshotter'));
  const copies = containerd ? 2 : 1;
  const local = (await reachable(join(info.DockerRootDir, 'containers'))) && (await reachable(join(info.DockerRootDir, 'volumes')));
  if (!local) return { imageRoots: [], copies, info };
  const separate = containerd && (await reachable(CONTAINERD_ROOT));
  return { dataRoot: info.DockerRootDir, imageRoots: [info.DockerRootDir, ...(separate ? [CONTAINERD_ROOT] : [])], copies, info };
}

const figure = (bytes: number): string => (bytes >= GIB / 10 ? `${(bytes / GIB).toFixed(2)} GiB` : `${(bytes / 1024 ** 2).toFixed(2)} MiB`);

/** Throws EngineError('no-space'). `reserve`: bytes that must stay free; left out, 1 GiB or 5 % of the disk, whichever is less. */
export async function requireSpace(storage: Storage, containerName: string, bytes: number, reserve?: number): Promise<void> {
  for (const root of storage.imageRoots) {
    const found = await statfs(root).catch(() => null);
    if (found === null) continue;
    const { bsize, blocks, bavail } = found;
    const free = bavail * bsize;
    const kept = reserve ?? Math.min(GIB, blocks * bsize * 0.05);
    const needed = bytes * storage.copies;
    if (needed + kept <= free) continue;
    throw new EngineError(
      'no-space',
      `the system disk of ${containerName} may take ${figure(needed)} in ${root} (files that are sparse count in full), where ${figure(free)} are free and ${figure(kept)} are to stay free`,
    );
  }
}
