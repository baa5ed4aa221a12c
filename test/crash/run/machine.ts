// The machine as the server sees it: its files and its Docker's socket can be changed under it.
import { spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Files that say which machine this is, and since which start; bound over the real ones in the server's own mount namespace. */
const FILES = { 'machine-id': '/etc/machine-id', boot_id: '/proc/sys/kernel/random/boot_id' } as const;

export class Machine {
  readonly directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-machine-'));
  /** Docker's socket as the server is told: a link. */
  readonly socket = join(this.directory, 'docker.sock');
  /** The command that a server is started under, so that it sees this machine; empty where mounts are not allowed. */
  readonly under: readonly string[];
  #machineId = '';

  constructor(socket: string) {
    this.plug(socket);
    this.renew('machine-id');
    this.renew('boot_id');
    const mounts = Object.entries(FILES).map(([name, path]) => `mount --bind "$0/${name}" ${path} && `);
    const script = `${mounts.join('')}exec "$@"`;
    const under = ['unshare', '--mount', '--propagation', 'slave', 'sh', '-c', script, this.directory];
    this.under = spawnSync(under[0] ?? '', [...under.slice(1), 'true']).status === 0 ? under : [];
  }

  get canPretend(): boolean {
    return this.under.length > 0;
  }

  /** From now on another Docker answers behind the server's socket. */
  plug(socket: string): void {
    const draft = `${this.socket}.new`;
    symlinkSync(socket, draft);
    renameSync(draft, this.socket);
  }

  /** Another id, for servers that start from now on. */
  renew(file: keyof typeof FILES): void {
    if (file === 'machine-id') this.#machineId = randomBytes(16).toString('hex');
    this.#write(file, file === 'machine-id' ? this.#machineId : randomUUID());
  }

  /** For as long as `work` takes, servers start on another machine. */
  async asAnother(work: () => Promise<void>): Promise<void> {
    this.#write('machine-id', randomBytes(16).toString('hex'));
    try {
      await work();
    } finally {
      this.#write('machine-id', this.#machineId);
    }
  }

  dispose(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** In the place of the old file, whose contents the servers that run have mounted. */
  #write(name: string, text: string): void {
    const path = join(this.directory, name);
    writeFileSync(`${path}.new`, `${text}\n`);
    renameSync(`${path}.new`, path);
  }
}
