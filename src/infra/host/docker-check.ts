// Checks whether Docker answers, and words for a person why it does not.
import { request } from 'node:http';
import { connect, type NetConnectOpts } from 'node:net';
import type { Logger } from '../../commands/outside/logger.ts';

interface NamedDocker {
  readonly dockerHost: string;
  readonly dockerHostGiven: boolean;
}

/** Deadline of a probe, ms. */
const PROBE_MS = 3_000;

export interface Probe {
  /** null: Docker answers. absent: nobody listens. denied: this user may not connect. silent: no answer in time. */
  readonly problem: 'absent' | 'denied' | 'silent' | null;
  readonly detail: string;
}

const ANSWERS: Probe = { problem: null, detail: '' };

function failed(error: NodeJS.ErrnoException): Probe {
  const denied = error.code === 'EACCES' || error.code === 'EPERM';
  return { problem: denied ? 'denied' : 'absent', detail: error.code ?? error.message };
}

/** Asks a unix socket for /_ping; a TCP address answers when somebody listens there. */
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

/** Silence of Docker at the start of a server, ms, from which it is told. */
const LATE_MS = 900;

/** A Docker that does not answer is named at once, with how to mend it. The host is led as soon as it answers. */
export async function tellOfDocker(docker: NamedDocker, logger: Logger): Promise<void> {
  const problem = await dockerProblem(docker, LATE_MS);
  if (problem !== null) logger.warn({}, problem);
}

/** Says why Docker does not answer, and how to mend it. Null for a Docker that answers. */
export async function dockerProblem(docker: NamedDocker, timeoutMs = PROBE_MS): Promise<string | null> {
  const { problem, detail } = await probeDocker(docker.dockerHost, timeoutMs);
  if (problem === null) return null;
  const named = docker.dockerHostGiven ? docker.dockerHost : docker.dockerHost.replace('unix://', '');
  if (problem === 'denied') return deniedDocker(named);
  if (docker.dockerHostGiven) return absentNamedDocker(named, detail);
  if (problem === 'silent') return silentDocker(named, detail);
  return (
    `No Docker answers at ${named} (${detail}). Start it (systemctl start docker), after installing it where this machine has none ` +
    '(Debian, Ubuntu: apt-get install docker.io), or name a running one with --docker-host.'
  );
}

export const deniedDocker = (socket: string): string =>
  `This user may not use Docker's socket ${socket}: run as root, or join its group (sudo usermod -aG docker $USER) and log in again.`;

/** A Docker that somebody named is theirs to start. */
export const absentNamedDocker = (address: string, detail: string): string =>
  `No Docker answers at ${address} (${detail}). Start it there, or name another with --docker-host.`;

export const silentDocker = (socket: string, detail: string): string =>
  `Docker at ${socket} does not answer (${detail}): look at its log (journalctl -u docker) and restart it.`;
