// The saved system disks in Docker, compared with those that the log names.
import { roomWarning } from '../../../commands/host/room.ts';
import {
  changedDisks,
  decideDisk,
  decideLeftVolumes,
  leftVolumes,
  type SavedDisk,
  unnamedDisks,
} from '../../../commands/host/saved-disks.ts';
import type { Room } from '../../../commands/outside/disk-usage.ts';
import type { ContainerEngine } from '../../../commands/outside/engine.ts';
import type { Clock, Ids } from '../../../commands/outside/host.ts';
import type { Logger } from '../../../commands/outside/logger.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import { inTurns } from '../../async/in-turns.ts';
import type { Committer } from '../committer.ts';
import type { DoubtDeps } from './absences.ts';

interface DiskSweepDeps {
  readonly committer: Committer;
  readonly engine: ContainerEngine;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly host: string;
  readonly logger: Logger;
  readonly doubt: DoubtDeps;
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

/**
 * Looks after the saved disks:
 *
 *     await sweep.once();   // on a slow timer
 *
 * Promises that a disk which nothing can be rolled back to is removed, once no other is built on it; that anonymous volumes which only removed
 * versions named are removed; that a disk which somebody else removed is recorded after two looks, and one which is back at once; and that a
 * look costs one pass over disks and versions, with turns of the event loop between.
 */
export class DiskSweep {
  readonly #deps: DiskSweepDeps;
  readonly #signal: AbortSignal;
  #isDue = false;
  /** The look under way, or the last: one at a time. */
  #looking: Promise<void> = Promise.resolve();
  /** Images that were missing at the last look, and since when. */
  #missing: ReadonlyMap<string, number> = new Map();

  /** The room for them at the last look; null where that is not known. */
  room: Room | null = null;

  constructor(deps: DiskSweepDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  /** Looks in a few seconds, when versions were given up. Any number of calls until then cause one look. */
  soon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    const look = (): Promise<void> => {
      this.#isDue = false;
      return this.once();
    };
    this.#deps.clock.sleep(SOON_MS, this.#signal).then(look, () => {}); // rejects only when the signal aborts
  }

  /** Never rejects. What cannot be done is left for the next time. */
  once(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  async #look(): Promise<void> {
    await this.lookAtRoom();
    if (this.#signal.aborted) return;
    const { committer, engine, logger } = this.#deps;
    const { seq } = committer.state.head;
    try {
      const disks = await engine.listDisks(committer.state.logId);
      await this.#removeUnnamed(disks, seq);
      await this.#removeLeftVolumes(seq);
      await this.#recordChanged(new Set(disks.map(({ image }) => image)), seq);
    } catch (error) {
      if (!this.#signal.aborted) logger.warn({ err: messageOf(error) }, 'saved disks could not be swept; tried again later');
    }
  }

  /** Never rejects. */
  async lookAtRoom(): Promise<void> {
    const before = roomWarning(this.room);
    this.room = await this.#deps.engine.room().catch(() => null);
    const warning = roomWarning(this.room);
    if (warning !== null && before === null) this.#deps.logger.warn({ ...this.room }, warning);
  }

  async #removeUnnamed(disks: readonly SavedDisk[], seq: number): Promise<void> {
    const { committer, engine, host, logger, wasMissing } = this.#deps;
    const children = new Map<string, number>();
    const count = (parent: string | undefined, by: number): void => {
      if (parent !== undefined) children.set(parent, (children.get(parent) ?? 0) + by);
    };
    for (const { parent } of disks) count(parent, 1);
    for (const disk of unnamedDisks(committer.state, host, seq, disks, wasMissing)) {
      // Decided anew for each disk: a replicaSet that has changed meanwhile is left alone.
      if (this.#signal.aborted) return;
      // The engine refuses it at every look, until the disks that are built on it have gone.
      if ((children.get(disk.image) ?? 0) > 0) continue;
      if (unnamedDisks(committer.state, host, seq, [disk], wasMissing).length === 0) continue;
      if (!(await engine.removeDisk(disk.image))) continue;
      count(disk.parent, -1);
      logger.info({ replicaSet: disk.name, image: disk.image }, 'a saved disk that no version names is removed');
    }
  }

  async #removeLeftVolumes(seq: number): Promise<void> {
    const { committer, clock, engine, host, ids } = this.#deps;
    for await (const rs of inTurns([...committer.state.replicaSets.values()], clock, this.#signal)) {
      if (leftVolumes(committer.state, rs, host, seq).length === 0) continue;
      // Decided anew: it may have changed while another's volumes were removed.
      const now = committer.state.replicaSets.get(rs.name);
      const volumes = now?.uid === rs.uid ? leftVolumes(committer.state, now, host, seq) : [];
      const gone = volumes.length === 0 ? [] : await engine.removeAnonymousVolumes(volumes);
      if (gone.length === 0) continue;
      const meta = { id: ids.next(), name: 'reconcile', actor: 'system:reconcile' };
      await committer.submit(meta, (state) => ({ kind: 'events', events: decideLeftVolumes(state, host, rs, gone) }));
    }
  }

  async #recordChanged(images: ReadonlySet<string>, seq: number): Promise<void> {
    const { committer, clock, doubt, host } = this.#deps;
    const at = doubt.monotonic();
    const missing = new Map<string, number>();
    const recorded: Promise<void>[] = [];
    for await (const rs of inTurns([...committer.state.replicaSets.values()], clock, this.#signal)) {
      const changed: Changed[] = [];
      for (const disk of changedDisks(rs, host, seq, images)) {
        const isThere = images.has(disk.image);
        const since = this.#missing.get(disk.image) ?? at;
        if (!isThere) missing.set(disk.image, since);
        if (isThere || at - since >= doubt.doubtMs) changed.push({ disk, isThere });
      }
      // Together: an event about one moves the replicaSet on, and this look could not judge its other disks any more.
      if (changed.length > 0) recorded.push(this.#record(changed.slice(0, DISKS_PER_DECISION), seq));
    }
    this.#missing = missing;
    await Promise.all(recorded);
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
