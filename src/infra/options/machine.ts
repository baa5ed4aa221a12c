// The facts about this machine on which defaults and warnings depend.
import { readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';

export interface Machine {
  readonly isRoot: boolean;
  readonly homeDir: string;
  readonly hostName: string;
  readonly workingDir: string;
  /** The ports that the kernel gives to outgoing connections; null where it does not tell. */
  readonly ephemeralPorts: { readonly start: number; readonly end: number } | null;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export function thisMachine(): Machine {
  let ephemeralPorts: Machine['ephemeralPorts'] = null;
  try {
    const [start, end] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/).map(Number);
    if (start !== undefined && end !== undefined) ephemeralPorts = { start, end };
  } catch {
    // Not Linux.
  }
  return { isRoot: process.getuid?.() === 0, homeDir: homeOf(), hostName: hostname(), workingDir: process.cwd(), ephemeralPorts };
}

/** Without HOME, a user that the password file does not name has none. */
function homeOf(): string {
  try {
    return homedir();
  } catch {
    return '/';
  }
}

export function defaultDataDir(env: Environment, { isRoot, homeDir }: Pick<Machine, 'isRoot' | 'homeDir'>): string {
  if (isRoot) return '/var/lib/gpu-docker-api';
  const state = env['XDG_STATE_HOME'];
  return join(state?.startsWith('/') ? state : join(homeDir, '.local', 'state'), 'gpu-docker-api');
}
