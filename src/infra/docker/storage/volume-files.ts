// The files in volumes: the space they take, and copies of them.
import type { VolumeContent, VolumeFacts } from '../../../commands/outside/engine.ts';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import type { OnProgress } from '../../../commands/outside/progress.ts';
import type { DockerApi } from '../connection/api.ts';
import { contentOf, copyTree } from './copy.ts';
import type { Copied } from './copy-once.ts';
import { bytesOnDisk } from './tree.ts';
import { inspectVolume, volumeUsers } from './volumes.ts';

const NOT_REACHABLE = 'the files of volumes cannot be reached from here: run the service on the Docker host itself, as root';

type ReachableVolume = VolumeFacts & { readonly mountpoint: string };

/** Throws not-found, or refused where its files cannot be reached. */
async function reachableVolume(api: DockerApi, isLocal: boolean, name: string): Promise<ReachableVolume> {
  const volume = await inspectVolume(api, name, isLocal);
  if (volume === null) throw new EngineError('not-found', `volume ${name} is not on this host`);
  const { mountpoint } = volume;
  if (mountpoint === undefined) throw new EngineError('refused', `volume ${name}: ${NOT_REACHABLE}`);
  return { ...volume, mountpoint };
}

export async function volumeUsage(api: DockerApi, isLocal: boolean, name: string): Promise<number> {
  const { mountpoint } = await reachableVolume(api, isLocal, name);
  try {
    return await bytesOnDisk(mountpoint);
  } catch (error) {
    throw new EngineError('refused', `volume ${name}: ${NOT_REACHABLE} (${messageOf(error)})`, { cause: error });
  }
}

export async function volumeContent(api: DockerApi, isLocal: boolean, name: string): Promise<VolumeContent | null> {
  const volume = await inspectVolume(api, name, isLocal);
  if (volume === null) throw new EngineError('not-found', `volume ${name} is not on this host`);
  return volume.mountpoint === undefined ? null : contentOf(volume.mountpoint).catch(() => null);
}

export async function copyVolume(
  api: DockerApi,
  isLocal: boolean,
  {
    from,
    to,
    operation,
    onProgress,
  }: { readonly from: string; readonly to: string; readonly operation: string; readonly onProgress?: OnProgress | undefined },
): Promise<Copied> {
  if (from === to) throw new EngineError('refused', `volume ${from} cannot be copied onto itself`);
  const [source, target] = [await reachableVolume(api, isLocal, from), await reachableVolume(api, isLocal, to)];
  if (target.owner === undefined) throw new EngineError('conflict', `volume ${to} was not made for this; it is left alone`);
  const user = (await volumeUsers(api, to)).find(({ running }) => running);
  if (user !== undefined) throw new EngineError('in-use', `volume ${to} is used by the running container ${user.containerName}`);
  return copyTree(source.mountpoint, target.mountpoint, operation, () => api.mayChange(), onProgress);
}
