import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { EMPTY_HEAD, type Envelope, GENESIS, type Head } from '../../../events/envelope.ts';
import { LogCorruptError } from '../../../events/log.ts';
import { DataDirInUseError, lockDataDir } from '../../etcd/data-lock.ts';
import { isMissing } from '../../host/files.ts';
import { checkSegment, eventsOf, grouped, loadSegment, type Manifest, pickFromSegment, type Text, writeSegment } from './segment.ts';

/** Another process is archiving into the same folder. */
export class ArchiveBusyError extends Error {
  override readonly name = 'ArchiveBusyError';
}

/**
 * The archived beginning of the log: a folder of sealed segments, each of which continues the one before it.
 *
 *     const segments = new Segments('/var/lib/gpu-docker-api/segments');
 *     segments.head;                                    // { seq: 40000, hash: '…' }: events 1 to 40000 are archived
 *     for await (const events of segments.read(1, 500)) // as they were stored, not upcast
 *
 * Promises that its segments form one chain from event 1 without a hole, and throws LogCorruptError instead of returning an event from a
 * damaged file.
 */
export class Segments {
  readonly dir: string;
  #manifests: readonly Manifest[] | null = null;
  /** By name. With ten million events there are five hundred, of 6 KB each: a look at the folder parses only those that are new. */
  readonly #parsed = new Map<string, Parsed>();

  /** The folder is made when the first segment is written. */
  constructor(dir: string) {
    this.dir = dir;
  }

  /** The manifests in order. Cached until `refresh`. Throws LogCorruptError where one does not continue the other. */
  list(): readonly Manifest[] {
    this.#manifests ??= readManifests(this.dir, this.#parsed);
    return this.#manifests;
  }

  /** The end of the archive; EMPTY_HEAD when there is none. */
  get head(): Head {
    const last = this.list().at(-1);
    return last === undefined ? EMPTY_HEAD : { seq: last.last, hash: last.hash };
  }

  /** Reads the folder again; true when the archive now ends later than before. */
  refresh(): boolean {
    const before = this.#manifests?.at(-1)?.last ?? 0;
    this.#manifests = null;
    return this.head.seq > before;
  }

  /** Locks the folder for one archiver; returns the function that unlocks it. Throws ArchiveBusyError. */
  lock(): () => void {
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    try {
      return lockDataDir(this.dir, join(this.dir, 'lock'));
    } catch (error) {
      if (error instanceof DataDirInUseError) throw new ArchiveBusyError(`process ${error.pid} is archiving into ${this.dir} just now`);
      throw error;
    }
  }

  /** Adds the events, which must continue the archive. On disk and verified when it returns. */
  async add(events: readonly Envelope[], lastRecord: number): Promise<Manifest> {
    const last = this.list().at(-1);
    const manifest = await writeSegment(this.dir, events, { hash: last?.hash ?? GENESIS, sha256: last?.sha256 ?? null }, lastRecord);
    this.#manifests = [...this.list(), manifest];
    return manifest;
  }

  check(manifest: Manifest): Promise<void> {
    return checkSegment(this.dir, manifest);
  }

  /** The archived events of from..to as they are stored. Throws LogCorruptError; with `anyway` as late as possible. */
  async *read(from: number, to = Number.MAX_SAFE_INTEGER, anyway = false): AsyncGenerator<readonly Envelope[], void, undefined> {
    const wanted = this.list().filter(({ first, last }) => last >= from && first <= to);
    const load = (at: number): Promise<Text> | null => {
      const manifest = wanted[at];
      const text = manifest === undefined ? null : loadSegment(this.dir, manifest, { from, to, anyway });
      text?.catch(() => undefined); // thrown where it is awaited
      return text;
    };
    let ahead = load(0);
    for (const [i, manifest] of wanted.entries()) {
      const text = await ahead;
      if (text === null) return;
      ahead = load(i + 1);
      for (const events of eventsOf(manifest, text, { from, to })) {
        yield events;
        await turn(); // lets the next segment be read meanwhile
      }
    }
  }

  /**
   * The archived ones among the events with these sequences, as they are stored and in any order. Reads only the blocks that hold them.
   * Throws LogCorruptError.
   */
  async pick(seqs: readonly number[]): Promise<readonly Envelope[]> {
    const found: Envelope[] = [];
    const read = async ([manifest, wanted]: readonly [Manifest | undefined, readonly number[]]): Promise<void> => {
      if (manifest !== undefined) await pickFromSegment(this.dir, manifest, wanted, (event) => found.push(event));
    };
    await Promise.all([...grouped(seqs, (seq) => this.#segmentOf(seq))].map(read));
    return found;
  }

  #segmentOf(seq: number): Manifest | undefined {
    const all = this.list();
    let [low, high] = [0, all.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((all[middle]?.last ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    const found = all[low];
    return found !== undefined && seq >= found.first ? found : undefined;
  }
}

interface Parsed {
  readonly mtimeMs: number;
  readonly size: number;
  readonly manifest: Manifest;
}

function readManifests(dir: string, parsed: Map<string, Parsed>): readonly Manifest[] {
  let names: string[];
  try {
    names = readdirSync(dir).filter((name) => /^\d{16}-\d{16}\.json$/.test(name));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  let before: Manifest | undefined;
  return names.sort().map((name) => {
    const seq = (before?.last ?? 0) + 1;
    const { mtimeMs, size } = statSync(join(dir, name));
    const known = parsed.get(name);
    const isKnown = known?.mtimeMs === mtimeMs && known.size === size;
    const manifest = isKnown ? known.manifest : parse(readFileSync(join(dir, name), 'utf8'), name, seq);
    if (!isKnown) parsed.set(name, { mtimeMs, size, manifest });
    if (manifest.first !== seq) throw new LogCorruptError(seq, `its segment is missing in ${dir}: ${name} begins at ${manifest.first}`);
    if (manifest.prev !== (before?.hash ?? GENESIS) || manifest.previous !== (before?.sha256 ?? null)) {
      throw new LogCorruptError(seq, `${join(dir, name)} does not continue the segment before it`);
    }
    before = manifest;
    return manifest;
  });
}

function parse(text: string, name: string, seq: number): Manifest {
  let manifest: Partial<Manifest> | null;
  try {
    manifest = JSON.parse(text) as Partial<Manifest> | null;
  } catch {
    throw new LogCorruptError(seq, `the manifest ${name} is no JSON`);
  }
  if (manifest?.format !== 1)
    throw new LogCorruptError(seq, `the manifest ${name} has format ${String(manifest?.format)}; this program reads format 1`);
  return manifest as Manifest;
}
