// Records what differs between the log and Docker.

import type { Settings } from '../../commands/decision.ts';
import { type Absence, absenceWarning } from '../../commands/host/absence.ts';
import { asKnown } from '../../commands/host/as-known.ts';
import { decideLeftover, leftovers } from '../../commands/host/leftovers.ts';
import {
  containersOf,
  type Doubt,
  decideInventory,
  decideReconcile,
  type EngineSeen,
  isRunning,
  missingGpus,
  type Observed,
  streamsOf,
} from '../../commands/host/reconcile.ts';
import type { Room } from '../../commands/outside/disk-usage.ts';
import type { ContainerEngine, ContainerFacts, VolumeFacts } from '../../commands/outside/engine.ts';
import { OtherEngineError } from '../../commands/outside/engine-error.ts';
import type { Clock, GpuInventory, GpusSeen, Ids } from '../../commands/outside/host.ts';
import type { Logger } from '../../commands/outside/logger.ts';
import { messageOf } from '../../commands/outside/message-of.ts';
import type { NewEvent } from '../../events/catalogue.ts';
import type { CommandMeta } from '../../events/envelope.ts';
import { replicaSetStream } from '../../events/stream.ts';
import type { State } from '../../projections/state.ts';
import { deferred } from '../async/deferred.ts';
import { inTurns } from '../async/in-turns.ts';
import { repeat, retry } from '../async/retry.ts';
import { Absences, type DoubtDeps } from './absence/absences.ts';
import { DiskSweep } from './absence/disk-sweep.ts';
import { isOfLog } from './absence/of-log.ts';
import { RestoreWatch } from './absence/restore-watch.ts';
import { StrayWatch } from './absence/stray-watch.ts';
import type { Committer } from './committer.ts';
import type { GpuObservation } from './gpu-observation.ts';
import { EngineRestarts } from './restarts/engine-restarts.ts';

interface ReconcilerDeps {
  readonly committer: Committer;
  readonly engine: ContainerEngine;
  readonly inventory: GpuInventory;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly gpus: GpuObservation;
  readonly host: string;
  readonly settings: Pick<Settings, 'stopTimeout' | 'keepVersions'>;
  readonly logger: Logger;
  readonly everyMs: number;
  readonly doubt: DoubtDeps;
  /** Throws when the engine that answers now is not the host's: what it has says nothing of what the host has. */
  readonly isStillHost: () => Promise<void>;
  /** Whether operations are under way. */
  readonly isOperating: () => boolean;
}

/** Debounce from a ring to the comparison, ms: a start or a stop rings several times, and skips streams with an open operation anyway. */
const SETTLE_MS = 150;
/**
 * Longest wait for the operations that are under way, ms. Their own steps ring, and a comparison meanwhile leaves their streams alone, yet
 * its lists and inspects keep Docker from their steps. Other streams wait no longer than this, whatever goes on.
 */
const OPERATIONS_MS = 1_000;
/** Pause after a comparison that failed, ms. */
const RETRY_MS = 500;
/** Pause before what could not be done about a container that came back is tried again, ms: each try is three events. */
const LEFTOVER_MS = 10 * 60_000;
/** Delay, ms: from the look that finds no GPU to the one that confirms it. */
const SECOND_LOOK_MS = 5_000;

/**
 * Keeps the log true to Docker:
 *
 *     const reconciler = new Reconciler(deps, term.lost);
 *     await reconciler.once();
 *     reconciler.start();
 *
 * It compares all of Docker's containers and volumes with the state, on Docker's events and on a slow timer. Promises that the next
 * comparison makes up for a missed event, that a replicaSet or volume with an open operation is left alone, and that a container that the
 * log does not know is reported, stopped if it runs without a lease, and not removed unless it never ran.
 */
