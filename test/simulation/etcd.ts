// etcd as one simulated process sees it: the same legs as Docker's calls, and the faults of a network in between.
import { type EtcdKv, EtcdUnavailableError, type Txn } from '../../src/infra/etcd/kv.ts';
import { HEAD_KEY } from '../../src/infra/etcd/log.ts';
import type { Owner as Process } from './scheduler.ts';
import type { World } from './world.ts';

const TIMEOUT_MS = 3_000;
/** The latest that a request may still be carried out after its sender gave it up, in ms. */
const LATEST_MS = 4_000;

export interface Connection {
  readonly kv: EtcdKv;
  /** The connection breaks: rings on their way are lost until it is there again. */
  cut(ms: number): void;
}

/** `sends`: called as a transaction is sent; what it returns is called at the moment at which one that appends takes effect. */
export function connectTo(world: World, process: Process, pid: number, over: AbortSignal, sends: (txn: Txn) => () => void): Connection {
  const { scheduler, chance } = world;
  let cutUntil = 0;
  const rings = new Set<() => void>();
  /** Ends on the reply's way; never when the process is dead. */
  const leg = (label: string, ms: number, owner: Process | null): Promise<void> =>
    new Promise((resolve) => scheduler.after(ms, label, resolve, owner));
  const latency = (label: string): number => scheduler.latency(label, 2, 60);
  const lost = async (label: string, ms: number, why: string): Promise<never> => {
    await leg(`${label} gets no answer`, ms, process);
    throw new EtcdUnavailableError(`${label}: ${why}`);
  };
  const store = world.etcd.client({
    carry: (ring) => {
      if (scheduler.now >= cutUntil) scheduler.after(scheduler.latency(`ring ${pid}`, 5, 500), 'etcd event', ring, process);
    },
  });

  async function call<T>(name: string, work: () => Promise<T>): Promise<T> {
    const label = `etcd ${name} of ${pid}`;
    if (world.strikes('etcd-fails', `refused ${label}`, 0.02)) return lost(label, latency(label), 'connection refused');
    if (world.strikes('etcd-fails', `never ${label}`, 0.01)) return lost(label, TIMEOUT_MS, 'timed out, not done');
    if (world.strikes('etcd-fails', `late ${label}`, 0.01)) {
      void leg(`${label} arrives late`, chance.roll(`late ${label}`) * (TIMEOUT_MS + LATEST_MS), null)
        .then(work)
        .catch(() => undefined);
      return lost(label, TIMEOUT_MS, 'timed out, done later');
    }
    await leg(label, latency(label), null);
    if (!process.alive && chance.happens(`lost ${label}`, 0.5)) return new Promise(() => undefined);
    if (scheduler.now < world.etcdDownUntil || scheduler.now < cutUntil) return lost(label, latency(label), 'connection refused');
    const outcome = await work().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    if (world.strikes('etcd-fails', `answer ${label}`, 0.02)) return lost(label, TIMEOUT_MS, 'timed out, done');
    await leg(`answer to ${label}`, latency(label), process);
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  const kv: EtcdKv = {
    get: (key) => call('get', () => store.get(key)),
    range: (from, to) => call('range', () => store.range(from, to)),
    count: (from, to) => call('count', () => store.count(from, to)),
    txn: (txn) => {
      const wrote = sends(txn);
      return call('txn', async () => {
        const result = await store.txn(txn);
        if (result.succeeded && txn.write.some((write) => 'put' in write && write.put === HEAD_KEY)) wrote();
        return result;
      });
    },
    deleteRange: (from, to) => call('deleteRange', () => store.deleteRange(from, to)),
    watch: (key, ring, signal) => {
      rings.add(ring);
      signal.addEventListener('abort', () => rings.delete(ring), { once: true });
      store.watch(key, ring, AbortSignal.any([signal, over]));
    },
    leaseGrant: (ttl) => call('leaseGrant', () => store.leaseGrant(ttl)),
    leaseKeepAlive: (lease, ms) => call('leaseKeepAlive', () => store.leaseKeepAlive(lease, ms)),
    leaseRevoke: (lease) => call('leaseRevoke', () => store.leaseRevoke(lease)),
    // Of a release that the service trusts.
    status: () => call('status', async () => ({ ...(await store.status()), version: '3.5.21' })),
    alarms: () => call('alarms', () => store.alarms()),
    disarm: (alarm) => call('disarm', () => store.disarm(alarm)),
    compact: (revision) => call('compact', () => store.compact(revision)),
    defragment: () => call('defragment', () => store.defragment()),
    close: () => store.close(),
  };
  return {
    kv,
    cut: (ms) => {
      cutUntil = scheduler.now + ms;
      // A watch that is connected again rings, for what it may have missed.
      scheduler.after(ms, 'etcd watch reconnects', () => [...rings].map((ring) => ring()), process);
    },
  };
}
