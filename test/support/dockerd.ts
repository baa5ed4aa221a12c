import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BASE_DIRECTORIES, DIRECTORY_PREFIX, endContainers, removeLeftovers, writeOwner } from './leftovers.ts';
import { type Bridge, createBridge } from './network.ts';
import { isAlive, processRef, signal } from './processes.ts';

/** Patience, ms: only a busy machine makes a start take long. */
const READY_MS = 120_000;
const STOP_MS = 20_000;
const OVERLAYFS_MAGIC = 0x794c7630;

export interface DockerdOptions {
  /** Room for more than 253 containers. */
  readonly many?: boolean;
  /** Added to the daemon's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Containers outlive a stop or crash of the daemon. */
  readonly liveRestore?: boolean;
  /** False: not even the stub hook is in the daemon's PATH, as on a host without the NVIDIA container toolkit. */
  readonly gpuHook?: boolean;
  readonly extraArgs?: readonly string[];
  /**
   * In a network namespace of its own, with its own firewall: what it publishes is reached from there alone (`nsenter -t PID -n`). The bridges
   * that it makes go with it.
   */
  readonly ownNetwork?: boolean;
  /** It says an id of its own, as that of another machine does. A Docker before 24 has it in /etc/docker, for all daemons of a machine. */
  readonly ownId?: boolean;
  /** The daemon outlives this process (`npm run test:up`). */
  readonly keep?: boolean;
}

/** overlay2 cannot lie on another overlay, as the root of a CI container often is. */
function baseDirectory(): string {
  return BASE_DIRECTORIES.find((path) => statfsSync(path).type !== OVERLAYFS_MAGIC) ?? BASE_DIRECTORIES[0];
}

const majorVersion = (): number => Number(/version (\d+)/.exec(execFileSync('dockerd', ['--version'], { encoding: 'utf8' }))?.[1]);

function ping(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request({ socketPath, path: '/_ping', timeout: 1_000, agent: false }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode === 200));
    });
    call.on('error', () => resolve(false));
    call.on('timeout', () => call.destroy());
    call.end();
  });
}

/** A dockerd with everything of its own: data, sockets, containerd, bridge. The host's firewall and forwarding stay as they are. */
export class Dockerd {
  readonly directory: string;
  readonly socket: string;
  readonly root: string;
  /** In front of the daemon's PATH; holds the stubs and the files that steer them. */
  readonly binDir: string;
  readonly #options: DockerdOptions;
  readonly #bridge: Bridge;
  #child: ChildProcess | null = null;

