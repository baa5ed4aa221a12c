// timeout: 300
// deploy/Dockerfile and deploy/compose.yaml: built on a base of this machine's own programs, and run on a Docker of the test's own as the compose
// file says.
import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { suite } from 'uvu';
import { parse } from 'yaml';
import { type Dockerd, docker as dockerAt, IMAGES, startDockerd } from '../support/docker.ts';
import { servicePort } from '../support/ports.ts';
import { billOfMaterials, command, deployed, program, ROOT } from './support.ts';

const test = suite('the image');
const folder = mkdtempSync(join(tmpdir(), 'gpu-docker-api-image-'));
let daemon: Dockerd;
let docker: Docker;
let api = '';

test.before(async () => {
  await program();
  billOfMaterials();
  daemon = await startDockerd();
  docker = dockerAt(daemon.socket);
});
test.after(async () => {
  await daemon.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const cli = (...args: readonly string[]) => command('docker', ['-H', `unix://${daemon.socket}`, ...args], { cwd: ROOT });

/** A root file system of this machine's node, etcd, coreutils and busybox with the libraries that they load: the base has no other way here. */
function makeBase(): string {
  const base = join(folder, 'base');
  const put = (from: string, to = from): void => {
    mkdirSync(join(base, dirname(to)), { recursive: true });
    cpSync(realpathSync(from), join(base, to));
    chmodSync(join(base, to), 0o755);
  };
  const find = (name: string): string => command('sh', ['-c', `command -v ${name}`]).out.trim();
  put(find('busybox'), '/bin/busybox');
  const applets = ['sh', 'env', 'chmod', 'ln', 'cat', 'rm', 'mkdir', 'sed', 'sort', 'ls', 'mv', 'date', 'gzip'];
  for (const applet of applets) command('ln', ['-s', 'busybox', join(base, 'bin', applet)]);
  mkdirSync(join(base, 'usr', 'bin'), { recursive: true });
  command('ln', ['-s', '/bin/env', join(base, 'usr', 'bin', 'env')]);
  for (const name of ['node', 'etcd', 'cp', 'sync', 'flock', 'find']) {
    put(find(name), `/usr/bin/${name}`);
    for (const [, library = ''] of command('ldd', [find(name)]).out.matchAll(/(\/\S+) \(0x/g)) put(library);
  }
  for (const path of ['tmp', 'usr/local/bin']) mkdirSync(join(base, path), { recursive: true });
  const tar = join(folder, 'base.tar');
  assert.equal(command('tar', ['-C', base, '-cf', tar, '.']).code, 0);
  return tar;
}

test('it is built from the program alone', () => {
  assert.equal(cli('import', makeBase(), 'base:1').code, 0);
  const built = cli('build', '--build-arg', 'BASE=base:1', '-f', 'deploy/Dockerfile', '-t', 'gpu-docker-api', '.');
  assert.equal(built.code, 0, built.out + built.err);
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const said = cli('run', '--rm', 'gpu-docker-api', '--version');
  assert.equal(said.out.trim(), version, said.err);
});

/** The keys of the compose file that this test carries out; another one would go untested. */
interface Service {
  readonly image: string;
  readonly build: object;
  readonly container_name: string;
  readonly restart: string;
  readonly network_mode: string;
  readonly pid: string;
  readonly stop_grace_period: string;
  readonly cap_add: readonly string[];
  readonly security_opt: readonly string[];
  readonly healthcheck: {
    readonly test: readonly string[];
    readonly interval: string;
    readonly timeout: string;
    readonly start_period: string;
  };
  readonly command: readonly string[];
  readonly volumes: readonly string[];
  readonly runtime: string;
  readonly environment: Readonly<Record<string, string>>;
}
const KEYS: readonly (keyof Service)[] = [
  ...(['image', 'build', 'container_name', 'restart', 'network_mode', 'pid', 'stop_grace_period', 'cap_add'] as const),
  ...(['security_opt', 'healthcheck', 'command', 'volumes', 'runtime', 'environment'] as const),
];

function logs(): string {
  const { out, err } = cli('logs', 'gpu-docker-api');
  return `${out}${err}`.slice(-4_000);
}

/** Starts the service as `docker compose up` would. */
async function up(port: number): Promise<Docker.Container> {
  const { services } = parse(readFileSync(deployed('compose.yaml'), 'utf8')) as { services: Record<string, Service> };
  const service = services['gpu-docker-api'];
  assert.ok(service);
  assert.deepEqual(Object.keys(service).sort(), [...KEYS].sort());
  // The places of a usual machine stand for those of the test's daemon, which has no runtime of NVIDIA.
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir, { recursive: true });
  const places: Readonly<Record<string, string>> = {
    '/var/run/docker.sock:/var/run/docker.sock': `${daemon.socket}:/var/run/docker.sock`,
    '/var/lib/docker:/var/lib/docker:rslave': `${daemon.root}:${daemon.root}:rslave`,
    '/var/lib/gpu-docker-api:/var/lib/gpu-docker-api': `${dataDir}:${dataDir}`,
    '/etc/machine-id:/etc/machine-id:ro': '/etc/machine-id:/etc/machine-id:ro',
    '/var/backups/gpu-docker-api:/var/backups/gpu-docker-api': `${join(folder, 'backups')}:/var/backups/gpu-docker-api`,
  };
  assert.deepEqual(service.volumes, Object.keys(places));
  const container = await docker.createContainer({
    name: service.container_name,
    Image: service.image,
    Cmd: [
      ...service.command,
      ...['--addr', `127.0.0.1:${port}`, '--data-dir', dataDir, '--gpus', 'simulated:2', '--network', 'bridge'],
      ...['--stop-timeout', '0s', '--replace-grace', '0s'],
    ],
    Env: Object.entries(service.environment).map(([name, value]) => `${name}=${value}`),
    StopTimeout: 60,
    // Its times, ns, are shorter than those of the file.
    Healthcheck: { Test: service.healthcheck.test.map((word) => word.replace(':2378', `:${port}`)), Interval: 1e9, Timeout: 1e10 },
    HostConfig: {
      NetworkMode: service.network_mode,
      PidMode: service.pid,
      CapAdd: [...service.cap_add],
      // Where the kernel has no AppArmor, Docker refuses the option.
      Binds: Object.values(places),
    },
  });
  await container.start();
  return container;
}

function ask<T>(method: string, path: string, body?: object): Promise<{ status: number; body: T }> {
  return new Promise((resolve, reject) => {
    const call = request(`${api}${path}`, { method, agent: false, headers: { 'content-type': 'application/json' } }, async (answer) => {
      let text = '';
      for await (const chunk of answer) text += String(chunk);
      resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) as T });
    });
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function ready(container: Docker.Container): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; await sleep(100)) {
    if ((await ask('GET', '/readyz').catch(() => null))?.status === 200) return;
    const { State } = await container.inspect();
    if (!State.Running || Date.now() > deadline) throw new Error(logs());
  }
}