export class Reconciler {
  readonly #deps: ReconcilerDeps;
  readonly #signal: AbortSignal;
  /** Whether it rang since the comparison under way began. */
  #rangAgain = false;
  #comparing: Promise<void> | null = null;
  /** The end of the next comparison that succeeds. */
  #compared = deferred<void>();
  readonly #absences: Absences;
  readonly #disks: DiskSweep;
  readonly #engines: EngineRestarts;
  /** Whether there will be another look before the timer. */
  #looksAgain = false;
  /** The last warning about what is missing. */
  #warned: string | null = null;
  readonly #strays: StrayWatch;
  /** Holds all else back while the log is one that was put back. */
  readonly restore: RestoreWatch;
  /** Containers that came back to a name that has another → when something was last done about it, by a clock that nobody sets. */
  readonly #leftovers = new Map<string, number>();
  /** Streams whose differences could not be recorded at their last look, with why. */
  readonly #unrecorded = new Map<string, string>();
  /** Since when Docker gives no answer, and why; null while it answers. */
  trouble: { since: number; reason: string } | null = null;
  /** What of the limits of new containers did not hold on this Docker at the last look. */
  #limitProblems: readonly string[] = [];
  /** Lines of the GPU driver that are not understood. */
  unreadable: readonly string[] = [];

  constructor(deps: ReconcilerDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
    this.#absences = new Absences(deps.doubt);
    this.#disks = new DiskSweep({ ...deps, wasMissing: (stream) => this.#absences.has(stream) }, signal);
    this.#engines = new EngineRestarts(deps.clock);
    this.#strays = new StrayWatch(deps, signal);
    this.restore = new RestoreWatch(deps, signal);
  }

