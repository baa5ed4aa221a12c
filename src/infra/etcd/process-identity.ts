// Which process is meant, beyond its pid: pids are used again, after a reboot at once.
import { readFileSync, readlinkSync } from 'node:fs';
import type { Holder } from './lease.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** The kernel's clock ticks from boot to the process's start; empty where there is no /proc. */
  readonly startTime: string;
  readonly bootId: string;
  readonly pidNamespace: string;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, startTime: startTimeOf(pid) ?? '', bootId: read('/proc/sys/kernel/random/boot_id'), pidNamespace: pidNamespace() };
}

/** null: no such process, or one that has ended and only waits for its parent (a zombie). Empty: alive, but the system does not say. */
export function startTimeOf(pid: number): string | null {
  // The name in parentheses may hold anything, also parentheses and spaces; state is field 3, start time field 22.
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (stat !== '') return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? '');
  try {
    process.kill(pid, 0);
    return '';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? '' : null;
  }
}

/** Whether the process has certainly ended. Seen from another pid namespace nothing is certain, short of a reboot. */
export function hasEnded(one: ProcessIdentity): boolean {
  const here = identityOf(process.pid);
  if (one.bootId !== here.bootId) return true;
  if (one.pidNamespace !== here.pidNamespace) return false;
  const startTime = startTimeOf(one.pid);
  return startTime === null || (startTime !== '' && startTime !== one.startTime);
}

/** Whether the process certainly runs now. */
export function isAlive(one: ProcessIdentity): boolean {
  const here = identityOf(process.pid);
  return one.bootId === here.bootId && one.pidNamespace === here.pidNamespace && !hasEnded(one);
}

/**
 * Whether `holder` was a server on this host which has ended: its lease may be revoked instead of waited out. Another boot id is a reboot
 * only where the data directory is the same: otherwise it may be a second machine that was given the same name.
 */
export function isDeadPredecessor(holder: Holder, me: Holder): boolean {
  if (holder.host !== me.host) return false;
  const here = holder.dataDir === me.dataDir || (holder.bootId !== '' && holder.bootId === me.bootId);
  return here && hasEnded({ pid: holder.pid, startTime: holder.startTime, bootId: holder.bootId, pidNamespace: holder.pidNamespace ?? '' });
}
