// One snapshot's file: a line that says of what it is, the state in lines, and a line with the SHA-256 of all before it. One that only serves for
// looking back is compressed.
import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, gunzip, gunzipSync, gzip } from 'node:zlib';
import type { State } from '../../../projections/state.ts';
import { Breather } from '../../async/breather.ts';
import { isMissing, writeWhole } from '../../host/files.ts';
import { StateBuilder } from './state-lines.ts';

export interface Header {
  readonly format: 1;
  readonly projection: string;
  readonly logId: string;
  readonly seq: number;
  readonly hash: string;
  /** ISO time of its last event. */
  readonly time: string;
}

export class UnusableSnapshot extends Error {
  override readonly name = 'UnusableSnapshot';
}

/** Bytes read of a file to have its first line. */
const HEADER_BYTES = 1_024;
/** Bytes that are hashed in one turn of the event loop. */
const HASHED_AT_ONCE = 4 * 1024 * 1024;
const COMPRESSED = '.gz';

export const isCompressed = (path: string): boolean => path.endsWith(COMPRESSED);

/** Writes it once more, compressed: a twentieth of the size. The event loop runs meanwhile. */
export async function compress(path: string): Promise<void> {
  const data = await promisify(gzip)(await readFile(path), { level: 1 });
  await writeWhole(`${path}${COMPRESSED}`, async (file) => file.writeFile(data));
}

/** Whichever projections it is of; null where there is none, or a broken one. */
export async function storedHeader(path: string): Promise<Header | null> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
      const text = beginningOf(buffer.subarray(0, bytesRead), path).toString();
      const header = json(text.slice(0, text.indexOf('\n'))) as Partial<Header> | null;
      return header?.format === 1 ? (header as Header) : null;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof UnusableSnapshot || isMissing(error)) return null;
    throw error;
  }
}

function beginningOf(data: Buffer, path: string): Buffer {
  if (!isCompressed(path)) return data;
  try {
    return gunzipSync(data, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    throw new UnusableSnapshot('it is broken');
  }
}

/** The event loop runs meanwhile. Throws UnusableSnapshot. */
export async function stateIn(path: string): Promise<State> {
  const data = await readFile(path);
  if (!isCompressed(path)) return parsed(data);
  return parsed(
    await promisify(gunzip)(data).catch(() => {
      throw new UnusableSnapshot('it is broken');
    }),
  );
}

async function parsed(data: Buffer): Promise<State> {
  const breather = new Breather();
  const end = data.lastIndexOf('\n', data.length - 2) + 1;
  const { sha256 } = json(data.subarray(end).toString()) as { sha256?: string };
  const sum = createHash('sha256');
  for (let at = 0; at < end; at += HASHED_AT_ONCE) {
    sum.update(data.subarray(at, Math.min(at + HASHED_AT_ONCE, end)));
    await breather.breathe();
  }
  if (sum.digest('hex') !== sha256) throw new UnusableSnapshot('it is broken: its SHA-256 differs');
  const builder = new StateBuilder();
  for (let start = data.indexOf('\n') + 1; start < end; ) {
    const stop = data.indexOf('\n', start);
    builder.add(data.toString('utf8', start, stop));
    start = stop + 1;
    await breather.breathe();
  }
  return builder.state();
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new UnusableSnapshot('it is broken');
  }
}
