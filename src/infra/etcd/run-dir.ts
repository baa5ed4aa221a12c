// The private directory of the sockets: short, because a socket's path is limited, and ours alone, because it is the access control.
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** The longest path that the kernel takes for a unix socket, in bytes. */
export const SOCKET_PATH_MAX = process.platform === 'darwin' ? 103 : 107;

/** Where the sockets for this data directory go: always the same place for the same directory and user. */
export function runDirFor(dataDir: string): string {
  const id = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  const runtime = process.env['XDG_RUNTIME_DIR'];
  if (runtime?.startsWith('/')) {
    const dir = join(runtime, `gpu-docker-api-${id}`);
    if (Buffer.byteLength(dir) + 10 <= SOCKET_PATH_MAX) return dir;
  }
  const name = `gpu-docker-api-${userInfo().uid}-${id}`;
  const inTmp = join(tmpdir(), name);
  return Buffer.byteLength(inTmp) + 10 <= SOCKET_PATH_MAX ? inTmp : join('/tmp', name);
}

/** Creates it, or takes over one that is ours. Throws when it is a link or another user's: then the sockets would be theirs. */
export function claimRunDir(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const found = lstatSync(dir);
  const { uid } = userInfo();
  if (!found.isDirectory())
    throw new Error(`${dir} is no directory (a link?): remove it, or set XDG_RUNTIME_DIR to a directory of your own`);
  if (found.uid !== uid)
    throw new Error(`${dir} belongs to user ${found.uid}, not to ${uid}: set XDG_RUNTIME_DIR to a directory of your own`);
  if ((found.mode & 0o077) !== 0) chmodSync(dir, 0o700);
}
