// Each a failure of the Go program that must not happen here: volumes.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertAgrees } from '../crash/agree.ts';
import { call, ok, run, sh } from '../crash/client.ts';
import { openWorld, type World } from '../crash/world.ts';
import { stubDirectory, uniqueName } from '../support/docker.ts';

const test = suite('never again: volumes');
const directory = mkdtempSync(join(tmpdir(), 'gda-never-'));
const failing = join(directory, 'cp-fails');
let world: World;

test.before(async () => {
  // While the file is there, cp writes a part of what it should and ends as on a full disk.
  const stub = join(directory, 'cp');
  const half = 'for last; do :; done; echo half >"$last/half"; echo "cp: error writing: No space left on device" >&2; exit 1';
  writeFileSync(stub, `#!/bin/sh\n[ -e ${failing} ] || exec /bin/cp "$@"\n${half}\n`);
  chmodSync(stub, 0o755);
  world = await openWorld({ env: { PATH: `${directory}:${stubDirectory()}:${process.env['PATH'] ?? ''}` } });
});
test.after.each(() => assertAgrees(world));
test.after(async () => {
  await world.close();
  rmSync(directory, { recursive: true, force: true });
});

const current = async (name: string): Promise<string> =>
  (await ok<{ Info: { opt: { Name: string } } }>(world.server, 'GET', `volumes/${name}`)).Info.opt.Name;

/** A volume with files, and a replicaSet that can look into it while it runs. */
async function filled(): Promise<string> {
  const name = uniqueName('v');
  await ok(world.server, 'POST', 'volumes', { name, size: '1GB' });
  await inside(
    name,
    'dd if=/dev/urandom of=/v/big bs=1M count=5 2>/dev/null; echo dot >/v/.dot; ln /v/big /v/link; mkdir /v/empty; md5sum /v/big >/v/sum',
  );
  return name;
}
async function inside(volume: string, script: string): Promise<string> {
  const name = uniqueName('m');
  await run(world.server, name, { binds: [{ src: await current(volume), dest: '/v' }] });
  try {
    return await sh(world.server, name, script);
  } finally {
    await ok(world.server, 'DELETE', `replicaSet/${name}`);
  }
}
const whole = 'md5sum -c /v/sum && cat /v/.dot && stat -c %h /v/big && [ -d /v/empty ] && ls -A /v | wc -l';
const WHOLE = /big: OK\s+dot\s+2\s+5$/;
const inDocker = (name: string): Promise<boolean> =>
  world.docker
    .getVolume(name)
    .inspect()
    .then(
      () => true,
      () => false,
    );

test('volume resize copying the new volume onto itself and deleting the old', async () => {
  const volume = await filled();
  await ok(world.server, 'PATCH', `volumes/${volume}/size`, { size: '2GB' });
  assert.is(await current(volume), `${volume}-2`);
  assert.match(await inside(volume, whole), WHOLE);
  assert.is(await inDocker(`${volume}-1`), false, 'the old one is gone only now');
});

test('a copy that failed half-way counted as success', async () => {
  const volume = await filled();
  writeFileSync(failing, '');
  const { code, msg } = await call(world.server, 'PATCH', `volumes/${volume}/size`, { size: '2GB' });
  rmSync(failing);
  assert.is(code, 1035);
  assert.match(msg, /No space left on device/);
  assert.is(await current(volume), `${volume}-1`);
  assert.match(await inside(volume, whole), WHOLE);
  assert.is(await inDocker(`${volume}-2`), false, 'the half copy is gone');
  await ok(world.server, 'PATCH', `volumes/${volume}/size`, { size: '2GB' });
  assert.match(await inside(volume, whole), WHOLE, 'a later one succeeds');
});

test('a copy that cannot fit begun at all', async () => {
  const volume = await filled();
  const { code, msg } = await call(world.server, 'PATCH', `volumes/${volume}/size`, { size: '1MB' });
  assert.is(code, 1030, msg);
  assert.match(await inside(volume, whole), WHOLE);
});

test('a deleted volume still there', async () => {
  const volume = await filled();
  await ok(world.server, 'DELETE', `volumes/${volume}`);
  assert.is(await inDocker(`${volume}-1`), false);
  assert.is((await call(world.server, 'GET', `volumes/${volume}`)).code, 1033);
  assert.is((await call(world.server, 'GET', `volumes/${volume}/history`)).code, 1034);
  await ok(world.server, 'POST', 'volumes', { name: volume, size: '1GB' });
  assert.is(await inside(volume, 'ls -A /v | wc -l'), '0', 'a new one of the name is empty');
});

test('a volume deleted under the container that mounts it', async () => {
  const volume = await filled();
  const name = uniqueName('m');
  await run(world.server, name, { binds: [{ src: await current(volume), dest: '/v' }] });
  assert.is((await call(world.server, 'DELETE', `volumes/${volume}`)).code, 1025);
  assert.is((await call(world.server, 'PATCH', `volumes/${volume}/size`, { size: '3GB' })).code, 1035);
  assert.match(await sh(world.server, name, whole), WHOLE);
});

test.run();
