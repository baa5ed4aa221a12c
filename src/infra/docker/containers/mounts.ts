// What a running container has mounted, held against the host paths that were allowed. Between the check of a path and Docker's mount somebody
// may have put a link in its place, which Docker has followed.
import { open, readFile, readlink } from 'node:fs/promises';

/** O_PATH of Linux: only the place in the tree, whatever is there. */
const O_PATH = 0o10_000_000;

/** A directory or file as the kernel's list of mounts has it. */
interface Place {
  /** major:minor of the file system. */
  readonly device: string;
  /** The path in the file system. */
  readonly root: string;
}

interface Mount extends Place {
  readonly id: string;
  readonly at: string;
}

/** Whether a container has mounted what was allowed; 'unseen' where its mounts cannot be looked at, `instead` the path that something else is for. */
export type Mounts = 'allowed' | 'unseen' | { readonly instead: string };

/**
 * Looks at the container's mounts from outside, by its main process. `paths`: one for each bind of a host path. Docker makes one mount for
 * each bind, so that if each path has a mount of its own in there, no bind has mounted anything else; where in the container does not matter.
 */
export async function lookAtMounts(pid: number, containerId: string, paths: readonly string[]): Promise<Mounts> {
  const text = await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '');
  // Docker mounts /etc/hosts and others from a directory of this name: without it, this is another process.
  if (!text.includes(containerId)) return 'unseen';
  const mounted = mountsIn(text).map(keyOf);
  for (const path of paths) {
    const place = await placeOf(path);
    const at = place === null ? -1 : mounted.indexOf(keyOf(place));
    if (at < 0) return { instead: path };
    mounted.splice(at, 1);
  }
  return 'allowed';
}

/** Null where it leads elsewhere, or is gone. */
async function placeOf(path: string): Promise<Place | null> {
  const file = await open(path, O_PATH).catch(() => null);
  if (file === null) return null;
  try {
    const [is, info, mounts] = await Promise.all([
      readlink(`/proc/self/fd/${file.fd}`),
      readFile(`/proc/self/fdinfo/${file.fd}`, 'utf8'),
      readFile('/proc/self/mountinfo', 'utf8'),
    ]);
    const id = /^mnt_id:\s*(\d+)$/m.exec(info)?.[1];
    const mount = mountsIn(mounts).find((one) => one.id === id);
    if (is !== path || mount === undefined) return null;
    const below = mount.at === '/' ? path : path.slice(mount.at.length);
    return { device: mount.device, root: joined(mount.root, below) };
  } finally {
    await file.close();
  }
}

const keyOf = ({ device, root }: Place): string => `${device} ${root}`;

const joined = (root: string, below: string): string => (root === '/' ? below || '/' : below === '/' ? root : `${root}${below}`);

/** Space, tab, newline and backslash are written as octal numbers. */
const unescaped = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** The lines of a mountinfo: `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw`. */
function mountsIn(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [id, , device, root, at] = line.split(' ');
    return id === undefined || device === undefined || root === undefined || at === undefined
      ? []
      : [{ id, device, root: unescaped(root), at: unescaped(at) }];
  });
}
