// Writes files that are complete or absent, even after a power cut.

import type { FileHandle } from 'node:fs/promises';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Writes to a temporary file beside `path` and renames it. When this resolves, the new content is on disk under that name. */
export async function writeWhole(path: string, write: (file: FileHandle) => Promise<void>, mode = 0o600): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    const file = await open(draft, 'w', mode);
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncDir(dirname(path));
}

/** Brings a rename, a new file or a removal in the directory to disk. */
async function syncDir(path: string): Promise<void> {
  const dir = await open(path, 'r');
  try {
    await dir.sync();
  } finally {
    await dir.close();
  }
}

/** 16 digits, so that names sort as their sequences do. */
export const padded = (seq: number): string => String(seq).padStart(16, '0');

export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException | null)?.code === 'ENOENT';
