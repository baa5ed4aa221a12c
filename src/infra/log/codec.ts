// How archived events are compressed. zstd is smaller and faster, but only newer versions of Node have it; the file's ending says which it is.
import { promisify } from 'node:util';
import zlib from 'node:zlib';

export const CODECS = ['gzip', 'zstd'] as const;
export type Codec = (typeof CODECS)[number];

type Transform = (input: Uint8Array) => Promise<Buffer>;

/** Node's own types of version 20 do not know them. */
const newer = zlib as unknown as { readonly zstdCompress?: unknown; readonly zstdDecompress?: unknown };
const optional = (found: unknown): Transform | null =>
  typeof found === 'function' ? (promisify(found as typeof zlib.gunzip) as Transform) : null;

const compressors: Readonly<Record<Codec, Transform | null>> = {
  gzip: promisify(zlib.gzip) as Transform,
  zstd: optional(newer.zstdCompress),
};
const decompressors: Readonly<Record<Codec, Transform | null>> = {
  gzip: promisify(zlib.gunzip) as Transform,
  zstd: optional(newer.zstdDecompress),
};

export const bestCodec: Codec = compressors.zstd === null ? 'gzip' : 'zstd';

const ENDINGS: Readonly<Record<Codec, string>> = { gzip: '.gz', zstd: '.zst' };
export const endingOf = (codec: Codec): string => ENDINGS[codec];
/** null: not compressed. */
export const codecOf = (path: string): Codec | null => CODECS.find((codec) => path.endsWith(ENDINGS[codec])) ?? null;

export async function compress(codec: Codec, input: Uint8Array): Promise<Buffer> {
  return need(codec, compressors)(input);
}

/** Throws for what is not compressed so, or is cut off. */
export async function decompress(codec: Codec, input: Uint8Array): Promise<Buffer> {
  return need(codec, decompressors)(input);
}

function need(codec: Codec, among: Readonly<Record<Codec, Transform | null>>): Transform {
  const found = among[codec];
  if (found === null) throw new Error(`this Node (${process.version}) cannot read or write ${codec}: use Node 22.15 or later`);
  return found;
}
