// The private directory of etcd's sockets. Its path is short, because the path of a socket is limited. It belongs to this user alone, and is
// never mounted into a container, because that is the access control.
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Longest path of a unix socket that the kernel accepts, in bytes. */
export const SOCKET_PATH_MAX = process.platform === 'darwin' ? 103 : 107;

/** Below a data directory: the directory of the sockets, or a link to it where its path is too long for a socket. */
const RUN = 'run';
const CLIENT_SOCKET = 'c.sock:0';

/** The directory of the sockets for this data directory, unless it cannot be made: the same for the same data directory, user and environment. */
export const runDirFor = (dataDir: string): string => runDirs(dataDir)[0] ?? '';

/**
 * Makes the directory, in the data directory if that is short enough: there every program finds it, whatever its environment and its /tmp are,
 * and no container can mount it. Throws when it is another user's, or none can be made.
 */
export function makeRunDir(dataDir: string): string {
  const own = join(dataDir, RUN);
  const dirs = runDirs(dataDir);
  // Left by a data directory that was moved or copied here from another path. No server of this one made it.
  if (isLink(own) === dirs.includes(own)) rmSync(own, { recursive: true, force: true });
  let problem: unknown;
  for (const dir of dirs) {
    try {
      claimRunDir(dir);
    } catch (error) {
      if (!CANNOT_BE_MADE.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
      problem = error;
      continue;
    }
    if (dir !== own) link(dir, own);
    return dir;
  }
  throw problem;
}

const CANNOT_BE_MADE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR']);

function link(dir: string, path: string): void {
  const draft = `${path}.${process.pid}`;
  rmSync(draft, { force: true });
  symlinkSync(dir, draft);
  renameSync(draft, path);
}

/** Null: there is nothing. */
function isLink(path: string): boolean | null {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? null;
}

/** All places where the client socket may be; the last ones are those of servers of earlier releases. */
export function socketsOf(dataDir: string): string[] {
  let linked: string[] = [];
  try {
    linked = [realpathSync(join(dataDir, RUN))];
  } catch {
    // No server runs, or one of an earlier release.
  }
  return [...new Set([...linked, ...runDirs(dataDir)])].map((dir) => join(dir, CLIENT_SOCKET));
}

/** Not from the password file, which need not name a user of a container. */
const userId = (): number => process.getuid?.() ?? -1;

function runDirs(dataDir: string): string[] {
  const id = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  const uid = userId();
  const runtime = process.env['XDG_RUNTIME_DIR'];
  const ours = `gpu-docker-api-${uid}-${id}`;
  const found = [
    join(dataDir, RUN),
    ...(uid === 0 ? [join('/run/gpu-docker-api', id)] : []),
    ...(runtime?.startsWith('/') ? [join(runtime, `gpu-docker-api-${id}`)] : []),
    join(tmpdir(), ours),
    join('/tmp', ours),
    join('/run/user', String(uid), `gpu-docker-api-${id}`),
  ];
  return [...new Set(found)].filter((dir) => Buffer.byteLength(join(dir, CLIENT_SOCKET)) <= SOCKET_PATH_MAX);
}

/** Creates the directory, or takes over our own. Throws when it is a link or another user's: the sockets would be under their control. */
export function claimRunDir(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const found = lstatSync(dir);
  const uid = userId();
  if (!found.isDirectory()) throw new Error(`${dir} is not a directory (a link?): remove it`);
  if (found.uid !== uid) throw new Error(`${dir} belongs to user ${found.uid}, not to ${uid}: remove it, or run the server as that user`);
  if ((found.mode & 0o077) !== 0) chmodSync(dir, 0o700);
}
