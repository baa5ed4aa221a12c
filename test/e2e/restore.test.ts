// docs/disaster-recovery.md followed on a busy box: nothing is given twice, and what was made after the backup is taken back.
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import { run } from '../cli/support.ts';
import { docker, dockerSocket, IMAGES, uniqueName } from '../support/docker.ts';
import { serve, type TestServer } from '../support/server.ts';
import { eventually, RS, VOLUMES } from './world.ts';

process.setMaxListeners(100);
const test = suite('restore');
const dir = mkdtempSync(join(tmpdir(), 'gpu-docker-api-restore-'));
const dataDir = join(dir, 'data');
const backup = join(dir, 'events.jsonl');
const prefix = uniqueName('r');
const name = (suffix: string): string => `${prefix}${suffix}`;
const where = ['--data-dir', dataDir];
let server: TestServer;

interface Entry {
  readonly name: string;
  readonly state: string;
  readonly version: number;
  readonly gpus: readonly string[];
  readonly ports: Readonly<Record<string, number>>;
}
interface Envelope<T> {
  readonly code: number;
  readonly msg: string;
  readonly data: T;
}

const send = <T = unknown>(method: string, path: string, body?: unknown): Promise<{ status: number; body: Envelope<T> }> =>
  server.request<Envelope<T>>(method, path, body);
