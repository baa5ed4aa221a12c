// timeout: 300
// docs/disaster-recovery.md followed with two hosts on one etcd, each with a Docker of its own: each settles by itself, and nothing is given twice.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import { run } from '../cli/support.ts';
import { type Dockerd, docker, dockerSocket, IMAGES, startDockerd, uniqueName } from '../support/docker.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { serve, type TestServer } from '../support/server.ts';
import { type Envelope, eventually, RS, VOLUMES } from './world.ts';

process.setMaxListeners(100);
const test = suite('restore of two hosts');
const dir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-restore-hosts-'));
const backup = join(dir, 'events.jsonl');
const prefix = uniqueName('h');
const name = (suffix: string): string => `${prefix}${suffix}`;
const BUSY = [
  '--checkpoint-every',
  '100ms',
  '--snapshot-every',
  '5',
  '--replace-grace',
  '0s',
  '--stop-timeout',
  '0s',
  '--log-level',
  'warn',
];

interface Host {
  readonly name: string;
  readonly socket: string;
  readonly server: TestServer;
}
let etcd: TestEtcd;
let daemon: Dockerd | undefined;
let one: Host;
let two: Host;

const hosts: Host[] = [];

async function hostOf(hostName: string, socket: string): Promise<Host> {
  const options = { etcd: etcd.endpoint, docker: socket, dataDir: join(dir, hostName), readyMs: 60_000 };
  const host = { name: hostName, socket, server: await serve({ ...options, args: ['--host-name', hostName, ...BUSY] }) };
  hosts.push(host);
  return host;
}
const send = <T = unknown>({ server }: Host, method: string, path: string, body?: unknown) =>
  server.request<Envelope<T>>(method, path, body);