  constructor(options: DockerdOptions = {}) {
    this.#options = options;
    this.directory = mkdtempSync(join(baseDirectory(), DIRECTORY_PREFIX));
    this.socket = join(this.directory, 'd.sock');
    this.root = join(this.directory, 'data');
    this.binDir = join(this.directory, 'bin');
    writeOwner(this.directory, { owner: processRef(process.pid), bridge: '' });
    this.#bridge = createBridge(options.many === true);
    writeOwner(this.directory, { owner: processRef(process.pid), bridge: this.#bridge.name });
    mkdirSync(this.binDir);
    const stubs = fileURLToPath(new URL('stubs', import.meta.url));
    for (const name of readdirSync(stubs)) {
      if (options.gpuHook === false && name === 'nvidia-container-runtime-hook') continue;
      copyFileSync(join(stubs, name), join(this.binDir, name));
      chmodSync(join(this.binDir, name), 0o755);
    }
    const config = options.ownId === true && majorVersion() < 24 ? { 'deprecated-key-path': join(this.directory, 'key.json') } : {};
    writeFileSync(join(this.directory, 'daemon.json'), JSON.stringify(config));
  }

  get bridge(): string {
    return this.#bridge.name;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('dockerd is not running');
    return pid;
  }

  get #running(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The end of the daemon's log. */
  log(characters = 4_000): string {
    return readFileSync(join(this.directory, 'log'), 'utf8').slice(-characters);
  }

  async start(): Promise<void> {
    if (this.#running) throw new Error('dockerd is running already');
    const log = openSync(join(this.directory, 'log'), 'a');
    // Each program ends in running the next one, with the same process id.
    const apart = ['unshare', '-n', 'sh', '-c', 'busybox ip link set lo up && exec dockerd "$@"', 'dockerd'];
    const [program = '', ...args] = [...(this.#options.ownNetwork === true ? apart : ['dockerd']), ...this.#args()];
    const child = spawn(program, args, {
      // A process group of its own: Ctrl-C in the terminal must reach the runner, which then stops the daemon cleanly.
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...this.#options.env, PATH: `${this.binDir}:${process.env['PATH'] ?? ''}` },
    });
    closeSync(log);
    let failure: string | null = null;
    child.on('error', (error) => {
      failure = error.message;
    });
    child.unref();
    this.#child = child;
    if (this.#options.keep === true && child.pid !== undefined) {
      writeOwner(this.directory, { owner: processRef(child.pid), bridge: this.#bridge.name });
    }
    const deadline = Date.now() + READY_MS;
    while (!(await ping(this.socket))) {
      if (failure !== null || !this.#running) throw new Error(`dockerd did not start: ${failure ?? ''}\n${this.log()}`);
      if (Date.now() > deadline) {
        await this.kill();
        throw new Error(`dockerd was not ready within ${READY_MS} ms:\n${this.log()}`);
      }
      await sleep(20);
    }
  }

  /** SIGTERM: the daemon stops its containers (unless live-restore) and ends. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** SIGKILL, as a crash of the daemon; its containerd goes with it, containers stay. */
  async kill(): Promise<void> {
    const pidFile = join(this.directory, 'exec', 'containerd', 'containerd.pid');
    const containerd = existsSync(pidFile) ? processRef(Number(readFileSync(pidFile, 'utf8'))) : null;
    await this.#end('SIGKILL');
    if (containerd === null) return;
    while (isAlive(containerd)) {
      signal(containerd.pid, 'SIGKILL');
      await sleep(10);
    }
    // A dockerd that still finds the dying containerd takes it for a running one and waits for it in vain.
    rmSync(pidFile, { force: true });
  }

  /** As when the machine loses its power: daemon and containers end at once, and of /run nothing is left. */
  async powerOff(): Promise<void> {
    await this.kill();
    await endContainers(this.directory);
    rmSync(join(this.directory, 'exec'), { recursive: true, force: true });
  }

  async #end(name: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined || !this.#running) return;
    signal(child.pid, name);
    const deadline = Date.now() + STOP_MS;
    while (this.#running) {
      if (Date.now() > deadline) signal(child.pid, 'SIGKILL');
      await sleep(20);
    }
  }

  /** Ends the daemon and takes away all that it made. */
  async dispose(): Promise<void> {
    await this.stop();
    await removeLeftovers(this.directory, this.#bridge.name);
  }

  #args(): readonly string[] {
    return [
      ...['--config-file', join(this.directory, 'daemon.json')],
      ...['--data-root', this.root],
      ...['--exec-root', join(this.directory, 'exec')],
      ...['--pidfile', join(this.directory, 'd.pid')],
      ...['--host', `unix://${this.socket}`],
      // Without firewall rules ports are published by docker-proxy, which is all that loopback needs, and daemons do not disturb each other.
      ...(this.#options.ownNetwork === true
        ? []
        : ['--bridge', this.#bridge.name, '--iptables=false', '--ip-masq=false', '--ip-forward=false', '--userland-proxy=true']),
      ...['--shutdown-timeout', '3', '--log-level', 'warn'],
      ...(this.#options.liveRestore === true ? ['--live-restore'] : []),
      ...(this.#options.extraArgs ?? []),
    ];
  }
}
