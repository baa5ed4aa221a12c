// Whether Docker's data root fills up.
import type { Room } from '../outside/disk-usage.ts';

/** Share of the data root's file system above which operators are warned: a patch needs room for the disk that it saves. */
const WARN_AT = 0.85;
/** Share from which nothing new is made: containers that log or write take what is left, and at the end of it Docker itself fails. */
const FULL_AT = 0.95;
/** Bytes free from which on it is not full, whatever the share: 5 % of a large disk are a lot. */
const ENOUGH = 10 * 1024 ** 3;

const figure = (bytes: number): string =>
  bytes < 1024 ** 3 ? `${Math.floor(bytes / 1024 ** 2)} MiB` : `${(bytes / 1024 ** 3).toFixed(1)} GiB`;

const HOW = 'GET /api/v1/resources/disks says what the versions take';

const state = ({ path, usedRatio, free }: Room): string =>
  `Docker's data root ${path} is ${Math.floor(usedRatio * 100)} % full, ${figure(free)} are free`;

const isFull = ({ usedRatio, free }: Room): boolean => usedRatio >= FULL_AT && free < ENOUGH;

/** Null while there is room, where it is not known, and where it is full. */
export function roomWarning(room: Room | null): string | null {
  if (room === null || room.usedRatio < WARN_AT || isFull(room)) return null;
  return `${state(room)}: ${HOW}, and --keep-versions or a policy gives old ones back`;
}

/** The reason why nothing new is made; null while there is room, and where it is not known. */
export function roomProblem(room: Room | null): string | null {
  if (room === null || !isFull(room)) return null;
  const refused = 'no container, version or image is made until there is room';
  return `${state(room)}: ${refused}; stop, delete and DELETE …/versions/{version} go on, and ${HOW}`;
}
