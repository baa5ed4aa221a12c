// Whether Docker answers, and starting it where no service manager does.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type NetConnectOpts } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PROBE_MS = 3_000;
const POLL_MS = 50;

export interface Probe {
  /** null: it answers. absent: nobody listens. denied: this user may not connect. silent: no answer in time. */
  readonly problem: 'absent' | 'denied' | 'silent' | null;
  readonly detail: string;
}

const ANSWERS: Probe = { problem: null, detail: '' };

function failed(error: NodeJS.ErrnoException): Probe {
  const denied = error.code === 'EACCES' || error.code === 'EPERM';
  return { problem: denied ? 'denied' : 'absent', detail: error.code ?? error.message };
}

/** Asks a unix socket for /_ping; of a TCP address it is enough that somebody listens. */
export function probeDocker(dockerHost: string, timeoutMs = PROBE_MS): Promise<Probe> {
  const silent: Probe = { problem: 'silent', detail: `no answer within ${timeoutMs} ms` };
  if (dockerHost.startsWith('unix://')) {
    return new Promise((resolve) => {
      const ping = request(
        { socketPath: dockerHost.slice('unix://'.length), path: '/_ping', agent: false, timeout: timeoutMs },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode === 200 ? ANSWERS : { problem: 'silent', detail: `its /_ping answers ${answer.statusCode}` });
        },
      );
      ping.once('error', (error) => resolve(failed(error)));
      ping.once('timeout', () => {
        resolve(silent);
        ping.destroy();
      });
      ping.end();
    });
  }
  const url = new URL(dockerHost.replace(/^tcp:/, 'http:'));
  const at: NetConnectOpts = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port === '' ? (dockerHost.startsWith('https:') ? 2376 : 2375) : url.port),
    timeout: timeoutMs,
  };
  return new Promise((resolve) => {
    const socket = connect(at, () => {
      resolve(ANSWERS);
      socket.destroy();
    });
    socket.once('error', (error) => resolve(failed(error)));
    socket.once('timeout', () => {
      resolve(silent);
      socket.destroy();
    });
  });
}

export interface StartDockerd {
  readonly program: string;
  readonly socket: string;
  /** Gets docker.pid and dockerd.log. */
  readonly directory: string;
  readonly waitMs: number;
  /** Further flags of dockerd. */
  readonly args?: readonly string[];
}

/** Starts dockerd in a session of its own, so that containers outlive this process; its pid. Throws with the end of its log. */
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
