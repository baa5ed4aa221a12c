// Whether etcd still has the log that this machine knows: its first record and its head are held against the archive, the snapshots, the
// checkpoints and what this process has read, and the number of its records against that of the last look.
import { open } from 'node:fs/promises';
import type { Envelope, Head } from '../../events/envelope.ts';
import { LogCorruptError, MAX_EVENTS_PER_RECORD } from '../../events/log.ts';
import type { EtcdKv } from '../etcd/kv.ts';
import { HEAD_KEY, headOf, recordKey } from '../etcd/log.ts';
import { storedEvents } from '../etcd/record.ts';
import { isMissing } from '../host/files.ts';
import { readMarker } from './archive/marker.ts';
import type { Segments } from './archive/segments.ts';
import { parseCheckpoint } from './checkpoints/checkpoint.ts';
import { publicKeysIfAny } from './checkpoints/key.ts';
import { lastNoted } from './checkpoints/restored.ts';
import type { RecordCount } from './record-count.ts';
import type { Snapshots } from './snapshots/snapshots.ts';

interface HoleCheckDeps {
  readonly kv: EtcdKv;
  readonly segments: Segments;
  readonly snapshots: Pick<Snapshots, 'newest'>;
  readonly checkpointFile: string;
  /** The file of the public keys that signed them. */
  readonly publicKeys?: string;
  /** Absent: only the edges of the log are looked at. */
  readonly counts?: RecordCount;
  /** For tests: the end of a file as text, '' where there is none. */
  readonly tail?: (path: string) => Promise<string>;
}

/** The part of the log that this process has read; '' and 0 before it has read anything. */
interface Known {
  readonly logId: string;
  readonly head: Pick<Head, 'seq'>;
}

/** Bytes read from the end of the checkpoint file: some hundred checkpoints. */
const TAIL_BYTES = 65_536;
/** Sequences looked through at once for the end of a hole. */
const PAGE = 10_000;

/**
 * Finds out whether etcd has lost events:
 *
 *     const holes = new HoleCheck({ kv, segments, snapshots, checkpointFile });
 *     const missing = await holes.look(committer.state);   // 'events 1-651 are missing from etcd: …', or null
 *
 * Promises to read only the edges of the log for as long as no record is gone from between them, and never to take an archived beginning for
 * a hole.
 */
export class HoleCheck {
  readonly #deps: HoleCheckDeps;

  constructor(deps: HoleCheckDeps) {
    this.#deps = deps;
  }

