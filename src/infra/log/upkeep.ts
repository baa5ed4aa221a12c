import type { Clock } from '../../commands/outside/host.ts';
import type { Logger } from '../../commands/outside/logger.ts';
import { messageOf } from '../../commands/outside/message-of.ts';
import { EMPTY_HEAD, type Head } from '../../events/envelope.ts';
import { type EventLog, LogCorruptError } from '../../events/log.ts';
import type { State } from '../../projections/state.ts';
import { repeat } from '../async/retry.ts';
import type { EtcdKv } from '../etcd/kv.ts';
import type { Committer } from '../runtime/committer.ts';
import { ArchiveBusyError, type Segments } from './archive/segments.ts';
import { type CheckpointOptions, CheckpointWriter } from './checkpoints/writer.ts';
import { fillIn } from './snapshots/fill-in.ts';
import type { Snapshots } from './snapshots/snapshots.ts';
import { Space, type SpaceDeps } from './space.ts';

interface UpkeepOptions extends CheckpointOptions {
  /** Events from one snapshot to the next; 0: a snapshot only on a clean stop. */
  readonly snapshotEvery: number;
  /** Time from one checkpoint to the next; 0: a checkpoint only on a clean stop. */
  readonly checkpointEveryMs: number;
  /** These three: see SpaceDeps. */
  readonly quotaBytes: number;
  readonly archiveAt: number;
  readonly embedded: boolean;
}

interface UpkeepDeps {
  readonly kv: EtcdKv;
  /** The whole log, its archived beginning included. */
  readonly log: EventLog;
  readonly segments: Segments;
  readonly snapshots: Snapshots;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: UpkeepOptions;
  /** For tests: time from one look at etcd's space to the next. */
  readonly spaceEveryMs?: number;
  /** For tests: when and how much is archived. */
  readonly bounds?: Pick<SpaceDeps, 'mostEvents' | 'alwaysInEtcd'>;
  /** For tests: time from one look at the size of the checkpoint file to the next. */
  readonly thinEveryMs?: number;
}

/** States held while they wait to be written as look-back snapshots. Further ones are skipped, and made in the background. */
const MAX_PENDING_FILLS = 16;
/** Interval between two looks at etcd's space, ms. */
const SPACE_EVERY_MS = 5_000;
/** Interval between two looks at the size of the checkpoint file, ms. */
const THIN_EVERY_MS = 3_600_000;

/**
 * Keeps a log healthy for years: snapshots of the projections, signed checkpoints, and an etcd that does not fill up.
 *
 *     const { history, upkeep } = openFullLog({ kv, log, dataDir, options, logger });
 *     const state = await upkeep.restore();      // the newest usable snapshot, or null: replay from event 1
 *     upkeep.start(committer, signal);           // once the log has been read to its head
 *     upkeep.lead(term);                         // this server leads its host: it may also archive
 *     await upkeep.stop();                       // the last snapshot and checkpoint
 *
 * Promises that a failure here never stops the service: it is logged and tried again, since the log itself has every event.
 */
export class Upkeep {
  readonly #deps: UpkeepDeps;
  readonly space: Space;
  #committer: Pick<Committer, 'state' | 'onCommit'> | null = null;
  #writing: Promise<number> | null = null;
  #unfollow: () => void = () => undefined;
  #filling: Promise<void> = Promise.resolve();
  #pendingFills = 0;
  /** The last sequence that a fill was considered for. */
  #filled = 0;
  readonly #checkpoints: CheckpointWriter;
  /** The event that the last snapshot was taken after. */
  #snapshot: Head = EMPTY_HEAD;
  #leading: AbortSignal | null = null;

  constructor(deps: UpkeepDeps) {
    this.#deps = deps;
    const { options } = deps;
    this.#checkpoints = new CheckpointWriter(deps.log, deps.clock, options);
    this.space = new Space({
      ...deps,
      ...options,
      ...deps.bounds,
      head: () => this.#committer?.state.head.seq ?? 0,
      snapshot: () => this.#write(),
    });
  }

