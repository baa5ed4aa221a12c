// The program as it is handed out, built when it is older than its source.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildDist } from '../../scripts/build.mjs';
import { dist, distIsStale } from '../../scripts/setup.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const deployed = (name: string): string => join(ROOT, 'deploy', name);

export async function program(): Promise<string> {
  if (distIsStale()) await buildDist();
  return dist;
}

/** What `npm run build` makes besides, without asking a registry. */
export function billOfMaterials(): void {
  if (existsSync(join(ROOT, 'dist', 'sbom.cdx.json'))) return;
  const made = command('npm', ['run', '--silent', 'sbom'], { cwd: ROOT });
  if (made.code !== 0) throw new Error(made.err);
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export function command(name: string, args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Ended {
  const { status, stdout, stderr, error } = spawnSync(name, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
    ...options,
    env: { ...process.env, ...options.env },
  });
  if (error !== undefined) throw error;
  return { code: status, out: stdout, err: stderr };
}
