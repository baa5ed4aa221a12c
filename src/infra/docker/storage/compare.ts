// Whether one directory is an exact copy of another, entry by entry and byte by byte.
import type { BigIntStats } from 'node:fs';
import { type FileHandle, open, readlink } from 'node:fs/promises';
import { below, eachOf, look, namesIn } from './tree.ts';

/** Bytes compared at a time. */
const CHUNK = 1024 * 1024;

/** The copy differs from its original. */
export class CopyDiffers extends Error {
  override readonly name = 'CopyDiffers';
  constructor(path: Buffer, what: string) {
    super(`the copy differs in ${path.toString()}: ${what}`);
  }
}

async function fill(file: FileHandle, buffer: Buffer): Promise<Buffer> {
  let have = 0;
  while (have < buffer.length) {
    const { bytesRead } = await file.read(buffer, have, buffer.length - have);
    if (bytesRead === 0) break;
    have += bytesRead;
  }
  return buffer.subarray(0, have);
}

async function sameContent(from: Buffer, to: Buffer, size: bigint, onBytes: (bytes: number) => void): Promise<boolean> {
  if (size === 0n) return true;
  const a = await open(from);
  let b: FileHandle | undefined;
  try {
    b = await open(to);
    const length = Number(size < BigInt(CHUNK) ? size : BigInt(CHUNK));
    const [left, right] = [Buffer.allocUnsafe(length), Buffer.allocUnsafe(length)];
    for (;;) {
      const [x, y] = await Promise.all([fill(a, left), fill(b, right)]);
      if (!x.equals(y)) return false;
      onBytes(x.length);
      if (x.length < length) return true;
    }
  } finally {
    await Promise.all([a.close(), b?.close()]);
  }
}

/** The first attribute in which they differ, in words. A directory's size and link count are not compared: they depend on its history. */
function difference(from: BigIntStats, to: BigIntStats): string | undefined {
  const pairs: readonly (readonly [string, bigint, bigint])[] = [
    ['type or mode', from.mode, to.mode],
    ['owner', from.uid, to.uid],
    ['group', from.gid, to.gid],
    ['time', from.mtimeNs, to.mtimeNs],
    ...(from.isDirectory()
      ? []
      : ([
          ['size', from.size, to.size],
          ['number of links', from.nlink, to.nlink],
        ] as const)),
    ...(from.isBlockDevice() || from.isCharacterDevice() ? ([['device number', from.rdev, to.rdev]] as const) : []),
  ];
  const found = pairs.find(([, a, b]) => a !== b);
  return found === undefined ? undefined : `${found[0]} (${found[1]} and ${found[2]})`;
}

/**
 * The number of entries, the top included, and the bytes of their files. Throws CopyDiffers. Nothing may write to either meanwhile. `onBytes`: called
 * with the bytes that were compared since the last call.
 */
export async function compareTrees(
  from: string,
  to: string,
  onBytes: (bytes: number) => void = () => {},
): Promise<{ entries: number; bytes: number }> {
  let entries = 0;
  let bytes = 0n;
  const linked = new Map<bigint, bigint>();

  const entry = async (a: Buffer, b: Buffer): Promise<void> => {
    const [left, right] = await Promise.all([look(a), look(b)]);
    const differs = difference(left, right);
    if (differs !== undefined) throw new CopyDiffers(a, differs);
    entries++;
    if (left.isDirectory()) return directory(a, b);
    if (left.isSymbolicLink()) {
      const [x, y] = await Promise.all([readlink(a, { encoding: 'buffer' }), readlink(b, { encoding: 'buffer' })]);
      if (!x.equals(y)) throw new CopyDiffers(a, 'link target');
      return;
    }
    if (left.nlink > 1n) {
      // Link counts are equal and each inode has one partner: the groups of hard links are the same.
      const partner = linked.get(left.ino);
      if (partner !== undefined && partner !== right.ino) throw new CopyDiffers(a, 'hard links');
      linked.set(left.ino, right.ino);
      if (partner !== undefined) return;
    }
    if (!left.isFile()) return;
    bytes += left.size;
    if (!(await sameContent(a, b, left.size, onBytes))) throw new CopyDiffers(a, 'content');
  };

  const directory = async (a: Buffer, b: Buffer): Promise<void> => {
    const [names, others] = await Promise.all([namesIn(a), namesIn(b)]);
    const odd = names.find((name, i) => others[i]?.equals(name) !== true) ?? others[names.length];
    if (odd !== undefined) throw new CopyDiffers(below(a, odd), 'only one of the two has it');
    const directories: Buffer[] = [];
    await eachOf(names, async (name) => {
      // Directories one after another: otherwise a deep and wide tree would be walked all at once.
      if ((await look(below(a, name))).isDirectory()) directories.push(name);
      else await entry(below(a, name), below(b, name));
    });
    for (const name of directories) await entry(below(a, name), below(b, name));
  };

  await entry(Buffer.from(from), Buffer.from(to));
  return { entries, bytes: Number(bytes) };
}
