// The private directory of etcd's sockets. Its path is short, because the path of a socket is limited. It belongs to this user alone,
// because that is the access control.
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Longest path of a unix socket that the kernel accepts, in bytes. */
export const SOCKET_PATH_MAX = process.platform === 'darwin' ? 103 : 107;

/** The directory of the sockets for this data directory: the same for the same data directory, user and environment. */
export function runDirFor(dataDir: string): string {
  return runDirs(dataDir)[0] ?? '';
}

/** All places where the client socket may be: a server that a login shell started has another environment than a service. */
export const socketsOf = (dataDir: string): string[] => runDirs(dataDir).map((dir) => join(dir, 'c.sock:0'));

function runDirs(dataDir: string): string[] {
  const id = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  const { uid } = userInfo();
  const runtime = process.env['XDG_RUNTIME_DIR'];
  const ours = `gpu-docker-api-${uid}-${id}`;
  const found = [
    ...(runtime?.startsWith('/') ? [join(runtime, `gpu-docker-api-${id}`)] : []),
    join(tmpdir(), ours),
    join('/tmp', ours),
    join('/run/user', String(uid), `gpu-docker-api-${id}`),
  ];
  return [...new Set(found)].filter((dir) => Buffer.byteLength(dir) + 10 <= SOCKET_PATH_MAX);
}

/** Creates the directory, or takes over our own. Throws when it is a link or another user's: the sockets would be under their control. */
export function claimRunDir(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const found = lstatSync(dir);
  const { uid } = userInfo();
  if (!found.isDirectory())
    throw new Error(`${dir} is not a directory (a link?): remove it, or set XDG_RUNTIME_DIR to a directory of your own`);
  if (found.uid !== uid)
    throw new Error(`${dir} belongs to user ${found.uid}, not to ${uid}: set XDG_RUNTIME_DIR to a directory of your own`);
  if ((found.mode & 0o077) !== 0) chmodSync(dir, 0o700);
}
