import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../../commands/outside/logger.ts';
import type { Head } from '../../../events/envelope.ts';
import type { State } from '../../../projections/state.ts';
import { PROJECTION_VERSION } from '../../../projections/version.ts';
import { Breather } from '../../async/breather.ts';
import { isMissing, padded, writeWhole } from '../../host/files.ts';
import { compress, type Header, isCompressed, stateIn, storedHeader, UnusableSnapshot } from './snapshot-file.ts';
import { stateLines } from './state-lines.ts';

/** Upper bound on look-back snapshots. A look back replays what lies between two of them: with a million events about 8,000. */
const MAX_LOOK_BACK = 128;
/** Shortest stretch of the log, in events, that has a look-back snapshot of its own. */
const MIN_STRETCH = 4_096;
/** Snapshots that are compressed after another has been written, at most: an upgrade finds more than a hundred of them. */
const COMPRESSED_AT_ONCE = 3;
const NAME = /^(\d{16})\.snapshot(\.gz)?$/;

interface SnapshotOptions {
  readonly dir: string;
  readonly logger: Logger;
  /** The number of the newest snapshots to retain; 3 by default. Older ones are retained for looking back, one per stretch of the log. */
  readonly keep?: number;
  /** For tests: which projections' state this is; PROJECTION_VERSION by default. */
  readonly version?: string;
}

/**
 * Snapshots of the projections on disk: a cache that saves replaying the log, at a start and for looking back.
 *
 *     const snapshots = new Snapshots({ dir, logger });
 *     await snapshots.write(committer.state);
 *     const state = await snapshots.load(isInLog);                                  // the newest, for a start
 *     const then = await snapshots.before((seq) => seq <= 4711, 0, isInLog);        // the newest up to event 4711
 *
 * Promises never to return a state that is broken, of other projections, or of another log: such a snapshot is ignored.
 */
export class Snapshots {
  readonly #dir: string;
  readonly #logger: Logger;
  readonly #keep: number;
  readonly #version: string;
  /** Cache by file name; null for a snapshot that is broken or of other projections. */
  readonly #headers = new Map<string, Header | null>();
  /** The file that is read ahead. */
  #ahead: { readonly name: string; readonly state: Promise<State> } | null = null;

  constructor({ dir, logger, keep = 3, version = PROJECTION_VERSION }: SnapshotOptions) {
    this.#dir = dir;
    this.#logger = logger;
    this.#keep = keep;
    this.#version = version;
  }

