import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { ALLOW_LABEL } from '../../src/commands/outside/engine.ts';
import { docker, IMAGES } from '../support/docker.ts';
import { RS, World } from './world.ts';

const test = suite('what goes with the system disk, and what does not');
let world: World;

test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--stop-timeout', '0s']);
});
test.after(() => world.stop());

test('names that begin alike, or have dots, underscores and capitals, never mix', async () => {
  const names: string[] = [];
  for (const suffix of ['a', 'ab', 'a.b', 'a_b', 'A', 'a1']) {
    const name = await world.run(suffix, IMAGES.sleep);
    await world.sh(name, `echo ${suffix} > /.mine; echo ${suffix} > /.only.${suffix}`);
    names.push(name);
  }
  await Promise.all(names.map((name) => world.patch(name)));
  await Promise.all(names.map((name) => world.rollback(name, 1)));
  for (const name of names) {
    const suffix = name.slice(world.prefix.length);
    assert.equal(await world.sh(name, 'cat /.mine; ls -A / | grep only'), `${suffix}\n.only.${suffix}\n`);
  }
  const [a = '', ...others] = names;
  await world.delete(a);
  assert.deepEqual(
    (await world.disks()).filter((tag) => tag.startsWith(`gpu-docker-api/disk:${a}-`)),
    [],
  );
  assert.equal((await world.disks()).length, others.length * 2);
  for (const name of others) await world.rollback(name, 2);
  for (const name of others) assert.match(await world.sh(name, 'cat /.mine'), new RegExp(`^${name.slice(world.prefix.length)}\n$`));
  await Promise.all(others.map((name) => world.delete(name)));
  assert.deepEqual(await world.disks(), []);
});

test('what the image says goes on to hold, and nothing of an old version stays in the new one', async () => {
  const name = await world.run('config', IMAGES.entry, { env: ['MINE=1'], cmd: ['while :; do sleep 2; done'] });
  const config = async (version: number): Promise<object> => {
    const { Env, Cmd, Entrypoint, WorkingDir } = (await docker().getContainer(`${name}-${version}`).inspect()).Config;
    return { Env: Env.filter((entry) => !entry.startsWith('CONTAINER_VERSION=')).sort(), Cmd, Entrypoint, WorkingDir };
  };
  const first = await config(1);
  await world.patch(name);
  assert.deepEqual(await config(2), first);
  await world.rollback(name, 1);
  assert.deepEqual(await config(3), first);
  assert.equal(await world.sh(name, 'echo $CONTAINER_VERSION $FROM_IMAGE $MINE; pwd'), '3 yes 1\n/srv\n');
  await world.delete(name);
});

test('an anonymous volume travels along and is removed with the replicaSet', async () => {
  const name = await world.run('anon', IMAGES.volume);
  const volumeOf = async (version: number): Promise<string> => {
    const { Mounts } = await docker().getContainer(`${name}-${version}`).inspect();
    return Mounts.find((mount) => mount.Destination === '/anon')?.Name ?? '';
  };
  await world.sh(name, 'echo kept > /anon/.x; mkdir /anon/d');
  const volume = await volumeOf(1);
  await world.patch(name);
  await world.order(name, 'stop');
  await world.order(name, 'restart');
  await world.rollback(name, 1);
  assert.equal(await volumeOf(4), volume);
  assert.equal(await world.sh(name, 'cat /anon/.x; ls /anon'), 'kept\nd\n');
  await world.delete(name);
  await assert.rejects(docker().getVolume(volume).inspect(), /no such volume/i);
});

async function marked(suffix: string): Promise<string> {
  const name = world.name(suffix);
  await docker().createVolume({ Name: name, Labels: { [ALLOW_LABEL]: 'true' } });
  return name;
}

test('an anonymous volume that a patch brings into being, by moving a bind away, travels along and is removed with the replicaSet', async () => {
  const volume = await marked('away');
  const at = (dest: string) => ({ src: volume, dest });
  const move = (from: string, to: string) => world.patch(name, { volumePatch: { oldBind: at(from), newBind: at(to) } });
  const anonymousOf = async (version: number) =>
    (await docker().getContainer(`${name}-${version}`).inspect()).Mounts.filter(({ Name }) => Name !== volume).map(({ Name }) => Name);
  const name = await world.run('brought', IMAGES.volume, { binds: [at('/anon')] });
  assert.deepEqual(await anonymousOf(1), []);
  await move('/anon', '/mnt');
  const brought = await anonymousOf(2);
  assert.equal(brought.length, 1);
  await world.sh(name, 'echo kept > /anon/.x');
  await world.order(name, 'restart');
  assert.equal(await world.sh(name, 'cat /anon/.x'), 'kept\n');
  await move('/mnt', '/anon');
  assert.equal(await world.sh(name, 'ls -A /anon'), '');
  await move('/anon', '/mnt');
  assert.equal(await world.sh(name, 'cat /anon/.x'), 'kept\n');
  assert.deepEqual(await anonymousOf(5), brought);
  await world.delete(name);
  await assert.rejects(
    docker()
      .getVolume(brought[0] ?? '')
      .inspect(),
    /no such volume/i,
  );
});

test('what is in a volume or bind is neither saved nor rolled back', async () => {
  const volume = await marked('vol');
  const name = await world.run('bound', IMAGES.sleep, { binds: [{ src: volume, dest: '/v' }] });
  await world.sh(name, 'echo one > /v/x');
  await world.patch(name);
  await world.sh(name, 'echo two > /v/x');
  await world.rollback(name, 1);
  assert.equal(await world.sh(name, 'cat /v/x'), 'two\n');
  await world.delete(name);
  await docker().getVolume(volume).inspect();
});

test('1007: a disk that does not fit on the host is refused before anything is stopped', async () => {
  const name = await world.run('sparse', IMAGES.sleep);
  await world.sh(name, 'truncate -s 10995116277760 /sparse');
  for (const [verb, body, code] of [
    ['', {}, 1007],
    ['/restart', undefined, 1011],
  ] as const) {
    await world.refused('PATCH', `${RS}/${name}${verb}`, body, { status: 422, code, says: /10240\.00 GiB.*free/ });
  }
  await world.sh(name, 'rm /sparse');
  await world.patch(name);
  await world.delete(name);
});

test.run();
