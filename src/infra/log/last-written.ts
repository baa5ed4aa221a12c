// When the safeguards of the log were last written, by the times of their files: true also after a restart, and of what a command has done.
import { type Dirent, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Head } from '../../events/envelope.ts';
import { isMissing } from '../host/files.ts';

/** Files below the data directory. `verify` and `export` are written anew by a command that came off; `backup` is an export's that was verified. */
const NOTES = { verify: 'last-verify.json', export: 'last-export.json', backup: 'last-backup.json' } as const;

interface Places {
  readonly dataDir: string;
  readonly checkpointFile: string;
  readonly snapshotsDir: string;
  readonly segmentsDir: string;
}

/** Times in s since 1970; 0: never. */
type Times = Readonly<Record<'checkpoint' | 'snapshot' | 'archive' | 'verify' | 'backup', number>>;

export async function lastWritten({ dataDir, checkpointFile, snapshotsDir, segmentsDir }: Places): Promise<Times> {
  const [checkpoint, snapshot, archive, verify, backup] = await Promise.all([
    timeOf(checkpointFile),
    timeOfLast(snapshotsDir, '.snapshot'),
    timeOfLast(segmentsDir, '.json'),
    timeOf(join(dataDir, NOTES.verify)),
    timeOf(join(dataDir, NOTES.backup)),
  ]);
  return { checkpoint, snapshot, archive, verify, backup };
}

/** For the commands: notes that one came off, for the server's metrics. Without a data directory there is no server of it here. Never fails. */
export function noteWritten(dataDir: string, what: 'verify' | 'export', { seq, hash }: Head): void {
  try {
    if (!existsSync(dataDir)) return;
    writeFileSync(join(dataDir, NOTES[what]), `${JSON.stringify({ time: new Date().toISOString(), head: seq, hash })}\n`, { mode: 0o600 });
  } catch {
    // Another user's directory: the server then says when the last one of its own was.
  }
}

/**
 * Notes a backup: files that hold the log from event 1 to `head` have been verified. Only files of the last export count, once, with the time of that
 * export: to verify an old copy makes no new backup. Never fails.
 */
export function noteBackup(dataDir: string, head: Head): void {
  try {
    const path = join(dataDir, NOTES.export);
    const noted: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof noted !== 'object' || noted === null || !('hash' in noted) || noted.hash !== head.hash) return;
    renameSync(path, join(dataDir, NOTES.backup));
  } catch {
    // No export was noted, or the directory is another user's.
  }
}

async function timeOf(path: string): Promise<number> {
  try {
    return Math.round((await stat(path)).mtimeMs) / 1_000;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

/** Names begin with a sequence, padded, so that the last of them is of the last event. */
async function timeOfLast(dir: string, ending: string): Promise<number> {
  const names = await readdir(dir, { withFileTypes: true }).catch((error: unknown): Dirent[] => {
    if (isMissing(error)) return [];
    throw error;
  });
  const last = names.reduce((found, { name }) => (name.endsWith(ending) && name > found ? name : found), '');
  return last === '' ? 0 : timeOf(join(dir, last));
}
