import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { mustBeDescribed } from './api-document.ts';
import { portRange, servicePort } from './ports.ts';
import { signal } from './processes.ts';

const READY_MS = 15_000;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface ServerOptions {
  /** Endpoint of an etcd; left out, the server runs its own in `dataDir`. */
  readonly etcd?: string;
  /** Path of Docker's socket. */
  readonly docker: string;
  /** Further flags; one given here is not set by default (`--gpus`, `--port-range`, `--log-level`). */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Kept afterwards when given. */
  readonly dataDir?: string;
  /** False: it has no `--allow-bind`, as by default; else that of the folder for temporary files, where tests have theirs. */
  readonly allowBind?: false;
  /** False: it leads only where no other log has anything on its Docker. */
  readonly ignoreOtherLogs?: false;
  /** `answering`: a start waits only until it answers at all, as a standby does that may never be ready. */
  readonly until?: 'ready' | 'answering';
  /** Longest time that a start may take, ms. */
  readonly readyMs?: number;
  /** A command that ends in running the one that follows it, such as `unshare …`, with the same process id. */
  readonly under?: readonly string[];
}

/** Differences of a start from the one before; they hold from then on. */
type Again = Pick<ServerOptions, 'until' | 'under'> & Partial<Pick<ServerOptions, 'docker' | 'args'>>;

/** `body` is the parsed JSON, or the text when the answer is none; a test narrows it to what it expects. */
export interface Answer<Body = unknown> {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Body;
}

export interface TestServer {
  readonly url: string;
  readonly dataDir: string;
  readonly pid: number;
  request<Body = unknown>(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer<Body>>;
  /** Everything printed so far, over all restarts. */
  output(): string;
  /** SIGTERM; resolves to the exit code (null: ended by a signal). */
  stop(): Promise<number | null>;
  /** SIGKILL; resolves once the process is gone. */
  kill(): Promise<void>;
  /** Starts again with the same address and data, after ending it by SIGTERM if it runs; resolves when ready. */
  restart(again?: Again): Promise<void>;
}

function send(url: URL, method: string, body: string | undefined, headers: Readonly<Record<string, string>>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // One connection a request: a server that is killed must not leave a stale one behind in a pool.
    const call = httpRequest(url, { method, headers, agent: false, timeout: 120_000 }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: parse(text) });
      });
    });
    call.on('error', reject);
    call.on('timeout', () => call.destroy(new Error(`${method} ${url.pathname}: no answer within 120 s`)));
    call.end(body);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function entryPoint(): readonly string[] {
  const bundled = process.env['TEST_DIST'];
  if (bundled !== undefined && bundled !== '' && bundled !== '0') return [join(ROOT, 'dist', 'main.js')];
  return ['--import', 'tsx', join(ROOT, 'src', 'main.ts')];
}

/** The same machine for the same log and host name, as for a standby; another for any other, so that no GPU is in use by a stranger. */
function machineOf(log: string, args: readonly string[]): string {
  const at = args.indexOf('--host-name');
  const hostName = at < 0 ? '' : (args[at + 1] ?? '');
  return createHash('sha256').update(`${log} ${hostName}`).digest('hex').slice(0, 12);
}

/** The real server as a process of its own, ready to answer; it ends with the test process at the latest. */
export async function serve(first: ServerOptions): Promise<TestServer> {
  let options = first;
  const directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-data-'));
  const dataDir = options.dataDir ?? directory;
  const addr = `127.0.0.1:${await servicePort()}`;
  const url = `http://${addr}`;
  const commandLine = (): readonly string[] => {
    const given = options.args ?? [];
    const unlessGiven = (name: string, value: string): readonly string[] =>
      given.some((arg) => arg === name || arg.startsWith(`${name}=`)) ? [] : [name, value];
    return [
      ...(options.under ?? []),
      process.execPath,
      ...entryPoint(),
      'serve',
      ...['--addr', addr, '--docker-host', `unix://${options.docker}`, '--data-dir', dataDir],
      ...(options.etcd === undefined ? [] : ['--etcd', options.etcd]),
      ...unlessGiven('--port-range', portRange().text),
      ...unlessGiven('--gpus', 'auto'),
      ...unlessGiven('--log-level', 'info'),
      ...(options.allowBind === false ? [] : unlessGiven('--allow-bind', tmpdir())),
      // The test daemons have no firewall to keep containers apart, and a network of theirs would outlive them.
      ...unlessGiven('--network', 'bridge'),
      // Test files share a dockerd, and each server has a log of its own.
      ...(options.ignoreOtherLogs === false ? [] : ['--ignore-other-logs']),
      ...given,
    ];
  };
  const stubs = process.env['TEST_BIN_DIR'];
  const path = stubs === undefined ? (process.env['PATH'] ?? '') : `${stubs}:${process.env['PATH'] ?? ''}`;
  const machine = machineOf(options.etcd ?? dataDir, options.args ?? []);
  let child: ChildProcess | null = null;
  let printed = '';

  const running = (): boolean => child !== null && child.exitCode === null && child.signalCode === null;

  async function start(): Promise<void> {
    const [program = process.execPath, ...args] = commandLine();
    const readyMs = options.readyMs ?? READY_MS;
    const started = spawn(program, args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PATH: path, STUB_MACHINE: machine, ...options.env },
    });
    for (const stream of [started.stdout, started.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        printed += chunk.toString();
      });
    }
    child = started;
    for (const deadline = Date.now() + readyMs; ; await sleep(10)) {
      if (!running()) throw new Error(`the server ended with ${started.exitCode ?? started.signalCode} before it was ready:\n${printed}`);
      const answer = await send(new URL('/readyz', url), 'GET', undefined, {}).catch(() => null);
      if (answer?.status === 200 || (answer !== null && options.until === 'answering')) return;
      if (Date.now() > deadline) {
        await end('SIGKILL');
        throw new Error(`the server was not ready within ${readyMs} ms:\n${printed}`);
      }
    }
  }

  async function end(name: NodeJS.Signals): Promise<number | null> {
    if (child?.pid === undefined) return null;
    signal(child.pid, name);
    while (running()) await sleep(5);
    return child.exitCode;
  }

  process.on('exit', () => {
    if (child?.pid !== undefined && running()) signal(child.pid, 'SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });

  await start();
  return {
    url,
    dataDir,
    get pid() {
      if (child?.pid === undefined) throw new Error('the server is not running');
      return child.pid;
    },
    async request<Body>(method: string, target: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
      // A string goes out as it is, so that a test can send what is no JSON.
      const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const type =
        payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) };
      const answer = await send(new URL(target, url), method, payload, { ...type, ...headers });
      if (!(options.args ?? []).includes('--compat-go'))
        mustBeDescribed({ method, target, status: answer.status, type: answer.headers['content-type'], body: answer.body });
      return answer as Answer<Body>;
    },
    output: () => printed,
    stop: () => end('SIGTERM'),
    async kill() {
      await end('SIGKILL');
    },
    async restart(again = {}) {
      await end('SIGTERM');
      options = { ...options, ...again };
      await start();
    },
  };
}
