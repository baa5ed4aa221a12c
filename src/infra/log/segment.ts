// A sealed segment: a run of events in a compressed file, and beside it a manifest that says what must be in there. A segment exists
// once its manifest does.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Envelope, Head } from '../../events/envelope.ts';
import { LogCorruptError } from '../../events/log.ts';
import { bestCodec, type Codec, compress, decompress, endingOf } from './codec.ts';
import { eventLine, lines, parseLine } from './event-file.ts';
import { isMissing, padded, writeWhole } from './files.ts';
import { verifyChain } from './verify.ts';

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
  /** Of the file, as it is. */
  readonly bytes: number;
  readonly sha256: string;
  /** SHA-256 of the segment's file in front of it; null for the first. */
  readonly previous: string | null;
}

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
  const codec = bestCodec;
  const data = await compress(codec, Buffer.from(events.map(eventLine).join('')));
  const manifest: Manifest = {
    format: 1,
    codec,
    file: `${padded(first.seq)}-${padded(last.seq)}.jsonl${endingOf(codec)}`,
    first: first.seq,
    last: last.seq,
    prev: before.hash,
    hash: last.hash,
    from: first.time,
    to: last.time,
    lastRecord,
    bytes: data.length,
    sha256: sha256(data),
    previous: before.sha256,
  };
  await writeWhole(join(dir, manifest.file), async (file) => void (await file.writeFile(data)));
  await checkSegment(dir, manifest);
  await writeWhole(join(dir, manifestName(first.seq, last.seq)), (file) => file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`));
  return manifest;
}

/** Throws LogCorruptError unless the file holds exactly what the manifest says, hash by hash. */
export async function checkSegment(dir: string, manifest: Manifest): Promise<void> {
  const from: Head = { seq: manifest.first - 1, hash: manifest.prev };
  const verdict = await verifyChain(readSegment(dir, manifest, manifest.first), { from });
  if (!verdict.ok) throw new LogCorruptError(verdict.problem.seq, `${manifest.file}: ${verdict.problem.fault}: ${verdict.problem.because}`);
  const { seq, hash } = verdict.head;
  if (seq !== manifest.last || hash !== manifest.hash) throw new LogCorruptError(seq, `${manifest.file} does not end as its manifest says`);
}

const BATCH = 500;

/**
 * Its events from `from` on, as they are stored. Throws LogCorruptError when the file is not the one that was written; `anyway`: only after
 * all events that are in it.
 */
export async function* readSegment(
  dir: string,
  manifest: Manifest,
  from: number,
  anyway = false,
): AsyncGenerator<readonly Envelope[], void, undefined> {
  const { text, doubt } = await segmentText(dir, manifest, anyway);
  let batch: Envelope[] = [];
  let seq = Math.max(from, manifest.first);
  for (const line of lines(text, seq - manifest.first)) {
    batch.push(parseLine(line, `${manifest.file}, event ${seq},`, seq));
    seq++;
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
  if (doubt !== null) throw doubt;
}

async function segmentText(
  dir: string,
  { file, sha256: expected, codec, first }: Manifest,
  anyway: boolean,
): Promise<{ text: string; doubt: LogCorruptError | null }> {
  const data = await readFile(join(dir, file)).catch((error: unknown) => {
    throw isMissing(error) ? new LogCorruptError(first, `its segment ${file} is missing in ${dir}`) : error;
  });
  const doubt =
    sha256(data) === expected ? null : new LogCorruptError(first, `its segment ${file} is not what was written: its SHA-256 differs`);
  if (doubt !== null && !anyway) throw doubt;
  try {
    return { text: (await decompress(codec, data)).toString(), doubt };
  } catch (error) {
    throw doubt ?? error;
  }
}
