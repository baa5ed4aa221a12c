// Starts a dead container that should run again, by the policy of its name.
import type { Facts, Settings } from '../../../commands/decision.ts';
import { nextTry } from '../../../commands/host/restarts/next-try.ts';
import { decideStartAgain, isStartedAgain, needsOfStart, restartWarning } from '../../../commands/host/restarts/start-again.ts';
import { restoredOn } from '../../../commands/host/restore/mode.ts';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import type { Clock, Ids } from '../../../commands/outside/host.ts';
import type { Logger } from '../../../commands/outside/logger.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import type { Event } from '../../../events/catalogue.ts';
import { upcastAll } from '../../../events/evolution/upcasters.ts';
import { replicaSetOfStream } from '../../../events/stream.ts';
import { RESTART_ACTOR } from '../../../projections/note-restarts.ts';
import type { ReplicaSet } from '../../../projections/state.ts';
import { inTime } from '../../async/time.ts';
import type { Committer } from '../committer.ts';
import { type FactSources, gatherFacts } from '../gather-facts.ts';

interface RestarterDeps {
  readonly committer: Committer;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: Settings;
  readonly factSources: FactSources;
  readonly logger: Logger;
  readonly counts: RestartCounts;
}

/** Tries by their outcome, since this process began. */
export interface RestartCounts {
  done: number;
  failed: number;
  refused: number;
}

/** Restarts that may be under way at the same time, not counting those that have been for longer than HELD_MS. */
const MOST = 4;
/** Time, ms, after which a restart no longer counts: one that Docker never answers must not hold up the others. */
const HELD_MS = 60_000;
/** Restarts that may be under way in all. */
const MOST_IN_ALL = 64;
/** Pause, ms, before a name whose try was refused, or could not be decided, is looked at again. */
const REFUSED_MS = 10_000;
/** Longest pause between two looks at what waits, ms: the wall clock may be set meanwhile. */
const LONGEST_PAUSE_MS = 30_000;
/** Time, ms, for the host and Docker to say whether what a name needs is there; a mount whose server is gone never answers. */
const ANSWER_MS = 15_000;

/**
 * Follows the log, and begins an operation for each name whose next try is due:
 *
 *     const restarter = new Restarter(deps, term.lost);
 *     restarter.start();
 *
 * Promises that nothing is begun before `start` or after the signal has aborted, that at most MOST of its operations are begun and not yet
 * overdue, the longest due first, and that what it cannot begin is looked at again, and that no name, and no fault of its own, holds up the others for long. All it knows of tries it reads from the state.
 */
export class Restarter {
  readonly #deps: RestarterDeps;
  readonly #signal: AbortSignal;
  /** Names that are to be started again, or are being. A look visits these alone. */
  readonly #names = new Set<string>();
  /** Name → the time before which it is not looked at again, ms since the boot. */
  readonly #notBefore = new Map<string, number>();
  /** Name → since when the last of its deaths is known here: a wall clock that was set back must not make it wait for longer. */
  readonly #known = new Map<string, { readonly since: string; readonly boot: number }>();
  /** Name → when the restart that is under way was first seen, ms since the boot. */
  readonly #begun = new Map<string, number>();
  /** Names whose question what they need is there has had no answer in time, and still has none. They are not asked again until it has. */
  readonly #unanswered = new Set<string>();
  /** Why the last round could not be made; null where it could. */
  #trouble: string | null = null;
  #wake: () => void = () => {};

