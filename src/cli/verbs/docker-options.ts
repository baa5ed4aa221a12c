// Options as docker's: how their values are read, and the sentences for those that this service does not have.
import { readFileSync } from 'node:fs';
import type { Flag } from '../../infra/options/flags.ts';
import { UsageError } from '../../infra/options/usage-error.ts';
import type { Arguments } from '../subcommand.ts';

export interface Bind {
  readonly src: string;
  readonly dest: string;
}

/** SRC:DEST, also with :rw behind it. */
export function bindOf(text: string, option = '-v'): Bind {
  const [src = '', dest = '', mode, ...more] = text.split(':');
  if (src === '' || dest === '' || more.length > 0)
    throw new UsageError(`${option} "${text}": it is SRC:DEST, with a host path or a volume's name before the colon`);
  if (mode !== undefined && mode !== 'rw')
    throw new UsageError(`${option} "${text}": there is no mode "${mode}": what is mounted can be written to, so leave it out`);
  return { src, dest };
}

/** A port inside the container, also with /tcp behind it. */
export function containerPort(text: string): string {
  const [, port] = /^(\d+)(?:\/tcp)?$/.exec(text) ?? [];
  if (port !== undefined) return port;
  if (/^[\d.:]*:\d+(\/\w+)?$/.test(text))
    throw new UsageError(`-p "${text}": the host port is chosen and leased by the service, so give the container's alone`);
  throw new UsageError(`-p "${text}": it is a TCP port inside the container, such as 80`);
}

/** A number of GPUs. */
export function gpuCount(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new UsageError(`--gpus "${text}": it is a number: which GPUs they are is chosen and leased by the service`);
}

function seconds(text: string, option: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`${option} "${text}": it is a number of seconds`);
}

type Environment = Readonly<Record<string, string | undefined>>;

/** NAME=value; NAME alone takes the value from this shell, and is left out where the shell has none, as with docker. */
function variable(text: string, env: Environment): readonly string[] {
  if (text.includes('=')) return [text];
  const value = env[text];
  return value === undefined ? [] : [`${text}=${value}`];
}

/** Lines of NAME=value or NAME; empty ones and those that begin with # are left out. */
function variablesIn(file: string, env: Environment): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--env-file ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line) => variable(line, env));
}

/** Those of the files come first: of two with one name the last one counts, as with docker. */
export function environmentOf(args: Arguments, env: Environment = process.env): string[] {
  const all = [
    ...args.list('env-file').flatMap((file) => variablesIn(file, env)),
    ...args.list('env').flatMap((text) => variable(text, env)),
  ];
  return [...new Map(all.map((text) => [text.slice(0, text.indexOf('=')), text])).values()];
}

/** NAME=value, or NAME alone for the value in this shell, which then stands in no list of processes. */
export function secretsOf(args: Arguments, env: Environment = process.env): string[] | undefined {
  const given = args.list('secret-env').map((text) => {
    const [found] = variable(text, env);
    if (found === undefined)
      throw new UsageError(`--secret-env ${text}: this shell has no variable of that name: give ${text}=value, or export it`);
    return found;
  });
  return given.length === 0 ? undefined : given;
}

export const STOP_TIMEOUT: Flag = { value: 'SECONDS', help: 'time from SIGTERM to SIGKILL' };
export const SECRET_ENV: Flag = {
  value: 'NAME[=VALUE]',
  list: 'repeat',
  help: 'environment variable that is stored encrypted and never shown; NAME alone: with its value in this shell',
};

export const stopTimeoutOf = (args: Arguments, flag = 'stop-timeout'): { readonly stopTimeout?: number } => {
  const text = args.one(flag);
  return text === undefined ? {} : { stopTimeout: seconds(text, `--${flag}`) };
};

const LIMITS = 'the service sets no limits of CPU or memory: a container has all of the host’s, beside the GPUs that it leases';
const TERMINAL = 'there is no terminal to attach: use exec for a command and its output';
const OPERATOR = 'the service does not hand the host over to containers';
const NETWORK = 'the operator of the server chooses the network (serve --network)';

/** Options of `docker run` that this service does not have. */
export const REFUSED_BY_RUN: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['m', 'memory', 'cpus', 'cpu-shares', 'cpuset-cpus', 'memory-swap', 'shm-size', 'ulimit'].map((name) => [name, LIMITS]),
  ),
  ...Object.fromEntries(
    ['i', 't', 'it', 'ti', 'interactive', 'tty', 'a', 'attach', 'sig-proxy', 'detach-keys'].map((name) => [name, TERMINAL]),
  ),
  ...Object.fromEntries(
    ['privileged', 'cap-add', 'device', 'security-opt', 'pid', 'ipc', 'userns', 'runtime'].map((name) => [name, OPERATOR]),
  ),
  ...Object.fromEntries(['net', 'network', 'ip', 'dns', 'add-host', 'link'].map((name) => [name, NETWORK])),
  P: 'name each port of the container with -p',
  'publish-all': 'name each port of the container with -p',
  rm: 'a replicaSet and its disk stay until gpu-docker-api rm NAME',
  mount: 'use -v SRC:DEST',
  tmpfs: 'use -v SRC:DEST with a volume',
  'volumes-from': 'name each volume with -v SRC:DEST',
  entrypoint: 'give the whole command behind the image',
  u: 'a container runs as the user of its image',
  user: 'a container runs as the user of its image',
  w: 'a container begins in the directory of its image',
  workdir: 'a container begins in the directory of its image',
  l: 'labels are the service’s own',
  label: 'labels are the service’s own',
  pull: 'the operator of the server says whether images are pulled (serve --pull)',
  platform: 'an image runs as it is on the host',
  init: 'give an init of the image as the command',
  hostname: 'Docker chooses it',
};