async function ok<T = unknown>(host: Host, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await send<T>(host, method, path, body);
  assert.equal(answer.status, 200, `${host.name}: ${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body.data;
}
const start = (host: Host, suffix: string, more: object): Promise<unknown> =>
  ok(host, 'POST', RS, { imageName: IMAGES.sleep, replicaSetName: name(suffix), ...more });
const warnings = async (host: Host): Promise<string> => JSON.stringify((await send(host, 'GET', '/readyz')).body);
const isHeld = async (host: Host): Promise<boolean> => (await warnings(host)).includes('the log was restored at event');
const where = ({ server }: Host): string[] => ['--etcd', etcd.endpoint, '--data-dir', server.dataDir];
const check = (host: Host): string[] => ['replay', '--check', '--docker-host', `unix://${host.socket}`, ...where(host)];
const at = ({ server }: Host): string[] => ['--server', server.url, '--by', 'ann'];

async function cli(...argv: readonly string[]): Promise<string> {
  const { code, out, err } = await run(...argv);
  assert.equal(code, 0, `${argv.join(' ')}: ${out}${err}`);
  return out;
}
async function refused(...argv: readonly string[]): Promise<string> {
  const { code, out, err } = await run(...argv);
  assert.equal(code, 1, `${argv.join(' ')}: ${out}${err}`);
  return err;
}

/** The running containers of this test on a host, with their GPUs. */
async function running({ socket }: Host): Promise<Readonly<Record<string, readonly string[]>>> {
  const engine = docker(socket);
  const found = await engine.listContainers({ filters: { name: [`^/${prefix}`] } });
  const gpus = await Promise.all(
    found.map(async ({ Id, Names }) => {
      const { HostConfig } = await engine.getContainer(Id).inspect();
      return [(Names[0] ?? '').slice(1), (HostConfig.DeviceRequests ?? []).flatMap(({ DeviceIDs }) => DeviceIDs ?? [])] as const;
    }),
  );
  return Object.fromEntries(gpus.sort(([a], [b]) => (a < b ? -1 : 1)));
}
async function assertOnce(host: Host): Promise<void> {
  const all = Object.values(await running(host)).flat();
  assert.equal(new Set(all).size, all.length, `a GPU of ${host.name} is given twice`);
}

test.before(async () => {
  etcd = await startEtcd();
  daemon = await startDockerd({ ownId: true });
  one = await hostOf('one', dockerSocket());
  two = await hostOf('two', daemon.socket);
});
test.after(async () => {
  for (const host of hosts) {
    await host.server.stop();
    const left = await docker(host.socket).listContainers({ all: true, filters: { name: [`^/${prefix}`] } });
    for (const { Id } of left) await docker(host.socket).getContainer(Id).remove({ force: true, v: true });
  }
  await etcd.stop();
  await daemon?.dispose();
  rmSync(dir, { recursive: true, force: true });
});

test('both are held, each takes back its own and settles by itself, and nothing is given twice', async () => {
  await start(one, 'keep', { gpuCount: 2, containerPorts: ['22'] });
  await start(one, 'moved', { gpuCount: 1 });
  await start(two, 'hold', { gpuCount: 2, secretEnv: ['DB_LOGIN=hunter2'] });
  writeFileSync(backup, await cli('log', 'export', ...where(one)));

  // A busy hour.
  await ok(one, 'PATCH', `${RS}/${name('keep')}`, { gpuPatch: { gpuCount: 3 } });
  await start(one, 'late', { gpuCount: 2 });
  await ok(one, 'DELETE', `${RS}/${name('moved')}`);
  await ok(two, 'PATCH', `${RS}/${name('hold')}`, { gpuPatch: { gpuCount: 3 } });
  await start(two, 'moved', { gpuCount: 1 });
  await start(two, 'unwanted', { gpuCount: 2 });
  await ok(two, 'POST', VOLUMES, { name: name('vol'), size: '10MB' });
  await start(two, 'idle', { binds: [{ src: name('vol-1'), dest: '/vol' }] });
  await ok(two, 'POST', `${RS}/${name('idle')}/execute`, { cmd: ['sh', '-c', 'echo precious > /vol/x'] });
  await ok(two, 'PATCH', `${RS}/${name('idle')}/stop`);
  await ok(two, 'PATCH', `${VOLUMES}/${name('vol')}/size`, { size: '20MB' });
  const used = { one: await running(one), two: await running(two) };
  const asBefore = async (): Promise<void> => assert.deepEqual({ one: await running(one), two: await running(two) }, used);

  // etcd is lost. The page: stop every server, import with the data directory of one, say it for the other.
  await one.server.stop();
  await two.server.stop();
  await etcd.stop();
  rmSync(etcd.dir, { recursive: true });
  await etcd.start();
  assert.match(
    await cli('log', 'import', ...where(one), '--by', 'ann', backup),
    /restored at event \d+, by ann: events \d+ to \d+ .* are lost/,
  );
  const said = await cli('log', 'restored', ...where(two), '--by', 'ann');
  assert.match(said, /restored at event \d+, by ann: events \d+ to \d+ .* are lost/);
  for (const host of [one, two]) {
    assert.match(await cli('log', 'verify', ...where(host)), /Restored at event \d+ by ann: events \d+ to \d+ of the former log are lost/);
    assert.equal((await run(...check(host))).code, 3);
  }
  await Promise.all([one.server.restart(), two.server.restart()]);

  // Both hold: nothing is given, started or stopped.
  for (const host of [one, two]) {
    assert.ok(await isHeld(host), await warnings(host));
    const answer = await send(host, 'POST', RS, { imageName: IMAGES.sleep, replicaSetName: name(`new${host.name}`), gpuCount: 1 });
    assert.equal(answer.status, 503, JSON.stringify(answer.body));
    assert.match(answer.body.msg, new RegExp(`host ${host.name} gives and starts nothing`));
  }
  await sleep(1_000);
  await asBefore();

  // The first host, while the other holds on.
  assert.match(await refused('adopt', name('hold'), ...at(one)), /on host two/);
  assert.match(await refused('adopt', name('late'), ...at(two)), /no container/);
  await cli('adopt', name('keep'), ...at(one));
  await cli('adopt', name('late'), ...at(one));
  assert.match(await refused('adopt', name('moved'), ...at(two)), /on host one.*delete it there first/);
  await ok(one, 'DELETE', `${RS}/${name('moved')}`);
  await eventually('one has settled', async () => !(await isHeld(one)));
  assert.ok(await isHeld(two), 'the other has not');
  await asBefore();
  await start(one, 'newone', { gpuCount: 3 });
  await assertOnce(one);

  // The second: taken back but for one, and settled by the operator's word.
  await cli('adopt', name('moved'), ...at(two));
  await cli('adopt', name('hold'), ...at(two));
  assert.match(
    await cli('adopt', name('idle'), ...at(two)),
    new RegExp(`volumes ${name('vol')}[^]*${name('vol')}-1 is the version that .* was copied from`),
  );
  assert.match(await cli('hosts', 'accept-restore', 'two', '--dry-run', ...at(two)), new RegExp(`${name('unwanted')}-1`));
  assert.ok(await isHeld(two));
  await cli('hosts', 'accept-restore', 'two', ...at(two));
  assert.ok(!(await isHeld(two)));
  await eventually('what was not taken back is stopped', async () => !(`${name('unwanted')}-1` in (await running(two))), 30_000);
  await start(two, 'newtwo', { gpuCount: 4 });
  await assertOnce(two);

  // All agrees, and is whole.
  await ok(two, 'PATCH', `${RS}/${name('hold')}`, { gpuPatch: { gpuCount: 1 } });
  const { stdout } = await ok<{ stdout: string }>(two, 'POST', `${RS}/${name('hold')}/execute`, { cmd: ['sh', '-c', 'echo $DB_LOGIN'] });
  assert.equal(stdout, 'hunter2\n');
  await ok(two, 'PATCH', `${RS}/${name('idle')}/restart`);
  await eventually('the volume that was resized has one version', async () => {
    const { Volumes } = await docker(two.socket).listVolumes({ filters: JSON.stringify({ name: [name('vol')] }) });
    return Volumes.map((volume) => volume.Name).join() === name('vol-2');
  });
  await cli(...check(one));
  const left = await run(...check(two));
  assert.ok(left.code === 0 || /^unexpected +\S+unwanted-1 /m.test(left.out), left.out);
  for (const host of [one, two]) {
    const verified = await cli('log', 'verify', ...where(host));
    assert.match(verified, /are lost/);
  }
  assert.ok(!(await cli('log', 'export', ...where(one))).includes('hunter2'));
});

test.run();
