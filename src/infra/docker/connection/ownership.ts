// Whose a container or a volume is: its labels say so, or else the log, of what it took in without labels.
import type { DockerApi } from './api.ts';
import { type Labels, type OwnerId, ownerOf, secretNamesOf } from './labels.ts';
import type { RawContainer, RawVolume } from './raw.ts';

/** Undefined for one that is no log's, as far as this one knows. */
export const containerOwner = (
  { unlabelled }: Pick<DockerApi, 'unlabelled'>,
  id: string,
  labels: Labels | null | undefined,
): OwnerId | undefined => ownerOf(labels, 'container') ?? unlabelled.container(id)?.owner;

/** As containerOwner. A volume is known by its name: that it was made anew under the name shows only in the time of its creation. */
export const volumeOwner = ({ unlabelled }: Pick<DockerApi, 'unlabelled'>, { Name, Labels }: RawVolume): OwnerId | undefined =>
  ownerOf(Labels, 'volume') ?? unlabelled.volume(Name)?.owner;

const isSame = (found: OwnerId | undefined, owner: OwnerId): boolean =>
  found !== undefined && found.log === owner.log && found.name === owner.name && found.uid === owner.uid && found.version === owner.version;

export const isContainerOf = (api: DockerApi, { Id, Config }: RawContainer, owner: OwnerId): boolean =>
  isSame(containerOwner(api, Id, Config.Labels), owner);

/** When Docker made it, as an ISO time; undefined where it does not say. */
export function createTimeOf({ CreatedAt }: RawVolume): string | undefined {
  const made = Date.parse(CreatedAt ?? '');
  return made > 0 ? new Date(made).toISOString() : undefined;
}

/** Whether it is the owner's, and the very one: what was made anew under a name that the log knows is somebody else's. */
export function isVolumeOf(api: DockerApi, volume: RawVolume, owner: OwnerId): boolean {
  if (!isSame(volumeOwner(api, volume), owner)) return false;
  if (ownerOf(volume.Labels, 'volume') !== undefined) return true;
  const recorded = api.unlabelled.volume(volume.Name)?.createTime ?? '';
  return recorded === '' || recorded === createTimeOf(volume);
}

/** The names of a container's secret variables; none where it has none. */
export const secretNamesIn = (api: DockerApi, { Id, Config }: RawContainer): readonly string[] =>
  api.unlabelled.container(Id)?.secretNames ?? secretNamesOf(Config.Labels);