  /** Persisted when it returns; superfluous older snapshots are removed. The event loop runs meanwhile. */
  async write(state: State): Promise<void> {
    const { head, logId, time } = state;
    const header: Header = { format: 1, projection: this.#version, logId, seq: head.seq, hash: head.hash, time };
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    await writeWhole(join(this.#dir, `${padded(head.seq)}.snapshot`), async (file) => {
      const sum = createHash('sha256');
      let part = `${JSON.stringify(header)}\n`;
      const breather = new Breather();
      for (const line of stateLines(state)) {
        part += `${line}\n`;
        if (!breather.isDue) continue;
        sum.update(part);
        await file.writeFile(part);
        part = '';
        await breather.breathe();
      }
      sum.update(part);
      await file.writeFile(`${part}${JSON.stringify({ sha256: sum.digest('hex') })}\n`);
    });
    this.#headers.set(`${padded(head.seq)}.snapshot`, header); // in place of one of another version, perhaps
    await this.#thinOut();
  }

  /** Whether a snapshot at that sequence would be retained for looking back: its stretch of the log has none yet. */
  async wants(seq: number): Promise<boolean> {
    const names = await this.#names();
    const stretch = stretchOf(names);
    if (stretch(seq) === 0) return false; // the first stretch is replayed from event 1 as quickly
    for (const name of names) if (stretch(seqOf(name)) === stretch(seq) && (await this.#header(name)) !== null) return false;
    return true;
  }

  /** Removes all but the newest few and one per stretch of the log, which is compressed. */
  async #thinOut(): Promise<void> {
    const names = await this.#names();
    const stretch = stretchOf(names);
    const covered = new Set([0]);
    const large: string[] = [];
    for (const name of names.slice(this.#keep).reverse()) {
      const isWanted = !covered.has(stretch(seqOf(name))) && (await this.#header(name)) !== null;
      if (!isWanted) await this.#remove(name);
      else {
        covered.add(stretch(seqOf(name)));
        if (!isCompressed(name)) large.push(name);
      }
    }
    await this.#compress(large.slice(0, COMPRESSED_AT_ONCE));
  }

  /**
   * After all removals, and without a failure of its own: where the disk is full or an old file cannot be read, the snapshot that has just been written
   * is there all the same, and another one at the next event would only take more room.
   */
  async #compress(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const path = join(this.#dir, name);
      try {
        await compress(path);
        await this.#remove(name);
      } catch (error) {
        this.#logger.warn({ snapshot: path, err: String(error) }, 'a snapshot for looking back cannot be compressed: it stays as it is');
      }
    }
  }

  async #remove(name: string): Promise<void> {
    this.#headers.delete(name);
    await rm(join(this.#dir, name), { force: true });
  }

  /**
   * The newest state after sequence `after` whose last event satisfies `isThen`; `isInLog` as in `load`. Null when no usable snapshot does.
   */
  async before(
    isThen: (seq: number, time: string) => boolean,
    after: number,
    isInLog: (head: Head) => Promise<boolean>,
  ): Promise<State | null> {
    for (const name of await this.#names()) {
      if (seqOf(name) <= after) return null;
      const header = await this.#header(name);
      if (header === null || !isThen(header.seq, header.time)) continue;
      try {
        const state = await stateIn(join(this.#dir, name));
        if (await isInLog(state.head)) return state;
      } catch (error) {
        if (!(error instanceof UnusableSnapshot || isMissing(error))) throw error;
      }
    }
    return null;
  }

  /**
   * Begins to read the newest one, for a later `load`: to read and to check it, nothing else has to be there yet. Where it fails, `load` says so.
   */
  async readAhead(): Promise<void> {
    for (const name of await this.#names()) {
      if ((await this.#header(name)) === null) continue;
      const state = stateIn(join(this.#dir, name));
      state.catch(() => undefined);
      this.#ahead = { name, state };
      return;
    }
  }

  async #header(name: string): Promise<Header | null> {
    const known = this.#headers.get(name);
    if (known !== undefined) return known;
    const read = await this.#readHeader(name);
    this.#headers.set(name, read);
    return read;
  }

  /** The last event in the newest snapshot of that log ('': of any), whichever projections it is of; null without one. */
  async newest(logId: string): Promise<number | null> {
    for (const name of await this.#names()) {
      const header = await storedHeader(join(this.#dir, name));
      if (header !== null && (logId === '' || header.logId === logId)) return header.seq;
    }
    return null;
  }

  /**
   * Renames the snapshots of that log after `seq`, of whichever projections: the log was put back, and does not have their events any more. Gives their
   * number. They stay in the folder under `.lost`, for people.
   */
  async setAside(logId: string, after: number): Promise<number> {
    let moved = 0;
    for (const name of await this.#names()) {
      if (seqOf(name) <= after) break;
      if ((await storedHeader(join(this.#dir, name)))?.logId !== logId) continue;
      await rename(join(this.#dir, name), join(this.#dir, `${name}.lost`));
      this.#headers.delete(name);
      moved++;
    }
    return moved;
  }

  async #readHeader(name: string): Promise<Header | null> {
    const header = await storedHeader(join(this.#dir, name));
    return header?.projection === this.#version ? header : null;
  }

  /** The newest state that is whole, of these projections, and of this log: `isInLog` says whether the log has its event. Null: none. */
  async load(isInLog: (head: Head) => Promise<boolean>): Promise<State | null> {
    let others = 0;
    const ahead = this.#ahead;
    this.#ahead = null;
    for (const name of await this.#names()) {
      if ((await this.#header(name)) === null) {
        others++;
        continue;
      }
      const ignore = (why: string): void => this.#logger.warn({ snapshot: join(this.#dir, name) }, `a snapshot is ignored: ${why}`);
      try {
        const state = await (ahead?.name === name ? ahead.state : stateIn(join(this.#dir, name)));
        if (await isInLog(state.head)) return state;
        ignore(`the log has no event ${state.head.seq} with its hash`);
      } catch (error) {
        if (!(error instanceof UnusableSnapshot)) throw error;
        ignore(error.message);
      }
    }
    if (others > 0)
      this.#logger.warn(
        { snapshots: others, dir: this.#dir },
        'snapshots are ignored: they are of another version of the projections, or broken',
      );
    return null;
  }

  /** Newest first. */
  async #names(): Promise<readonly string[]> {
    try {
      return (await readdir(this.#dir))
        .filter((name) => NAME.test(name))
        .sort()
        .reverse();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }
}

const seqOf = (name: string): number => Number.parseInt(name, 10);

/**
 * Which stretch of the log a sequence lies in, given the file names from the newest. Stretches are powers of two long, so their borders
 * stay in place until the log has doubled.
 */
function stretchOf([newest]: readonly string[]): (seq: number) => number {
  const length = Math.max(MIN_STRETCH, 2 ** Math.ceil(Math.log2(seqOf(newest ?? '0') / MAX_LOOK_BACK)));
  return (seq) => Math.floor(seq / length);
}
