// Docker's storage on the host, and whether a system disk would fit in it if it were saved: a sparse file of 1 TB is 1 TB in an image.
import { access, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineInfo } from '../../../commands/outside/engine.ts';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import { once } from '../../async/once.ts';
import type { DockerApi } from '../connection/api.ts';
import type { RawInfo } from '../connection/raw.ts';

const GIB = 1024 ** 3;
const CONTAINERD_ROOT = '/var/lib/containerd';

export interface Storage {
  /** Whether Docker runs on this machine, so that its files and the processes of its containers can be seen from here. */
  readonly isLocal: boolean;
  /** Docker's own directory; absent where it is not local. */
  readonly dataRoot?: string;
  /** Directories on the file systems that hold images. */
  readonly imageRoots: readonly string[];
  /** Copies of each saved byte: the containerd store retains the blob beside the unpacked snapshot. */
  readonly copies: 1 | 2;
  readonly info: RawInfo;
}

const reachable = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** A socket may be forwarded from another machine, so Docker counts as local only where its own directories can be seen. */
async function storageOf(api: DockerApi): Promise<Storage> {
  const info = await api.call<RawInfo>('info', { path: '/info' });
  const containerd = (info.DriverStatus ?? []).some(([, value]) => value.startsWith('io.containerd.snapshotter'));
  const copies = containerd ? 2 : 1;
  const isLocal = (await reachable(join(info.DockerRootDir, 'containers'))) && (await reachable(join(info.DockerRootDir, 'volumes')));
  if (!isLocal) return { isLocal, imageRoots: [], copies, info };
  const separate = containerd && (await reachable(CONTAINERD_ROOT));
  return { isLocal, dataRoot: info.DockerRootDir, imageRoots: [info.DockerRootDir, ...(separate ? [CONTAINERD_ROOT] : [])], copies, info };
}

/** Docker's storage, asked once: it changes only with the daemon's configuration. */
export class RememberedStorage {
  readonly #ask: () => Promise<Storage>;
  #storage: () => Promise<Storage>;

  constructor(api: DockerApi) {
    this.#ask = () => storageOf(api);
    this.#storage = once(this.#ask);
  }

  get(): Promise<Storage> {
    return this.#storage();
  }

  /** Asks again. */
  refresh(): Promise<Storage> {
    this.#storage = once(this.#ask);
    return this.#storage();
  }
}

export async function engineInfo(api: DockerApi, storage: RememberedStorage): Promise<EngineInfo> {
  const [version, { info, dataRoot }] = await Promise.all([
    api.call<{ ApiVersion: string }>('version', { path: '/version' }),
    storage.refresh(),
  ]);
  return {
    version: info.ServerVersion,
    apiVersion: version.ApiVersion,
    storageDriver: info.Driver,
    id: info.ID ?? '',
    root: info.DockerRootDir,
    ...(dataRoot === undefined ? {} : { dataRoot }),
  };
}

export const figure = (bytes: number): string =>
  bytes >= GIB / 10 ? `${(bytes / GIB).toFixed(2)} GiB` : `${(bytes / 1024 ** 2).toFixed(2)} MiB`;

/** Throws EngineError('no-space'). `reserve`: bytes that must stay free; when left out, the lesser of 1 GiB and 5 % of the disk. */
export async function requireSpace(storage: Storage, containerName: string, bytes: number, reserve?: number): Promise<void> {
  for (const root of storage.imageRoots) {
    const found = await statfs(root).catch(() => null);
    if (found === null) continue;
    const { bsize, blocks, bavail } = found;
    const free = bavail * bsize;
    const reserved = reserve ?? Math.min(GIB, blocks * bsize * 0.05);
    const needed = bytes * storage.copies;
    if (needed + reserved <= free) continue;
    throw new EngineError(
      'no-space',
      `the system disk of ${containerName} may take ${figure(needed)} in ${root} (files that are sparse count in full), where ${figure(free)} are free and ${figure(reserved)} are to stay free`,
    );
  }
}