  start(): void {
    const { engine, committer, clock, everyMs, logger } = this.#deps;
    engine.onChange(committer.state.logId, () => this.ring(), this.#signal);
    void this.#disks.lookAtRoom();
    void this.#lookAtLimits();
    const deaf = committer.onCommit((events) => {
      if (events.some(({ type }) => type === 'VersionRemoved' || type === 'SystemDiskDiscarded')) this.#disks.soon();
      // The last difference of a restored log may have gone with it, and Docker does not ring for what it did not have.
      if (this.restore.differences.length > 0 && events.some(({ type }) => type === 'ReplicaSetDeleted' || type === 'VolumeDeleted'))
        this.ring();
    });
    this.#signal.addEventListener('abort', deaf, { once: true });
    const visit = async (): Promise<void> => {
      const { promise: compared } = this.#compared;
      this.ring();
      // One comparison: on a busy host the next one always follows at once.
      await Promise.race([compared, this.#comparing]);
      if (this.trouble !== null) return;
      await this.#takeInventory();
      void this.#lookAtLimits();
      // Not waited for: Docker may take minutes over the removal of disks.
      void this.#disks.once();
    };
    const onFailure = (error: unknown): void => logger.error({ err: error }, 'the host could not be looked after; tried again later');
    void repeat(visit, { clock, everyMs, signal: this.#signal, onFailure });
  }

  /** Something may have changed: compare soon. Any number of rings during a comparison cause one more. */
  ring(): void {
    if (this.#signal.aborted) return;
    if (this.#comparing === null) this.#comparing = this.#compare();
    else this.#rangAgain = true;
  }

  /** Compares until a comparison has succeeded that began after the last ring. Never rejects. */
  async #compare(): Promise<void> {
    const { clock, logger, isOperating } = this.#deps;
    let warned = '';
    const compareOnce = async (): Promise<void> => {
      await clock.sleep(SETTLE_MS, this.#signal);
      for (let ms = SETTLE_MS; ms < OPERATIONS_MS && isOperating(); ms += SETTLE_MS) await clock.sleep(SETTLE_MS, this.#signal);
      this.#rangAgain = false;
      await this.once();
      this.#compared.resolve();
      this.#compared = deferred();
    };
    const onPause = (error: unknown): void => {
      const reason = messageOf(error);
      if (reason !== warned) logger.warn({ err: reason }, 'Docker could not be compared with the log; tried again until it can');
      warned = reason;
    };
    try {
      do {
        await retry(compareOnce, { clock, signal: this.#signal, firstMs: RETRY_MS, maxMs: RETRY_MS, isPassing: () => true, onPause });
      } while (this.#rangAgain);
    } catch {
      // The signal has aborted.
    } finally {
      this.#comparing = null; // in the same turn in which no ring was seen
    }
  }

  /** The streams whose container or volume was missing at the last look. */
  get missing(): readonly string[] {
    return this.#absences.streams;
  }

  /** What is missing, for the operator. */
  get absence(): Absence {
    const { committer, host } = this.#deps;
    return this.#absences.known(committer.state, host);
  }

  /** The room in Docker's data root at the last look; null where that is not known. */
  get room(): Room | null {
    return this.#disks.room;
  }

  /** The problems of single names, for readiness. */
  get warnings(): readonly string[] {
    const unrecorded = [...this.#unrecorded].map(([stream, why]) => `what Docker has of ${stream} cannot be recorded: ${why}`);
    return [...this.#limitProblems, ...unrecorded, ...this.#strays.warnings, ...this.#disks.warnings];
  }

  /** Never rejects. */
  async #lookAtLimits(): Promise<void> {
    const { engine, logger } = this.#deps;
    const problems = await engine.limitProblems().catch(() => null);
    if (problems === null || this.#signal.aborted) return;
    for (const problem of problems) if (!this.#limitProblems.includes(problem)) logger.warn({}, problem);
    this.#limitProblems = problems;
  }

  /** One comparison, recorded name by name. Throws when Docker or the log gives no answer. */
  async once(): Promise<void> {
    const { committer, clock, host, ids } = this.#deps;
    const { seq } = committer.state.head;
    const { containers, volumes, engine } = await this.#list();
    if (await this.restore.holdsBack(containers, volumes)) return;
    const observed: Observed = {
      seq,
      containers: containersOf(containers),
      volumes: new Set(volumes.map((v) => v.name)),
      ...(engine !== undefined && { engine }),
    };
    const doubt = this.#absences.after(committer.state, host, observed, clock.now());
    const meta = { id: ids.next(), name: 'reconcile', actor: 'system:reconcile' };
    const recorded: Promise<void>[] = [];
    const record = (stream: string, decide: (state: State) => NewEvent[]): void => {
      const one = this.#record(stream, meta, decide);
      // Looked at when all of them have ended: one that fails while the loop below gives a turn must not end the process.
      one.catch(() => undefined);
      recorded.push(one);
    };
    const differing = new Set<string>();
    for await (const stream of inTurns(streamsOf(committer.state, host), clock, this.#signal)) {
      if (!this.#differs(stream, observed, doubt)) continue;
      differing.add(stream);
      record(stream, (state) => decideReconcile(state, stream, observed, doubt));
    }
    const found = leftovers(committer.state, host, seq, containers);
    for (const { name } of found) differing.add(replicaSetStream(name));
    for (const stream of this.#unrecorded.keys()) if (!differing.has(stream)) this.#unrecorded.delete(stream);
    for (const one of this.#dueLeftovers(found, containers)) record(replicaSetStream(one.name), (state) => this.#takeBack(state, seq, one));
    const failed = (await Promise.allSettled(recorded)).find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    this.#strays.saw(containers);
    this.#reportMissing();
    this.#lookAgain();
  }

  #dueLeftovers(found: readonly ContainerFacts[], containers: readonly ContainerFacts[]): readonly ContainerFacts[] {
    const now = this.#deps.doubt.monotonic();
    const isDue = (id: string): boolean => now - (this.#leftovers.get(id) ?? Number.NEGATIVE_INFINITY) >= LEFTOVER_MS;
    // One that runs does so without a lease, whenever it was last stopped.
    const due = found.filter((container) => isRunning(container) || isDue(container.id));
    const there = new Set(containers.map(({ id }) => id));
    for (const id of this.#leftovers.keys()) if (!there.has(id)) this.#leftovers.delete(id);
    return due;
  }

  #takeBack(state: State, seq: number, found: ContainerFacts): NewEvent[] {
    const events = decideLeftover(state, this.#deps.host, seq, found);
    if (events.length > 0) this.#leftovers.set(found.id, this.#deps.doubt.monotonic());
    return events;
  }

  /** Whether the look found what the log does not have. A name that cannot be judged is judged, and reported, where it is recorded. */
  #differs(stream: string, observed: Observed, doubt: Doubt): boolean {
    try {
      return decideReconcile(this.#deps.committer.state, stream, observed, doubt).length > 0;
    } catch {
      return true;
    }
  }

  /**
   * Records what one name's decision says. A fault of that name alone is reported, and stops neither the others nor the next look. Throws
   * when the log gives no answer.
   */
  async #record(stream: string, meta: CommandMeta, decide: (state: State) => NewEvent[]): Promise<void> {
    const { committer, logger } = this.#deps;
    try {
      const committed = await committer.submit(meta, (state) => ({ kind: 'events', events: decide(state) }));
      if (committed.kind === 'committed') this.#engines.recorded(committed.events);
      this.#unrecorded.delete(stream);
    } catch (error) {
      if (isOfLog(error)) throw error;
      const message = messageOf(error);
      if (this.#unrecorded.get(stream) !== message) logger.error({ stream, err: error }, 'what Docker has of it cannot be recorded');
      this.#unrecorded.set(stream, message);
    }
  }

  /**
   * Everything of this log in Docker; the GPUs that others use are looked at on the way. Only Docker's silence counts as Docker's trouble: the
   * log has a `trouble` of its own.
   */
  async #list(): Promise<{ containers: readonly ContainerFacts[]; volumes: readonly VolumeFacts[]; engine: EngineSeen | undefined }> {
    const { engine, committer, clock, gpus, isStillHost, host } = this.#deps;
    try {
      const { logId } = committer.state;
      const look = async () => {
        // Before the list: whether it is a new engine decides what has to be known of a container.
        const seen = this.#engines.seen(await engine.startedAt());
        const stopped = seen?.stopped ?? new Set();
        const [containers, volumes] = await Promise.all([
          engine.listContainers(logId, (container) => asKnown(committer.state, host, stopped, container)),
          engine.listVolumes(logId),
          gpus.look(),
        ]);
        return { containers, volumes, engine: seen };
      };
      const looks = look();
      await looks.catch((error: unknown) => {
        if (!(error instanceof OtherEngineError)) throw error;
      });
      // After the lists: an engine that came between would have made them.
      await isStillHost();
      const found = await looks;
      this.trouble = null;
      return found;
    } catch (error) {
      this.#engines.silent();
      this.trouble ??= { since: clock.now(), reason: messageOf(error) };
      throw error;
    }
  }

  /** Records GPUs that came or went. Nothing changes while the driver does not answer. */
  async #takeInventory(): Promise<void> {
    const { committer, inventory, gpus, ids, host, logger, clock } = this.#deps;
    try {
      let seen = await inventory.list();
      const doubtful = missingGpus(committer.state, host, seen).all;
      if (doubtful) {
        logger.warn({}, 'the GPU driver lists none of the GPUs that it listed before; it is asked again before that is believed');
        await clock.sleep(SECOND_LOOK_MS, this.#signal);
        seen = await inventory.list();
      }
      this.reportUnreadable(seen);
      gpus.saw(seen.gpus);
      const meta = { id: ids.next(), name: 'inventory', actor: 'system:inventory' };
      await committer.submit(meta, (state) => ({ kind: 'events', events: decideInventory(state, host, seen, doubtful) }));
    } catch (error) {
      if (!this.#signal.aborted)
        logger.warn({ err: messageOf(error) }, 'the GPUs could not be listed; those known so far are left unchanged');
    }
  }

  /** GPUs that the driver lists and cannot read are neither taken for new nor for lost. */
  reportUnreadable({ unreadable }: GpusSeen): void {
    const lines = unreadable.map(({ line }) => line);
    if (lines.length > 0 && lines.join('\n') !== this.unreadable.join('\n'))
      this.#deps.logger.warn({ lines }, 'the GPU driver printed what is not understood; the GPUs that it is about stay as they are');
    this.unreadable = lines;
  }

  /** Looks again at what is missing as soon as it may be given up, and at what runs without a lease. */
  #lookAgain(): void {
    const { clock, doubt } = this.#deps;
    if (this.#looksAgain || this.#signal.aborted || (this.missing.length === 0 && !this.#strays.wantsAnotherLook)) return;
    this.#looksAgain = true;
    const again = (): void => {
      this.#looksAgain = false;
      this.ring();
    };
    clock.sleep(doubt.doubtMs, this.#signal).then(again, () => {}); // rejects only when the signal aborts
  }

  /** Warns in the server's log of what is missing, whenever that changes. */
  #reportMissing(): void {
    const { host, logger } = this.#deps;
    const warning = absenceWarning(this.absence, host);
    if (warning !== null && warning !== this.#warned) logger.warn({}, warning);
    this.#warned = warning;
  }
}
