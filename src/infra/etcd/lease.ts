// The host's lease: a key that lives as long as its holder renews it. The holder carries out the host's effects. The lease alone does not
// make that safe, since a paused process notices late that it lost it: the fence does, which every append compares in its transaction.
import type { Clock } from '../../commands/outside/host.ts';
import { pause } from '../async/time.ts';
import { type EtcdKv, EtcdLeaseGoneError, EtcdNoSpaceError, EtcdUnavailableError, type KeyValue } from './kv.ts';
import type { Fence } from './log.ts';

/** The holder of the lease: enough for an operator to find the process, and for its successor to see that it has ended. */
export interface Holder {
  readonly host: string;
  readonly pid: number;
  /** Start of the process in clock ticks since boot: the pid alone may by now be another process's. */
  readonly startTime: string;
  readonly bootId: string;
  /** The namespace in which the pid counts: each container on a machine may have its own. */
  readonly pidNamespace?: string;
  readonly dataDir: string;
  /** The id of the data directory's host; absent in the lease of a server that knew of none. */
  readonly hostId?: string;
  /** The address that it serves, as host:port. */
  readonly addr: string;
}

/**
 * A term is the time during which one holder has the lease.
 *
 *     const term = await acquireLease({ kv, clock, key: leaseKey('box'), holder, ttlSeconds: 5, signal, isGone });
 *     const log = new EtcdLog({ kv, clock, ids, fence: () => term.fence });
 *     term.check();         // right before each effect
 *     await term.resign();
 *
 * Promises that `lost` aborts before etcd can give the lease to another, as long as this process runs; and that, if it was paused, its
 * appends are refused by the fence.
 */
export interface Term {
  readonly fence: Fence;
  /** Aborts with a TermOverError when the term is over. Effects under way must stop then. */
  readonly lost: AbortSignal;
  /**
   * Throws the TermOverError when the term is over by the clock, even if `lost` has not aborted yet: a process that was paused wakes up in
   * the middle of its next step, before any timer.
   */
  check(): void;
  /** Returns the lease, so that the next holder need not wait. Never fails: if etcd does not answer, the lease runs out by itself. */
  resign(): Promise<void>;
}

export class TermOverError extends Error {
  override readonly name = 'TermOverError';
}

export interface LeaseOptions {
  readonly kv: EtcdKv;
  readonly clock: Clock;
  readonly key: string;
  readonly holder: Holder;
  /** At least 2: etcd rounds up a TTL below one and a half of its election timeouts. */
  readonly ttlSeconds: number;
  /** Ends only the wait for the lease, not the term. */
  readonly signal: AbortSignal;
  /** Called when another holds the lease, and whenever the holder changes. `null`: the key's value is not a holder. */
  readonly onWaiting?: (holder: Holder | null) => void;
  /** Whether that holder's process has certainly ended. */
  readonly isGone: (holder: Holder) => boolean;
}

/** Share of the TTL after which, without an answered renewal, the term ends: before etcd can give the lease to another. */
const GIVE_UP = 0.8;
const RENEWALS_PER_TTL = 3;
const RETRY_MS = 100;
const STANDBY_POLL_MS = 500;

export const leaseKey = (host: string): string => `/gpu-docker-api/v1/lease/${host}`;

/** Both clocks at one moment, ms. */
interface Moment {
  readonly wall: number;
  readonly boot: number;
}

const momentOf = (clock: Clock): Moment => ({ wall: clock.now(), boot: clock.boot() });

/**
 * ms since then by the clock that says more. The boot clock does not step, but stands still while a hypervisor stops the machine; the wall
 * clock is then set anew, and may be set back at any other time.
 */
const elapsedSince = ({ wall, boot }: Moment, clock: Clock): number => Math.max(clock.now() - wall, clock.boot() - boot);

/** A lease that etcd has granted. `since`: when the grant or renewal was requested, so that it never counts too long. */
interface Granted {
  readonly id: string;
  since: Moment;
}

