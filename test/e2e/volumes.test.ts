import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { docker, IMAGES } from '../support/docker.ts';
import { eventually, RS, VOLUMES, World, withServer } from './world.ts';

const test = suite('volumes');
let world: World;

test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--stop-timeout', '0s']);
});
test.after(() => world.stop());

async function create(suffix: string, size: string): Promise<string> {
  const name = world.name(suffix);
  await world.ok('POST', VOLUMES, { name, size });
  return name;
}
const resize = (name: string, size: string): Promise<unknown> => world.ok('PATCH', `${VOLUMES}/${name}/size`, { size });
const mount = (volumeName: string, dest = '/v'): { binds: object[] } => ({ binds: [{ src: volumeName, dest }] });

test('sizes may have fractions and lower-case units; where they cannot be enforced that is said', async () => {
  const name = world.name('frac');
  assert.deepEqual(await world.ok('POST', VOLUMES, { name, size: '1.5gb' }), { name: `${name}-1`, size: '1.5GB' });
  const { Info } = await world.ok<{ Info: object }>('GET', `${VOLUMES}/${name}`);
  assert.deepEqual(
    { ...Info, createTime: '' },
    {
      version: 1,
      createTime: '',
      opt: { Driver: 'local', DriverOpts: { size: '1.5GB' }, Name: `${name}-1` },
      enforced: false,
    },
  );
  const [entry] = await world.volumes();
  assert.deepEqual([entry?.state, entry?.enforced, entry?.mountedBy], ['ready', false, []]);
  assert.equal((await world.eventsOf('VolumeProvisioned', name))[0]?.data.enforced, false);
  const { Labels } = await docker().getVolume(`${name}-1`).inspect();
  assert.equal(Labels['gpu-docker-api.bytes'], String(1.5 * 1024 ** 3));
  assert.equal(await world.ok('DELETE', `${VOLUMES}/${name}`), null);
  assert.deepEqual(await world.dockerVolumes(), []);
});

test('a new size makes a new version with everything in it', async () => {
  const bar = await create('bar', '20MB');
  const writer = await world.run('writer', IMAGES.sleep, mount(`${bar}-1`));
  await world.sh(
    writer,
    `cd /v; echo dot > .dot; mkdir -p .d/e empty; echo x > .d/e/f; ln .dot hard; ln -s /nowhere dangling; ln -s .dot soft
    chown -h 12:34 soft; chown 1000:2000000000 .dot; chmod 4750 .dot; truncate -s 1073741824 sparse; mkfifo fifo; touch -d '2001-02-03 04:05:06' empty; chmod 1777 .`,
  );
  const describe = `cd /v; find . | sort | while IFS= read -r f; do stat -c '%f %u %g %Y %N' "$f"; done; stat -c %h .dot; du -k sparse; cat .d/e/f; [ .dot -ef hard ] && echo same`;
  const before = await world.sh(writer, describe);
  await world.delete(writer);
  assert.deepEqual(await resize(bar, '40MB'), { name: `${bar}-2`, size: '40MB' });
  assert.deepEqual(await world.dockerVolumes(), [`${bar}-2`]);
  const reader = await world.run('reader', IMAGES.sleep, mount(`${bar}-2`));
  assert.equal(await world.sh(reader, describe), before);
  await world.delete(reader);
  assert.deepEqual(await resize(bar, '10MB'), { name: `${bar}-3`, size: '10MB' });
  await world.ok('DELETE', `${VOLUMES}/${bar}`);
  assert.deepEqual(await world.dockerVolumes(), []);
});

test('1035, 1025: while it is mounted it is neither resized nor deleted, and the message says by which one', async () => {
  const bar = await create('used', '20MB');
  const name = await world.run('user', IMAGES.sleep, mount(`${bar}-1`));
  assert.deepEqual((await world.volumes()).find((v) => v.name === bar)?.mountedBy, [name]);
  const size = { size: '40MB' };
  await world.refused('PATCH', `${VOLUMES}/${bar}/size`, size, {
    status: 409,
    code: 1035,
    says: new RegExp(`${bar}-1 is mounted by.*${name} \\(running\\)`),
  });
  await world.refused('DELETE', `${VOLUMES}/${bar}`, undefined, { status: 409, code: 1025, says: new RegExp(`mounted by.*${name}`) });
  await world.order(name, 'pause');
  await world.refused('PATCH', `${VOLUMES}/${bar}/size`, size, { status: 409, code: 1035, says: new RegExp(`${name} \\(paused\\)`) });
  await world.order(name, 'stop');
  await world.refused('DELETE', `${VOLUMES}/${bar}`, undefined, { status: 409, code: 1025, says: new RegExp(`${name} \\(stopped\\)`) });
  await world.delete(name);
  const theirs = await docker().createContainer({
    Image: IMAGES.sleep,
    name: world.name('theirs'),
    HostConfig: { Binds: [`${bar}-1:/x`] },
  });
  const says = new RegExp(world.name('theirs'));
  await world.refused('PATCH', `${VOLUMES}/${bar}/size`, size, { status: 409, code: 1035, says });
  await world.refused('DELETE', `${VOLUMES}/${bar}`, undefined, { status: 409, code: 1025, says });
  await theirs.remove();
  await world.ok('DELETE', `${VOLUMES}/${bar}`);
});

