// An etcd in memory, for tests and for the simulation: keys with revisions, transactions, leases and watches, without a network. One
// contract test runs over it and over the real etcd (test/infra/etcd/kv.contract.test.ts).
import type { Clock } from '../../src/commands/outside/host.ts';
import {
  type Compare,
  type EtcdAlarm,
  type EtcdKv,
  EtcdLeaseGoneError,
  EtcdNoSpaceError,
  EtcdRefusedError,
  type EtcdStatus,
  type KeyValue,
  type Txn,
  type TxnResult,
  type Write,
} from '../../src/infra/etcd/kv.ts';

/** Runs before or after the effect of a call. If it throws, the call fails at that point: without its effect, or with it. */
type EtcdHook = (call: keyof EtcdKv, args: readonly unknown[]) => Promise<void>;

interface FakeEtcdHooks {
  readonly before?: EtcdHook;
  readonly after?: EtcdHook;
  /** Delivers the ring of a watch; on the microtask queue when left out. */
  readonly carry?: (ring: () => void) => void;
}

interface Lease {
  readonly ttlMs: number;
  expires: number;
  /** Aborts when the lease has ended. */
  readonly over: AbortController;
}
interface Watch {
  readonly key: string;
  readonly ring: () => void;
}

/** The store as it was at one moment. */
export interface EtcdBackup {
  readonly keys: ReadonlyMap<string, KeyValue>;
  /** Lease → its time to live, ms. */
  readonly leases: ReadonlyMap<string, number>;
  readonly revision: number;
}

/** Whether the key lies in [from, to). */
const inRange = (key: string, from: string, to: string): boolean => key >= from && key < to;
const MEMBER = '1';

