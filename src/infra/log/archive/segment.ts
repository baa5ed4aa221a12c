// A sealed segment: a run of events in a compressed file, and beside it a manifest that says what must be in there. A segment exists
// once its manifest does.
import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Envelope, Head } from '../../../events/envelope.ts';
import { LogCorruptError } from '../../../events/log.ts';
import { isMissing, padded, writeWhole } from '../../host/files.ts';
import { verifyChain } from '../verify/verify.ts';
import { type Codec, compress, decompress, decompressBlock } from './codec.ts';
import { eventLine, lines, parseLine } from './event-file.ts';

export interface Manifest {
  readonly format: 1;
  readonly codec: Codec;
  /** In the manifest's folder. */
  readonly file: string;
  readonly first: number;
  readonly last: number;
  /** What its first event follows, and where its last one ends. */
  readonly prev: string;
  readonly hash: string;
  /** Times of its first and last event. */
  readonly from: string;
  readonly to: string;
  /** First sequence of the last of the records that its events came from: while etcd has that one, it has not deleted them all. */
  readonly lastRecord: number;
  /**
   * The file is so many gzip members, one after the other, each of `blockEvents` events (the last may have fewer) and so many bytes long: a
   * few events are read without the rest. Absent in archives of version 0.1.0.
   */
  readonly blocks?: readonly number[];
  readonly blockEvents?: number;
  /** Of the file, as it is. */
  readonly bytes: number;
  readonly sha256: string;
  /** SHA-256 of the segment's file in front of it; null for the first. */
  readonly previous: string | null;
}

/** A hundred events that lie far apart are read in a few ms; larger blocks would take as much longer, and save a tenth of the space. */
const PER_BLOCK = 16;

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
export const manifestName = (first: number, last: number): string => `${padded(first)}-${padded(last)}.json`;

/**
 * Writes the events, which must continue `before`, and reads them back: when this returns, they are on disk and whole. Repeating it after
 * a crash is harmless.
 */
export async function writeSegment(
  dir: string,
  events: readonly Envelope[],
  before: { readonly hash: string; readonly sha256: string | null },
  lastRecord: number,
): Promise<Manifest> {
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) throw new RangeError('a segment holds at least one event');
  const blocks: Buffer[] = [];
  for (let at = 0; at < events.length; at += PER_BLOCK) {
    const text = events
      .slice(at, at + PER_BLOCK)
      .map(eventLine)
      .join('');
    blocks.push(await compress(Buffer.from(text)));
  }
  const data = Buffer.concat(blocks);
  const manifest: Manifest = {
    format: 1,
    codec: 'gzip',
    file: `${padded(first.seq)}-${padded(last.seq)}.jsonl.gz`,
    first: first.seq,
    last: last.seq,
    prev: before.hash,
    hash: last.hash,
    from: first.time,
    to: last.time,
    lastRecord,
    blocks: blocks.map(({ length }) => length),
    blockEvents: PER_BLOCK,
    bytes: data.length,
    sha256: sha256(data),
    previous: before.sha256,
  };
  await writeWhole(join(dir, manifest.file), async (file) => void (await file.writeFile(data)));
  await checkSegment(dir, manifest);
  await writeWhole(join(dir, manifestName(first.seq, last.seq)), (file) => file.writeFile(`${JSON.stringify(manifest)}\n`));
  return manifest;
}

/** Throws LogCorruptError unless the file holds exactly what the manifest says, hash by hash. */
export async function checkSegment(dir: string, manifest: Manifest): Promise<void> {
  const from: Head = { seq: manifest.first - 1, hash: manifest.prev };
  const verdict = await verifyChain(whole(dir, manifest), { from });
  if (!verdict.ok) throw new LogCorruptError(verdict.problem.seq, `${manifest.file}: ${verdict.problem.fault}: ${verdict.problem.because}`);
  const { seq, hash } = verdict.head;
  if (seq !== manifest.last || hash !== manifest.hash) throw new LogCorruptError(seq, `${manifest.file} does not end as its manifest says`);
}

async function* whole(dir: string, manifest: Manifest): AsyncGenerator<readonly Envelope[], void, undefined> {
  for (const events of eventsOf(manifest, await loadSegment(dir, manifest))) {
    yield events;
    await turn(); // the server answers others meanwhile
  }
}

const BATCH = 500;

/** What is asked of a segment. `anyway`: also what is not the file that was written, which is said after all events that are in it. */
export interface Part {
  readonly from?: number;
  readonly to?: number;
  readonly anyway?: boolean;
}

/** The text that holds the part. Throws LogCorruptError. Of less than all only that is looked at: gzip has a sum of each block. */
export function loadSegment(dir: string, manifest: Manifest, { from = 1, to = manifest.last, anyway = false }: Part = {}): Promise<Text> {
  const { first, last } = manifest;
  if (anyway || (from <= first && to >= last)) return wholeOf(dir, manifest, anyway);
  return partOf(dir, manifest, Math.max(from, first), Math.min(to, last));
}

/** The events of a loaded text, as they are stored. Throws LogCorruptError. */
export function* eventsOf(manifest: Manifest, { text, startsAt, doubt }: Text, { from = 1, to = manifest.last }: Part = {}) {
  let seq = Math.max(from, manifest.first);
  let batch: Envelope[] = [];
  for (const line of lines(text, seq - startsAt)) {
    if (seq > to) break;
    batch.push(parseLine(line, `${manifest.file}, event ${seq},`, seq));
    seq++;
    if (batch.length < BATCH) continue;
    yield batch as readonly Envelope[];
    batch = [];
  }
  if (batch.length > 0) yield batch as readonly Envelope[];
  if (doubt !== null) throw doubt;
}

