// What a log needs to live for years: snapshots of the projections, signed checkpoints, and an etcd that never fills up.

import type { Clock } from '../../commands/outside/host.ts';
import type { Logger } from '../../commands/outside/logger.ts';
import { messageOf } from '../../commands/outside/message-of.ts';
import type { Event } from '../../events/catalogue.ts';
import { EMPTY_HEAD, type Head } from '../../events/envelope.ts';
import { type EventLog, LogCorruptError } from '../../events/log.ts';
import type { State } from '../../projections/state.ts';
import type { EtcdKv } from '../etcd/kv.ts';
import { repeat } from '../retry.ts';
import { ArchiveBusyError, type Segments } from './archive/segments.ts';
import { type CheckpointOptions, CheckpointWriter } from './checkpoints/writer.ts';
import type { Snapshots } from './snapshots/snapshots.ts';
import { Space } from './space.ts';

export interface UpkeepOptions extends CheckpointOptions {
  /** Events from one snapshot to the next; 0: only on a clean stop. */
  readonly snapshotEvery: number;
  /** 0: only on a clean stop. */
  readonly checkpointEveryMs: number;
  readonly quotaBytes: number;
  readonly archiveAt: number;
  readonly embedded: boolean;
}

export interface UpkeepDeps {
  readonly kv: EtcdKv;
  /** The whole log, archived beginning included. */
  readonly log: EventLog;
  readonly segments: Segments;
  readonly snapshots: Snapshots;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: UpkeepOptions;
  /** How often etcd's room is looked at. */
  readonly spaceEveryMs?: number;
  /** How often the checkpoints' file is looked at. */
  readonly thinEveryMs?: number;
}

/** What upkeep needs of the committer. */
export interface Followed {
  readonly state: State;
  onCommit(listener: (events: readonly Event[], state: State) => void): () => void;
}

/** Snapshots for looking back that wait to be written; what comes meanwhile is left for the next start. */
const MOST_TO_FILL = 16;
const SPACE_EVERY_MS = 5_000;
const THIN_EVERY_MS = 3_600_000;

export class Upkeep {
  readonly #deps: UpkeepDeps;
  readonly space: Space;
  #committer: Followed | null = null;
  #writing: Promise<number> | null = null;
  #unfollow: () => void = () => undefined;
  #filling: Promise<void> = Promise.resolve();
  #toFill = 0;
  #filled = 0;
  readonly #checkpoints: CheckpointWriter;
  /** Where the last snapshot is. */
  #snapshot: Head = EMPTY_HEAD;
  #leading: AbortSignal | null = null;

  constructor(deps: UpkeepDeps) {
    this.#deps = deps;
    const { options } = deps;
    this.#checkpoints = new CheckpointWriter(deps.log, deps.clock, options);
    this.space = new Space({ ...deps, ...options, head: () => this.#committer?.state.head.seq ?? 0, snapshot: () => this.#write() });
  }

  /** The state of the newest snapshot that may be used; null: replay from the beginning. */
  async restore(): Promise<State | null> {
    const { snapshots, log, logger } = this.#deps;
    const state = await snapshots.load((head) => this.#isInLog(head));
    if (state === null) return null;
    this.#snapshot = state.head;
    logger.info({ seq: state.head.seq, behind: (await log.head()).seq - state.head.seq }, 'the views were read from a snapshot');
    return state;
  }

  /** As Snapshots.before. Never fails: the events themselves are there. */
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

  /** Told of the state at every moment, from the first event on: writes the snapshots for looking back that are missing. */
  fillIn(state: State): void {
    const { seq } = state.head;
    const { snapshotEvery } = this.#deps.options;
    // The newest ones are written as the log grows.
    if (snapshotEvery === 0 || seq - this.#filled < snapshotEvery || state === this.#committer?.state || this.#toFill >= MOST_TO_FILL)
      return;
    this.#filled = seq;
    this.#toFill++;
    this.#filling = this.#filling.then(() => this.#fill(state)).finally(() => this.#toFill--);
  }

  async #fill(state: State): Promise<void> {
    const { snapshots, logger } = this.#deps;
    try {
      if (await snapshots.wants(state.head.seq)) await snapshots.write(state);
    } catch (error) {
      logger.warn({ err: String(error) }, 'a snapshot for looking back cannot be written');
    }
  }

  /** Begins once the log has been read to its head; ends with the signal. */
  start(committer: Followed, signal: AbortSignal): void {
    const { options, spaceEveryMs = SPACE_EVERY_MS, thinEveryMs = THIN_EVERY_MS } = this.#deps;
    this.#committer = committer;
    this.#unfollow = committer.onCommit((_, state) => this.#count(state));
    this.#count(committer.state);
    void this.#repeat(spaceEveryMs, signal, 'etcd’s space cannot be looked after', true, () => this.space.check(this.#mayArchive()));
    if (options.checkpointEveryMs === 0) return;
    void this.#repeat(options.checkpointEveryMs, signal, 'a checkpoint cannot be written', false, () => this.#sign());
    void this.#repeat(thinEveryMs, signal, 'old checkpoints cannot be thinned', false, () => this.#thin(committer, signal));
  }

  /** While this server is in charge of its host, it also archives. */
  lead(signal: AbortSignal): void {
    this.#leading = signal;
  }

  /** The last snapshot and checkpoint, on a clean stop. Never fails. */
  async stop(): Promise<void> {
    this.#unfollow();
    const { logger } = this.#deps;
    const failed = (error: unknown): void => logger.warn({ err: String(error) }, 'the last snapshot or checkpoint cannot be written');
    await this.#filling;
    await this.#writing?.catch(failed); // of an earlier state
    await this.#write().catch(failed);
    await this.#sign().catch(failed);
  }

  /** On an etcd of its own there is no other. On a shared one, several hosts' segments would lie on several machines. */
  #mayArchive(): boolean {
    if (this.#deps.options.embedded) return true;
    return this.#leading !== null && !this.#leading.aborted && (this.#committer?.state.hosts.size ?? 0) <= 1;
  }

  #count(state: State): void {
    const { snapshotEvery } = this.#deps.options;
    if (snapshotEvery === 0 || this.#writing !== null || state.head.seq - this.#snapshot.seq < snapshotEvery) return;
    this.#write().catch((error: unknown) => this.#deps.logger.warn({ err: String(error) }, 'a snapshot cannot be written'));
  }

  /** Writes the state as it is now, unless the last snapshot is of it; gives the sequence that is covered. */
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

  async #thin({ state }: Followed, signal: AbortSignal): Promise<void> {
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