test('a stopped replicaSet follows its volume to the new version, and the old one goes when nothing names it', async () => {
  const bar = await create('follow', '20MB');
  const name = await world.run('follower', IMAGES.sleep, mount(`${bar}-1`));
  await world.sh(name, 'echo x > /v/.x');
  await world.order(name, 'stop');
  await resize(bar, '30MB');
  assert.deepEqual(await world.dockerVolumes(), [`${bar}-1`, `${bar}-2`], 'the stopped container still names the old one');
  await world.order(name, 'restart');
  const { HostConfig } = await docker().getContainer(`${name}-2`).inspect();
  assert.deepEqual(HostConfig.Binds, [`${bar}-2:/v`]);
  assert.equal(await world.sh(name, 'cat /v/.x'), 'x\n');
  await eventually('the old volume is gone', async () => (await world.dockerVolumes()).join() === `${bar}-2`);
  const { info } = await world.ok<{ info: { hostConfig: { Binds: string[] } } }>('GET', `${RS}/${name}`);
  assert.deepEqual(info.hostConfig.Binds, [`${bar}-2:/v`]);
  await world.rollback(name, 1);
  assert.equal(await world.sh(name, 'cat /v/.x'), 'x\n', 'a rollback mounts the volume as it is now');
  await world.delete(name);
  await world.ok('DELETE', `${VOLUMES}/${bar}`);
});

test('1030: not below what is used', async () => {
  const bar = await create('shrink', '20MB');
  const name = await world.run('fill', IMAGES.sleep, mount(`${bar}-1`));
  await world.sh(name, 'dd if=/dev/urandom of=/v/.big bs=1M count=3 2>/dev/null; sync');
  await world.delete(name);
  const says = [/uses 3(\.\d+)? ?MB/, /2MB asked for/];
  await world.refused('PATCH', `${VOLUMES}/${bar}/size`, { size: '2MB' }, { status: 409, code: 1030, says });
  await resize(bar, '4MB');
  await world.ok('DELETE', `${VOLUMES}/${bar}`);
});

test('1004, 1007: a version of a managed volume that does not exist is not made by the way', async () => {
  const bar = await create('ver', '20MB');
  const says = new RegExp(`${bar}-7 does not exist: the current version of ${bar} is ${bar}-1`);
  const body = { imageName: IMAGES.sleep, replicaSetName: world.name('x'), ...mount(`${bar}-7`) };
  await world.refused('POST', RS, body, { status: 422, code: 1004, says });
  const name = await world.run('ok', IMAGES.sleep, mount(`${bar}-1`));
  const volumePatch = { oldBind: { src: `${bar}-1`, dest: '/v' }, newBind: { src: `${bar}-7`, dest: '/v' } };
  await world.refused('PATCH', `${RS}/${name}`, { volumePatch }, { status: 422, code: 1007, says });
  await world.delete(name);
  await world.ok('DELETE', `${VOLUMES}/${bar}`);
});

test('a volume that a run makes by the way, where any may be mounted, is named in the event', () =>
  withServer(['--allow-volumes', 'any'], async (any) => {
    const volume = any.name('silent');
    const name = await any.run('maker', IMAGES.sleep, mount(volume));
    assert.deepEqual((await any.eventsOf('ContainerVersionCreated', name))[0]?.data.createsVolumes, [volume]);
    const again = await any.run('taker', IMAGES.sleep, mount(volume));
    assert.equal((await any.eventsOf('ContainerVersionCreated', again))[0]?.data.createsVolumes, undefined);
  }));

test('a version that mounts a deleted volume is not given another one of the same name', async () => {
  const bar = await create('life', '20MB');
  const name = await world.run('lifer', IMAGES.sleep, mount(`${bar}-1`));
  const other = await create('other', '20MB');
  await world.patch(name, { volumePatch: { oldBind: { src: `${bar}-1`, dest: '/v' }, newBind: { src: `${other}-1`, dest: '/v' } } });
  await world.ok('DELETE', `${VOLUMES}/${bar}`);
  await create('life', '20MB');
  await world.refused(
    'PATCH',
    `${RS}/${name}/rollback`,
    { version: 1 },
    { status: 422, code: 1021, says: new RegExp(`${bar}-1.*was deleted`) },
  );
  await world.delete(name);
});

test.run();
