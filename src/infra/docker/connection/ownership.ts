// Whose a container or a volume is: its labels say so, or else the log, of what it took in without labels.
import type { DockerApi } from './api.ts';
import { isSameOwner, type Labels, type OwnerId, ownerOf, secretNamesOf } from './labels.ts';
import type { RawContainer, RawVolume } from './raw.ts';

/** Undefined for one that is no log's, as far as this one knows. */
export const containerOwner = (
  { unlabelled }: Pick<DockerApi, 'unlabelled'>,
  id: string,
  labels: Labels | null | undefined,
): OwnerId | undefined => ownerOf(labels, 'container') ?? unlabelled.container(id)?.owner;

/** As containerOwner. A volume is known by its name: Docker has no id for it, and what it calls the creation is the last change of its files. */
export const volumeOwner = ({ unlabelled }: Pick<DockerApi, 'unlabelled'>, { Name, Labels }: RawVolume): OwnerId | undefined =>
  ownerOf(Labels, 'volume') ?? unlabelled.volume(Name);

export const isContainerOf = (api: DockerApi, { Id, Config }: RawContainer, owner: OwnerId): boolean =>
  isSameOwner(containerOwner(api, Id, Config.Labels), owner);

export const isVolumeOf = (api: DockerApi, volume: RawVolume, owner: OwnerId): boolean => isSameOwner(volumeOwner(api, volume), owner);

/** The names of a container's secret variables; none where it has none. */
export const secretNamesIn = (api: DockerApi, { Id, Config }: RawContainer): readonly string[] =>
  api.unlabelled.container(Id)?.secretNames ?? secretNamesOf(Config.Labels);
