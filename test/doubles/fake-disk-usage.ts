// The sizes in the fake engine's storage, of one log.
import type { DiskUsage, ImageUsage } from '../../src/commands/outside/disk-usage.ts';
import { bytesOf, type FakeHost, type FakeImage } from './fake-host.ts';

const allOf = ({ layer, parent }: FakeImage): number => bytesOf(layer) + (parent === null ? 0 : allOf(parent));

export function fakeDiskUsage({ images, containers, volumes }: FakeHost, log: string): DiskUsage {
  const parents = new Set([...images.values()].map(({ parent }) => parent));
  const saved = [...images.values()].flatMap((image): ImageUsage[] => {
    const { id, disk, parent, layer } = image;
    if (disk?.log !== log) return [];
    const { name, uid, version } = disk;
    const below = parent === null ? 0 : allOf(parent);
    const shared = parents.has(image) ? allOf(image) : below;
    return [{ image: id, name, uid, version, bytes: allOf(image), shared, layer: parent === null ? null : bytesOf(layer) }];
  });
  return {
    images: saved,
    containers: [...containers.values()].flatMap(({ owner, layer }) =>
      owner?.log === log ? [{ name: owner.name, uid: owner.uid, version: owner.version, bytes: bytesOf(layer) }] : [],
    ),
    volumes: new Map([...volumes.values()].map(({ name, files }) => [name, bytesOf(files)])),
  };
}
