// The bytes of this log in Docker's storage, and the room that is left.
import { statfs } from 'node:fs/promises';
import type { ContainerUsage, DiskUsage, ImageUsage, Room } from '../../../commands/outside/disk-usage.ts';
import { type DockerApi, PATIENT_MS } from '../connection/api.ts';
import { ownerOf } from '../connection/labels.ts';
import { containerOwner } from '../connection/ownership.ts';
import type { RawDiskUsage, RawImageSummary } from '../connection/raw.ts';
import type { Storage } from './disk-space.ts';

/** Docker counts afresh at every call, and refuses a second count beside the first. Throws EngineError. */
export async function diskUsage(api: DockerApi, log: string): Promise<DiskUsage> {
  const what = 'disk usage';
  const counted = await api.patiently(what, (signal) => api.call<RawDiskUsage>(what, { path: '/system/df', ms: PATIENT_MS, signal }));
  const images = await api.call<readonly RawImageSummary[]>('list of images', { path: '/images/json', query: { all: true } });
  const containers = (counted.Containers ?? []).flatMap(({ Id, Labels, SizeRw = 0 }): readonly ContainerUsage[] => {
    const owner = containerOwner(api, Id, Labels);
    return owner?.log !== log ? [] : [{ name: owner.name, uid: owner.uid, version: owner.version, bytes: SizeRw }];
  });
  const volumes = (counted.Volumes ?? []).flatMap(({ Name, UsageData }) => {
    const { Size = -1 } = UsageData ?? {};
    return Size < 0 ? [] : [[Name, Size] as const];
  });
  return { images: imagesOf(images, counted, log), containers, volumes: new Map(volumes) };
}

function imagesOf(images: readonly RawImageSummary[], counted: RawDiskUsage, log: string): ImageUsage[] {
  const sizes = new Map(images.map(({ Id, Size = 0 }) => [Id, Size]));
  const parents = new Set(images.map(({ ParentId }) => ParentId));
  const shared = new Map((counted.Images ?? []).map(({ Id, SharedSize = -1 }) => [Id, SharedSize]));
  return images.flatMap(({ Id, Labels, ParentId = '', Size: bytes = 0 }) => {
    const owner = ownerOf(Labels, 'disk');
    if (owner?.log !== log) return [];
    const below = sizes.get(ParentId);
    // Docker does not count an image that only others are built on: they have all of it.
    const known = shared.get(Id) ?? (parents.has(Id) ? bytes : -1);
    return [
      {
        image: Id,
        name: owner.name,
        uid: owner.uid,
        version: owner.version,
        bytes,
        shared: known < 0 ? null : known,
        layer: below === undefined ? null : Math.max(0, bytes - below),
      },
    ];
  });
}

/** Null where Docker's data root is not on this machine, or cannot be looked at. */
export async function room({ dataRoot }: Storage): Promise<Room | null> {
  const found = dataRoot === undefined ? null : await statfs(dataRoot).catch(() => null);
  if (dataRoot === undefined || found === null) return null;
  const { bsize, blocks, bfree, bavail } = found;
  const used = blocks - bfree;
  return { path: dataRoot, total: blocks * bsize, free: bavail * bsize, usedRatio: used + bavail === 0 ? 0 : used / (used + bavail) };
}
