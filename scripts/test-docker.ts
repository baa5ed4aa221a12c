import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Dockerd } from '../test/support/dockerd.ts';
import { importImages } from '../test/support/images.ts';
import { removeLeftovers, sweep } from '../test/support/leftovers.ts';
import { isAlive, type ProcessRef, processRef, signal } from '../test/support/processes.ts';

/** The dockerd that all test files of a run share. `env` tells the tests where it is. */
export interface SharedDocker {
  readonly env: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

/** A dockerd that stays up between runs. */
interface Standing {
  readonly process: ProcessRef;
  readonly directory: string;
  readonly bridge: string;
  readonly env: Readonly<Record<string, string>>;
}

const stateFile = (root: string): string => join(root, '.test', 'dockerd.json');

function readStanding(root: string): Standing | null {
  if (!existsSync(stateFile(root))) return null;
  const standing = JSON.parse(readFileSync(stateFile(root), 'utf8')) as Standing;
  return isAlive(standing.process) ? standing : null;
}

async function startOne(keep: boolean): Promise<Dockerd> {
  await sweep();
  const daemon = new Dockerd({ keep });
  try {
    await daemon.start();
    await importImages(daemon.socket);
  } catch (error) {
    await daemon.dispose();
    throw error;
  }
  return daemon;
}

const envOf = (daemon: Dockerd): Readonly<Record<string, string>> => ({
  TEST_DOCKER_SOCKET: daemon.socket,
  TEST_DOCKER_ROOT: daemon.root,
  TEST_BIN_DIR: daemon.binDir,
});

/** Resolves to the dockerd of `npm run test:up` if it is up, and else to one that ends with this run. */
export async function sharedDocker(root: string): Promise<SharedDocker> {
  const standing = readStanding(root);
  if (standing !== null) return { env: standing.env, stop: async () => {} };
  const daemon = await startOne(false);
  return { env: envOf(daemon), stop: () => daemon.dispose() };
}

/** `npm run test:up` */
export async function up(root: string): Promise<string> {
  const standing = readStanding(root);
  if (standing !== null) return `dockerd is up already: unix://${standing.env['TEST_DOCKER_SOCKET']}`;
  const daemon = await startOne(true);
  const state: Standing = { process: processRef(daemon.pid), directory: daemon.directory, bridge: daemon.bridge, env: envOf(daemon) };
  mkdirSync(join(root, '.test'), { recursive: true });
  writeFileSync(stateFile(root), `${JSON.stringify(state, null, 2)}\n`);
  return `dockerd is up for the tests until npm run test:down: unix://${daemon.socket}`;
}

/** `npm run test:down` */
export async function down(root: string): Promise<string> {
  const standing = readStanding(root);
  rmSync(stateFile(root), { force: true });
  if (standing === null) {
    await sweep();
    return 'no dockerd of the tests was up';
  }
  signal(standing.process.pid, 'SIGTERM');
  for (let waited = 0; isAlive(standing.process); waited += 50) {
    if (waited > 20_000) signal(standing.process.pid, 'SIGKILL');
    await sleep(50);
  }
  await removeLeftovers(standing.directory, standing.bridge);
  return 'dockerd stopped';
}
