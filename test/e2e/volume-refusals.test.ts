import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { docker, dockerRoot, dockerSocket, IMAGES } from '../support/docker.ts';
import { RS, VOLUMES, World } from './world.ts';

const test = suite('volumes and host paths that are refused');
let world: World;
const directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-bind-'));

test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--stop-timeout', '0s']);
});
test.after(async () => {
  await world.stop();
  rmSync(directory, { recursive: true, force: true });
});

test('1000, 1024, 1031, 1032: names that cannot be used', async () => {
  for (const [body, code, says] of [
    [{ size: '1GB' }, 1024, /name is missing/],
    [{ name: '', size: '1GB' }, 1024, /name/],
    [{ name: 'a-b', size: '1GB' }, 1031, /"a-b".*dash/],
    [{ name: '/data', size: '1GB' }, 1032, /"\/data" begins with \//],
    [{ name: 'a b', size: '1GB' }, 1000, /"a b"/],
    [{ name: '.a', size: '1GB' }, 1000, /"\.a"/],
    [{ name: 7, size: '1GB' }, 1000, /name must be a string/],
    ['nope', 1000, /not JSON/],
  ] as const) {
    await world.refused('POST', VOLUMES, body, { status: 400, code, says });
  }
});

test('1029: sizes that are none, with the units that there are', async () => {
  const name = world.name('size');
  const refusal = (size: string, says: readonly RegExp[]): Promise<string> =>
    world.refused('POST', VOLUMES, { name, size }, { status: 400, code: 1029, says });
  await refusal('', [/size is missing: write it as 20GB/]);
  for (const size of ['20', 'GB', '20XB', '-1GB', '1e3GB', '20 G', 'NaNGB'])
    await refusal(size, [/KB, MB, GB and TB/, /number with a unit/]);
  for (const size of ['0GB', '0.0000001TB']) await refusal(size, [/too small: it is from 0.001KB to 8000TB/]);
  await refusal('99999999TB', [/too large: it is from 0.001KB to 8000TB/]);
  await world.refused('POST', VOLUMES, { name }, { status: 400, code: 1029, says: /size is missing: write it as 20GB/ });
  await world.ok('POST', VOLUMES, { name, size: '1GB' });
  await world.refused('PATCH', `${VOLUMES}/${name}/size`, { size: '5' }, { status: 400, code: 1029, says: /"5"/ });
  await world.refused('PATCH', `${VOLUMES}/${name}/size`, { size: 5 }, { status: 400, code: 1000, says: /size must be a string/ });
  await world.ok('DELETE', `${VOLUMES}/${name}`);
});

test('1026, 1028: a volume that exists, a size that it has', async () => {
  const name = world.name('twice');
  await world.ok('POST', VOLUMES, { name, size: '1GB' });
  await world.refused('POST', VOLUMES, { name, size: '2GB' }, { status: 409, code: 1026, says: [new RegExp(name), /1GB/] });
  for (const size of ['1GB', '1gb', '1.0GB', '1024MB']) {
    await world.refused('PATCH', `${VOLUMES}/${name}/size`, { size }, { status: 409, code: 1028, says: /1GB already/ });
  }
  await world.ok('DELETE', `${VOLUMES}/${name}`);
});

test('1025, 1033, 1034, 1035: a volume that does not exist', async () => {
  const none = world.name('none');
  const says = new RegExp(`volume ${none} does not exist`);
  await world.refused('DELETE', `${VOLUMES}/${none}`, undefined, { status: 404, code: 1025, says });
  await world.refused('GET', `${VOLUMES}/${none}`, undefined, { status: 404, code: 1033, says });
  await world.refused('GET', `${VOLUMES}/${none}/history`, undefined, { status: 404, code: 1034, says });
  await world.refused('PATCH', `${VOLUMES}/${none}/size`, { size: '1GB' }, { status: 404, code: 1035, says });
});

test('1023: somebody else’s volume of that name is left alone', async () => {
  const name = world.name('theirs');
  await docker().createVolume({ Name: `${name}-1`, Labels: { mine: 'yes' } });
  const says = new RegExp(`${name}-1 is on this host already`);
  await world.refused('POST', VOLUMES, { name, size: '1GB' }, { status: 422, code: 1023, says });
  assert.deepEqual((await docker().getVolume(`${name}-1`).inspect()).Labels, { mine: 'yes' });
});

test('1023: --volume-size strict refuses where a size cannot be enforced, and says how to get quota', async () => {
  const strict = await World.start(['--volume-size', 'strict']);
  try {
    await strict.refused(
      'POST',
      VOLUMES,
      { name: strict.name('v'), size: '1GB' },
      { status: 422, code: 1023, says: [/cannot limit/, /prjquota/] },
    );
  } finally {
    await strict.stop();
  }
});

const body = (src: string): object => ({ imageName: IMAGES.sleep, replicaSetName: world.name('x'), binds: [{ src, dest: '/d' }] });

test('1004: host paths that hand the host over, also through a link or a path with dots', async () => {
  const link = join(directory, 'link');
  symlinkSync('/etc', link);
  symlinkSync(link, join(directory, 'chain'));
  const paths = [
    ...[
      '/',
      '/etc',
      '/etc/ssl',
      '/proc',
      '/sys/fs',
      '/dev',
      '/boot',
      '/root',
      '/root/.ssh',
      '/run',
      '/var/run',
      '/var/run/docker.sock',
      '/var',
    ],
    ...[dockerRoot(), join(dockerRoot(), 'volumes'), dockerSocket(), world.server.dataDir, join(world.server.dataDir, 'x')],
    ...[`${directory}/../../etc`, '//etc', '/tmp/../etc/', link, join(link, 'ssl'), join(directory, 'chain'), '/proc/self/root'],
  ];
  for (const path of paths) {
    await world.refused('POST', RS, body(path), { status: 422, code: 1004, says: [/^host path/, /--allow-bind/] });
  }
  const says = /chain leads outside of what --allow-bind allows$/;
  await world.refused('POST', RS, body(join(directory, 'chain')), { status: 422, code: 1004, says });
});

test('other host paths pass, and a link that leads to a harmless place', async () => {
  mkdirSync(join(directory, 'real'));
  symlinkSync(join(directory, 'real'), join(directory, 'good'));
  const name = await world.run('good', IMAGES.sleep, { binds: [{ src: join(directory, 'good'), dest: '/d' }] });
  await world.delete(name);
});

test('a link that leads elsewhere by the time of a patch is refused then, and the old version goes on', async () => {
  const link = join(directory, 'turned');
  symlinkSync(join(directory, 'real'), link);
  const name = await world.run('turn', IMAGES.sleep, { binds: [{ src: link, dest: '/d' }] });
  rmSync(link);
  symlinkSync('/root', link);
  await world.refused('PATCH', `${RS}/${name}`, {}, { status: 422, code: 1007, says: /leads outside of what --allow-bind allows/ });
  await world.delete(name);
});

test('with --allow-bind only what it names may be mounted', async () => {
  const allowed = join(directory, 'allowed');
  mkdirSync(allowed);
  symlinkSync(directory, join(allowed, 'out'));
  const strict = await World.start(['--allow-bind', allowed, '--allow-bind', '/etc/ssl', '--replace-grace', '0s']);
  try {
    const request = (src: string): object => ({ imageName: IMAGES.sleep, replicaSetName: strict.name('x'), binds: [{ src, dest: '/d' }] });
    for (const path of [directory, '/srv', `${allowed}x`, `${allowed}/..`, join(allowed, 'out'), '/etc']) {
      await strict.refused('POST', RS, request(path), { status: 422, code: 1004, says: /outside of what --allow-bind allows/ });
    }
    const binds = [allowed, '/etc/ssl'].map((src, i) => ({ src, dest: `/d${i}` }));
    await strict.run('ok', IMAGES.sleep, { binds });
  } finally {
    await strict.stop();
  }
});

test.run();