/** The store. All its clients see one history; each can be given faults of its own. */
export class FakeEtcd {
  readonly #clock: Clock;
  readonly #keys = new Map<string, KeyValue>();
  readonly #leases = new Map<string, Lease>();
  readonly #watches = new Set<Watch>();
  #revision = 1;
  #compacted = 0;
  #lastLease = 0;
  #alarm = false;
  #crosses = false;
  /** Called after every transaction that wrote, with its writes: for a test that watches all clients. */
  onWrite: ((writes: readonly Write[], revision: string) => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Uses up the quota. The alarm stays until it is disarmed. `crossing`: by the next write, which is carried out and answered with the error. */
  fill(crossing = false): void {
    this.#alarm = !crossing;
    this.#crosses = crossing;
  }

  makeRoom(): void {
    this.#alarm = false;
    this.#crosses = false;
  }

  /** As `etcdctl snapshot save`. */
  backUp(): EtcdBackup {
    const leases = new Map([...this.#leases].map(([id, { ttlMs }]) => [id, ttlMs]));
    return { keys: new Map(this.#keys), leases, revision: this.#revision };
  }

  /** As `etcdctl snapshot restore`, under clients that do not notice: leases begin anew, and ids of leases are not given again. */
  restore({ keys, leases, revision }: EtcdBackup): void {
    for (const { over } of this.#leases.values()) over.abort();
    this.#keys.clear();
    for (const [key, kv] of keys) this.#keys.set(key, kv);
    this.#revision = revision;
    this.#compacted = Math.min(this.#compacted, revision - 1);
    this.#leases.clear();
    for (const [id, ttlMs] of leases) {
      this.#leases.set(id, { ttlMs, expires: this.#clock.now() + ttlMs, over: new AbortController() });
      void this.#reap(id);
    }
    for (const watch of this.#watches) watch.ring();
  }

  /** The value of a key, for a test. */
  peek(key: string): string | undefined {
    return this.#present(key)?.value;
  }

  /** When the lease of a key runs out as things are, in its clock's ms; never for a key without one. */
  expiryOf(key: string): number {
    return this.#leases.get(this.#present(key)?.lease ?? '')?.expires ?? Number.POSITIVE_INFINITY;
  }

  client(hooks: FakeEtcdHooks = {}): EtcdKv {
    const { before, after, carry = queueMicrotask } = hooks;
    const closed = new AbortController();
    const call = async <T>(name: keyof EtcdKv, args: readonly unknown[], work: () => T): Promise<T> => {
      if (closed.signal.aborted) throw new EtcdRefusedError('the client is closed');
      await before?.(name, args);
      this.#expire();
      const result = work();
      await after?.(name, args);
      return result;
    };
    return {
      get: (key) => call('get', [key], () => this.#present(key) ?? null),
      range: (from, to) => call('range', [from, to], () => this.#range(from, to)),
      count: (from, to) => call('count', [from, to], () => this.#range(from, to).length),
      txn: (txn) => call('txn', [txn], () => this.#txn(txn)),
      deleteRange: (from, to) => call('deleteRange', [from, to], () => this.#deleteKeys(this.#range(from, to).map(({ key }) => key))),
      watch: (key, ring, signal) => this.#watch(key, ring, AbortSignal.any([signal, closed.signal]), carry),
      leaseGrant: (ttlSeconds) => call('leaseGrant', [ttlSeconds], () => this.#grant(ttlSeconds)),
      leaseKeepAlive: (lease, timeoutMs) => call('leaseKeepAlive', [lease, timeoutMs], () => this.#keepAlive(lease)),
      leaseRevoke: (lease) => call('leaseRevoke', [lease], () => this.#revoke(lease)),
      status: () => call('status', [], () => this.#status()),
      alarms: () => call('alarms', [], (): readonly EtcdAlarm[] => (this.#alarm ? [{ memberId: MEMBER, alarm: 'Nospace' }] : [])),
      disarm: (alarm) =>
        call('disarm', [alarm], () => {
          if (alarm.memberId === MEMBER) this.#alarm = false;
        }),
      compact: (revision) => call('compact', [revision], () => this.#compact(Number(revision))),
      defragment: () => call('defragment', [], () => undefined),
      close: () => closed.abort(),
    };
  }

  // ---- inside

  #present(key: string): KeyValue | undefined {
    return this.#keys.get(key);
  }

  #range(from: string, to: string): readonly KeyValue[] {
    const found: KeyValue[] = [];
    for (const kv of this.#keys.values()) if (inRange(kv.key, from, to)) found.push(kv);
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  #holds(compare: Compare): boolean {
    const kv = this.#keys.get(compare.key);
    if ('value' in compare) return kv?.value === compare.value;
    if ('createRevision' in compare) return (kv?.createRevision ?? '0') === compare.createRevision;
    return kv === undefined;
  }

  #txn(txn: Txn): TxnResult {
    const keys = txn.write.map((write) => ('put' in write ? write.put : write.delete));
    if (new Set(keys).size < keys.length) throw new EtcdRefusedError('etcdserver: duplicate key given in txn request');
    // The quota is checked before the compares: with the alarm on, no transaction that could put is carried out.
    if (this.#alarm && txn.write.some((write) => 'put' in write)) throw new EtcdNoSpaceError('etcdserver: mvcc: database space exceeded');
    if (!txn.if.every((compare) => this.#holds(compare))) {
      return { succeeded: false, revision: String(this.#revision), found: (txn.orGet ?? []).map((key) => this.#keys.get(key) ?? null) };
    }
    for (const write of txn.write) {
      if ('put' in write && write.lease !== undefined && !this.#leases.has(write.lease)) {
        throw new EtcdLeaseGoneError('etcdserver: requested lease not found');
      }
    }
    if (txn.write.length > 0) this.#revision++;
    const revision = String(this.#revision);
    for (const write of txn.write) {
      if ('delete' in write) this.#keys.delete(write.delete);
      else {
        const createRevision = this.#keys.get(write.put)?.createRevision ?? revision;
        this.#keys.set(write.put, { key: write.put, value: write.value, createRevision, modRevision: revision, lease: write.lease ?? '0' });
      }
    }
    this.#ringFor(keys);
    if (txn.write.length > 0) this.onWrite?.(txn.write, revision);
    if (this.#crosses && txn.write.some((write) => 'put' in write)) {
      this.fill();
      throw new EtcdNoSpaceError('etcdserver: mvcc: database space exceeded');
    }
    return { succeeded: true, revision, found: [] };
  }

  #deleteKeys(keys: readonly string[]): number {
    if (keys.length === 0) return 0;
    this.#revision++;
    for (const key of keys) this.#keys.delete(key);
    this.#ringFor(keys);
    return keys.length;
  }

  #grant(ttlSeconds: number): string {
    if (this.#alarm) throw new EtcdNoSpaceError('etcdserver: mvcc: database space exceeded');
    const id = String(++this.#lastLease);
    const ttlMs = ttlSeconds * 1_000;
    this.#leases.set(id, { ttlMs, expires: this.#clock.now() + ttlMs, over: new AbortController() });
    void this.#reap(id);
    return id;
  }

  #keepAlive(id: string): number {
    const lease = this.#leases.get(id);
    if (lease === undefined) return 0;
    lease.expires = this.#clock.now() + lease.ttlMs;
    return lease.ttlMs / 1_000;
  }

  #revoke(id: string): void {
    this.#leases.get(id)?.over.abort();
    if (!this.#leases.delete(id)) return;
    this.#deleteKeys([...this.#keys.values()].filter(({ lease }) => lease === id).map(({ key }) => key));
  }

  /** Ends the lease when it runs out, so that watches ring even when no call is made. */
  async #reap(id: string): Promise<void> {
    for (let lease = this.#leases.get(id); lease !== undefined; lease = this.#leases.get(id)) {
      const left = lease.expires - this.#clock.now();
      if (left <= 0) this.#revoke(id);
      else await this.#clock.sleep(left, lease.over.signal).catch(() => undefined);
    }
  }

  #expire(): void {
    const now = this.#clock.now();
    for (const [id, { expires }] of this.#leases) if (expires <= now) this.#revoke(id);
  }

  #watch(key: string, ring: () => void, signal: AbortSignal, carry: (ring: () => void) => void): void {
    if (signal.aborted) return;
    const watch: Watch = { key, ring: () => carry(() => this.#watches.has(watch) && ring()) };
    this.#watches.add(watch);
    signal.addEventListener('abort', () => this.#watches.delete(watch), { once: true });
    watch.ring();
  }

  #ringFor(keys: readonly string[]): void {
    for (const watch of this.#watches) if (keys.includes(watch.key)) watch.ring();
  }

  #compact(revision: number): void {
    if (revision <= this.#compacted) throw new EtcdRefusedError('etcdserver: mvcc: required revision has been compacted');
    if (revision > this.#revision) throw new EtcdRefusedError('etcdserver: mvcc: required revision is a future revision');
    this.#compacted = revision;
  }

  #status(): EtcdStatus {
    let dbSize = 0;
    for (const { key, value } of this.#keys.values()) dbSize += Buffer.byteLength(key) + Buffer.byteLength(value);
    return { version: '3.5.0', revision: String(this.#revision), dbSize, dbSizeInUse: dbSize };
  }
}
