// Sized volumes. A create of a volume that exists succeeds and compares nothing, so the labels of the answer are always checked.
import { ALLOW_LABEL, type ContainerRef, type Owner, type VolumeFacts } from '../../../commands/outside/engine.ts';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import { type DockerApi, isEmpty } from '../connection/api.ts';
import { DockerRefusal, isStatus, unless } from '../connection/errors.ts';
import { belongsTo, LABEL, labelFilter, type OwnerId, ownerOf, volumeLabels } from '../connection/labels.ts';
import { isVolumeOf, volumeOwner } from '../connection/ownership.ts';
import type { RawContainerSummary, RawVolume } from '../connection/raw.ts';

type RawVolumes = { readonly Volumes: readonly RawVolume[] | null };
type VolumeUser = { readonly containerName: ContainerRef['containerName']; readonly running: boolean };

const volumePath = (name: string): string => `/volumes/${encodeURIComponent(name)}`;

const rawVolume = (api: DockerApi, name: string): Promise<RawVolume | undefined> =>
  unless(api.call<RawVolume>(`inspect of volume ${name}`, { path: volumePath(name) }), 404);

/** Whether Docker mounts something of its own making: another driver's volume, NFS, a device or a tmpfs has no files at its mountpoint meanwhile. */
const isPlain = ({ Driver = 'local', Options }: RawVolume): boolean =>
  Driver === 'local' && Object.keys(Options ?? {}).every((option) => option === 'size');

function factsOf(api: DockerApi, volume: RawVolume, reachable: boolean): VolumeFacts {
  const owner = volumeOwner(api, volume);
  const size = volume.Options?.['size'];
  const [asked, bytes] = [volume.Labels?.[LABEL.size], Number(volume.Labels?.[LABEL.bytes])];
  const made = Date.parse(volume.CreatedAt ?? '');
  return {
    name: volume.Name,
    ...(owner === undefined ? {} : { owner }),
    ...(owner !== undefined && asked && { size: asked }),
    ...(owner !== undefined && Number.isSafeInteger(bytes) && bytes > 0 && { bytes }),
    ...(made > 0 && { createTime: new Date(made).toISOString() }),
    ...(isPlain(volume) ? {} : { special: true }),
    ...(volume.Labels?.[ALLOW_LABEL] === 'true' ? { marked: true } : {}),
    ...(reachable && volume.Mountpoint !== '' ? { mountpoint: volume.Mountpoint } : {}),
    ...(size === undefined ? {} : { sizeOption: size }),
  };
}

export async function inspectVolume(api: DockerApi, name: string, reachable: boolean): Promise<VolumeFacts | null> {
  const volume = await rawVolume(api, name);
  return volume === undefined ? null : factsOf(api, volume, reachable);
}

export async function listVolumes(api: DockerApi, log: string, reachable: boolean): Promise<readonly VolumeFacts[]> {
  // As of containers: Docker cannot look for what carries no label.
  const query = api.unlabelled.anyVolume() ? {} : { filters: { label: labelFilter('volume', { log }) } };
  const oursOf = ({ Volumes }: RawVolumes): RawVolume[] => (Volumes ?? []).filter((volume) => volumeOwner(api, volume)?.log === log);
  const request = { path: '/volumes', query, isDoubtful: (answer: RawVolumes) => isEmpty(oursOf(answer)) };
  return oursOf(await api.call<RawVolumes>('list of volumes', request)).map((volume) => factsOf(api, volume, reachable));
}

export async function volumeUsers(api: DockerApi, name: string): Promise<readonly VolumeUser[]> {
  // Docker's filter also matches a mount's destination.
  const query = { all: true, filters: { volume: [name] } };
  const list = await api.call<readonly RawContainerSummary[]>(`users of volume ${name}`, {
    path: '/containers/json',
    query,
    isDoubtful: isEmpty,
  });
  return list
    .filter(({ Mounts }) => Mounts === undefined || Mounts.some((mount) => mount.Type === 'volume' && mount.Name === name))
    .map(({ Id, Names, State }) => ({
      containerName: (Names[0] ?? Id).replace(/^\//, ''),
      running: ['running', 'paused', 'restarting'].includes(State),
    }));
}

const HOW_TO_GET_QUOTA =
  "this engine cannot limit the size of a volume: put Docker's data root on XFS mounted with pquota, or on ext4 with the project quota feature (tune2fs -O project,quota) mounted with prjquota, or let sizes go unenforced (--volume-size auto)";

export async function createVolume(
  api: DockerApi,
  name: string,
  owner: Owner,
  size: string,
  bytes: number,
  strict: boolean,
): Promise<{ enforced: boolean }> {
  const create = (options: Readonly<Record<string, string>>): Promise<RawVolume> => {
    const body = { Name: name, Driver: 'local', DriverOpts: options, Labels: volumeLabels(owner, size, bytes) };
    return api.call<RawVolume>(`create of volume ${name}`, {
      method: 'POST',
      path: '/volumes/create',
      body,
      ms: api.deadlines.slowMs,
      makes: true,
    });
  };
  let volume: RawVolume;
  try {
    volume = await create({ size });
  } catch (error) {
    if (!(error instanceof DockerRefusal) || !/no quota support/i.test(error.text)) throw error;
    if (strict) throw new EngineError('refused', `volume ${name}: ${HOW_TO_GET_QUOTA}`, { cause: error });
    volume = await create({});
  }
  if (!belongsTo(volume.Labels, 'volume', owner) || volume.Labels?.[LABEL.operation] !== owner.operation) {
    throw new EngineError(
      'conflict',
      `a volume named ${name} is on this host already that was not made for this; it is left alone: remove it or use another name`,
    );
  }
  return { enforced: volume.Options?.['size'] !== undefined };
}

const inUse = async (api: DockerApi, name: string, cause: unknown): Promise<EngineError> => {
  const users = (await volumeUsers(api, name)).map(({ containerName }) => containerName).join(', ');
  return new EngineError('in-use', `volume ${name} is used by ${users === '' ? 'a container' : users}`, { cause });
};

export async function removeVolume(api: DockerApi, name: string, owner: OwnerId): Promise<void> {
  const volume = await rawVolume(api, name);
  if (volume === undefined) return;
  if (!isVolumeOf(api, volume, owner)) throw new EngineError('conflict', `volume ${name} was not made for this; it is left alone`);
  try {
    await unless(api.call(`removal of volume ${name}`, { method: 'DELETE', path: volumePath(name), ms: api.deadlines.slowMs }), 404);
  } catch (error) {
    throw isStatus(error, 409) ? await inUse(api, name, error) : error;
  }
}

/** The name that Docker gives to a volume for which nobody asked. */
export const ANONYMOUS_NAME = /^[0-9a-f]{64}$/;

/** A volume that has a name of its own, or our labels, is a user's: it is left alone, whoever lists it as anonymous. */
export async function removeAnonymousVolumes(api: DockerApi, names: readonly string[]): Promise<readonly string[]> {
  const gone: string[] = [];
  for (const name of names) {
    if (!ANONYMOUS_NAME.test(name) || ownerOf((await rawVolume(api, name))?.Labels, 'volume') !== undefined) continue;
    const call = api.call(`removal of volume ${name}`, { method: 'DELETE', path: volumePath(name), ms: api.deadlines.slowMs });
    const isGone = await unless(call, 404).then(
      () => true,
      (error: unknown) => {
        if (isStatus(error, 409)) return false;
        throw error;
      },
    );
    if (isGone) gone.push(name);
  }
  return gone;
}
