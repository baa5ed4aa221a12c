// The rules for host paths of this machine: what an operator allows, what hands the host over, and what is Docker's or our own.
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { OWNER } from '../../commands/outside/host.ts';
import type { ServeOptions } from '../options/serve-options.ts';

/** Directories of the system: each of them hands the host over. */
const SYSTEM = ['/etc', '/proc', '/sys', '/dev', '/boot', '/root', '/run', '/var/run', '/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64'];
/** Elsewhere, what the host itself carries out or loads as root. */
const CARRIED_OUT = [
  '/var/spool/cron',
  '/var/spool/at',
  '/var/lib/systemd',
  '/var/lib/cloud',
  '/var/lib/kubelet',
  '/var/lib/dpkg',
  '/snap',
];
/** Docker's usual places, whichever Docker is used, and the directory of sockets of a root's server. */
const DOCKERS = ['/run/docker.sock', '/run/docker', '/run/containerd', '/var/lib/docker', '/var/lib/containerd', '/run/gpu-docker-api'];

interface Rules {
  readonly allowBind: readonly string[];
  readonly forbiddenPaths: readonly string[];
  readonly protectedPaths: readonly string[];
}

/** `own`: further paths of this server. An operator's links are followed here, once: a path may be named by either. */
export function hostPathRules(options: ServeOptions, own: readonly string[]): Rules {
  const { allowBind, archiveDir, checkpointFile, checkpointKey, dataDir, dockerHost, etcd, tls } = options;
  const sockets = [dockerHost, ...etcd].flatMap((url) => /^unix:(?:\/\/)?(\/.+)$/.exec(url)?.[1] ?? []);
  const files = [archiveDir, checkpointFile, checkpointKey, tls?.certFile, tls?.keyFile].filter((path) => path !== undefined);
  return {
    allowBind: allowedRoots(allowBind),
    forbiddenPaths: both([...SYSTEM, ...CARRIED_OUT]),
    protectedPaths: both([...DOCKERS, dataDir, ...own, ...files, ...sockets]),
  };
}

const both = (paths: readonly string[]): string[] => [...new Set(paths.flatMap((path) => [path, real(path)]))];

/** Of a root that has a directory for each owner, the links above that one. */
function allowedRoots(roots: readonly string[]): string[] {
  const all = roots.flatMap((root) => {
    const at = root.indexOf(`/${OWNER}`);
    if (at < 0) return both([root]);
    return [root, join(real(root.slice(0, at) || '/'), root.slice(at))];
  });
  return [...new Set(all)];
}

/** A path that does not exist is one that nobody has made a link yet. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