async function ok<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await send<T>(method, path, body);
  assert.equal(answer.status, 200, `${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body.data;
}
const list = async (): Promise<readonly Entry[]> => (await ok<{ replicaSets: Entry[] }>('GET', RS)).replicaSets;
const entry = async (suffix: string): Promise<Entry | undefined> => (await list()).find((rs) => rs.name === name(suffix));
const warnings = async (): Promise<string> => JSON.stringify((await server.request<{ warnings?: string[] }>('GET', '/readyz')).body);
const start = (suffix: string, more: object): Promise<unknown> =>
  ok('POST', RS, { imageName: IMAGES.sleep, replicaSetName: name(suffix), ...more });
async function sh(suffix: string, line: string): Promise<string> {
  const { stdout, exitCode } = await ok<{ stdout: string; exitCode: number }>('POST', `${RS}/${name(suffix)}/execute`, {
    cmd: ['sh', '-c', line],
  });
  assert.equal(exitCode, 0, stdout);
  return stdout;
}
const cli = async (...argv: readonly string[]): Promise<string> => {
  const { code, out, err } = await run(...argv);
  assert.equal(code, 0, `${argv.join(' ')}: ${out}${err}`);
  return out;
};

/** The running containers of this test with their GPUs. */
async function running(): Promise<Readonly<Record<string, readonly string[]>>> {
  const found = await docker().listContainers({ filters: { name: [`^/${prefix}`] } });
  const gpus = await Promise.all(
    found.map(async ({ Id, Names }) => {
      const { HostConfig } = await docker().getContainer(Id).inspect();
      return [(Names[0] ?? '').slice(1), (HostConfig.DeviceRequests ?? []).flatMap(({ DeviceIDs }) => DeviceIDs ?? [])] as const;
    }),
  );
  return Object.fromEntries(gpus.sort(([a], [b]) => (a < b ? -1 : 1)));
}

test.after(async () => {
  await server.stop();
  const left = await docker().listContainers({ all: true, filters: { name: [`^/${prefix}`] } });
  for (const { Id } of left) await docker().getContainer(Id).remove({ force: true, v: true });
  for (const suffix of ['vol-1', 'new-1', 'new-2'])
    await docker()
      .getVolume(name(suffix))
      .remove()
      .catch(() => undefined);
  rmSync(dir, { recursive: true, force: true });
});

test('a backup, a busy hour, the loss of etcd: the page is followed, and all is as it was', async () => {
  server = await serve({
    docker: dockerSocket(),
    dataDir,
    args: ['--checkpoint-every', '100ms', '--snapshot-every', '5', '--replace-grace', '0s', '--stop-timeout', '0s', '--log-level', 'warn'],
  });
  await ok('POST', VOLUMES, { name: name('vol'), size: '20MB' });
  await start('keep', { gpuCount: 2, containerPorts: ['22'], env: ['A=1', 'B=$2 "x"'], binds: [{ src: name('vol-1'), dest: '/vol' }] });
  await start('goner', { gpuCount: 1 });
  await sh('keep', 'echo first > /.x; echo in the volume > /vol/y');
  const before = (await entry('keep'))?.gpus ?? [];
  // The page: a backup.
  writeFileSync(backup, await cli('log', 'export', ...where));
  await cli('log', 'verify', '--events', backup, ...where);

  // What happens after it.
  await ok('POST', VOLUMES, { name: name('new'), size: '10MB' });
  await ok('PATCH', `${VOLUMES}/${name('new')}/size`, { size: '30MB' });
  await start('late', { gpuCount: 2, containerPorts: ['22', '80'], binds: [{ src: name('new-2'), dest: '/new' }], cmd: ['sleep', '3600'] });
  await ok('PATCH', `${RS}/${name('keep')}`, { gpuPatch: { gpuCount: 3 } });
  await sh('keep', 'echo second >> /.x');
  await ok('DELETE', `${RS}/${name('goner')}`);
  const truth = await list();
  const used = await running();
  assert.deepEqual(Object.keys(used), [`${name('keep')}-2`, `${name('late')}-1`]);

  // The loss, and the page.
  await server.stop();
  renameSync(join(dataDir, 'etcd'), join(dir, 'etcd.broken'));
  assert.match(
    await cli('log', 'import', backup, '--by', 'ann', ...where),
    /restored at event \d+, by ann: events \d+ to \d+ of the former log are lost/,
  );
  assert.match(await cli('log', 'verify', ...where), /Restored at event \d+ by ann: events \d+ to \d+ of the former log are lost/);
  const check = ['replay', '--check', '--docker-host', `unix://${dockerSocket()}`, ...where];
  const differs = await run(...check);
  assert.equal(differs.code, 3);
  for (const what of [`unexpected  ${name('keep')}-2`, `unexpected  ${name('late')}-1`, `missing     ${name('goner')}-1`])
    assert.match(differs.out, new RegExp(what));
  await server.restart();
  assert.match(await warnings(), /the log was restored at event \d+ by ann.*adopt NAME/);

  // Nothing is given, started, given up or stopped, whatever the time.
  const request = { imageName: IMAGES.sleep, replicaSetName: name('tenant'), gpuCount: 3 };
  const refused = await send('POST', RS, request);
  assert.equal(refused.status, 503, JSON.stringify(refused.body));
  assert.match(refused.body.msg, /restored at event .*gpu-docker-api adopt NAME.*accept-restore/);
  assert.equal((await send('PATCH', `${RS}/${name('goner')}/restart`)).status, 503);
  await sleep(12_000);
  assert.deepEqual(await running(), used);
  assert.equal((await entry('goner'))?.gpus.length, 1, 'nothing is given up');
  const whole = await send('DELETE', `${RS}/${name('keep')}`);
  assert.equal(whole.status, 409, JSON.stringify(whole.body));
  assert.match(whole.body.msg, /adopt it first/);

  // Taken back, one by one.
  const at = ['--server', server.url, '--by', 'ann'];
  assert.match(await cli('adopt', name('keep'), '--dry-run', ...at), /ContainerAdopted replicaSet/);
  assert.match(await cli('adopt', name('keep'), ...at), new RegExp(`${name('keep')}-2 \\(running\\) is taken back, with GPUs`));
  assert.match(await cli('adopt', name('late'), ...at), new RegExp(`volumes ${name('new')}`));
  assert.match(await cli('adopt', name('late'), ...at), /nothing to take back/);
  assert.match(await cli('history', name('late'), '--server', server.url), /adopt +ann/);
  await ok('DELETE', `${RS}/${name('goner')}`);
  await eventually('Docker and log agree', async () => !(await warnings()).includes('restored at event'));
  assert.deepEqual(await running(), used);
  const plain = (entries: readonly Entry[]): unknown => entries.map((rs) => ({ ...rs, createTime: '' }));
  assert.deepEqual(plain(await list()), plain(truth), 'every field of the list is as before');

  // Nothing is given twice, and all agrees.
  await ok('POST', RS, request);
  const all = Object.values(await running()).flat();
  assert.equal(all.length, 8);
  assert.equal(new Set(all).size, 8);
  await cli(...check);
  await cli('log', 'verify', ...where);

  // What was taken back is as any other: its environment, its command, its disk, its volumes, its past.
  await ok('PATCH', `${RS}/${name('keep')}`, { gpuPatch: { gpuCount: 2 } });
  assert.equal(await sh('keep', 'cat /.x /vol/y; echo $A "$B"'), 'first\nsecond\nin the volume\n1 $2 "x"\n');
  await ok('PATCH', `${RS}/${name('keep')}/rollback`, { version: 1 });
  assert.equal(await sh('keep', 'cat /.x'), 'first\n');
  assert.equal((await entry('keep'))?.gpus.length, before.length);
  await ok('PATCH', `${RS}/${name('late')}/stop`);
  await ok('PATCH', `${RS}/${name('late')}/restart`);
  const { Config } = await docker()
    .getContainer(`${name('late')}-2`)
    .inspect();
  assert.deepEqual(Config.Cmd, ['sleep', '3600']);
  await ok('PATCH', `${VOLUMES}/${name('vol')}/size`, { size: '40MB' }).catch(() => undefined); // mounted by a running one
  await cli(...check);
  for (const suffix of ['keep', 'late', 'tenant']) await ok('DELETE', `${RS}/${name(suffix)}`);
  for (const suffix of ['vol', 'new']) await ok('DELETE', `${VOLUMES}/${name(suffix)}`);
  await cli(...check);
  await cli('log', 'verify', '--index', ...where);
});

test.run();
