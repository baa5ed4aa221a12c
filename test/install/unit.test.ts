// The systemd units: systemd finds no fault in them, and what they shut off is not needed.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import { dockerSocket, IMAGES, stubDirectory, uniqueName } from '../support/docker.ts';
import { serve } from '../support/server.ts';
import { command, deployed, program, ROOT } from './support.ts';

const test = suite('systemd');
const UNITS = [
  'gpu-docker-api.service',
  ...['gpu-docker-api-backup.service', 'gpu-docker-api-backup.timer'],
  ...['gpu-docker-api-verify.service', 'gpu-docker-api-verify.timer'],
];
const hasSystemd = command('sh', ['-c', 'command -v systemd-analyze']).code === 0;
const folder = mkdtempSync(join(tmpdir(), 'gpu-docker-api-units-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

if (!hasSystemd) console.log('note: there is no systemd-analyze here, so it was not asked about the units');
else
  test('systemd-analyze verify has nothing to say', () => {
    // The programs that the units start, at their places in a root of their own.
    for (const path of ['usr/local/bin/gpu-docker-api', 'usr/local/lib/gpu-docker-api/backup.sh']) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), '#!/bin/sh\n', { mode: 0o755 });
    }
    const units = join(folder, 'etc', 'systemd', 'system');
    mkdirSync(units, { recursive: true });
    for (const name of UNITS) cpSync(deployed(name), join(units, name));
    for (const name of ['docker.service', 'network-online.target', 'sysinit.target', 'timers.target', 'multi-user.target'])
      writeFileSync(join(units, name), name.endsWith('.service') ? '[Service]\nExecStart=/usr/local/bin/gpu-docker-api\n' : '[Unit]\n');
    const said = command('systemd-analyze', ['verify', '--man=no', `--root=${folder}`, ...UNITS]);
    assert.equal(`${said.out}${said.err}`.trim(), '');
    assert.equal(said.code, 0);
  });

/** Runs a program as the unit does: /tmp of its own, the system read-only, no new privileges. `visible`: folders that stay, also below /tmp. */
const asTheUnit = (visible: readonly string[]): readonly string[] => [
  ...['unshare', '--mount', '--propagation=slave', 'sh', '-c'],
  [
    'mount -t tmpfs tmpfs /mnt',
    ...visible.map((path, i) => `mkdir /mnt/${i} && mount --rbind ${path} /mnt/${i}`),
    'mount -t tmpfs tmpfs /tmp',
    'mount -t tmpfs tmpfs /var/tmp',
    ...visible.map((path, i) => `mkdir -p ${path} && mount --rbind /mnt/${i} ${path}`),
    'for path in /usr /etc /boot /home /root /proc/sys; do mount --bind $path $path && mount -o remount,ro,bind $path $path || exit 1; done',
    'exec setpriv --no-new-privs "$@"',
  ].join(' && '),
  'unit',
];

test('with a /tmp of its own and a read-only system it runs, and the command line finds it from outside', async () => {
  const dataDir = mkdtempSync('/var/lib/gpu-docker-api-test-');
  const server = await serve({
    docker: dockerSocket(),
    dataDir,
    under: asTheUnit([ROOT, dirname(dockerSocket()), stubDirectory()]),
    args: ['--gpus', 'simulated:2', '--stop-timeout', '0s', '--replace-grace', '0s'],
  });
  try {
    const name = uniqueName('u');
    const ran = await server.request('POST', '/api/v1/replicaSet', { replicaSetName: name, imageName: IMAGES.sleep, gpuCount: 1 });
    assert.equal(ran.status, 200, JSON.stringify(ran.body));
    const patched = await server.request('PATCH', `/api/v1/replicaSet/${name}`, { gpuPatch: { gpuCount: 2 } });
    assert.equal(patched.status, 200, JSON.stringify(patched.body));
    assert.equal((await server.request('POST', '/api/v1/volumes', { name: `${name}v`, size: '1MB' })).status, 200);
    const resized = await server.request('PATCH', `/api/v1/volumes/${name}v/size`, { size: '2MB' });
    assert.equal(resized.status, 200, JSON.stringify(resized.body));
    await server.request('DELETE', `/api/v1/volumes/${name}v`);
    const outside = command(process.execPath, [await program(), 'log', 'verify', '--data-dir', dataDir]);
    assert.equal(outside.code, 0, outside.err);
    assert.equal((await server.request('DELETE', `/api/v1/replicaSet/${name}`)).status, 200);
  } finally {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
});

test.run();
