// Time and ids as the machine gives them.
import { randomUUID } from 'node:crypto';
import { openSync, readSync } from 'node:fs';
import type { Clock, Ids } from '../../commands/outside/host.ts';
import { sleep } from '../async/time.ts';

/** Reads CLOCK_BOOTTIME (to 10 ms) from /proc/uptime, which stays open. Elsewhere the process's own clock, which a suspend may stop. */
function bootClock(): () => number {
  const line = Buffer.alloc(64);
  try {
    const uptime = openSync('/proc/uptime', 'r');
    const read = (): number => Number(line.toString('latin1', 0, readSync(uptime, line, 0, line.length, 0)).split(' ', 1)[0]) * 1_000;
    if (Number.isFinite(read())) return read;
  } catch {
    // There is no /proc.
  }
  return () => performance.now();
}

export const systemClock: Clock = { now: () => Date.now(), boot: bootClock(), sleep };

export const systemIds: Ids = { next: () => randomUUID() };