/** Tells `take` of the events with these sequences, all of which the segment has. Throws LogCorruptError. */
export async function pickFromSegment(
  dir: string,
  manifest: Manifest,
  seqs: readonly number[],
  take: (event: Envelope) => void,
): Promise<void> {
  const { file, first } = manifest;
  const where = blocksOf(manifest);
  if (where === null) {
    const { text, startsAt } = await wholeOf(dir, manifest, false);
    for (const seq of seqs) take(eventIn(text, seq - startsAt, file, seq));
    return;
  }
  const data = await openSegment(dir, manifest);
  const pickFromBlock = async ([block, wanted]: readonly [number, readonly number[]]): Promise<void> => {
    const startsAt = first + block * where.events;
    const text = unzipped(await bytesOf(data, where.at(block), where.at(block + 1)), manifest, startsAt);
    for (const seq of wanted) take(eventIn(text, seq - startsAt, file, seq));
  };
  try {
    const blocks = grouped(seqs, (seq) => Math.floor((seq - first) / where.events));
    const ends = await Promise.allSettled([...blocks].map(pickFromBlock));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  } finally {
    await data.close();
  }
}

/** Node 20 has no Map.groupBy. */
export function grouped<K>(seqs: readonly number[], keyOf: (seq: number) => K): Map<K, number[]> {
  const groups = new Map<K, number[]>();
  for (const seq of seqs) {
    const key = keyOf(seq);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [seq]);
    else group.push(seq);
  }
  return groups;
}

function eventIn(text: string, line: number, file: string, seq: number): Envelope {
  const [found = ''] = lines(text, line);
  const event = parseLine(found, `${file}, event ${seq},`, seq);
  if (event.seq !== seq) throw new LogCorruptError(seq, `its place in ${file} holds event ${event.seq}`);
  return event;
}

export interface Text {
  readonly text: string;
  /** The sequence of its first event. */
  readonly startsAt: number;
  readonly doubt: LogCorruptError | null;
}

async function wholeOf(dir: string, manifest: Manifest, anyway: boolean): Promise<Text> {
  const { file, sha256: expected, codec, first: startsAt } = manifest;
  const data = await readFile(join(dir, file)).catch((error: unknown) => {
    throw explained(error, dir, manifest);
  });
  const doubt =
    sha256(data) === expected ? null : new LogCorruptError(startsAt, `its segment ${file} is not what was written: its SHA-256 differs`);
  if (doubt !== null && !anyway) throw doubt;
  try {
    return { text: (await decompress(codec, data)).toString(), startsAt, doubt };
  } catch (error) {
    throw doubt ?? error;
  }
}

/** The blocks that hold from..to. */
async function partOf(dir: string, manifest: Manifest, from: number, to: number): Promise<Text> {
  const where = blocksOf(manifest);
  if (where === null) return wholeOf(dir, manifest, false);
  const block = (seq: number): number => Math.floor((seq - manifest.first) / where.events);
  const startsAt = manifest.first + block(from) * where.events;
  const data = await openSegment(dir, manifest);
  try {
    const bytes = await bytesOf(data, where.at(block(from)), where.at(block(to) + 1));
    const text = (
      await decompress(manifest.codec, bytes).catch((error: unknown) => {
        throw damaged(error, manifest, startsAt);
      })
    ).toString();
    return { text, startsAt, doubt: null };
  } finally {
    await data.close();
  }
}

interface Blocks {
  /** Events in each. */
  readonly events: number;
  /** Where in the file a block begins, in bytes; the file's end for the one after the last. */
  at(block: number): number;
}

const starts = new WeakMap<Manifest, Blocks>();

function blocksOf(manifest: Manifest): Blocks | null {
  const { blocks, blockEvents } = manifest;
  if (blocks === undefined || blockEvents === undefined) return null;
  const known = starts.get(manifest);
  if (known !== undefined) return known;
  const offsets = [0];
  for (const [i, length] of blocks.entries()) offsets.push((offsets[i] ?? 0) + length);
  const made: Blocks = { events: blockEvents, at: (block) => offsets[Math.min(block, blocks.length)] ?? 0 };
  starts.set(manifest, made);
  return made;
}

async function openSegment(dir: string, manifest: Manifest): Promise<FileHandle> {
  return open(join(dir, manifest.file), 'r').catch((error: unknown) => {
    throw explained(error, dir, manifest);
  });
}

/** What is missing at the end is missed when it is decompressed. */
async function bytesOf(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(to - from), 0, to - from, from);
  return buffer.subarray(0, bytesRead);
}

function unzipped(data: Buffer, manifest: Manifest, seq: number): string {
  try {
    return decompressBlock(data);
  } catch (error) {
    throw damaged(error, manifest, seq);
  }
}

const damaged = (error: unknown, { file }: Manifest, seq: number): LogCorruptError =>
  new LogCorruptError(seq, `its segment ${file} is not what was written: ${error instanceof Error ? error.message : String(error)}`);

const explained = (error: unknown, dir: string, { file, first }: Manifest): unknown =>
  isMissing(error) ? new LogCorruptError(first, `its segment ${file} is missing in ${dir}`) : error;