  /** The sentence about the missing events; null when none are. Throws etcd's errors. */
  async look(known: Known): Promise<string | null> {
    const { kv } = this.#deps;
    const logId = known.logId !== '' ? known.logId : await this.#storedLogId();
    const noted = Math.max(known.head.seq, await this.#archived(), await this.#snapshotted(logId), await this.#signed(logId));
    // After the notes: the log may grow, and be noted, meanwhile.
    const head = headOf(await kv.get(HEAD_KEY));
    const end = Math.max(head.seq, noted);
    const first = await this.#firstMissing(head);
    if (first !== null) return missing(first, (await this.#nextRecord(first, head.seq)) ?? end);
    return head.seq < end ? missing(head.seq + 1, end) : this.#hole(logId, head.seq);
  }

  /** A hole between the edges; null where none is known of. */
  async #hole(logId: string, through: number): Promise<string | null> {
    const { counts } = this.#deps;
    if (counts === undefined || logId === '' || through === 0) return null;
    const part = { logId, low: (await this.#archivedNow()) + 1, through };
    const isLess = await counts.isLess(part);
    if (!isLess && (through < part.low || (await this.#has(through)))) return null;
    const hole = await this.#walk(part.low, through);
    if (hole !== null) return (await this.#archivedNow(true)) < part.low ? hole : null;
    await counts.noted(part);
    return null;
  }

  /** The first hole between two events, the first of which begins a record. All records are read. */
  async #walk(low: number, through: number): Promise<string | null> {
    let next = low;
    for (let at = low; at <= through; at += PAGE) {
      for (const { key, value } of await this.#deps.kv.range(recordKey(at), recordKey(Math.min(at + PAGE, through + 1)))) {
        const first = sequenceOf(key);
        if (first > next) return missing(next, first - 1);
        next = first + Math.max(1, eventsIn(first, value).length);
      }
    }
    return next <= through ? missing(next, through) : null;
  }

  /** The last event that this process or another one has archived. `anew`: the segments are listed again. */
  async #archivedNow(anew = false): Promise<number> {
    const { segments, kv } = this.#deps;
    try {
      if (anew) segments.refresh();
    } catch (error) {
      if (!(error instanceof LogCorruptError)) throw error;
    }
    return Math.max(await this.#archived(), (await readMarker(kv))?.seq ?? 0);
  }

  /** The id of the log in etcd, by its first event; '' where that is not there. An empty etcd is nobody's, so everybody's notes count. */
  async #storedLogId(): Promise<string> {
    const record = await this.#deps.kv.get(recordKey(1));
    if (record === null) return '';
    const [event] = eventsIn(1, record.value);
    const { id } = (event?.data ?? {}) as { readonly id?: unknown };
    return typeof id === 'string' ? id : '';
  }

  /** The first event that should be in etcd and is not; null when the log in etcd begins where the archive ends, or is empty. */
  async #firstMissing(head: Head): Promise<number | null> {
    let through = await this.#archivedNow();
    if (head.seq <= through || (await this.#has(through + 1))) return null;
    // It may have been archived since the segments were listed.
    through = await this.#archivedNow(true);
    return head.seq <= through || (await this.#has(through + 1)) ? null : through + 1;
  }

  /** Whether some record in etcd holds that event. */
  async #has(seq: number): Promise<boolean> {
    const from = Math.max(1, seq - MAX_EVENTS_PER_RECORD + 1);
    const record = (await this.#deps.kv.range(recordKey(from), recordKey(seq + 1))).at(-1);
    if (record === undefined) return false;
    const first = sequenceOf(record.key);
    return first + Math.max(1, eventsIn(first, record.value).length) > seq;
  }

  /** The last event before the next record; null when there is no record up to the head. */
  async #nextRecord(from: number, head: number): Promise<number | null> {
    for (let at = from; at <= head; at += PAGE) {
      const [record] = await this.#deps.kv.range(recordKey(at), recordKey(Math.min(at + PAGE, head + 1)));
      if (record !== undefined) return sequenceOf(record.key) - 1;
    }
    return null;
  }

  async #archived(): Promise<number> {
    try {
      return this.#deps.segments.head.seq;
    } catch (error) {
      if (error instanceof LogCorruptError) return 0; // what is wrong with the segments is said by their readers
      throw error;
    }
  }

  async #snapshotted(logId: string): Promise<number> {
    return (await this.#deps.snapshots.newest(logId)) ?? 0;
  }

  /** The last event that a checkpoint of this log has signed. A tail that was given up with a signed restoration is not missing. */
  async #signed(logId: string): Promise<number> {
    const { checkpointFile, publicKeys, tail = tailOf } = this.#deps;
    const text = await tail(checkpointFile);
    const signed = text.split('\n').flatMap((line) => parseCheckpoint(line) ?? []);
    const ofLog = signed.filter((one) => logId === '' || one.logId === logId);
    if (!ofLog.some(({ restored }) => restored !== undefined)) return Math.max(0, ...ofLog.map(({ seq }) => seq));
    return lastNoted(ofLog, publicKeysIfAny(publicKeys))?.seq ?? 0;
  }
}

/** None where the record cannot be read: its readers say so. */
function eventsIn(first: number, text: string): readonly Envelope[] {
  try {
    return storedEvents(first, text);
  } catch (error) {
    if (error instanceof LogCorruptError) return [];
    throw error;
  }
}

const sequenceOf = (key: string): number => Number(key.slice(key.lastIndexOf('/') + 1));

function missing(first: number, last: number): string {
  const what = first === last ? `event ${first} is` : `events ${first}-${last} are`;
  return `${what} missing from etcd: see docs/disaster-recovery.md`;
}

async function tailOf(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const length = Math.min(size, TAIL_BYTES);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.subarray(0, bytesRead).toString();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
}
