// The identity of a process beyond its pid, since pids are used again, and right away after a reboot.
import { readFileSync, readlinkSync } from 'node:fs';
import type { Holder } from './lease.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to the process's start; empty without /proc. */
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

/** null: there is no such process, or it is a zombie. Empty: the process is alive, but the system does not tell its start. */
export function startTimeOf(pid: number): string | null {
  // The name in parentheses may contain parentheses and spaces, so fields are counted from the last one: state is 3, start time 22.
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

/** Whether the process has certainly ended. From another pid namespace only a reboot makes that certain. */
function hasEnded(one: ProcessIdentity): boolean {
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
 * Whether `holder` was a server on this host that has ended: its lease may then be revoked instead of waited out. Another boot id is a reboot
 * only in an etcd that nobody else can reach (`ownEtcd`, in this data directory): in a shared one it may be a second machine with the same
 * name, or a clone of this one, and a lease that nobody renews runs out within seconds.
 */
export function isDeadPredecessor(holder: Holder, me: Holder, ownEtcd: boolean): boolean {
  if (holder.host !== me.host) return false;
  if (!ownEtcd && (holder.bootId === '' || holder.bootId !== me.bootId)) return false;
  return hasEnded({ pid: holder.pid, startTime: holder.startTime, bootId: holder.bootId, pidNamespace: holder.pidNamespace ?? '' });
}
