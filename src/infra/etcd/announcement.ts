// The servers that follow the log, as they say themselves: a standby writes no event, so the log does not know it. Never a source of truth: a
// server of a release before this one says nothing, and one that has died is still named until its lease runs out.
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../commands/outside/host.ts';
import { pause } from '../async/time.ts';
import type { EtcdKv } from './kv.ts';

export interface Announcement {
  /** The host that it leads or stands by for, as the log calls it. */
  readonly host: string;
  /** The address that it serves, as host:port. */
  readonly addr: string;
  /** The highest log level that it reads. */
  readonly reads: number;
}

interface AnnounceDeps {
  readonly kv: EtcdKv;
  readonly clock: Clock;
  readonly me: Announcement;
  readonly signal: AbortSignal;
}

const PREFIX = '/gpu-docker-api/v1/servers/';
const END = '/gpu-docker-api/v1/servers0';
/** Time to live of an announcement, s: a server that has died is forgotten after it. */
const TTL_SECONDS = 30;
/** Interval of the renewals, and of new attempts, ms. */
const RENEW_MS = 10_000;

/** Says until the signal aborts that this server is there. Never rejects: without room or an answer in etcd it tries again. */
export async function announce({ kv, clock, me, signal }: AnnounceDeps): Promise<void> {
  const key = `${PREFIX}${me.host}/${randomUUID()}`;
  let lease: string | null = null;
  while (!signal.aborted) {
    try {
      if (lease === null || (await kv.leaseKeepAlive(lease, RENEW_MS)) <= 0) {
        lease = await kv.leaseGrant(TTL_SECONDS);
        await kv.txn({ if: [], write: [{ put: key, value: JSON.stringify(me), lease }] });
      }
    } catch {
      lease = null;
    }
    await pause(clock, RENEW_MS, signal);
  }
  if (lease !== null) await kv.leaseRevoke(lease).catch(() => undefined);
}

/** All servers that have announced themselves. Throws etcd's errors. */
export async function announced(kv: EtcdKv): Promise<readonly Announcement[]> {
  return (await kv.range(PREFIX, END)).flatMap(({ value }) => parsed(value) ?? []);
}

function parsed(text: string): Announcement | null {
  try {
    const { host, addr, reads } = JSON.parse(text) as Partial<Announcement>;
    return typeof host === 'string' && typeof addr === 'string' && typeof reads === 'number' ? { host, addr, reads } : null;
  } catch {
    return null;
  }
}
