// The saved system disks in Docker, compared with those that the log names.
import { decideSurplus } from '../../../commands/container/retention.ts';
import type { Settings } from '../../../commands/decision.ts';
import { restoredOn } from '../../../commands/host/restore/mode.ts';
import { roomProblem, roomWarning } from '../../../commands/host/room.ts';
import { changedDisks, decideDisk, decideLeftVolumes, leftVolumes, unnamedDisks } from '../../../commands/host/saved-disks.ts';
import type { Room, SavedDisk } from '../../../commands/outside/disk-usage.ts';
import type { ContainerEngine } from '../../../commands/outside/engine.ts';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import type { Clock, Ids } from '../../../commands/outside/host.ts';
import type { Logger } from '../../../commands/outside/logger.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import type { NewEvent } from '../../../events/catalogue.ts';
import type { State } from '../../../projections/state.ts';
import { inTurns } from '../../async/in-turns.ts';
import type { Committer } from '../committer.ts';
import type { DoubtDeps } from './absences.ts';
import { isOfLog } from './of-log.ts';

interface DiskSweepDeps {
  readonly committer: Committer;
  readonly engine: ContainerEngine;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly host: string;
  readonly logger: Logger;
  readonly doubt: DoubtDeps;
  readonly settings: Pick<Settings, 'keepVersions'>;
  /** Whether the stream's container was missing at the last look. */
  readonly wasMissing: (stream: string) => boolean;
}

/** Disks of one replicaSet that one decision is about, at most: it must fit into a record. */
const DISKS_PER_DECISION = 100;

interface Changed {
  readonly disk: SavedDisk;
  readonly isThere: boolean;
}
/** Delay, ms: many versions that are given up one after another cause one look. */
const SOON_MS = 5_000;
/** Calls that Docker may leave without an answer in one look: more, and it is the whole of it that does not answer. */
const MOST_SILENCES = 3;
/** Failures that are shown one by one. */
const MOST_WARNINGS = 5;

/**
 * Looks after the saved disks:
 *
 *     await sweep.once();   // on a slow timer
 *
 * Promises that a disk which nothing can be rolled back to is removed, once no other is built on it; that anonymous volumes which only removed
 * versions named are removed; that one which Docker cannot remove stops none of the others; that a disk which somebody else removed is recorded
 * after two looks, the second as soon as the doubt is over, and one which is back at once; that versions beyond a limit are given up, some of each name; and that a look costs one pass
 * over disks and versions, with turns of the event loop between.
 */
export class DiskSweep {
  readonly #deps: DiskSweepDeps;
  readonly #signal: AbortSignal;
  #isDue = false;
  /** The look under way, or the last: one at a time. */
  #looking: Promise<void> = Promise.resolve();
  /** The look that was asked for and has not begun. */
  #queued: Promise<void> | null = null;
  /** Images that were missing at the last look, and since when. */
  #missing: ReadonlyMap<string, number> = new Map();

  /** What could not be done → why, of the look under way. */
  #failing = new Map<string, string>();
  /** The same of the last look. */
  #failed: ReadonlyMap<string, string> = new Map();
  #silences = 0;

  /** The room for them at the last look; null where that is not known. */
  room: Room | null = null;

