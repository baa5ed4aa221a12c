// timeout: 600
// What a permitted user may mount from the host: an allow list of paths and volumes, and nothing by way of a link that was made in time.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { RS, VOLUMES, World, withServer } from '../e2e/world.ts';
import { docker, dockerRoot, dockerSocket, IMAGES } from '../support/docker.ts';
import { type DockerProxy, startDockerProxy } from '../support/docker-proxy.ts';

const test = suite('mounts');

const base = realpathSync(mkdtempSync(join(tmpdir(), 'gda-mounts-')));
const lab = join(base, 'lab');
const alice = join(lab, 'alice');
const aside = join(lab, 'aside');
let world: World;
let proxy: DockerProxy;

test.before(async () => {
  mkdirSync(lab);
  writeFileSync(join(base, 'secret'), 'secret\n');
  proxy = await startDockerProxy(dockerSocket());
  world = await World.start(['--allow-bind', lab, '--replace-grace', '0s', '--stop-timeout', '0s'], { socket: proxy.socket });
});
test.before.each(() => {
  proxy.onRequest = () => {};
  for (const path of [alice, aside]) rmSync(path, { recursive: true, force: true });
  mkdirSync(alice);
  writeFileSync(join(alice, 'mine'), 'mine\n');
});
test.after(async () => {
  await world?.stop();
  proxy?.stop();
  rmSync(base, { recursive: true, force: true });
});

const bind = (src: string, dest = '/h'): { binds: object[] } => ({ binds: [{ src, dest }] });
const body = (of: World, src: string): object => ({ imageName: IMAGES.sleep, replicaSetName: of.name('x'), ...bind(src) });
const refusal = (says: RegExp): { status: number; code: number; says: RegExp } => ({ status: 422, code: 1004, says });

test('without options no host path is mounted, and no volume that the service has not made', async () => {
  const bare = await World.start([], { allowBind: false });
  try {
    const paths = [
      '/',
      '/usr',
      '/bin',
      '/lib',
      '/home',
      '/opt',
      '/srv',
      '/mnt',
      '/var/log',
      '/nonexist/x',
      '/etc',
      base,
      dockerRoot(),
      '/tmp',
    ];
    for (const path of paths)
      await bare.refused(
        'POST',
        RS,
        body(bare, path),
        refusal(new RegExp(`^host path ${path} is not mounted.*unless --allow-bind allows it`)),
      );
    for (const path of ['/opt', '/nonexist/x'])
      await bare.refused('POST', RS, body(bare, path), refusal(new RegExp(`--allow-bind ${path},`)));
    assert.equal(existsSync('/nonexist'), false);
  } finally {
    await bare.stop();
  }
});

test('--allow-bind / hands out neither the log nor Docker, nor the system', () =>
  withServer(['--allow-bind', '/'], async (wide) => {
    const { dataDir } = wide.server;
    for (const path of [dataDir, join(dataDir, 'run'), dockerSocket(), dockerRoot(), join(dockerRoot(), 'volumes'), '/', tmpdir()])
      await wide.refused('POST', RS, body(wide, path), refusal(/belongs to Docker or to this service: that is never mounted/));
    for (const path of ['/etc', '/etc/ssh', '/usr', '/proc/1/root', '/dev', '/root/.ssh', '/run/x'])
      await wide.refused('POST', RS, body(wide, path), refusal(/would hand over|belongs to Docker/));
    await wide.run('ok', IMAGES.sleep, bind(lab));
  }));

test('a refusal does not tell where a link leads, nor whether what is there exists', async () => {
  const said = new Set<string>();
  for (const target of ['/etc', '/etc/shadow', '/nonexist', '/root/.ssh/id', world.server.dataDir, base]) {
    rmSync(alice, { recursive: true, force: true });
    symlinkSync(target, alice);
    said.add(await world.refused('POST', RS, body(world, alice), refusal(/leads outside of what --allow-bind allows$/)));
    const below = await world.send('POST', RS, body(world, join(alice, 'passwd')));
    said.add(below.body.msg.replace('/passwd', ''));
  }
  assert.equal(said.size, 1, [...said].join('\n'));
});

