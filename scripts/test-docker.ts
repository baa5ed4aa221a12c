import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Dockerd } from '../test/support/dockerd.ts';
import { importImages } from '../test/support/images.ts';
import { removeLeftovers, sweep } from '../test/support/leftovers.ts';
import { isAlive, type ProcessRef, processRef, signal } from '../test/support/processes.ts';

/** The dockerd that all test files of a run share, and what the tests are told of it. */
export interface SharedDocker {
  readonly env: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

/** A dockerd kept between runs. */
interface Kept {
  readonly process: ProcessRef;
  readonly directory: string;
  readonly bridge: string;
  readonly env: Readonly<Record<string, string>>;
}

const stateFile = (root: string): string => join(root, '.test', 'dockerd.json');

function readKept(root: string): Kept | null {
  if (!existsSync(stateFile(root))) return null;
  const kept = JSON.parse(readFileSync(stateFile(root), 'utf8')) as Kept;
  return isAlive(kept.process) ? kept : null;
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

/** The kept dockerd if it is up, else one that ends with this run. */
export async function sharedDocker(root: string): Promise<SharedDocker> {
  const kept = readKept(root);
  if (kept !== null) return { env: kept.env, stop: async () => {} };
  const daemon = await startOne(false);
  return { env: envOf(daemon), stop: () => daemon.dispose() };
}

/** `npm run test:up` */
export async function up(root: string): Promise<string> {
  const kept = readKept(root);
  if (kept !== null) return `dockerd is up already: unix://${kept.env['TEST_DOCKER_SOCKET']}`;
  const daemon = await startOne(true);
  const state: Kept = { process: processRef(daemon.pid), directory: daemon.directory, bridge: daemon.bridge, env: envOf(daemon) };
  mkdirSync(join(root, '.test'), { recursive: true });
  writeFileSync(stateFile(root), `${JSON.stringify(state, null, 2)}\n`);
  return `dockerd is up for the tests until npm run test:down: unix://${daemon.socket}`;
}

/** `npm run test:down` */
export async function down(root: string): Promise<string> {
  const kept = readKept(root);
  rmSync(stateFile(root), { force: true });
  if (kept === null) {
    await sweep();
    return 'no dockerd of the tests was up';
  }
  signal(kept.process.pid, 'SIGTERM');
  for (let waited = 0; isAlive(kept.process); waited += 50) {
    if (waited > 20_000) signal(kept.process.pid, 'SIGKILL');
    await sleep(50);
  }
  await removeLeftovers(kept.directory, kept.bridge);
  return 'dockerd stopped';
}