async function healthy(container: Docker.Container): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; await sleep(200)) {
    const { Health } = (await container.inspect()).State;
    if (Health?.Status === 'healthy') return;
    if (Date.now() > deadline) throw new Error(JSON.stringify(Health));
  }
}

test('as the compose file says: containers and volumes are made, resized and replaced, and it is the same host after it was made anew', async () => {
  const port = await servicePort();
  api = `http://127.0.0.1:${port}`;
  const container = await up(port);
  await ready(container);
  const volume = await ask('POST', '/api/v1/volumes', { name: 'data', size: '1MB' });
  assert.equal(volume.status, 200, JSON.stringify(volume.body));
  const ran = await ask('POST', '/api/v1/replicaSet', {
    replicaSetName: 'job',
    imageName: IMAGES.busybox,
    gpuCount: 1,
    binds: [{ src: 'data-1', dest: '/data' }],
  });
  assert.equal(ran.status, 200, JSON.stringify(ran.body));
  await ask('POST', '/api/v1/replicaSet/job/execute', { cmd: ['sh', '-c', 'echo precious > /data/file'] });
  assert.equal((await ask('PATCH', '/api/v1/replicaSet/job/stop')).status, 200);
  const resized = await ask('PATCH', '/api/v1/volumes/data/size', { size: '2MB' });
  assert.equal(resized.status, 200, JSON.stringify(resized.body));
  assert.equal((await ask('PATCH', '/api/v1/replicaSet/job/restart')).status, 200);
  const patched = await ask('PATCH', '/api/v1/replicaSet/job', { gpuPatch: { gpuCount: 2 } });
  assert.equal(patched.status, 200, JSON.stringify(patched.body));
  const read = await ask<{ data: { stdout: string } }>('POST', '/api/v1/replicaSet/job/execute', { cmd: ['cat', '/data/file'] });
  assert.equal(read.body.data.stdout.trim(), 'precious');
  const listed = cli('exec', 'gpu-docker-api', 'gpu-docker-api', 'log', 'verify', '--data-dir', join(folder, 'data'));
  assert.equal(listed.code, 0, listed.err);
  const saved = cli(
    ...['exec', '--env', `GPU_DOCKER_API_DATA_DIR=${join(folder, 'data')}`, 'gpu-docker-api'],
    '/usr/local/lib/gpu-docker-api/backup.sh',
  );
  assert.equal(saved.code, 0, saved.out + saved.err);
  assert.equal(readdirSync(join(folder, 'backups')).filter((name) => name.startsWith('events-')).length, 1);
  await healthy(container);
  await container.stop();
  assert.equal((await container.inspect()).State.ExitCode, 0, logs());
  assert.match(logs(), /"msg":"stopped"\}\n$/);
  await container.remove();
  const again = await up(port);
  await ready(again);
  const gpus = await ask<{ data: { gpus: { holder: string | null }[] } }>('GET', '/api/v1/gpus');
  assert.deepEqual(
    gpus.body.data.gpus.map(({ holder }) => holder),
    ['job', 'job'],
  );
  await ask('DELETE', '/api/v1/replicaSet/job');
  await again.stop();
});

test.run();
