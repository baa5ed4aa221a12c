// Writing files that survive a power cut: a file is there whole under its name, or not at all.

import { chownSync, closeSync, fchownSync, fsyncSync, linkSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Writes a temporary file beside `path` and renames it. When this returns, the new content is on disk under its name. */
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

/** Without it a rename may be undone by a power cut. */
export async function syncDir(path: string): Promise<void> {
  const dir = await open(path, 'r');
  try {
    await dir.sync();
  } finally {
    await dir.close();
  }
}

/**
 * As `writeWhole`, for small files that a start waits for; readable by the owner of the folder alone. `wins`: `first` leaves a file that is there
 * by then, so that of two processes both read the same; `last` replaces it.
 */
export function writeNow(path: string, text: string, wins: 'first' | 'last'): void {
  const draft = `${path}.${process.pid}`;
  rmSync(draft, { force: true });
  const file = openSync(draft, 'wx', 0o600);
  try {
    belongToOwnerOf(dirname(path), file);
    writeSync(file, text);
    fsyncSync(file);
    (wins === 'first' ? linkSync : renameSync)(draft, path);
    syncDirNow(dirname(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    closeSync(file);
    rmSync(draft, { force: true });
  }
}

/** The server must be able to read, and to write on, what root makes in its data directory: an open file, or a path. */
export function belongToOwnerOf(dir: string, file: number | string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(dir);
  if (typeof file === 'number') fchownSync(file, uid, gid);
  else chownSync(file, uid, gid);
}

function syncDirNow(path: string): void {
  const dir = openSync(path, 'r');
  try {
    fsyncSync(dir);
  } finally {
    closeSync(dir);
  }
}

/** 16 digits, so that names sort as their sequences do. */
export const padded = (seq: number): string => String(seq).padStart(16, '0');

export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException | null)?.code === 'ENOENT';

/** Removes the drafts of `writeWhole` in the folder whose writers have died. Does nothing where the folder is missing. */
export async function sweepDrafts(dir: string): Promise<void> {
  const names = await readdir(dir).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  for (const name of names) {
    const pid = DRAFT.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(dir, name), { force: true });
  }
}

const DRAFT = /^\..+\.(\d+)\.tmp$/;

export function isAlive(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