  /** The state of the newest usable snapshot; null: replay from the beginning. */
  async restore(): Promise<State | null> {
    const { snapshots, log, logger } = this.#deps;
    const state = await snapshots.load((head) => this.#isInLog(head));
    if (state === null) return null;
    this.#snapshot = state.head;
    logger.info({ seq: state.head.seq, behind: (await log.head()).seq - state.head.seq }, 'the views were read from a snapshot');
    return state;
  }

  /** Like Snapshots.before, but never fails: without a snapshot the events are replayed. */
  before(isThen: (seq: number, time: string) => boolean, after: number): Promise<State | null> {
    const { snapshots, logger } = this.#deps;
    return snapshots
      .before(isThen, after, (head) => this.#isInLog(head))
      .catch((error: unknown) => {
        logger.warn({ err: String(error) }, 'the snapshots cannot be read for looking back');
        return null;
      });
  }

  async #isInLog({ seq, hash }: Head): Promise<boolean> {
    const { log } = this.#deps;
    const head = await log.head();
    if (head.seq <= seq) return head.seq === seq && head.hash === hash;
    try {
      for await (const [event] of log.read(seq, seq)) return event?.hash === hash;
    } catch (error) {
      if (!(error instanceof LogCorruptError)) throw error;
    }
    return false;
  }

  /**
   * Writes the look-back snapshots that are missing. Called with every state while the log is read from its first event; what is skipped
   * then is made in the background. The need: an upgrade or a lost folder invalidates all snapshots, and an operator who asks `?at=` right
   * after the next start is still answered within 200 ms at a million events, instead of after a replay of several seconds.
   */
  fillIn(state: State): void {
    const { seq } = state.head;
    const { snapshotEvery } = this.#deps.options;
    if (snapshotEvery === 0 || seq - this.#filled < snapshotEvery || this.#pendingFills >= MAX_PENDING_FILLS) return;
    // At the head, snapshots are written as the log grows.
    if (state === this.#committer?.state) return;
    this.#filled = seq;
    this.#pendingFills++;
    this.#filling = this.#filling.then(() => this.#fill(state)).finally(() => this.#pendingFills--);
  }

  async #fill(state: State): Promise<void> {
    const { snapshots, logger } = this.#deps;
    try {
      if (await snapshots.wants(state.head.seq)) await snapshots.write(state);
    } catch (error) {
      logger.warn({ err: String(error) }, 'a snapshot for looking back cannot be written');
    }
  }

  /** Call it once the log has been read to its head. Ends with the signal. */
  start(committer: Pick<Committer, 'state' | 'onCommit'>, signal: AbortSignal): void {
    const { options, spaceEveryMs = SPACE_EVERY_MS, thinEveryMs = THIN_EVERY_MS } = this.#deps;
    this.#committer = committer;
    this.#unfollow = committer.onCommit((_, state) => this.#count(state));
    this.#count(committer.state);
    this.#filling = this.#filling.then(() => this.#fillGaps(committer.state.head.seq, signal));
    void this.#repeat(spaceEveryMs, signal, 'etcd’s space cannot be looked after', true, () => this.space.check(this.#mayArchive()));
    if (options.checkpointEveryMs === 0) return;
    void this.#repeat(options.checkpointEveryMs, signal, 'a checkpoint cannot be written', false, () => this.#sign());
    void this.#repeat(thinEveryMs, signal, 'old checkpoints cannot be thinned', false, () => this.#thin(committer.state, signal));
  }

  async #fillGaps(head: number, signal: AbortSignal): Promise<void> {
    const { snapshots, log, logger, options } = this.#deps;
    if (options.snapshotEvery === 0) return;
    try {
      await fillIn({ snapshots, source: log, isInLog: (one) => this.#isInLog(one), head, every: options.snapshotEvery, signal });
    } catch (error) {
      logger.warn({ err: String(error) }, 'the snapshots for looking back cannot be made');
    }
  }

  /** This server leads its host until the signal aborts: meanwhile it may archive. */
  lead(signal: AbortSignal): void {
    this.#leading = signal;
  }

  /** The last snapshot and checkpoint, on a clean stop. Never fails. */
  async stop(): Promise<void> {
    this.#unfollow();
    const { logger } = this.#deps;
    const failed = (error: unknown): void => logger.warn({ err: String(error) }, 'the last snapshot or checkpoint cannot be written');
    await this.#filling;
    await this.#writing?.catch(failed); // a snapshot of an earlier state
    await this.#write().catch(failed);
    await this.#sign().catch(failed);
  }

  /**
   * The log must have a single archiver. Our own etcd serves only this server. On a shared etcd only the leader of the only host archives:
   * with several hosts, the segments would lie scattered over their machines.
   */
  #mayArchive(): boolean {
    if (this.#deps.options.embedded) return true;
    return this.#leading !== null && !this.#leading.aborted && (this.#committer?.state.hosts.size ?? 0) <= 1;
  }

  #count(state: State): void {
    const { snapshotEvery } = this.#deps.options;
    if (snapshotEvery === 0 || this.#writing !== null || state.head.seq - this.#snapshot.seq < snapshotEvery) return;
    this.#write().catch((error: unknown) => this.#deps.logger.warn({ err: String(error) }, 'a snapshot cannot be written'));
  }

  /** Writes a snapshot of the current state, unless the last one is of it; returns the last sequence in the newest snapshot. */
  #write(): Promise<number> {
    if (this.#writing !== null) return this.#writing;
    const state = this.#committer?.state;
    if (state === undefined || state.head.seq === this.#snapshot.seq) return Promise.resolve(this.#snapshot.seq);
    this.#writing = this.#deps.snapshots
      .write(state)
      .then(() => {
        this.#snapshot = state.head;
        return state.head.seq;
      })
      .finally(() => {
        this.#writing = null;
      });
    return this.#writing;
  }

  async #sign(): Promise<void> {
    if (this.#committer !== null) await this.#checkpoints.sign(this.#committer.state);
  }

  async #thin(state: State, signal: AbortSignal): Promise<void> {
    const dropped = await this.#checkpoints.thin(state, signal);
    if (dropped > 0) this.#deps.logger.info({ dropped }, 'old checkpoints were thinned');
  }

  #repeat(everyMs: number, signal: AbortSignal, failure: string, atOnce: boolean, work: () => Promise<void>): Promise<void> {
    const { clock, logger } = this.#deps;
    let warned = '';
    const workOnce = async (): Promise<void> => {
      await work();
      warned = '';
    };
    const onFailure = (error: unknown): void => {
      if (error instanceof ArchiveBusyError) return;
      const reason = messageOf(error);
      if (reason !== warned) logger.warn({ err: reason }, failure);
      warned = reason;
    };
    return repeat(workOnce, { clock, everyMs, ...(atOnce && { firstMs: 0 }), signal, onFailure });
  }
}