  constructor(deps: RestarterDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  start(): void {
    const { committer } = this.#deps;
    const stop = committer.onCommit((stored) => this.#follow(upcastAll(stored)));
    const end = (): void => {
      stop();
      this.#wake();
    };
    // One that stays would keep the signal, and with it all of its term.
    this.#signal.addEventListener('abort', end, { once: true });
    for (const name of committer.state.replicaSets.keys()) this.#note(name);
    void this.#run();
  }

  /** For readiness: the containers that wait for another try, with the reasons; null while none does. */
  get warning(): string | null {
    if (this.#trouble !== null) return `what died cannot be started again now: ${this.#trouble}`;
    const { state } = this.#deps.committer;
    const waiting = [...this.#names].flatMap((name) => state.replicaSets.get(name) ?? []);
    return restartWarning(waiting, this.#deps.settings.restart, this.#unanswered);
  }

  #follow(events: readonly Event[]): void {
    const { counts, settings } = this.#deps;
    for (const event of events) {
      // The log has those of the other hosts, too.
      if (event.command.actor !== RESTART_ACTOR || event.host !== settings.host) continue;
      if (event.type === 'OperationCompleted') counts.done++;
      else if (event.type === 'OperationFailed') counts[event.data.refused === true ? 'refused' : 'failed']++;
    }
    for (const stream of new Set(events.map(({ stream }) => stream))) {
      const name = replicaSetOfStream(stream);
      if (name !== null) this.#note(name);
    }
    if (this.#names.size > 0) this.#wake();
  }

  #note(name: string): void {
    const { committer, clock, settings } = this.#deps;
    const rs = committer.state.replicaSets.get(name);
    if (rs === undefined || rs.host !== settings.host || !(isStartedAgain(rs) || nextTry(rs, settings.restart) !== null)) {
      for (const known of [this.#names, this.#notBefore, this.#known, this.#begun]) known.delete(name);
      return;
    }
    this.#names.add(name);
    if (!isStartedAgain(rs)) this.#begun.delete(name);
    else if (!this.#begun.has(name)) this.#begun.set(name, clock.boot());
    const since = rs.restarts?.since;
    if (since !== undefined && this.#known.get(name)?.since !== since) this.#known.set(name, { since, boot: clock.boot() });
  }

  async #run(): Promise<void> {
    while (!this.#signal.aborted) {
      let woken = false;
      const wake = new Promise<void>((resolve) => {
        this.#wake = () => {
          woken = true;
          resolve();
        };
      });
      const pauseMs = await this.#roundOrPause();
      if (this.#signal.aborted) return;
      if (!woken) await this.#pause(pauseMs, wake);
    }
  }

  /** Resolves when somebody wakes it, as the end of the signal does, or after `ms`; null: only when woken, as nothing waits for a time. */
  async #pause(ms: number | null, wake: Promise<void>): Promise<void> {
    if (ms === null) return wake;
    const slept = new AbortController();
    const sleep = this.#deps.clock.sleep(ms, slept.signal).catch(() => {});
    await Promise.race([sleep, wake]);
    slept.abort(new Error('woken'));
  }

  /** A fault that nobody foresaw ends the round, not the service of all names. */
  async #roundOrPause(): Promise<number | null> {
    const before = this.#trouble;
    try {
      const pauseMs = await this.#round();
      this.#trouble = null;
      return pauseMs;
    } catch (error) {
      this.#trouble = messageOf(error);
      if (!this.#signal.aborted && this.#trouble !== before)
        this.#deps.logger.error({ err: error }, 'what died cannot be started again now; tried again later');
      return REFUSED_MS;
    }
  }

  /** Begins what is due and may begin. Gives the pause until the next look, ms. */
  async #round(): Promise<number | null> {
    const { committer, clock, settings } = this.#deps;
    // The event that settles it wakes this.
    if (restoredOn(committer.state, settings.host) !== undefined) return null;
    const waiting = [...this.#names].flatMap((name) => committer.state.replicaSets.get(name) ?? []);
    const ages = [...this.#begun.values()].map((since) => clock.boot() - since).filter((age) => age < HELD_MS);
    let free = Math.min(MOST - ages.length, MOST_IN_ALL - this.#begun.size);
    const due = waiting.flatMap((rs) => this.#dueOf(rs) ?? []).sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
    let pauseMs: number | null = null;
    for (const { name, waitMs } of due) {
      if (this.#signal.aborted) break;
      if (free <= 0) {
        // The end of an operation wakes it, too.
        const oldest = Math.max(...ages, 0);
        return Math.min(pauseMs ?? LONGEST_PAUSE_MS, HELD_MS - oldest);
      }
      if (waitMs > 0) pauseMs = Math.min(pauseMs ?? LONGEST_PAUSE_MS, waitMs);
      else if (await this.#try(name)) free--;
      else {
        this.#notBefore.set(name, clock.boot() + REFUSED_MS);
        pauseMs = Math.min(pauseMs ?? LONGEST_PAUSE_MS, REFUSED_MS);
      }
    }
    return pauseMs;
  }

  #dueOf(rs: ReplicaSet): { readonly name: string; readonly at: number; readonly waitMs: number } | null {
    const { settings, clock } = this.#deps;
    const next = nextTry(rs, settings.restart);
    if (next === null || this.#unanswered.has(rs.name)) return null;
    const waitMs = Math.max(next.at - this.#now(rs.name), (this.#notBefore.get(rs.name) ?? 0) - clock.boot());
    return { name: rs.name, at: next.at, waitMs };
  }

  /** The time by which the name's next try is judged: the later one of the wall clock and the last death plus the time since then. */
  #now(name: string): number {
    const { clock } = this.#deps;
    const known = this.#known.get(name);
    return known === undefined ? clock.now() : Math.max(clock.now(), Date.parse(known.since) + clock.boot() - known.boot);
  }

  /** Whether an operation was begun. */
  async #try(name: string): Promise<boolean> {
    const { committer, ids, settings, logger } = this.#deps;
    const rs = committer.state.replicaSets.get(name);
    if (rs === undefined) return false;
    try {
      const facts = await this.#factsOf(rs);
      if (this.#signal.aborted) return false;
      const meta = { id: ids.next(), name: 'continue', actor: RESTART_ACTOR };
      const now = this.#now(name);
      const committed = await committer.submit(meta, (state) => ({
        kind: 'events',
        events: decideStartAgain(state, name, { settings, facts, now }),
      }));
      if (committed.kind !== 'committed') return false;
      const failure = committed.events.find(({ type }) => type === 'OperationFailed');
      if (failure?.type !== 'OperationFailed') return true;
      logger.warn({ replicaSet: name, why: failure.data.message }, 'a container that died cannot be started again yet');
    } catch (error) {
      if (this.#signal.aborted) return false;
      const log = error instanceof EngineError ? logger.warn : logger.error;
      log.call(
        logger,
        { replicaSet: name, err: messageOf(error) },
        'whether a container can be started again cannot be told now; asked again soon',
      );
    }
    return false;
  }

  /** Throws when there is no answer in time. An answer that comes too late is about what was: the name is then asked anew. */
  async #factsOf(rs: ReplicaSet): Promise<Facts> {
    const { committer, clock, factSources } = this.#deps;
    const { name } = rs;
    const asked = gatherFacts(needsOfStart(committer.state, rs), factSources);
    const answered = (): void => {
      if (this.#unanswered.delete(name)) this.#wake();
    };
    const late = (): Error => {
      this.#unanswered.add(name);
      void asked.then(answered, answered);
      return new Error(`no answer within ${ANSWER_MS / 1_000} s`);
    };
    return inTime(asked, { clock, ms: ANSWER_MS, late });
  }
}
