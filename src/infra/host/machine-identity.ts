// The ids by which a machine is known: one of our own, persisted in the data directory, and the system's.
import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'host-id';
const SHAPE = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export class HostIdError extends Error {
  override readonly name = 'HostIdError';
}

/** The host's id; made at the first call for a data directory, and the same ever after. Throws HostIdError for a file that holds no id. */
export function hostIdOf(dataDir: string): string {
  const path = join(dataDir, FILE);
  const found = read(path) ?? made(path);
  if (!SHAPE.test(found)) {
    throw new HostIdError(
      `${path} does not hold a host id: put the one of before back, or remove the file and run gpu-docker-api hosts adopt`,
    );
  }
  return found;
}

/** `/etc/machine-id`; '' where there is none, as in most containers. */
export const machineId = (): string => read('/etc/machine-id') ?? '';

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Written beside and linked, so that the file appears whole and of two servers that start at once only one names the host. */
function made(path: string): string {
  const draft = `${path}.${process.pid}`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeSync(file, `${randomUUID()}\n`);
    fsyncSync(file);
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    closeSync(file);
    rmSync(draft, { force: true });
  }
  return read(path) ?? '';
}
