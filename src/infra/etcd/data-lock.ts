// One server a data directory. etcd itself would wait without a word for the other's file lock; this says who has it.
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
 * Takes the lock file, unless its owner certainly runs (DataDirInUseError); the answer gives it back. An owner in another container cannot be
 * seen: it is taken for ended, as after a restart of the container, and if it is not, etcd's own lock on the files still holds.
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

/** A link appears whole and only if the name is free: nobody ever reads a half-written lock. */
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

/** Removes the lock if it still says `text`. Moved aside first: two that find the same dead owner must not remove each other's lock. */
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