  constructor(deps: DiskSweepDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  /** The failures of the last look, for readiness. */
  get warnings(): readonly string[] {
    const lines = [...this.#failed].map(([what, why]) => `${what} failed, and is tried again at every look: ${why}`);
    const more = lines.length - MOST_WARNINGS;
    return more > 0 ? [...lines.slice(0, MOST_WARNINGS), `${more} more saved disks or volumes could not be looked after`] : lines;
  }

  /** Looks in a few seconds, when versions were given up. Any number of calls until then cause one look. */
  soon(): void {
    this.#lookIn(SOON_MS);
  }

  #lookIn(ms: number): void {
    if (this.#isDue) return;
    this.#isDue = true;
    const look = (): Promise<void> => {
      this.#isDue = false;
      return this.once();
    };
    this.#deps.clock.sleep(ms, this.#signal).then(look, () => {}); // rejects only when the signal aborts
  }

  /** A look that begins from now on: any number of calls until it begins cause one. Never rejects. What cannot be done is left for the next. */
  once(): Promise<void> {
    if (this.#queued !== null) return this.#queued;
    const look = this.#looking.then(() => {
      this.#queued = null;
      return this.#look();
    });
    this.#queued = look;
    this.#looking = look;
    return look;
  }

  async #look(): Promise<void> {
    await this.lookAtRoom();
    if (this.#signal.aborted) return;
    const { committer, engine, host } = this.#deps;
    // A disk that the log does not name may be of a version that it has lost.
    if (restoredOn(committer.state, host) !== undefined) return;
    const { seq } = committer.state.head;
    const disks = await this.#part(() => engine.listDisks(committer.state.logId));
    if (disks === undefined) return;
    this.#failing = new Map();
    this.#silences = 0;
    await this.#part(() => this.#removeUnnamed(disks, seq));
    await this.#part(() => this.#removeLeftVolumes(seq));
    await this.#part(() => this.#recordChanged(new Set(disks.map(({ image }) => image)), seq));
    await this.#part(() => this.#giveUpSurplus());
    this.#failed = this.#failing;
  }

  /** A part of a look. Never rejects: one that ends early says so in the server's log, and the next part begins. */
  async #part<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!this.#signal.aborted) this.#deps.logger.warn({ err: messageOf(error) }, 'saved disks could not be swept; tried again later');
      return undefined;
    }
  }

  /**
   * The result of `work` on one disk, volume or name; undefined where that failed, which is noted and stops none of the others. Throws what
   * would be the same for all of them: the log gives no answer, or Docker has given none too often in this look.
   */
  async #tried<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (this.#signal.aborted || isOfLog(error)) throw error;
      const why = messageOf(error);
      this.#failing.set(what, why);
      if (this.#failed.get(what) !== why) this.#deps.logger.warn({ err: why }, `${what} failed; tried again at every look`);
      const isSilence = error instanceof EngineError && error.kind === 'unavailable';
      if (isSilence && ++this.#silences >= MOST_SILENCES) throw error;
      return undefined;
    }
  }

  /** Never rejects. */
  async lookAtRoom(): Promise<void> {
    const { engine, logger } = this.#deps;
    const [warned, full] = [roomWarning(this.room), roomProblem(this.room)];
    this.room = await engine.room().catch(() => null);
    const [warning, problem] = [roomWarning(this.room), roomProblem(this.room)];
    if (problem !== null && full === null) logger.error({ ...this.room }, problem);
    if (warning !== null && warned === null && full === null) logger.warn({ ...this.room }, warning);
  }

  async #removeUnnamed(disks: readonly SavedDisk[], seq: number): Promise<void> {
    const { committer, engine, host, logger, wasMissing } = this.#deps;
    const children = new Map<string, number>();
    const count = (parent: string | undefined, by: number): void => {
      if (parent !== undefined) children.set(parent, (children.get(parent) ?? 0) + by);
    };
    for (const { parent } of disks) count(parent, 1);
    for (const disk of await this.#unnamed(disks, seq)) {
      // Decided anew for each disk: a replicaSet that has changed meanwhile is left alone.
      if (this.#signal.aborted) return;
      // The engine refuses it at every look, until the disks that are built on it have gone.
      if ((children.get(disk.image) ?? 0) > 0) continue;
      if (unnamedDisks(committer.state, host, seq, [disk], wasMissing).length === 0) continue;
      const what = `the removal of saved disk ${disk.image} of ${disk.name}-${disk.version}`;
      if ((await this.#tried(what, () => engine.removeDisk(disk.image))) !== true) continue;
      count(disk.parent, -1);
      logger.info({ replicaSet: disk.name, image: disk.image }, 'a saved disk that no version names is removed');
    }
  }

  /** Those that no version names, newest first. Judged name by name, with turns in between. */
  async #unnamed(disks: readonly SavedDisk[], seq: number): Promise<readonly SavedDisk[]> {
    const { committer, clock, host, wasMissing } = this.#deps;
    const byName = new Map<string, SavedDisk[]>();
    for (const disk of disks) {
      const others = byName.get(disk.name);
      if (others === undefined) byName.set(disk.name, [disk]);
      else others.push(disk);
    }
    const unnamed: SavedDisk[] = [];
    for await (const ofName of inTurns([...byName.values()], clock, this.#signal))
      for (const disk of unnamedDisks(committer.state, host, seq, ofName, wasMissing)) unnamed.push(disk);
    return unnamed.sort((a, b) => b.version - a.version);
  }

  async #removeLeftVolumes(seq: number): Promise<void> {
    const { committer, clock, engine, host, ids } = this.#deps;
    for await (const rs of inTurns([...committer.state.replicaSets.values()], clock, this.#signal)) {
      if (leftVolumes(committer.state, rs, host, seq).length === 0) continue;
      // Decided anew: it may have changed while another's volumes were removed.
      const now = committer.state.replicaSets.get(rs.name);
      const volumes = now?.uid === rs.uid ? leftVolumes(committer.state, now, host, seq) : [];
      const gone: string[] = [];
      for (const volume of volumes) {
        const what = `the removal of anonymous volume ${volume} of ${rs.name}`;
        gone.push(...((await this.#tried(what, () => engine.removeAnonymousVolumes([volume]))) ?? []));
      }
      if (gone.length === 0) continue;
      const meta = { id: ids.next(), name: 'reconcile', actor: 'system:reconcile' };
      await this.#tried(`the record of what is gone of ${rs.name}`, () =>
        committer.submit(meta, (state) => ({ kind: 'events', events: decideLeftVolumes(state, host, rs, gone) })),
      );
    }
  }

  /** A limit that was lowered: no operation of the name has to come by. What is beyond one decision goes with the next looks. */
  async #giveUpSurplus(): Promise<void> {
    const { committer, clock, host, ids, settings } = this.#deps;
    for await (const { name, uid } of inTurns([...committer.state.replicaSets.values()], clock, this.#signal)) {
      const decide = (state: State): NewEvent[] => decideSurplus(state, host, { name, uid }, settings);
      if (decide(committer.state).length === 0) continue;
      const meta = { id: ids.next(), name: 'reconcile', actor: 'system:reconcile' };
      await this.#tried(`the removal of surplus versions of ${name}`, () =>
        committer.submit(meta, (state) => ({ kind: 'events', events: decide(state) })),
      );
    }
  }

  async #recordChanged(images: ReadonlySet<string>, seq: number): Promise<void> {
    const { committer, clock, doubt, host } = this.#deps;
    const at = doubt.monotonic();
    const missing = new Map<string, number>();
    const recorded: Promise<unknown>[] = [];
    let isInDoubt = false;
    for await (const rs of inTurns([...committer.state.replicaSets.values()], clock, this.#signal)) {
      const changed: Changed[] = [];
      for (const disk of changedDisks(rs, host, seq, images)) {
        const isThere = images.has(disk.image);
        const since = this.#missing.get(disk.image) ?? at;
        if (!isThere) missing.set(disk.image, since);
        if (isThere || at - since >= doubt.doubtMs) changed.push({ disk, isThere });
        else isInDoubt = true;
      }
      // Together: an event about one moves the replicaSet on, and this look could not judge its other disks any more.
      if (changed.length === 0) continue;
      const record = (): Promise<void> => this.#record(changed.slice(0, DISKS_PER_DECISION), seq);
      recorded.push(this.#tried(`the record of what is changed of ${rs.name}`, record).catch((error: unknown) => error));
    }
    this.#missing = missing;
    // Not only at the next visit: an operator who has just pruned looks at the metric.
    if (isInDoubt) this.#lookIn(doubt.doubtMs);
    const failed = (await Promise.all(recorded)).find((error) => error !== undefined);
    if (failed !== undefined) throw failed;
  }

  async #record(changed: readonly Changed[], seq: number): Promise<void> {
    const { committer, host, ids, logger } = this.#deps;
    const meta = { id: ids.next(), name: 'reconcile', actor: 'system:reconcile' };
    const recorded = await committer.submit(meta, (state) => ({
      kind: 'events',
      events: changed.flatMap(({ disk, isThere }) => decideDisk(state, host, seq, disk, isThere)),
    }));
    if (recorded.kind !== 'committed') return;
    for (const { disk, isThere } of changed) {
      const what = { replicaSet: disk.name, version: disk.version, image: disk.image };
      if (isThere) logger.info(what, 'a saved system disk that was lost is in Docker again');
      else logger.warn(what, 'somebody removed a saved system disk from Docker: its version cannot be rolled back to any more');
    }
  }
}
