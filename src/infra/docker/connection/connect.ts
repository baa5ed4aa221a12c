// Connecting: where the engine listens, and the version of its API that both sides know.
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { join } from 'node:path';
import Docker from 'dockerode';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import type { Unlabelled } from '../../../commands/outside/unlabelled.ts';
import { once } from '../../async/once.ts';
import { type Deadlines, DockerApi } from './api.ts';
import type { OnCall } from './call-kind.ts';
import type { ExpectedEngine } from './expected.ts';
import { KnownLines } from './known-lines.ts';
import { type Line, lineOver, type OpenLine } from './line.ts';

/** The newest API that this code was written for. With a daemon that is older, or has dropped it, a version of the daemon's is used. */
const WRITTEN_FOR = '1.44';

// dockerode would take any option that is not given from DOCKER_HOST and the like.
const NOTHING_FROM_ENVIRONMENT = { host: undefined, port: undefined, socketPath: undefined, timeout: undefined, pathPrefix: '/' };

function certificates(env: NodeJS.ProcessEnv): { ca: Buffer; cert: Buffer; key: Buffer } {
  const directory = env['DOCKER_CERT_PATH'];
  if (directory === undefined)
    throw new EngineError('refused', 'TLS to Docker needs DOCKER_CERT_PATH: a directory with ca.pem, cert.pem and key.pem');
  const read = (name: string): Buffer => readFileSync(join(directory, name));
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
}

/** Options for dockerode from `unix:///path`, `/path`, `tcp://host:port`, `http://…` or `https://…`; throws EngineError('refused'). */
export function connectionOptions(dockerHost: string, env: NodeJS.ProcessEnv = process.env): Record<string, unknown> {
  if (dockerHost.startsWith('/')) return { ...NOTHING_FROM_ENVIRONMENT, socketPath: dockerHost, protocol: 'http' };
  const match = /^(unix|tcp|http|https):\/\/(.+)$/.exec(dockerHost);
  const [, scheme, rest = ''] = match ?? [];
  if (scheme === 'unix') return { ...NOTHING_FROM_ENVIRONMENT, socketPath: rest, protocol: 'http' };
  if (scheme === undefined || !URL.canParse(`http://${rest}`)) {
    throw new EngineError(
      'refused',
      `Docker host "${dockerHost}" is not understood: unix:///path/to/docker.sock, tcp://host:port or https://host:port`,
    );
  }
  const url = new URL(`http://${rest}`);
  const tls = scheme === 'https' || (scheme === 'tcp' && (env['DOCKER_TLS_VERIFY'] === '1' || url.port === '2376'));
  const at = {
    ...NOTHING_FROM_ENVIRONMENT,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (tls ? 2376 : 2375) : Number(url.port),
  };
  return tls ? { ...at, protocol: 'https', ...certificates(env) } : { ...at, protocol: 'http' };
}

/** -1, 0 or 1 for API versions such as 1.9 and 1.44. */
function compare(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return Math.sign(aMajor - bMajor || aMinor - bMinor);
}

interface DaemonVersion {
  readonly ApiVersion: string;
  readonly MinAPIVersion?: string;
}

export function chooseVersion({ ApiVersion: newest, MinAPIVersion: oldest }: DaemonVersion): string {
  if (compare(newest, WRITTEN_FOR) < 0) return newest;
  return oldest !== undefined && compare(WRITTEN_FOR, oldest) < 0 ? oldest : WRITTEN_FOR;
}

const NOT_THERE = 'Docker cannot be reached at ';
/** Whether the message names the address, at which there was no Docker yet. */
export const isAboutAddress = (message: string): boolean => message.startsWith(NOT_THERE);

/** The first call is about the address alone: an error of it names that, and not the call. */
function atAddress(dockerHost: string, error: unknown): unknown {
  const code = error instanceof EngineError && error.cause instanceof Error && 'code' in error.cause ? error.cause.code : undefined;
  if (!(error instanceof EngineError) || typeof code !== 'string') return error;
  return new EngineError(error.kind, `${NOT_THERE}${dockerHost} (${code})`, { cause: error.cause });
}

interface Connection {
  readonly dockerHost: string;
  readonly deadlines: Deadlines;
  readonly expected?: ExpectedEngine;
  /** Told of each call that was answered, or got no answer. */
  readonly onCall?: OnCall;
  readonly unlabelled?: Unlabelled;
}

/**
 * Connects at the first call and agrees on the version then. A call fails with EngineError('unavailable') while nobody answers, or with
 * `refused` when the address is not understood; the next call tries again.
 */
export function dockerApi({ dockerHost, deadlines, expected, onCall, unlabelled }: Connection): DockerApi {
  let known: KnownLines | null = null;
  const open = async (): Promise<() => OpenLine> => {
    const options = connectionOptions(dockerHost);
    const { socketPath } = options;
    // Only of a socket's file can be told whether the address names what it named.
    if (typeof socketPath === 'string') known ??= new KnownLines(socketPath);
    const { modem } = new Docker(options);
    const isTls = options['protocol'] === 'https';
    // A connection for each call, but for those of KnownLines: another one may lead to a daemon that the address has long ceased to name.
    const one = { keepAlive: true, maxSockets: 1 };
    const line = (): OpenLine => lineOver(modem, isTls ? new TlsAgent(one) : new Agent(one));
    const first = new DockerApi(async () => line(), deadlines, { onCall });
    const version = await first.call<DaemonVersion>('version', { path: '/version' }).catch((error: unknown) => {
      throw atAddress(dockerHost, error);
    });
    // The version is missing in docker-modem's types. It needs the "v".
    (modem as { version?: string }).version = `v${chooseVersion(version)}`;
    return line;
  };
  let connection = once(open);
  const agree = async (): Promise<void> => {
    const next = await open();
    connection = async () => next;
    known?.clear();
  };
  const connect = async (mayBeKnown: boolean): Promise<Line> => {
    const line = await connection();
    return mayBeKnown && known !== null ? (known.take() ?? known.watch(line)) : line();
  };
  return new DockerApi(connect, deadlines, { agree, expected, onCall, unlabelled });
}