test('a path that does not exist is refused, and made only with --create-binds', async () => {
  const made = join(lab, 'made');
  await world.refused('POST', RS, body(world, made), refusal(/does not exist: make it first/));
  assert.equal(existsSync(made), false);
  await withServer(['--allow-bind', lab, '--create-binds'], async (creates) => {
    await creates.run('made', IMAGES.sleep, bind(made));
    assert.equal(existsSync(made), true);
  });
  rmSync(made, { recursive: true });
});

test('a path below or above what another replicaSet mounts is refused, saying whose', async () => {
  const outer = await world.run('hlp', IMAGES.sleep, bind(lab, '/s'));
  await world.refused('POST', RS, body(world, alice), refusal(new RegExp(`lies below ${lab}, which replicaSet ${outer} mounts`)));
  await world.delete(outer);
  const inner = await world.run('inner', IMAGES.sleep, bind(alice));
  await world.refused('POST', RS, body(world, lab), refusal(new RegExp(`lies above ${alice}, which replicaSet ${inner} mounts`)));
  const shared = await world.run('shared', IMAGES.sleep, bind(alice));
  for (const name of [inner, shared]) await world.delete(name);
});

/** At the next start that the server asks Docker for, the directory has become a link. From `until` on it is a directory again. */
function swapAtStart(until: RegExp): void {
  let swapped = false;
  proxy.onRequest = (line) => {
    if (!swapped && /\/start /.test(line)) {
      swapped = true;
      renameSync(alice, aside);
      symlinkSync(base, alice);
    } else if (swapped && until.test(line)) {
      proxy.onRequest = () => {};
      rmSync(alice);
      renameSync(aside, alice);
    }
  };
}

const escaped = async (name: string, version: number): Promise<void> => {
  const { State } = await docker().getContainer(`${name}-${version}`).inspect();
  assert.equal(State.Running, false);
};
const instead = new RegExp(`was stopped at once: something else than host path ${alice} was mounted`);
const STOP = /\/stop\?/;

test('run: a link that is made between the check and Docker’s mount', async () => {
  swapAtStart(STOP);
  await world.refused('POST', RS, body(world, alice), refusal(instead));
  assert.deepEqual(await world.containers(), []);
});

for (const verb of ['patch', 'restart', 'rollback'] as const) {
  test(`${verb}: the new version is undone, and the old one goes on`, async () => {
    const name = await world.run(verb, IMAGES.sleep, bind(alice));
    await world.patch(name);
    swapAtStart(STOP);
    const path = verb === 'patch' ? `${RS}/${name}` : `${RS}/${name}/${verb}`;
    const answer = await world.send('PATCH', path, verb === 'rollback' ? { version: 1 } : {});
    assert.equal(answer.status, 422);
    assert.match(answer.body.msg, instead);
    assert.equal((await world.entry(name)).containerName, `${name}-2`);
    assert.equal(await world.sh(name, 'ls /h'), 'mine\n');
    await world.delete(name);
  });
}

test('continue: it is stopped, and says so', async () => {
  const name = await world.run('cont', IMAGES.sleep, bind(alice));
  swapAtStart(/never/);
  const answer = await world.send('PATCH', `${RS}/${name}/continue`);
  assert.equal(answer.status, 422, JSON.stringify(answer.body));
  assert.match(answer.body.msg, instead);
  await escaped(name, 1);
  const { state, reason = '' } = await world.entry(name);
  assert.equal(state, 'failed');
  assert.match(reason, instead);
  await world.delete(name);
});

test('undo: the old container is not left running on a link either', async () => {
  const name = await world.run('undo', IMAGES.sleep, bind(alice));
  const theirs = await docker().createContainer({ Image: IMAGES.sleep, name: `${name}-2` });
  swapAtStart(/never/);
  const answer = await world.send('PATCH', `${RS}/${name}`, {});
  assert.match(answer.body.msg, new RegExp(`the old container could not be started again: .*${instead.source}`));
  await escaped(name, 1);
  await theirs.remove();
  await world.delete(name);
});

