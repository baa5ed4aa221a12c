// Starts dockerd where no service manager does.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { probeDocker } from '../../src/infra/host/docker-check.ts';

/** Poll interval, ms. */
const POLL_MS = 50;

export interface StartDockerd {
  readonly program: string;
  readonly socket: string;
  /** Where docker.pid and dockerd.log are written. */
  readonly directory: string;
  readonly waitMs: number;
  /** Further flags of dockerd. */
  readonly args?: readonly string[];
}

/** Starts dockerd in a session of its own, so that containers outlive this process. Resolves to its pid; throws with the end of its log. */
export async function startDockerd({ program, socket, directory, waitMs, args = [] }: StartDockerd): Promise<number> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const logFile = join(directory, 'dockerd.log');
  const log = openSync(logFile, 'a', 0o600);
  const flags = ['--host', `unix://${socket}`, '--pidfile', join(directory, 'docker.pid'), ...args];
  // dockerd looks for containerd, runc and iptables itself; not every root shell has them on its PATH.
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin` };
  const child = spawn(program, flags, { detached: true, stdio: ['ignore', log, log], env, cwd: '/' });
  closeSync(log);
  let ended: string | null = null;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended = `it ended with ${code ?? signal}`;
  });
  const giveUp = (why: string): Error => new Error(`dockerd did not start: ${why}. The end of ${logFile}:\n${tail(logFile)}`);
  for (const deadline = Date.now() + waitMs; ; await sleep(POLL_MS)) {
    if (ended !== null) throw giveUp(ended);
    if ((await probeDocker(`unix://${socket}`)).problem === null) break;
    if (Date.now() < deadline) continue;
    child.kill('SIGTERM');
    throw giveUp(`it does not answer at ${socket} within ${waitMs / 1_000} s`);
  }
  child.removeAllListeners();
  child.unref();
  return child.pid ?? 0;
}

function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
  } catch {
    return '(no log)';
  }
}
