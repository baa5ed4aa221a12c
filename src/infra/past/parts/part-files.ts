// A part of the index in a file: a header of fixed size, and behind it the sections, each with a SHA-256 in the header. The files are a
// cache: what is missing, damaged, of another program or of another log is made anew from the events.
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises';
import { endianness } from 'node:os';
import { join } from 'node:path';
import { aligned } from '../../../projections/mutable/columns.ts';
import { type PackedPart, type PartSummary, SECTIONS } from '../../../projections/mutable/open-part.ts';
import { isMissing, padded, sweepDrafts, writeWhole } from '../../host/files.ts';
import { INDEX_VERSION } from './version.ts';

export type SectionName = (typeof SECTIONS)[number];

/** The file is missing, damaged, or not of this program. */
export class UnusablePartError extends Error {
  override readonly name = 'UnusablePartError';
}

/** In the file, in bytes. */
interface Place {
  readonly at: number;
  readonly length: number;
  readonly sha256: string;
}

interface Header extends Omit<PartSummary, 'keys'> {
  readonly version: string;
  readonly places: { readonly [K in SectionName | 'keys']: Place };
}

export interface StoredPart extends PartSummary {
  readonly places: Header['places'];
}

/** Bytes of the header, padded with spaces. */
const HEADER_BYTES = 2_048;
/** Bytes read at first: the header, and the keys of a part with few names. */
const FIRST_READ = 32_768;
const NAME = /^(\d{16})\.index$/;

const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');
const nameOf = (first: number): string => `${padded(first)}.index`;

/**
 * The parts of the index in a folder:
 *
 *     const files = new PartFiles('/var/lib/gpu-docker-api/index');
 *     const stored = await files.write(part);
 *     const bytes = await files.section(stored, 'events');
 *
 * Promises that a section is what was written, by this version of the index; else UnusablePartError.
 */
export class PartFiles {
  readonly dir: string;
  /** Names the program that reads these files. Numbers lie in the byte order of the machine. */
  readonly #version: string;

  /** `version`: for tests. */
  constructor(dir: string, version = INDEX_VERSION) {
    this.dir = dir;
    this.#version = `${version}-${endianness()}`;
  }

  /** The first sequences of the parts that have a file, ascending. Removes what dead processes left behind. */
  async list(): Promise<readonly number[]> {
    await sweepDrafts(this.dir);
    try {
      const names = await readdir(this.dir);
      return names
        .filter((name) => NAME.test(name))
        .map((name) => Number.parseInt(name, 10))
        .sort((a, b) => a - b);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  /** On disk when it returns, in place of any file for the same part. */
  async write(part: PackedPart): Promise<StoredPart> {
    const { first, last, prev, hash, to, keys, sections } = part;
    const content = [
      ['keys', new Uint8Array(keys.buffer, keys.byteOffset, keys.byteLength)] as const,
      ...SECTIONS.map((name) => [name, sections[name]] as const),
    ];
    let at = HEADER_BYTES;
    const places = Object.fromEntries(
      content.map(([name, bytes]) => {
        const place: Place = { at, length: bytes.byteLength, sha256: sha256(bytes) };
        at += aligned(bytes.byteLength);
        return [name, place];
      }),
    ) as Header['places'];
    const header = JSON.stringify({ version: this.#version, first, last, prev, hash, to, places } satisfies Header);
    const data = Buffer.alloc(at, ' ');
    data.write(`${sha256(header)}\n${header}`);
    for (const [name, bytes] of content) data.set(bytes, places[name].at);
    await mkdir(this.dir, { recursive: true, mode: 0o700 });
    await writeWhole(join(this.dir, nameOf(first)), async (file) => void (await file.writeFile(data)));
    return { first, last, prev, hash, to, keys, places };
  }

  /** Without its sections. Throws UnusablePartError. */
  read(first: number): Promise<StoredPart> {
    return this.#open(first, async (file) => {
      const start = await bytesAt(file, 0, FIRST_READ, 0);
      const { places, last, prev, hash, to } = this.#header(start, first);
      const bytes =
        places.keys.at + places.keys.length <= start.byteLength
          ? start.slice(places.keys.at, places.keys.at + places.keys.length)
          : await bytesAt(file, places.keys.at, places.keys.length);
      const keys = new Uint32Array(checked(bytes, places.keys, first).buffer);
      return { first, last, prev, hash, to, keys, places };
    });
  }

  /** Throws UnusablePartError. */
  section({ first, places }: Pick<StoredPart, 'first' | 'places'>, name: SectionName): Promise<Uint8Array<ArrayBuffer>> {
    const place = places[name];
    return this.#open(first, async (file) => checked(await bytesAt(file, place.at, place.length), place, first));
  }

  #header(start: Uint8Array, first: number): Header {
    const text = Buffer.from(start.subarray(0, HEADER_BYTES)).toString().trimEnd();
    const end = text.indexOf('\n');
    const body = text.slice(end + 1);
    if (end < 0 || sha256(body) !== text.slice(0, end)) throw new UnusablePartError(`${nameOf(first)}: its header is damaged`);
    const header = JSON.parse(body) as Header;
    if (header.version !== this.#version) throw new UnusablePartError(`${nameOf(first)} is of another version of the index`);
    if (header.first !== first) throw new UnusablePartError(`${nameOf(first)} begins at event ${header.first}`);
    return header;
  }

  async #open<T>(first: number, use: (file: FileHandle) => Promise<T>): Promise<T> {
    const file = await open(join(this.dir, nameOf(first)), 'r').catch((error: unknown) => {
      throw isMissing(error) ? new UnusablePartError(`${nameOf(first)} is missing`) : error;
    });
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  }
}

function checked(bytes: Uint8Array<ArrayBuffer>, { length, sha256: expected }: Place, first: number): Uint8Array<ArrayBuffer> {
  if (bytes.byteLength !== length || sha256(bytes) !== expected) throw new UnusablePartError(`${nameOf(first)} is damaged`);
  return bytes;
}

/** In a buffer of their own, so that arrays can be views of it; at least `least` of them, all by default. */
async function bytesAt(file: FileHandle, at: number, length: number, least = length): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await file.read(bytes, 0, length, at);
  if (bytesRead < least) throw new UnusablePartError('it was cut off');
  return bytes.subarray(0, bytesRead);
}
