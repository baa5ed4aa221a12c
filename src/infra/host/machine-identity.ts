// The ids by which a machine is known: one of our own, persisted in the data directory, and the system's.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMissing, writeNow } from './files.ts';

const FILE = 'host.json';
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MACHINE_ID = /^(?!0{32})[0-9a-f]{32}$/i;

/** `host.json` of a data directory. */
export interface HostFile {
  /** Random, made with the data directory. */
  readonly id: string;
  /** The host's name in the log. It stays when the machine is renamed. */
  readonly name: string;
  /** An operator said that this machine is that host; cleared once the log says so, too. */
  readonly adopted?: { readonly by: string; readonly at: string; readonly seen: string };
}

export class HostFileError extends Error {
  override readonly name = 'HostFileError';
}

/** The data directory's host; made at the first call, with this name. Throws HostFileError for a file that cannot be what was written. */
export function hostFileOf(dataDir: string, machineName: string): HostFile {
  const path = join(dataDir, FILE);
  if (read(path) === null) write(path, { id: randomUUID(), name: machineName }, 'first');
  return parse(path);
}

/** The data directory's host; null where no server has started on it yet. Throws as `hostFileOf`. */
export function knownHostFile(dataDir: string): HostFile | null {
  const path = join(dataDir, FILE);
  return read(path) === null ? null : parse(path);
}

/**
 * Says that this machine is host `name` of the log. `seen`: the code that the server's refusal shows. The server reads it when it next asks
 * to lead. Throws HostFileError where no server has started on the data directory.
 */
export function adoptHost(dataDir: string, name: string, by: string, seen: string): HostFile {
  const known = knownHostFile(dataDir);
  if (known === null) throw new HostFileError(`no server has started on ${dataDir} yet: start it, and it says whether anything differs`);
  const file: HostFile = { id: known.id, name, adopted: { by, at: new Date().toISOString(), seen } };
  write(join(dataDir, FILE), file, 'last');
  return file;
}

/** The log says it now: the next start needs no word of an operator. */
export function clearAdoption(dataDir: string): void {
  const { id, name, adopted } = parse(join(dataDir, FILE));
  if (adopted !== undefined) write(join(dataDir, FILE), { id, name }, 'last');
}

/** `/etc/machine-id`; '' where there is none, as in most containers, or not yet (`uninitialized`, in an image before its first boot). */
export function machineId(path = '/etc/machine-id'): string {
  const text = read(path)?.trim() ?? '';
  return MACHINE_ID.test(text) ? text : '';
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function parse(path: string): HostFile {
  const file = parsed(read(path) ?? '');
  if (file === null)
    throw new HostFileError(
      `${path} does not hold a host: put the file of before back, or remove it and start the server, which then says what to do`,
    );
  return file;
}

function parsed(text: string): HostFile | null {
  try {
    const file = JSON.parse(text) as Partial<HostFile> | null;
    const isHost = typeof file?.id === 'string' && ID.test(file.id) && typeof file.name === 'string' && file.name !== '';
    return isHost && (file.adopted === undefined || isAdoption(file.adopted)) ? (file as HostFile) : null;
  } catch {
    return null;
  }
}

const isAdoption = (adopted: Partial<HostFile['adopted']> | null): boolean =>
  typeof adopted?.by === 'string' && typeof adopted.seen === 'string';

/** Of two servers only one names the host: with `first` a file that is there stays. */
const write = (path: string, file: HostFile, wins: 'first' | 'last'): void => writeNow(path, `${JSON.stringify(file)}\n`, wins);
