// How archived events are compressed: with gzip, which every Node reads, and zcat too.
import { promisify } from 'node:util';
import zlib from 'node:zlib';

/** Archives of version 0.1.0 on newer versions of Node are of zstd: they go on being read there. */
export type Codec = 'gzip' | 'zstd';

export const compress = promisify(zlib.gzip) as (input: Uint8Array) => Promise<Buffer>;
const asyncGunzip = promisify(zlib.gunzip) as (input: Uint8Array, options: zlib.ZlibOptions) => Promise<Buffer>;
/** In one piece as far as it can be: Node asks for each further one in a turn of the event loop of its own. */
const gunzip = (input: Uint8Array): Promise<Buffer> => asyncGunzip(input, { chunkSize: Math.max(2 ** 16, input.length * 8) });

/** null: not compressed. */
export const codecOf = (path: string): Codec | null => (path.endsWith('.gz') ? 'gzip' : path.endsWith('.zst') ? 'zstd' : null);

/** Throws for what is not compressed so, or is cut off. */
export function decompress(codec: Codec, input: Uint8Array): Promise<Buffer> {
  return codec === 'gzip' ? gunzip(input) : unzstd(input);
}

/** For little: it takes less time than to have it done elsewhere. Throws as `decompress`. */
export const decompressBlock = (input: Uint8Array): string => zlib.gunzipSync(input).toString();

async function unzstd(input: Uint8Array): Promise<Buffer> {
  // Node's own types of version 20 do not know it.
  const { zstdDecompress } = zlib as unknown as { readonly zstdDecompress?: typeof zlib.gunzip };
  if (zstdDecompress === undefined) throw new Error(`this Node (${process.version}) cannot read zstd: use Node 22.15 or later`);
  return (promisify(zstdDecompress) as typeof gunzip)(input);
}
