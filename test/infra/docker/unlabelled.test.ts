// timeout: 300
// Containers and volumes without labels on the real engine: what is told of one that is to be taken in, and what is done with one that was.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ContainerEngine } from '../../../src/commands/outside/engine.ts';
import type { Unlabelled } from '../../../src/commands/outside/unlabelled.ts';
import { base, connectEngine, docker, IMAGES, LOG, owner, refusal, removeAll, requestFor, run, uniqueName } from './support.ts';

const containers = new Map<string, { name: string; secretNames: readonly string[] }>();
const volumes = new Set<string>();
/** As the log would have recorded it. */
const recorded: Unlabelled = {
  anyContainer: () => containers.size > 0,
  anyVolume: () => volumes.size > 0,
  container: (id) => {
    const { name, secretNames } = containers.get(id) ?? {};
    return name === undefined ? undefined : { owner: owner(name), secretNames: secretNames ?? [] };
  },
  volume: (volumeName) => (volumes.has(volumeName) ? owner(volumeName.replace(/-1$/, '')) : undefined),
};

const test = suite<{ engine: ContainerEngine }>('unlabelled');
const made: string[] = [];
const volumesMade: string[] = [];
const DEVICES = [{ PathOnHost: '/dev/null', PathInContainer: '/dev/null', CgroupPermissions: 'r' }];

test.before(async (context) => {
  context.engine = await connectEngine({ unlabelled: recorded });
});
test.after(async ({ engine }) => {
  await removeAll(engine);
  for (const id of made)
    await docker()
      .getContainer(id)
      .remove({ force: true, v: true })
      .catch(() => undefined);
  for (const volume of volumesMade)
    await docker()
      .getVolume(volume)
      .remove()
      .catch(() => undefined);
});

/** By hand. */
async function byHand(name: string, more: object = {}, HostConfig: object = {}): Promise<string> {
  const container = await docker().createContainer({
    name: `${name}-1`,
    Image: IMAGES.sleep,
    Tty: true,
    OpenStdin: true,
    ...more,
    HostConfig,
  });
  await container.start();
  made.push(container.id);
  return container.id;
}

test('what a container is, and what of it no later version has', async ({ engine }) => {
  const name = uniqueName('by');
  const id = await byHand(
    name,
    { Env: ['A=1', 'CONTAINER_VERSION=1'], Cmd: ['sleep', '600'] },
    { Memory: 256 * 1024 ** 2, CpusetCpus: '0', RestartPolicy: { Name: 'unless-stopped' }, Binds: ['/tmp:/t:ro', '/var/tmp:/v:rw'] },
  );
  const found = await engine.inspectUnlabelled(`${name}-1`, owner(name));
  assert.ok(found !== null);
  const { owned, uses, asked } = found;
  assert.equal([owned.seen.id, owned.seen.name, owned.seen.state, uses, asked], [id, name, 'running', [], false]);
  const binds = [
    { src: '/tmp', dest: '/t' },
    { src: '/var/tmp', dest: '/v' },
  ];
  assert.equal(owned.spec, { imageName: IMAGES.sleep, gpuCount: 0, binds, env: ['A=1'], containerPorts: [], cmd: ['sleep', '600'] });
  assert.equal(owned.image, await base(engine, IMAGES.sleep));
  assert.match(owned.approximate.join('\n'), /memory 0.25 GiB, CPU set 0/);
  assert.match(owned.approximate.join('\n'), /further options: \/tmp:\/t:ro$/m);
  assert.match(owned.approximate.join('\n'), /restart policy unless-stopped/);
  assert.is(owned.approximate.length, 3);
  assert.is(await engine.inspectUnlabelled(`${uniqueName('no')}-1`, owner(name)), null);
  const ours = await run(engine, requestFor(await base(engine, IMAGES.sleep), uniqueName('ours')));
  await refusal(engine.inspectUnlabelled(ours.containerName, owner(name)), 'conflict');
});

test('what it mounts is a bind, which is checked again with each version; only what nobody named is anonymous', async ({ engine }) => {
  const [name, volume, other] = [uniqueName('mnt'), `${uniqueName('data')}-1`, `${uniqueName('more')}-1`];
  await byHand(
    name,
    { Image: IMAGES.volume },
    {
      Binds: [`${volume}:/d:nocopy`],
      Mounts: [
        { Type: 'volume', Source: other, Target: '/e' },
        { Type: 'bind', Source: '/tmp', Target: '/f', ReadOnly: true },
      ],
    },
  );
  const found = await engine.inspectUnlabelled(`${name}-1`, owner(name));
  const { spec, anonymousVolumes = [], approximate = [] } = found?.owned ?? {};
  assert.equal(
    [...(spec?.binds ?? [])].sort((a, b) => a.dest.localeCompare(b.dest)),
    [
      { src: volume, dest: '/d' },
      { src: other, dest: '/e' },
      { src: '/tmp', dest: '/f' },
    ],
  );
  assert.is(anonymousVolumes.length, 1);
  assert.match(anonymousVolumes[0]?.name ?? '', /^[0-9a-f]{64}$/);
  assert.match(approximate.join('\n'), /without further options: \/tmp:\/f:ro$/m);
  volumesMade.push(volume, other);
});

