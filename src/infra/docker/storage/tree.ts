// Walks directories by raw bytes: names in a volume need not be UTF-8.
import type { BigIntStats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';

const SLASH = Buffer.from('/');
/** Entries worked on at the same time. */
const AT_ONCE = 16;

export const below = (directory: Buffer, name: Buffer): Buffer => Buffer.concat([directory, SLASH, name]);

export const look = (path: Buffer): Promise<BigIntStats> => lstat(path, { bigint: true });

/** Names in a directory, in byte order. */
export async function namesIn(directory: Buffer): Promise<readonly Buffer[]> {
  return (await readdir(directory, { encoding: 'buffer' })).sort(Buffer.compare);
}

/** Runs `work` over all items, 16 at a time. The first failure ends it. */
export async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
}

/** Bytes that everything below `directory` takes on disk, by blocks. A file with several names counts once. Rejects with the signal's reason. */
export async function bytesOnDisk(directory: string, signal?: AbortSignal): Promise<number> {
  const seen = new Set<string>();
  let total = 0n;
  const walk = async (path: Buffer): Promise<void> => {
    signal?.throwIfAborted();
    const directories: Buffer[] = [];
    await eachOf(await namesIn(path), async (name) => {
      const stats = await look(below(path, name)).catch(gone);
      if (stats === undefined) return;
      if (stats.isDirectory()) directories.push(below(path, name));
      else if (stats.nlink > 1n) {
        const file = `${stats.dev}:${stats.ino}`;
        if (seen.has(file)) return;
        seen.add(file);
      }
      total += stats.blocks * 512n;
    });
    for (const child of directories) await walk(child).catch(gone);
  };
  await walk(Buffer.from(directory));
  return Number(total);
}

/** A file may be removed while it is counted. */
function gone(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}
