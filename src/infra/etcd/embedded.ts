// The service's own etcd: a supervised child process behind unix sockets in a private directory, so that no other user of the machine can
// reach the log. It ends with this process, however that ends, and is restarted when it crashes.
import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockDataDir } from './data-lock.ts';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity.ts';
import { requireEtcd } from './program.ts';
import { claimRunDir, makeRunDir, SOCKET_PATH_MAX } from './run-dir.ts';

export interface EmbeddedEtcdOptions {
  /** Created if missing; holds etcd/ (the log itself), etcd.log, etcd.lock and etcd.pid. */
  readonly dataDir: string;
  /** Path of the program; by default it is found on PATH. */
  readonly bin?: string;
  /** Directory of the sockets; by default as makeRunDir makes it. */
  readonly runDir?: string;
  /** 8 GiB by default, the most that etcd advises. */
  readonly quotaBytes?: number;
  readonly extraArgs?: readonly string[];
  /** Called when it crashed and runs again; `ms` from the crash to healthy. */
  readonly onRestart?: (ms: number, reason: string) => void;
  /** Called when it crashed too often and is not restarted any more. */
  readonly onFailed?: (error: EtcdFailedError) => void;
}

/** etcd does not start, or crashes again and again. The message holds its last words. */
export class EtcdFailedError extends Error {
  override readonly name = 'EtcdFailedError';
}

export interface EmbeddedEtcd {
  /** For connectEtcd. Unchanged by a restart. */
  readonly endpoint: string;
  /** Directory of the sockets. */
  readonly runDir: string;
  /** etcd's own pid, null while it is down. */
  readonly pid: number | null;
  readonly restarts: number;
  /** SIGTERM, and SIGKILL after `graceMs` (10 s by default). Close its clients first. */
  stop(graceMs?: number): Promise<void>;
}

/** etcd's sockets for clients and for peers. It insists on the latter, although a single member has no peers. */
const SOCKETS = ['c.sock:0', 'p.sock:0'] as const;
/** Bytes that etcd may hold; see EmbeddedEtcdOptions. */
const QUOTA = 8 * 2 ** 30;
/** Size in bytes from which etcd.log is rotated at a start. */
const LOG_MAX = 16 * 2 ** 20;
/** Timeout of a start, ms. etcd reads its whole store first: about 4 s per million keys. */
const READY_MS = 120_000;
const HEALTH_POLL_MS = 5;
/** Time in ms for the etcd of a killed server to end. Its watchdog stops it at once; 20 ms are usual. */
const PREDECESSOR_MS = 3_000;
/** Crashes within a minute after which etcd is not restarted. */
const CRASHES_PER_MINUTE = 8;
/** Pause in ms before the second restart within a minute; doubled up to `most`. */
const BACKOFF_MS = { second: 100, most: 5_000 };

/**
 * A shell that watches over etcd. Its standard input is a pipe from this process: when this process dies, for whatever reason, the pipe
 * closes and the shell sends etcd a SIGTERM. It prints etcd's pid, passes signals on, and ends when etcd has ended.
 */
const WATCHDOG = `exec 3<&0
"$@" </dev/null >&2 3<&- & p=$!
echo $p
exec >&2
trap 'kill -TERM $p 2>/dev/null' TERM INT HUP
(read -r _ <&3; kill -TERM $p 2>/dev/null) & w=$!
exec 3<&-
wait $p; r=$?
while [ $r -gt 128 ] && kill -0 $p 2>/dev/null; do wait $p; r=$?; done
kill $w 2>/dev/null
exit $r`;

/**
 * Starts an etcd and waits until it is healthy. Throws EtcdNotFoundError, DataDirInUseError or EtcdFailedError.
 *
 *     const etcd = await startEmbeddedEtcd({ dataDir });
 *     const kv = connectEtcd({ endpoints: [etcd.endpoint] });
 *     kv.close();
 *     await etcd.stop();
 */
export async function startEmbeddedEtcd(options: EmbeddedEtcdOptions): Promise<EmbeddedEtcd> {
  const child = new Supervised(options);
  await child.start();
  return child;
}

class Supervised implements EmbeddedEtcd {
  readonly endpoint: string;
  readonly #options: EmbeddedEtcdOptions;
  readonly #bin: string;
  readonly #dataDir: string;
  readonly #runDir: string;
  readonly #socket: string;
  readonly #log: string;
  #unlock: () => void = () => undefined;
  #watchdog: ChildProcess | null = null;
  #pid: number | null = null;
  #logStart = 0;
  #stopping = false;
  #restarts = 0;
  #crashes: number[] = [];

