// Archived events are compressed with gzip: every Node reads it, and so does zcat.
import { promisify } from 'node:util';
import zlib from 'node:zlib';

const asyncGunzip = promisify(zlib.gunzip) as (input: Uint8Array, options: zlib.ZlibOptions) => Promise<Buffer>;

export const compress = promisify(zlib.gzip) as (input: Uint8Array) => Promise<Buffer>;

export const isCompressed = (path: string): boolean => path.endsWith('.gz');

/**
 * Throws when the input is not gzip, or is cut off. The output buffer is sized so that gunzip needs one chunk: each further chunk costs a
 * turn of the event loop.
 */
export const decompress = (input: Uint8Array): Promise<Buffer> => asyncGunzip(input, { chunkSize: Math.max(2 ** 16, input.length * 8) });

/** For a single block: decompressing so little here is quicker than handing it to a thread. Throws as `decompress`. */
export const decompressBlock = (input: Uint8Array): string => zlib.gunzipSync(input).toString();
