// Leading the host: whenever this server holds the host's lease, it carries out the host's effects.
import { setMaxListeners } from 'node:events';
import type { Clock } from '../../../commands/outside/host.ts';
import type { Logger } from '../../../commands/outside/logger.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import { repeat } from '../../async/retry.ts';
import { untilAborted } from '../../async/time.ts';
import { type EtcdKv, EtcdUnavailableError } from '../../etcd/kv.ts';
import { acquireLease, type Holder, leaseKey, type Term } from '../../etcd/lease.ts';
import type { Fence } from '../../etcd/log.ts';
import { isDeadPredecessor } from '../../etcd/process-identity.ts';
import type { HostService } from '../host-service.ts';
import { untilEtcdAnswers } from './etcd-answers.ts';
import { MustNotLeadError } from './recognition.ts';

/** Time to live of the lease, s: a standby takes over this long after the holder has died, unless it sees that the process is gone. */
const LEASE_SECONDS = 5;
/** Interval of the looks whether etcd still has the whole log, ms. */
const HOLES_EVERY_MS = 15_000;
/** Pause between two such looks while events are missing, ms. */
const HOLE_RETRY_MS = 2_000;

/** The term in which this server leads the host, or led it last. */
export class CurrentTerm {
  #term: Term | null = null;

  begin(term: Term): void {
    this.#term = term;
  }

  /** The fence of every append; null before the first term. It outlives its term: etcd itself then refuses the append. */
  fence(): Fence | null {
    return this.#term?.fence ?? null;
  }

  /** The check for a step that begins now: it throws when the term of that moment is over, whether or not this server has begun another since. */
  fenceOfStep(): () => void {
    const term = this.#term;
    return () => {
      if (term === null) throw new Error('this server is not in charge of the host');
      term.check();
    };
  }

  /** Gives the lease back. Never fails. */
  async resign(): Promise<void> {
    await this.#term?.resign();
  }
}

interface LeadLoopDeps {
  readonly kv: EtcdKv;
  readonly clock: Clock;
  readonly host: HostService;
  readonly me: Holder;
  /** The etcd is this server's own: no other machine can reach it. */
  readonly ownEtcd: boolean;
  /** Names etcd in a sentence; absent: etcd. */
  readonly etcd?: string;
  readonly term: CurrentTerm;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** A sentence about events that etcd has lost; null when it has lost none. Throws etcd's errors. */
  readonly missing: () => Promise<string | null>;
  /** Called when the log has been read to its head. */
  readonly onFollowing: () => void;
  /** Called whenever the host is led, with the signal that ends it. */
  readonly onLeading: (over: AbortSignal) => void;
  /** Whether the process of the lease's holder has certainly ended; absent: as this machine's kernel tells. */
  readonly isGone?: (holder: Holder) => boolean;
}

/**
 * Follows the log, and leads the host whenever the lease can be had, until the signal aborts. Rejects with the signal's reason, or with an
 * error that no retry gets past: an unsafe version of etcd, a log that cannot be read.
 */
export async function leadHost(deps: LeadLoopDeps): Promise<never> {
  const { kv, clock, host, signal, term: current, logger, onFollowing, onLeading } = deps;
  await untilEtcdAnswers({ kv, clock, logger, signal, etcd: deps.etcd ?? 'etcd', waitFor: (reason) => host.waitFor(reason) });
  host.waitFor('the event log has not been read yet');
  await untilWhole(deps);
  await host.follow(signal);
  onFollowing();
  host.waitFor('waiting for the host’s lease');
  let wasLost = false;
  for (;;) {
    const term = await nextTerm(deps);
    current.begin(term);
    // Ends the term from here: etcd lacks events, or this machine must not lead.
    const ended = new AbortController();
    const over = AbortSignal.any([term.lost, signal, ended.signal]);
    setMaxListeners(0, over); // every operation that waits for Docker listens to it
    try {
      // A standby may have waited for days.
      await checkForHole(deps, ended);
      over.throwIfAborted();
      host.waitFor('Docker is being asked what runs');
      void watchForHoles(deps, ended, over);
      await host.lead(over, (stranger) => ended.abort(stranger));
      onLeading(over);
      if (wasLost) logger.info({}, 'the host’s lease is back: effects are carried out again');
      wasLost = false;
      await untilAborted(over);
    } catch (error) {
      if (error instanceof MustNotLeadError) ended.abort(error);
      else if (!over.aborted) throw error;
    }
    signal.throwIfAborted();
    if (ended.signal.aborted) {
      // The right machine may want it, or a server whose etcd is whole.
      await term.resign();
      await (ended.signal.reason instanceof MustNotLeadError ? host.untilRecognised(signal) : untilWhole(deps));
      continue;
    }
    wasLost = true;
    logger.warn({ reason: String(term.lost.reason) }, 'the host’s lease was lost: no effects are carried out until it is back');
  }
}

/** Waits for as long as etcd lacks events: nothing may be built on a hole. */
async function untilWhole({ host, clock, logger, signal, missing }: LeadLoopDeps): Promise<void> {
  let told = '';
  for (;;) {
    const reason = await missing().catch((error: unknown) => {
      if (!(error instanceof EtcdUnavailableError)) throw error;
      return `the event log does not answer: ${error.message}`;
    });
    if (reason === null) return;
    host.waitFor(reason);
    if (reason !== told) logger.error({}, `${reason}; nothing is recorded meanwhile`);
    told = reason;
    await clock.sleep(HOLE_RETRY_MS, signal);
  }
}

/** Aborts `ended` where etcd lacks events. Without an answer from etcd nothing is known, and the next look tells. */
async function checkForHole({ logger, missing }: LeadLoopDeps, ended: AbortController): Promise<void> {
  const reason = await missing().catch((error: unknown) => {
    logger.warn({ err: messageOf(error) }, 'whether etcd has the whole log cannot be told now');
    return null;
  });
  if (reason !== null) ended.abort(new Error(reason));
}

/** Ends with `over`. Never rejects. */
const watchForHoles = (deps: LeadLoopDeps, ended: AbortController, over: AbortSignal): Promise<void> =>
  repeat(() => checkForHole(deps, ended), { clock: deps.clock, everyMs: HOLES_EVERY_MS, signal: over, onFailure: () => undefined });

function nextTerm({ kv, clock, host, me, ownEtcd, signal, logger, isGone }: LeadLoopDeps): Promise<Term> {
  return acquireLease({
    kv,
    clock,
    key: leaseKey(me.host),
    holder: me,
    ttlSeconds: LEASE_SECONDS,
    signal,
    onWaiting: (holder) => {
      const other = holder === null ? 'another server' : `the server at ${holder.addr} (pid ${holder.pid})`;
      host.waitFor(`standby: ${other} is in charge of host ${me.host}; this one takes over when it ends`);
      logger.info({ holder }, 'standby: another server is in charge of this host');
    },
    isGone: isGone ?? ((holder) => isDeadPredecessor(holder, me, ownEtcd)),
  });
}
