import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deleteBridge } from './network.ts';
import { childrenOf, isAlive, type ProcessRef, processesNaming, signal } from './processes.ts';

/** Every directory of a test dockerd begins so; nothing else is ever swept. */
export const DIRECTORY_PREFIX = 'gda-';
export const BASE_DIRECTORIES = ['/tmp', '/var/tmp', '/var/lib'] as const;

/** Written into the directory of a dockerd first thing: while the owner lives the directory is in use. */
export interface Owner {
  readonly owner: ProcessRef;
  readonly bridge: string;
}

const ownerFile = (directory: string): string => join(directory, 'owner.json');

export function writeOwner(directory: string, owner: Owner): void {
  writeFileSync(ownerFile(directory), JSON.stringify(owner));
}

function readOwner(directory: string): Owner | null {
  try {
    return JSON.parse(readFileSync(ownerFile(directory), 'utf8')) as Owner;
  } catch {
    return null;
  }
}

const mountsBelow = (directory: string): readonly string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${directory}/`))
    .reverse();

/** Kills the containers and shims of a dockerd on `directory` and unmounts what they had, as a power cut does. The daemon itself must have ended. */
export async function endContainers(directory: string): Promise<void> {
  for (let round = 0; round < 5; round++) {
    const found = processesNaming(directory);
    if (found.length === 0) break;
    // Containers are children of their shims: take them first, while the parent still tells whose they are.
    for (const pid of found) for (const child of childrenOf(pid)) signal(child, 'SIGKILL');
    for (const pid of found) signal(pid, 'SIGKILL');
    await sleep(50);
  }
  for (let round = 0; round < 3; round++) {
    for (const path of mountsBelow(directory)) spawnSync('busybox', ['umount', '-l', path]);
  }
}

/** Takes away all that a dockerd on `directory` left: processes by id, mounts, bridge, files. The daemon itself must have been stopped. */
export async function removeLeftovers(directory: string, bridge: string): Promise<void> {
  await endContainers(directory);
  if (bridge !== '') deleteBridge(bridge);
  const mounted = mountsBelow(directory);
  if (mounted.length > 0) throw new Error(`${directory} is left behind, still mounted: ${mounted.join(', ')}`);
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/** Clears directories whose owner ended without doing so, as after a SIGKILL. */
export async function sweep(): Promise<void> {
  for (const base of BASE_DIRECTORIES) {
    const names = existsSync(base) ? readdirSync(base).filter((name) => name.startsWith(DIRECTORY_PREFIX)) : [];
    for (const name of names) {
      const directory = join(base, name);
      const owner = readOwner(directory);
      if (owner === null || isAlive(owner.owner)) continue;
      await removeLeftovers(directory, owner.bridge).catch((error: unknown) => {
        process.stderr.write(`leftovers of an earlier test run: ${String(error)}\n`);
      });
    }
  }
}
