// Before `npm start` serves: makes Docker answer and etcd be there, by installing and starting them where that is allowed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/commands/outside/message-of.ts';
import { findEtcd } from '../../src/infra/etcd/program.ts';
import { probeDocker } from '../../src/infra/host/docker-check.ts';
import { aptInstall } from './apt.ts';
import { startDockerd } from './dockerd.ts';
import { type Action, type MachineFacts, type Plan, planDocker, planEtcd } from './plan.ts';
import { findProgram, run } from './programs.ts';

/** Names what is missing and how to get it, in one message: print it and exit with 1. */
export class PrerequisiteError extends Error {
  override readonly name = 'PrerequisiteError';
}

export interface PrepareOptions {
  readonly dockerHost: string;
  readonly dockerHostGiven: boolean;
  readonly etcd: readonly string[];
  readonly dataDir: string;
  /** False: --no-install. */
  readonly install: boolean;
}

/** Prints one line for a person. */
type Say = (line: string) => void;

/** Deadline for a Docker that was just started, ms. */
const DOCKER_WAIT_MS = 30_000;

/** Whether /etc/os-release describes Debian, Ubuntu or what is made of them. */
export function isDebianLike(osRelease: string): boolean {
  const fields = new Map([...osRelease.matchAll(/^(\w+)=["']?([^"'\n]*)["']?$/gm)].map((match) => [match[1] ?? '', match[2] ?? '']));
  return [fields.get('ID') ?? '', ...(fields.get('ID_LIKE') ?? '').split(' ')].some((id) => id === 'debian' || id === 'ubuntu');
}

function lookAtMachine(mayInstall: boolean): MachineFacts {
  let osRelease = '';
  try {
    osRelease = readFileSync('/etc/os-release', 'utf8');
  } catch {
    // There is no such file: this is not Debian.
  }
  return {
    isDebian: isDebianLike(osRelease),
    isRoot: process.getuid?.() === 0,
    hasAptGet: findProgram('apt-get') !== null,
    hasSystemd: existsSync('/run/systemd/system'),
    mayInstall,
  };
}

/** Resolves when Docker answers. Throws PrerequisiteError with what to do where it does not. */
export async function ensureDocker(options: PrepareOptions, say: Say): Promise<void> {
  const { problem, detail } = await probeDocker(options.dockerHost);
  if (problem === null) return;
  const plan = planDocker({
    ...lookAtMachine(options.install),
    socket: options.dockerHostGiven ? options.dockerHost : options.dockerHost.replace('unix://', ''),
    given: options.dockerHostGiven,
    problem,
    detail,
    hasDockerd: findProgram('dockerd') !== null,
    hasIptables: findProgram('iptables') !== null,
  });
  await carryOut(plan, options, say);
}

/** Resolves when an etcd program is there or none is needed. Throws PrerequisiteError with what to do otherwise. */
export async function ensureEtcd(options: PrepareOptions, say: Say): Promise<void> {
  if (options.etcd.length > 0 || findEtcd() !== null) return;
  await carryOut(planEtcd({ ...lookAtMachine(options.install), given: false, hasEtcd: false }), options, say);
  if (findEtcd() === null)
    throw new PrerequisiteError('etcd-server was installed, yet there is no etcd program in /usr/bin or on the PATH.');
}

async function carryOut(plan: Plan, options: PrepareOptions, say: Say): Promise<void> {
  if (!plan.ok) throw new PrerequisiteError(plan.message);
  try {
    for (const action of plan.actions) await effects[action.do](action as never, options, say);
  } catch (error) {
    if (error instanceof PrerequisiteError) throw error;
    throw new PrerequisiteError(messageOf(error), { cause: error });
  }
}

type Effects = {
  readonly [K in Action['do']]: (action: Extract<Action, { do: K }>, options: PrepareOptions, say: Say) => Promise<void>;
};

const effects: Effects = {
  install: async ({ packages, why }, _options, say) => {
    say(`${why}: installing ${packages.join(' ')} (apt-get), which takes a minute ...`);
    await aptInstall(packages);
  },
  disableService: async ({ name }) => {
    if (findProgram('systemctl') === null) return;
    // apt may have started the service in spite of the policy. Where systemd does not run, there is nothing to stop.
    await run('systemctl', ['disable', ...(existsSync('/run/systemd/system') ? ['--now'] : []), `${name}.service`]).catch(() => {});
  },
  startService: async ({ name }, _options, say) => {
    say(`Starting ${name} (systemctl start ${name}) ...`);
    await run('systemctl', ['start', name]);
  },
  startDockerd: async ({ socket }, { dataDir }, say) => {
    const program = findProgram('dockerd');
    if (program === null) throw new PrerequisiteError('docker.io was installed, yet there is no dockerd in /usr/sbin or on the PATH.');
    const directory = join(dataDir, 'dockerd');
    say(`Starting Docker (${program}); it goes on running after this service, its log and pid file are in ${directory}`);
    await startDockerd({ program, socket, directory, waitMs: DOCKER_WAIT_MS });
  },
  awaitDocker: async ({ socket }) => {
    for (const deadline = Date.now() + DOCKER_WAIT_MS; ; ) {
      const { problem, detail } = await probeDocker(`unix://${socket}`);
      if (problem === null) return;
      if (Date.now() > deadline) throw new PrerequisiteError(`Docker was started, but does not answer at ${socket} (${detail}).`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  },
};
