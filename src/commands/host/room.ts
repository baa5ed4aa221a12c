// Whether Docker's data root fills up.
import type { Room } from '../outside/disk-usage.ts';

/** Share of the data root's file system above which operators are warned: a patch needs room for the disk that it saves. */
const WARN_AT = 0.85;

const figure = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;

/** Null while there is room, or where it is not known. */
export function roomWarning(room: Room | null): string | null {
  if (room === null || room.usedRatio < WARN_AT) return null;
  const share = Math.floor(room.usedRatio * 100);
  const way = 'GET /api/v1/resources/disks says what the versions take, and --keep-versions or a policy gives old ones back';
  return `Docker's data root ${room.path} is ${share} % full, ${figure(room.free)} are free: ${way}`;
}