/** Waits until this holder has the lease. Rejects with the signal's reason, or with a definite refusal of etcd. */
export async function acquireLease(options: LeaseOptions): Promise<Term> {
  const { kv, clock, key, holder, ttlSeconds, signal } = options;
  const ttlMs = ttlSeconds * 1_000;
  const value = JSON.stringify(holder);
  const over = new AbortController();
  const bell = doorbell();
  let granted = null as Granted | null;
  let waitingFor = '';
  try {
    for (;;) {
      signal.throwIfAborted();
      const moved = bell.next();
      try {
        const held = await kv.get(key);
        if (held === null) {
          if (granted === null || elapsedSince(granted.since, clock) > ttlMs / 2) granted = await grant(options);
          const txn = await kv.txn({ if: [{ key, absent: true }], write: [{ put: key, value, lease: granted.id }] });
          if (txn.succeeded) return new HeldTerm(options, granted, { key, revision: txn.revision });
        } else if (granted !== null && held.lease === granted.id) {
          // The answer to our own put was lost. By now the lease may have run out.
          const since = momentOf(clock);
          const alive = (await kv.leaseKeepAlive(granted.id, ttlMs / RENEWALS_PER_TTL)) > 0;
          if (alive) return new HeldTerm(options, { id: granted.id, since }, { key, revision: held.createRevision });
          granted = null;
        } else if (held.lease !== '0' && isGone(held, options)) {
          await kv.leaseRevoke(held.lease);
        } else {
          if (waitingFor === '') kv.watch(key, bell.ring, over.signal);
          if (held.createRevision !== waitingFor) options.onWaiting?.(holderOf(held));
          waitingFor = held.createRevision;
          await Promise.race([moved, pause(clock, STANDBY_POLL_MS, signal)]);
        }
      } catch (error) {
        if (error instanceof EtcdLeaseGoneError) granted = null;
        // Without space in etcd it waits, too: there may be some later.
        else if (!(error instanceof EtcdUnavailableError || error instanceof EtcdNoSpaceError)) throw error;
        await pause(clock, RETRY_MS, signal);
      }
    }
  } catch (error) {
    if (granted !== null) await kv.leaseRevoke(granted.id).catch(() => undefined);
    throw error;
  } finally {
    over.abort();
  }
}

async function grant({ kv, clock, ttlSeconds }: LeaseOptions): Promise<Granted> {
  const since = momentOf(clock);
  return { id: await kv.leaseGrant(ttlSeconds), since };
}

/**
 * A ring resolves the promise that `next` returned last: there is one waiter. Each wait has a promise of its own, because a promise
 * remembers every race that it was in, and a standby waits once a second for months.
 */
function doorbell(): { readonly ring: () => void; readonly next: () => Promise<void> } {
  let wake = (): void => undefined;
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  return { ring: () => wake(), next };
}

function holderOf(held: KeyValue): Holder | null {
  try {
    const holder = JSON.parse(held.value) as Holder | null;
    return typeof holder?.pid === 'number' && typeof holder.host === 'string' ? holder : null;
  } catch {
    return null;
  }
}

function isGone(held: KeyValue, options: LeaseOptions): boolean {
  const holder = holderOf(held);
  return holder !== null && options.isGone(holder);
}

class HeldTerm implements Term {
  readonly fence: Fence;
  readonly #kv: EtcdKv;
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #granted: Granted;
  readonly #over = new AbortController();

  constructor(options: LeaseOptions, granted: Granted, fence: Fence) {
    this.fence = fence;
    this.#kv = options.kv;
    this.#clock = options.clock;
    this.#ttlMs = options.ttlSeconds * 1_000;
    this.#granted = granted;
    void this.#renew();
    void this.#watchTheTime();
  }

  get lost(): AbortSignal {
    return this.#over.signal;
  }

  check(): void {
    if (this.#left() <= 0) this.#end(this.#silence());
    this.lost.throwIfAborted();
  }

  async resign(): Promise<void> {
    this.#end('resigned');
    await this.#kv.leaseRevoke(this.#granted.id).catch(() => undefined);
  }

  async #renew(): Promise<void> {
    const every = this.#ttlMs / RENEWALS_PER_TTL;
    for (let wait = 0; await this.#slept(wait); ) {
      const asked = momentOf(this.#clock);
      try {
        // The deadline is short: the next renewal is worth more than a late answer.
        const seconds = await this.#kv.leaseKeepAlive(this.#granted.id, every);
        if (seconds <= 0) return this.#end('etcd let the lease run out');
        this.#granted.since = asked;
        wait = every;
      } catch (error) {
        if (!(error instanceof EtcdUnavailableError)) return this.#end(`etcd refuses to renew the lease: ${String(error)}`);
        wait = RETRY_MS;
      }
    }
  }

  async #watchTheTime(): Promise<void> {
    for (let wait = this.#left(); wait > 0; wait = this.#left()) {
      if (!(await this.#slept(wait))) return;
    }
    this.#end(this.#silence());
    // Then the next holder, this process or another, need not wait for it to run out.
    await this.#kv.leaseRevoke(this.#granted.id).catch(() => undefined);
  }

  /** ms until the term ends if no renewal is answered, by the clock that leaves less. */
  #left(): number {
    return this.#ttlMs * GIVE_UP - elapsedSince(this.#granted.since, this.#clock);
  }

  #silence(): string {
    return `etcd has not answered a renewal for ${Math.round(this.#ttlMs * GIVE_UP)} ms`;
  }

  /** Whether the term is still on after the pause. */
  async #slept(ms: number): Promise<boolean> {
    await pause(this.#clock, ms, this.#over.signal);
    return !this.#over.signal.aborted;
  }

  #end(reason: string): void {
    this.#over.abort(new TermOverError(`the lease ${this.fence.key} is lost: ${reason}`));
  }
}
