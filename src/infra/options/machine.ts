// The facts about this machine on which defaults and warnings depend.
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';

export interface Machine {
  readonly isRoot: boolean;
  readonly homeDir: string;
  readonly hostName: string;
  readonly workingDir: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export function thisMachine(): Machine {
  return { isRoot: process.getuid?.() === 0, homeDir: homeOf(), hostName: hostname(), workingDir: process.cwd() };
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
