// The host's lease: a key that lives as long as its holder renews it. Whoever holds it carries out the host's effects. The lease alone is
// no proof of that (a paused process notices late): what makes it safe is the fence, which every append compares in its transaction.
import type { Clock } from '../../commands/outside/host.ts';
import { pause } from '../time.ts';
import { type EtcdKv, EtcdLeaseGoneError, EtcdNoSpaceError, EtcdUnavailableError, type KeyValue } from './kv.ts';
import type { Fence } from './log.ts';

/** Who holds the lease: enough for an operator to find the process, and for its successor to see that it is gone. */
export interface Holder {
  readonly host: string;
  readonly pid: number;
  /** When the process started, in the kernel's clock ticks: a pid alone may by now be another process's. */
  readonly startTime: string;
  readonly bootId: string;
  /** Where the pid means anything: containers on one machine count theirs apart. */
  readonly pidNamespace?: string;
  readonly dataDir: string;
  /** Where it serves, as host:port. */
  readonly addr: string;
}

/** The time in which its holder holds the lease. */
export interface Term {
  readonly fence: Fence;
  /** Aborts when the term is over, with a TermOverError that says why. Effects under way must stop then. */
  readonly lost: AbortSignal;
  /**
   * Throws the TermOverError when the term is over by the clock, even if nothing has told of it yet: a process that was paused wakes up in
   * the middle of what it was about to do.
   */
  check(): void;
  /** Gives the lease back, so that the next holder need not wait. Never fails: without an answer it runs out by itself. */
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
  /** 2 at least: etcd rounds up what is under one and a half of its election timeouts. */
  readonly ttlSeconds: number;
  /** Ends the wait for the lease, not the term. */
  readonly signal: AbortSignal;
  /** Another holds it: called at first and whenever that changes. `null`: the key holds what is no holder. */
  readonly onWaiting?: (holder: Holder | null) => void;
  /** Whether that holder's process has certainly ended. */
  readonly isGone: (holder: Holder) => boolean;
}

/** Without an answered renewal for this part of the TTL the term ends here, before etcd can give the lease to another. */
const GIVE_UP = 0.8;
const RENEWALS_PER_TTL = 3;
const RETRY_MS = 100;
const STANDBY_POLL_MS = 500;

export const leaseKey = (host: string): string => `/gpu-docker-api/v1/lease/${host}`;

/** A lease that etcd has granted, and since when it counts: the moment before the grant or renewal was asked for. */
interface Granted {
  readonly id: string;
  since: number;
}

/** Waits until the lease is this holder's. Rejects with the signal's reason, or with what etcd definitely refuses. */
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
          if (granted === null || clock.now() - granted.since > ttlMs / 2) granted = await grant(options);
          const txn = await kv.txn({ if: [{ key, absent: true }], write: [{ put: key, value, lease: granted.id }] });
          if (txn.succeeded) return new HeldTerm(options, granted, { key, revision: txn.revision });
        } else if (granted !== null && held.lease === granted.id) {
          // The answer to our own put was lost. The lease may be old by now.
          const since = clock.now();
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
        // Room may be made while it waits.
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
  const since = clock.now();
  return { id: await kv.leaseGrant(ttlSeconds), since };
}

/** `next` resolves at the first ring after it was called. */
function doorbell(): { readonly ring: () => void; readonly next: () => Promise<void> } {
  let wake = (): void => undefined;
  let next = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const ring = (): void => {
    wake();
    next = new Promise((resolve) => {
      wake = resolve;
    });
  };
  return { ring, next: () => next };
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
      const asked = this.#clock.now();
      try {
        // A short deadline: an answer that is late is worth less than the next question.
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
    // Whoever comes next, this process or another, then need not wait for it to run out.
    await this.#kv.leaseRevoke(this.#granted.id).catch(() => undefined);
  }

  /** ms until it ends if no renewal is answered. */
  #left(): number {
    return this.#granted.since + this.#ttlMs * GIVE_UP - this.#clock.now();
  }

  #silence(): string {
    return `etcd has not answered a renewal for ${Math.round(this.#ttlMs * GIVE_UP)} ms`;
  }

  /** Whether the term still holds after the pause. */
  async #slept(ms: number): Promise<boolean> {
    await pause(this.#clock, ms, this.#over.signal);
    return !this.#over.signal.aborted;
  }

  #end(reason: string): void {
    this.#over.abort(new TermOverError(`the lease ${this.fence.key} is lost: ${reason}`));
  }
}
