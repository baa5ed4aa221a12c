// What the Go program's maps say otherwise than its containers in Docker: leaks and double bookings of its own, which are not taken over.
import type { GoKeys } from './go-keys.ts';
import type { Taken } from './take-in.ts';

/** Names that a sentence lists. */
const MOST = 10;

const some = (all: readonly (string | number)[]): string =>
  `${all.slice(0, MOST).join(', ')}${all.length > MOST ? ` and ${all.length - MOST} more` : ''}`;

/** Only where all names are taken in just now: what was taken in before is not looked at again, and may be used otherwise by now. */
export function differencesOf({ containers, gpus, ports, containerVersions }: GoKeys, taken: readonly Taken[]): readonly string[] {
  const versions = containers.flatMap(({ name, info }) => {
    const mapped = containerVersions?.[name];
    return typeof info === 'string' || mapped === undefined || mapped === info.version ? [] : [`${name} (${info.version}, ${mapped})`];
  });
  const moved =
    versions.length === 0
      ? []
      : [`the version in the key and in the map differ of ${some(versions)}: the Go program was not stopped in order, or runs`];
  if (taken.some(({ outcome }) => outcome === 'already')) return moved;
  const holding = new Map(taken.flatMap((one) => one.gpus.map((gpu) => [gpu, one.name] as const)));
  const leaked = (gpus ?? []).filter((gpu) => !holding.has(gpu));
  const unknown = gpus === undefined ? [] : [...holding].filter(([gpu]) => !gpus.includes(gpu)).map(([gpu, name]) => `${gpu} (${name})`);
  const held = new Set(taken.flatMap((one) => one.ports));
  const leakedPorts = (ports ?? []).filter((port) => !held.has(port));
  return [
    ...moved,
    ...(leaked.length > 0 ? [`GPUs in use by its map, and by no running container that was taken in: ${some(leaked)}`] : []),
    ...(unknown.length > 0 ? [`GPUs free by its map, and in use: ${some(unknown)}`] : []),
    ...(leakedPorts.length > 0 ? [`ports in use by its map, and by no running container that was taken in: ${some(leakedPorts)}`] : []),
  ];
}