test('what reaches beyond the container is said', async ({ engine }) => {
  const name = uniqueName('pow');
  const powers = {
    Privileged: true,
    CapAdd: ['SYS_ADMIN'],
    PidMode: 'host',
    IpcMode: 'host',
    SecurityOpt: ['no-new-privileges'],
    Devices: DEVICES,
    PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '40999' }] },
  };
  // Not started: not every machine that runs the tests may give as much.
  const { id } = await docker().createContainer({ name: `${name}-1`, Image: IMAGES.sleep, StopTimeout: -1, HostConfig: powers });
  made.push(id);
  const { spec, approximate = [] } = (await engine.inspectUnlabelled(`${name}-1`, owner(name)))?.owned ?? {};
  const said =
    'privileged, capabilities (CAP_)?SYS_ADMIN, devices /dev/null, (security options label=disable, )?pid namespace host, ipc namespace host';
  assert.match(approximate.join('\n'), new RegExp(`not this of ${name}-1: ${said}$`, 'm'));
  assert.match(approximate.join('\n'), new RegExp(`whoever may execute in ${name}-1 has more of the host than .*: ${said}$`, 'm'));
  assert.match(approximate.join('\n'), /publishes at the address of this server .* only at: 127\.0\.0\.1$/m);
  assert.is(spec?.stopTimeout, undefined, 'no version waits for ever');
});

test('the GPUs of its device request, in whichever words, and those that only its image names', async ({ engine }) => {
  const request = (DeviceIDs: readonly string[]): object => ({
    DeviceRequests: [{ Driver: 'nvidia', DeviceIDs, Capabilities: [['gpu']] }],
  });
  const [one, other] = [uniqueName('gpu'), uniqueName('gpu')];
  await byHand(one, {}, request(['GPU-x', '3']));
  await byHand(other, { Image: IMAGES.volume, Env: ['NVIDIA_VISIBLE_DEVICES=all'] }, { Runtime: '' });
  assert.equal((await engine.inspectUnlabelled(`${one}-1`, owner(one)))?.uses, ['GPU-x', '3']);
  const seen = await engine.inspectUnlabelled(`${other}-1`, owner(other));
  assert.is(seen?.asked, false);
  assert.is(seen?.owned.anonymousVolumes.length, 1);
});

test('one that was taken in is listed, counted as ours, saved without its secrets, and removed by its name', async ({ engine }) => {
  const name = uniqueName('in');
  const gpu = { DeviceRequests: [{ Driver: 'nvidia', DeviceIDs: ['GPU-z'], Capabilities: [['gpu']] }] };
  const id = await byHand(name, { Env: ['TOKEN=hunter2'] }, gpu);
  const ref = { containerName: `${name}-1`, owner: owner(name) };
  assert.ok((await engine.listGpuUse(LOG)).some(({ containerName }) => containerName === ref.containerName));
  await refusal(engine.stopContainer(ref, 0), 'conflict');
  await refusal(engine.saveDisk({ ...ref, id }, 'op'), 'conflict');
  assert.equal(await engine.removeContainer(ref, true), { found: false });

  containers.set(id, { name, secretNames: ['TOKEN'] });
  const listed = await engine.listContainers(LOG);
  assert.equal(
    listed.filter((one) => one.id === id).map(({ name: its, version, gpus }) => [its, version, gpus]),
    [[name, 1, ['GPU-z']]],
  );
  assert.ok(
    listed.every((one) => one.name !== ''),
    'and nobody else’s',
  );
  assert.not((await engine.listGpuUse(LOG)).some(({ containerName }) => containerName === ref.containerName));
  let rings = 0;
  const over = new AbortController();
  engine.onChange(LOG, () => rings++, over.signal);
  for (let tries = 0; rings === 0 && tries < 500; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
  const before = rings;
  await engine.stopContainer(ref, 0);
  for (let tries = 0; rings === before && tries < 500; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(rings > before, 'its changes ring');
  over.abort();
  for (const layerLimit of [100, 1]) {
    const saver = await connectEngine({ unlabelled: recorded, disk: { layerLimit } });
    const disk = await saver.saveDisk(ref, `op-${layerLimit}`);
    const image = await docker().getImage(disk.image).inspect();
    assert.not.match(JSON.stringify(image), /hunter2/);
    assert.equal([image.Config.Labels['gpu-docker-api.name'], image.Config.Labels['gpu-docker-api.secret-env']], [name, '["TOKEN"]']);
  }
  assert.equal(await engine.removeContainer(ref, true), { found: true });
});

test('a volume that was taken in is ours; one of another driver’s making is named so', async ({ engine }) => {
  const name = uniqueName('vol');
  await docker().createVolume({ Name: `${name}-1` });
  const { operation: _, ...whose } = owner(name);
  const facts = await engine.inspectVolume(`${name}-1`);
  assert.equal([facts?.owner, facts?.special], [undefined, undefined]);
  await refusal(engine.removeVolume(`${name}-1`, whose), 'conflict');
  volumes.add(`${name}-1`);
  assert.equal({ ...(await engine.inspectVolume(`${name}-1`))?.owner, operation: '' }, { ...whose, operation: '' });
  assert.ok((await engine.listVolumes(LOG)).some((one) => one.name === `${name}-1`));
  await engine.removeVolume(`${name}-1`, whose);
  assert.is(await engine.inspectVolume(`${name}-1`), null);
  await docker().createVolume({ Name: `${name}-2`, Driver: 'local', DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' } });
  assert.is((await engine.inspectVolume(`${name}-2`))?.special, true);
  await docker().getVolume(`${name}-2`).remove();
});

test.run();