test('a server that sees other files than Docker does: what it has not looked at is not mounted', async () => {
  const hide = `mount -t tmpfs none ${lab} && mkdir ${alice} && exec "$@"`;
  const blind = await World.start(['--allow-bind', lab, '--stop-timeout', '0s'], { under: ['unshare', '-m', 'sh', '-c', hide, 'sh'] });
  try {
    const says = [instead, /the server sees other files than Docker does/];
    await blind.refused('POST', RS, body(blind, alice), { status: 422, code: 1004, says });
  } finally {
    await blind.stop();
  }
});

test('a container that mounts a file, a path twice, at a link of its image, and at a place below another bind is left alone', async () => {
  const file = join(alice, 'mine');
  const name = await world
    .run('many', IMAGES.sleep, {
      binds: [
        { src: alice, dest: '/a' },
        { src: alice, dest: '/b' },
        { src: lab, dest: '/a/lab' },
        { src: file, dest: '/var/run/mine' },
      ],
    })
    .catch((error: unknown) => error);
  assert.equal(typeof name, 'string', String(name));
  await world.patch(String(name));
  assert.equal(await world.sh(String(name), 'cat /b/mine /var/run/mine'), 'mine\nmine\n');
  await world.delete(String(name));
});

test('a volume of the host by name: only one that an operator has marked', async () => {
  const [plain, marked, missing] = ['plain', 'marked', 'missing'].map((suffix) => world.name(suffix));
  await docker().createVolume({ Name: plain, DriverOpts: { type: 'none', o: 'bind', device: '/etc' } });
  await docker().createVolume({ Name: marked, Labels: { 'gpu-docker-api.allow': 'true' } });
  await world.refused('POST', RS, body(world, plain ?? ''), refusal(/docker volume create --label gpu-docker-api\.allow=true/));
  await world.refused('POST', RS, body(world, missing ?? ''), refusal(/does not exist: create one with POST \/api\/v1\/volumes/));
  const mine = await world.run('mine', IMAGES.volume);
  const anonymous = (await docker().getContainer(`${mine}-1`).inspect()).Mounts.find(({ Type }) => Type === 'volume')?.Name;
  await world.refused('POST', RS, body(world, anonymous ?? ''), refusal(/was not made by this service/));
  await world.patch(mine);
  const name = await world.run('vol', IMAGES.sleep, bind(marked ?? ''));
  await world.ok('POST', VOLUMES, { name: world.name('bar'), size: '20MB' });
  const volumePatch = { oldBind: { src: marked, dest: '/h' }, newBind: { src: `${world.name('bar')}-1`, dest: '/h' } };
  await world.patch(name, { volumePatch });
  for (const each of [mine, name]) await world.delete(each);
  await withServer(['--allow-volumes', 'any'], async (any) => {
    await any.run('any', IMAGES.sleep, { binds: [...bind(plain ?? '', '/p').binds, ...bind(any.name('made'), '/m').binds] });
    assert.deepEqual(await any.dockerVolumes(), [any.name('made')]);
  });
});

test('requests of devices by another way', async () => {
  for (const dest of ['/run/nvidia-container-devices/all', '/var/run/nvidia-container-devices/0', '/run//nvidia-container-devices'])
    await world.refused('POST', RS, { ...body(world, alice), ...bind(alice, dest) }, { status: 400, code: 1000, says: /request of GPUs/ });
  const ofGpus = ['NVIDIA_MIG_CONFIG_DEVICES', 'NVIDIA_MIG_MONITOR_DEVICES', 'NVIDIA_IMEX_CHANNELS'];
  for (const name of [...ofGpus, 'NVIDIA_NVSWITCH', 'NVIDIA_MOFED', 'NVIDIA_GDS', 'NVIDIA_GDRCOPY'])
    await world.refused('POST', RS, { ...body(world, alice), env: [`${name}=all`] }, { status: 400, code: 1000, says: /by the allocator/ });
});

test.run();