  constructor(options: EmbeddedEtcdOptions) {
    this.#options = options;
    this.#bin = requireEtcd(options.bin);
    mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
    this.#dataDir = realpathSync(options.dataDir);
    this.#runDir = options.runDir ?? makeRunDir(this.#dataDir);
    this.#socket = join(this.#runDir, SOCKETS[0]);
    this.#log = join(this.#dataDir, 'etcd.log');
    if (Buffer.byteLength(this.#socket) > SOCKET_PATH_MAX) throw new Error(`longer than ${SOCKET_PATH_MAX} bytes: ${this.#socket}`);
    this.endpoint = `unix:${this.#socket}`;
  }

  get pid(): number | null {
    return this.#pid;
  }

  get runDir(): string {
    return this.#runDir;
  }

  get restarts(): number {
    return this.#restarts;
  }

  async start(): Promise<void> {
    this.#unlock = lockDataDir(this.#dataDir, join(this.#dataDir, 'etcd.lock'));
    try {
      claimRunDir(this.#runDir);
      await this.#predecessorGone();
      rotate(this.#log);
      await this.#run();
    } catch (error) {
      this.#unlock();
      throw error;
    }
  }

  async stop(graceMs = 10_000): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const watchdog = this.#watchdog;
    if (watchdog !== null && isRunning(watchdog)) {
      const gone = new Promise((resolve) => watchdog.once('exit', resolve));
      watchdog.kill('SIGTERM');
      const timer = setTimeout(() => killGroup(watchdog.pid), graceMs);
      await gone;
      clearTimeout(timer);
    }
    rmSync(this.#pidFile, { force: true });
    for (const name of SOCKETS) rmSync(join(this.#runDir, name), { force: true });
    try {
      rmdirSync(this.#runDir);
    } catch {
      // Not empty: others use it, too.
    }
    this.#unlock();
  }

  get #pidFile(): string {
    return join(this.#dataDir, 'etcd.pid');
  }

  /** Waits until the etcd of a killed server has ended. We hold the lock of its data directory, so no server needs that etcd. */
  async #predecessorGone(): Promise<void> {
    const old = readIdentity(this.#pidFile);
    for (const deadline = Date.now() + PREDECESSOR_MS; old !== null && isAlive(old); await sleep(HEALTH_POLL_MS)) {
      if (Date.now() < deadline) continue;
      killGroup(old.pid); // pid and start time together identify it
      await sleep(HEALTH_POLL_MS);
    }
    if (await isHealthy(this.#socket)) throw new EtcdFailedError(`an etcd that this server did not start answers at ${this.#socket}`);
  }

  /** Starts it once and waits until it is healthy. Throws EtcdFailedError when it ends before. */
  async #run(): Promise<void> {
    // etcd cannot bind a socket that a killed etcd left behind, and does not remove it.
    for (const name of SOCKETS) rmSync(join(this.#runDir, name), { force: true });
    const log = openSync(this.#log, 'a', 0o600);
    this.#logStart = statSync(this.#log).size;
    const watchdog = spawn('/bin/sh', ['-c', WATCHDOG, 'etcd-watchdog', this.#bin, ...this.#args()], {
      cwd: this.#runDir, // the sockets' names are relative
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ETCD_'))), // etcd reads those as flags
      stdio: ['pipe', 'pipe', log],
      detached: true, // a ^C in the terminal is for the server, which stops etcd last
    });
    closeSync(log);
    this.#watchdog = watchdog;
    watchdog.on('error', () => undefined); // it has no pid then: thrown below
    watchdog.stdin?.on('error', () => undefined);
    watchdog.stdout?.on('data', (data: Buffer) => {
      this.#pid = Number(data.toString());
    });
    if (watchdog.pid === undefined) throw new EtcdFailedError('cannot start /bin/sh');
    writeFileSync(this.#pidFile, JSON.stringify(identityOf(watchdog.pid)), { mode: 0o600 });
    let healthy = false;
    watchdog.once('exit', () => {
      this.#pid = null;
      killGroup(watchdog.pid); // if the shell itself was killed, etcd is still there
      if (healthy && !this.#stopping) void this.#revive();
    });
    for (const deadline = Date.now() + READY_MS; !(await isHealthy(this.#socket)); await sleep(HEALTH_POLL_MS)) {
      if (!isRunning(watchdog)) throw new EtcdFailedError(`etcd ended before it was ready: ${this.#lastWords()}`);
      if (Date.now() < deadline) continue;
      killGroup(watchdog.pid);
      throw new EtcdFailedError(`etcd was not ready after ${READY_MS} ms: ${this.#lastWords()}`);
    }
    healthy = true;
    if (!isRunning(watchdog) && !this.#stopping) throw new EtcdFailedError(`etcd ended at once: ${this.#lastWords()}`);
  }

  async #revive(): Promise<void> {
    const since = Date.now();
    const reason = this.#lastWords();
    while (!this.#stopping) {
      this.#crashes = [...this.#crashes.filter((time) => time > Date.now() - 60_000), Date.now()];
      const count = this.#crashes.length;
      if (count > CRASHES_PER_MINUTE) {
        this.#options.onFailed?.(new EtcdFailedError(`etcd crashed ${count} times in a minute: ${this.#lastWords()}`));
        return;
      }
      if (count > 1) await sleep(Math.min(BACKOFF_MS.second * 2 ** (count - 2), BACKOFF_MS.most));
      if (this.#stopping) return;
      try {
        await this.#run();
        this.#restarts++;
        this.#options.onRestart?.(Date.now() - since, reason);
        return;
      } catch {
        // Counted as one more crash.
      }
    }
  }

  #args(): string[] {
    const { quotaBytes = QUOTA, extraArgs = [] } = this.#options;
    return [
      ...['--name', 'default', '--data-dir', join(this.#dataDir, 'etcd'), '--initial-cluster-token', 'gpu-docker-api'],
      // etcd wants host:port also for unix sockets, and takes that for a file name in its working directory.
      ...['--listen-client-urls', 'unix://c.sock:0', '--advertise-client-urls', 'unix://c.sock:0'],
      ...['--listen-peer-urls', 'unix://p.sock:0', '--initial-advertise-peer-urls', 'unix://p.sock:0'],
      ...['--initial-cluster', 'default=unix://p.sock:0'],
      // A single member has nobody to wait for: these decide how long it takes to elect itself at a start.
      ...['--heartbeat-interval', '5', '--election-timeout', '25'],
      // etcd holds everything since its last snapshot in memory, so it takes one often.
      ...['--snapshot-count', '5000', '--max-wals', '3', '--max-snapshots', '2'],
      ...['--auto-compaction-mode', 'periodic', '--auto-compaction-retention', '1h'],
      ...['--quota-backend-bytes', String(quotaBytes)],
      ...['--logger', 'zap', '--log-outputs', 'stderr', '--log-level', 'warn'],
      ...extraArgs,
    ];
  }

  /** The last line of etcd's log that explains its end. */
  #lastWords(): string {
    const text = readFileSync(this.#log).subarray(this.#logStart).subarray(-65_536).toString();
    const lines = text.split('\n').filter((line) => line !== '');
    const fatal = lines.filter((line) => /"level":"(fatal|panic|error)"|^panic|bind:/.test(line));
    const badFlag = lines.find((line) => line.startsWith('flag ') || line.startsWith('invalid value'));
    return (badFlag ?? fatal.at(-1) ?? lines.at(-1) ?? 'it said nothing').slice(0, 500);
  }
}

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

/** The watchdog leads a process group, which etcd is in, too. */
function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // No process of the group is left.
  }
}

function readIdentity(path: string): ProcessIdentity | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity;
  } catch {
    return null;
  }
}

function rotate(log: string): void {
  const size = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_MAX) renameSync(log, `${log}.1`);
}

/** An etcd with an armed space alarm counts as healthy: it answers reads, which is enough for a start. */
export function isHealthy(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: '/health?exclude=NOSPACE', timeout: 1_000, agent: false }, (answer) => {
      let body = '';
      answer.on('data', (data: Buffer) => {
        body += data.toString();
      });
      answer.on('error', () => resolve(false));
      answer.on('end', () => resolve(/"health":\s*"true"|NOSPACE/i.test(body)));
    });
    asked.on('error', () => resolve(false));
    asked.on('timeout', () => asked.destroy());
    asked.end();
  });
}
