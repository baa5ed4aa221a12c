// A sealed segment is a run of events in one compressed file, with a manifest beside it that says what the file must hold. The manifest is
// written last: a segment exists once its manifest does.
import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { messageOf } from '../../../commands/outside/message-of.ts';
import type { Envelope, Head } from '../../../events/envelope.ts';
import { LogCorruptError } from '../../../events/log.ts';
import { isMissing, padded, writeWhole } from '../../host/files.ts';
import { verifyChain } from '../verify/verify.ts';
import { eventLine, lines, parseLine } from './event-file.ts';
import { compress, decompress, decompressBlock } from './gzip.ts';

export interface Manifest {
  readonly format: 1;
  readonly codec: 'gzip';
  /** In the manifest's folder. */
  readonly file: string;
  readonly first: number;
  readonly last: number;
  /** The hash that its first event follows. */
  readonly prev: string;
  /** The hash of its last event. */
  readonly hash: string;
  /** Times of its first and last event. */
  readonly from: string;
  readonly to: string;
  /** First sequence of its last record in etcd. Records are deleted oldest first, so while etcd has this one the deletion is not done. */
  readonly lastRecord: number;
  /** Bytes of each block. The file is these gzip members one after the other, so that a few events are read without the rest. */
  readonly blocks: readonly number[];
  /** Events in each block; the last block may have fewer. */
  readonly blockEvents: number;
  /** Size of the compressed file. */
  readonly bytes: number;
  /** SHA-256 of the compressed file. */
  readonly sha256: string;
  /** SHA-256 of the segment's file in front of it; null for the first. */
  readonly previous: string | null;
}

/**
 * Events per block. With 16, a hundred events that lie far apart are read in a few ms; larger blocks read slower and save a tenth of the
 * space.
 */
const PER_BLOCK = 16;

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
const manifestName = (first: number, last: number): string => `${padded(first)}-${padded(last)}.json`;

/**
 * Writes the events, which must continue `before`, and reads them back: when this returns, they are on disk and verified. Repeating it
 * after a crash is harmless.
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
  const verdict = await verifyChain(allOf(dir, manifest), { from });
  if (!verdict.ok) throw new LogCorruptError(verdict.problem.seq, `${manifest.file}: ${verdict.problem.fault}: ${verdict.problem.because}`);
  const { seq, hash } = verdict.head;
  if (seq !== manifest.last || hash !== manifest.hash) throw new LogCorruptError(seq, `${manifest.file} does not end as its manifest says`);
}

async function* allOf(dir: string, manifest: Manifest): AsyncGenerator<readonly Envelope[], void, undefined> {
  for (const events of eventsOf(manifest, await loadSegment(dir, manifest))) {
    yield events;
    await turn(); // the server answers its clients meanwhile
  }
}

/** Events per yielded array. */
const BATCH = 500;

/** Which part of a segment to read. `anyway`: read a file whose SHA-256 is wrong, too, and throw only after yielding all its events. */
export interface Part {
  readonly from?: number;
  readonly to?: number;
  readonly anyway?: boolean;
}

/** Decompressed text of a segment, or of the blocks that hold the part asked for. */
export interface Text {
  readonly text: string;
  /** The sequence of its first event. */
  readonly startsAt: number;
  /** Thrown by `eventsOf` after the last event; null when the file is what was written. */
  readonly doubt: LogCorruptError | null;
}

/** The text that holds the part. Throws LogCorruptError. Of a part only its blocks are checked, each by gzip's own checksum. */
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

