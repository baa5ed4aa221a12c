import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { servicePort } from './ports.ts';
import { signal } from './processes.ts';

/** Patience, ms: only a busy machine makes a start take long. */
const READY_MS = 90_000;

export interface EtcdOptions {
  /** Kept afterwards when given; else a fresh directory that goes with the process. */
  readonly dir?: string;
  readonly quotaBytes?: number;
  readonly extraArgs?: readonly string[];
}

export interface TestEtcd {
  /** `http://127.0.0.1:port`, the same after a restart. */
  readonly endpoint: string;
  readonly dir: string;
  readonly pid: number;
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
  log(): string;
}

async function isHealthy(endpoint: string): Promise<boolean> {
  try {
    // A full quota is an alarm that makes etcd unhealthy, yet it answers reads and the tests want exactly that.
    const answer = await fetch(`${endpoint}/health?exclude=NOSPACE`, { signal: AbortSignal.timeout(1_000) });
    const text = await answer.text();
    return /"health":\s*"true"/.test(text) || text.includes('NOSPACE');
  } catch {
    return false;
  }
}

/** An etcd of the test's own, on a loopback port, ended with the test process. Timings are short so that it elects itself at once. */
export async function startEtcd(options: EtcdOptions = {}): Promise<TestEtcd> {
  const directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-etcd-'));
  const dir = options.dir ?? join(directory, 'data');
  const logFile = join(directory, 'log');
  let endpoint = '';
  let child: ChildProcess | null = null;

  const running = (): boolean => child !== null && child.exitCode === null && child.signalCode === null;
  const log = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8').slice(-4_000) : '');

  async function end(name: NodeJS.Signals): Promise<void> {
    if (child?.pid === undefined) return;
    signal(child.pid, name);
    for (let waited = 0; running(); waited += 10) {
      if (waited > 10_000) signal(child.pid, 'SIGKILL');
      await sleep(10);
    }
  }

  async function start(): Promise<void> {
    if (running()) throw new Error('etcd is running already');
    const out = openSync(logFile, 'a');
    // Peers never connect to a single member: its peer listener takes whatever port is free.
    const args = [
      ...['--name', 'test', '--data-dir', dir, '--log-outputs', 'stderr', '--logger', 'zap'],
      ...['--listen-client-urls', endpoint, '--advertise-client-urls', endpoint],
      ...['--listen-peer-urls', 'http://127.0.0.1:0', '--initial-advertise-peer-urls', 'http://127.0.0.1:1'],
      ...['--initial-cluster', 'test=http://127.0.0.1:1'],
      ...['--heartbeat-interval', '10', '--election-timeout', '100'],
      ...(options.quotaBytes === undefined ? [] : ['--quota-backend-bytes', String(options.quotaBytes)]),
      ...(options.extraArgs ?? []),
    ];
    // etcd reads ETCD_* as flags: those of the caller must not steer the test's own.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ETCD_')));
    const started = spawn(process.env['TEST_ETCD_BIN'] ?? 'etcd', args, { stdio: ['ignore', out, out], env });
    closeSync(out);
    let failure = '';
    started.on('error', (error) => {
      failure = `${error.message} (run through npm test, which installs etcd)`;
    });
    started.unref();
    child = started;
    for (const deadline = Date.now() + READY_MS; !(await isHealthy(endpoint)); await sleep(10)) {
      if (failure !== '' || !running()) throw new Error(`etcd did not start: ${failure}\n${log()}`);
      if (Date.now() > deadline) throw new Error(`etcd was not ready within ${READY_MS} ms:\n${log()}`);
    }
  }

  process.on('exit', () => {
    if (child?.pid !== undefined && running()) signal(child.pid, 'SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });

  // Between the probe and etcd's own bind another process may take the port: then take the next one.
  for (let tries = 1; ; tries++) {
    endpoint = `http://127.0.0.1:${await servicePort()}`;
    try {
      await start();
      break;
    } catch (error) {
      await end('SIGKILL');
      if (tries === 3 || !log().includes('address already in use')) throw error;
    }
  }

  return {
    get endpoint() {
      return endpoint;
    },
    dir,
    get pid() {
      if (child?.pid === undefined) throw new Error('etcd is not running');
      return child.pid;
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    start,
    log,
  };
}
