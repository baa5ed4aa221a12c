// Finds the etcd program on this machine, and its version.
import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

export class EtcdNotFoundError extends Error {
  override readonly name = 'EtcdNotFoundError';
}

const USUAL = ['/usr/local/bin', '/usr/bin', '/opt/homebrew/bin'];

/** The path of an executable etcd: the explicit one, or the first on PATH or in the usual folders; null when there is none. */
export function findEtcd(explicit?: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...USUAL].filter((folder) => folder !== '');
  const candidates = explicit === undefined ? folders.map((folder) => join(folder, 'etcd')) : [explicit];
  return candidates.find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Like findEtcd, but throws EtcdNotFoundError, which says what to install. */
export function requireEtcd(explicit?: string): string {
  const bin = findEtcd(explicit);
  if (bin !== null) return bin;
  throw new EtcdNotFoundError(
    explicit === undefined
      ? 'No etcd program found. Install it (Debian, Ubuntu: apt-get install etcd-server; macOS: brew install etcd), or name a running one with --etcd.'
      : `${explicit} is not an executable etcd program.`,
  );
}

/** `3.4.23`, from what `etcd --version` prints. */
export async function etcdVersion(bin: string): Promise<string> {
  const { stdout } = await promisify(execFile)(bin, ['--version'], { timeout: 10_000, env: {} });
  const found = /etcd Version: (\S+)/i.exec(stdout)?.[1];
  if (found === undefined) throw new Error(`${bin} --version does not say an etcd version: ${stdout.slice(0, 200)}`);
  return found;
}