/** Calls `onEvent` with the events of these sequences, all of which the segment has. Throws LogCorruptError. */
export async function pickFromSegment(
  dir: string,
  manifest: Manifest,
  seqs: readonly number[],
  onEvent: (event: Envelope) => void,
): Promise<void> {
  const { first, blockEvents } = manifest;
  const file = await openSegment(dir, manifest);
  const offsets = offsetsOf(manifest);
  const pickFromBlock = async ([block, wanted]: readonly [number, readonly number[]]): Promise<void> => {
    const startsAt = first + block * blockEvents;
    const text = decompressedBlock(await bytesOf(file, offsets(block), offsets(block + 1)), manifest, startsAt);
    for (const seq of wanted) onEvent(eventIn(text, seq - startsAt, manifest, seq));
  };
  try {
    const blocks = grouped(seqs, (seq) => blockOf(manifest, seq));
    const results = await Promise.allSettled([...blocks].map(pickFromBlock));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  } finally {
    await file.close();
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

function eventIn(text: string, line: number, { file }: Manifest, seq: number): Envelope {
  const [found = ''] = lines(text, line);
  const event = parseLine(found, `${file}, event ${seq},`, seq);
  if (event.seq !== seq) throw new LogCorruptError(seq, `its place in ${file} holds event ${event.seq}`);
  return event;
}

async function wholeOf(dir: string, manifest: Manifest, anyway: boolean): Promise<Text> {
  const { file, sha256: expected, first: startsAt } = manifest;
  const data = await readFile(join(dir, file)).catch((error: unknown) => {
    throw explained(error, dir, manifest);
  });
  const doubt =
    sha256(data) === expected ? null : new LogCorruptError(startsAt, `its segment ${file} is not what was written: its SHA-256 differs`);
  if (doubt !== null && !anyway) throw doubt;
  try {
    return { text: (await decompress(data)).toString(), startsAt, doubt };
  } catch (error) {
    throw doubt ?? error;
  }
}

/** The text of the blocks that hold from..to. */
async function partOf(dir: string, manifest: Manifest, from: number, to: number): Promise<Text> {
  const offsets = offsetsOf(manifest);
  const [firstBlock, lastBlock] = [blockOf(manifest, from), blockOf(manifest, to)];
  const startsAt = manifest.first + firstBlock * manifest.blockEvents;
  const file = await openSegment(dir, manifest);
  try {
    const bytes = await bytesOf(file, offsets(firstBlock), offsets(lastBlock + 1));
    const text = await decompress(bytes).catch((error: unknown) => {
      throw damaged(error, manifest, startsAt);
    });
    return { text: text.toString(), startsAt, doubt: null };
  } finally {
    await file.close();
  }
}

const blockOf = ({ first, blockEvents }: Manifest, seq: number): number => Math.floor((seq - first) / blockEvents);

/** The offset of a block in the file, in bytes; the file's end for a block after the last. */
type Offsets = (block: number) => number;

/** Cached: adding up the blocks of 20,000 events for each event that is picked would take longer than reading it. */
const offsetsCache = new WeakMap<Manifest, Offsets>();

function offsetsOf(manifest: Manifest): Offsets {
  const cached = offsetsCache.get(manifest);
  if (cached !== undefined) return cached;
  const offsets = [0];
  for (const [i, length] of manifest.blocks.entries()) offsets.push((offsets[i] ?? 0) + length);
  const found: Offsets = (block) => offsets[Math.min(block, manifest.blocks.length)] ?? 0;
  offsetsCache.set(manifest, found);
  return found;
}

async function openSegment(dir: string, manifest: Manifest): Promise<FileHandle> {
  return open(join(dir, manifest.file), 'r').catch((error: unknown) => {
    throw explained(error, dir, manifest);
  });
}

/** Fewer bytes than asked for when the file was cut off: decompressing them then fails. */
async function bytesOf(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(to - from), 0, to - from, from);
  return buffer.subarray(0, bytesRead);
}

function decompressedBlock(data: Buffer, manifest: Manifest, seq: number): string {
  try {
    return decompressBlock(data);
  } catch (error) {
    throw damaged(error, manifest, seq);
  }
}

const damaged = (error: unknown, { file }: Manifest, seq: number): LogCorruptError =>
  new LogCorruptError(seq, `its segment ${file} is not what was written: ${messageOf(error)}`);

const explained = (error: unknown, dir: string, { file, first }: Manifest): unknown =>
  isMissing(error) ? new LogCorruptError(first, `its segment ${file} is missing in ${dir}`) : error;
