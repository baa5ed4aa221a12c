import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { Dockerd, type DockerdOptions } from './dockerd.ts';
import { importImages } from './images.ts';

export type { Dockerd } from './dockerd.ts';
export { IMAGES } from './images.ts';
export { portRange } from './ports.ts';

function fromRunner(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: run through npm test (npm test -- <path> for one file)`);
  return value;
}

/** The socket of the dockerd that all test files share. */
export const dockerSocket = (): string => fromRunner('TEST_DOCKER_SOCKET');
export const dockerRoot = (): string => fromRunner('TEST_DOCKER_ROOT');
/** The directory of the shared stubs: `gpus` holds the number of GPUs, `hook-fails` would make starts with GPUs fail in all files. */
export const stubDirectory = (): string => fromRunner('TEST_BIN_DIR');

export function docker(socketPath: string = dockerSocket()): Docker {
  return new Docker({ socketPath, timeout: 60_000 });
}

/** A name that no other test uses and that the API accepts: letters and digits. */
export function uniqueName(prefix: string): string {
  return `${prefix}${randomBytes(5).toString('hex')}`;
}

/** A further dockerd, for tests that restart or kill the engine: its own directory, stubs and images. Dispose of it at the end. */
export async function startDockerd(options: DockerdOptions = {}): Promise<Dockerd> {
  const daemon = new Dockerd(options);
  try {
    await daemon.start();
    await importImages(daemon.socket);
  } catch (error) {
    await daemon.dispose();
    throw error;
  }
  return daemon;
}

/** What the main process of a running container was started with; `docker exec env` does not show what a device request adds. */
export async function readPid1Env(containerId: string, engine: Docker = docker()): Promise<Readonly<Record<string, string>>> {
  const { State } = await engine.getContainer(containerId).inspect();
  if (State.Pid === 0) throw new Error(`container ${containerId} is not running (${State.Status}, exit code ${State.ExitCode})`);
  let lines: readonly string[] = [];
  // Right after the start it may still be the runtime's own process, which becomes the container's.
  for (let i = 0; i < 100 && !lines.some((line) => line.startsWith('PATH=')); i++) {
    if (i > 0) await sleep(20);
    lines = (await readFile(`/proc/${State.Pid}/environ`, 'utf8')).split('\0').filter((line) => line.includes('='));
  }
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}
