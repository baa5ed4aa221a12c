// The lock of a data directory, for one server at a time. etcd itself would wait silently for another's file lock; this lock says who has
// it.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.ts';

export class DataDirInUseError extends Error {
  override readonly name = 'DataDirInUseError';
  readonly pid: number;
  constructor(dataDir: string, pid: number) {
    super(`${dataDir} is in use by another server (pid ${pid}). Stop that one first, or give this one a --data-dir of its own.`);
    this.pid = pid;
  }
}

/**
 * Takes the lock file and returns the function that releases it. Throws DataDirInUseError if its owner certainly runs. An owner in another
 * container cannot be seen and counts as ended, as it is after a restart of the container; if it still runs, etcd's own file lock holds.
 */
export function lockDataDir(dataDir: string, path: string): () => void {
  const mine = `${JSON.stringify(identityOf(process.pid))}\n`;
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, mine, { mode: 0o600 });
  try {
    while (!linked(draft, path)) {
      const text = contentOf(path);
      const owner = parse(text);
      if (owner !== null && isAlive(owner)) throw new DataDirInUseError(dataDir, owner.pid);
      removeIf(path, text);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return () => removeIf(path, mine);
}

/** A hard link appears whole, and only if the name is free: a half-written lock is never read. */
function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function parse(text: string): ProcessIdentity | null {
  try {
    const owner = JSON.parse(text) as ProcessIdentity | null;
    return typeof owner?.pid === 'number' ? owner : null;
  } catch {
    return null;
  }
}

/**
 * Removes the lock if it still holds `text`. It is moved aside first: of two processes that find the same dead owner, neither may remove
 * the other's new lock.
 */
function removeIf(path: string, text: string): void {
  const aside = `${path}.${process.pid}.old`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (contentOf(aside) !== text) linked(aside, path);
  rmSync(aside, { force: true });
}
