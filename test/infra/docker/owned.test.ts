// timeout: 300
// What the real engine tells of a name whose log has lost it: with the note that its containers carry, and without.
import { randomUUID } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ContainerEngine } from '../../../src/commands/outside/engine.ts';
import type { OwnedContainer, OwnedDisk } from '../../../src/commands/outside/owned.ts';
import { Secret } from '../../../src/commands/outside/secrets.ts';
import { looksSecret } from '../../../src/commands/request/secret-names.ts';
import { base, connectEngine, IMAGES, LOG, owner, refOf, removeAll, requestFor, run, uniqueName } from './support.ts';

const test = suite<{ engine: ContainerEngine }>('owned');

test.before(async (context) => {
  context.engine = await connectEngine();
});
test.after(({ engine }) => removeAll(engine));

const PATH = 'PATH=/mine:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const ENV = ['A=1', 'QUOTED=a "b" $c \\d', 'EMPTY=', PATH];
const CMD = ['sh', '-c', 'trap exit TERM; sleep 1000 & wait $! # "it\'s" $HOME\n'];

async function only(engine: ContainerEngine, name: string): Promise<{ container: OwnedContainer; disk: OwnedDisk | undefined }> {
  const { containers, disks } = await engine.inspectOwned(LOG, name, looksSecret);
  const [container, ...others] = containers;
  if (container === undefined || others.length > 0) throw new Error(`${containers.length} containers of ${name}`);
  return { container, disk: disks[0] };
}

test('everything that was asked for comes back, from the container and from a disk that was committed or flattened', async ({ engine }) => {
  for (const flattening of [false, true]) {
    const name = uniqueName('owned');
    const image = await base(engine, IMAGES.sleep);
    const volume = `${name}vol-1`;
    const vol = owner(`${name}vol`);
    await engine.createVolume(volume, vol, '10MB', 10 * 1024 ** 2, false);
    const binds = [
      { src: volume, dest: '/data', volume: { name: vol.name, uid: vol.uid } },
      { src: '/srv/link', dest: '/host', resolved: '/tmp' },
    ];
    const first = requestFor(image, name, {
      env: [...ENV, 'CONTAINER_VERSION=1'],
      cmd: CMD,
      binds,
      stopTimeout: 3,
      gpus: ['GPU-x', 'GPU-y'],
      requestDevices: false,
      ports: [{ containerPort: '8080', hostPort: 0 }].filter(() => false),
      madeAs: { imageName: IMAGES.sleep, reason: 'run' },
    });
    const one = await run(engine, first);
    const spec = { imageName: IMAGES.sleep, gpuCount: 2, binds, env: ENV, containerPorts: [], cmd: CMD, stopTimeout: 3 };
    const { container, disk } = await only(engine, name);
    assert.is(disk, undefined);
    assert.equal(container.spec, spec);
    assert.equal([container.reason, container.diskOf, container.gpus, container.ports], ['run', undefined, ['GPU-x', 'GPU-y'], []]);
    assert.equal(container.image, image);
    assert.equal([container.seen.id, container.seen.state, container.seen.version], [one.id, 'running', 1]);
    assert.ok(Math.abs(Date.parse(container.createTime) - Date.now()) < 120_000);
    assert.equal([container.approximate, container.anonymousVolumes], [[], []]);

    // The next version, from the disk of the first.
    const saver = flattening ? await connectEngine({ disk: { layerLimit: 1 } }) : engine;
    await engine.stopContainer(one, 5);
    const saved = await saver.saveDisk(one, randomUUID());
    assert.is(saved.flattened, flattening);
    await engine.removeContainer(one, false);
    const second = requestFor(image, name, {
      owner: owner(name, 2),
      image: saved.image,
      fromDisk: true,
      env: [PATH, 'B=2', 'CONTAINER_VERSION=2'],
      madeAs: { imageName: IMAGES.sleep, reason: 'patch', diskOf: 1 },
    });
    await run(engine, second);
    const after = await only(engine, name);
    assert.equal(after.container.spec, { imageName: IMAGES.sleep, gpuCount: 0, binds: [], env: [PATH, 'B=2'], containerPorts: [] });
    assert.equal([after.container.reason, after.container.diskOf, after.container.image], ['patch', 1, image]);
    assert.equal([after.disk?.version, after.disk?.disk.image, after.disk?.disk.flattened], [1, saved.image, flattening]);
    assert.equal(after.disk?.spec, { ...spec, ...(flattening && { env: [PATH, 'B=2'] }) });
    assert.is(after.disk?.approximate.length, flattening ? 1 : 0);

    const facts = (await engine.listVolumes(LOG)).find((one) => one.name === volume);
    assert.equal([facts?.size, facts?.bytes], ['10MB', 10 * 1024 ** 2]);
  }
});

test('the values of secret variables come back from the container as secrets, and of a saved disk their names alone', async ({
  engine,
}) => {
  for (const flattening of [false, true]) {
    const name = uniqueName('secret');
    const image = await base(engine, IMAGES.sleep);
    const madeAs = { imageName: IMAGES.sleep, reason: 'run' } as const;
    const secretEnv = [{ name: 'TOKEN', key: 'k', sealed: 'ciphertext' }];
    // The second is of a time when it was recorded as any other.
    const request = requestFor(image, name, { env: ['A=1', 'MY_PASSWORD=pass=w'], secretEnv, madeAs });
    const { containerId } = await engine.createContainer(request, new Map([['TOKEN', new Secret('hunter2')]]));
    const before = (await only(engine, name)).container;
    assert.equal(before.secrets?.map((variable) => [variable.name, variable.value.reveal()]).sort(), [
      ['MY_PASSWORD', 'pass=w'],
      ['TOKEN', 'hunter2'],
    ]);
    assert.equal([before.spec.env, before.spec.secretEnv], [['A=1'], undefined]);
    assert.not.match(JSON.stringify(before), /hunter2|pass=w/);
    const one = refOf(request, containerId);
    await engine.startContainer(one, 0);
    await engine.stopContainer(one, 0);
    const saver = flattening ? await connectEngine({ disk: { layerLimit: 1 } }) : engine;
    const saved = await saver.saveDisk(one, 'op-s');
    assert.equal(await saver.saveDisk(one, 'op-s'), saved);
    await engine.removeContainer(one, false);
    const next = { owner: owner(name, 2), image: saved.image, fromDisk: true, env: ['A=1'] };
    await run(engine, requestFor(image, name, { ...next, madeAs: { ...madeAs, reason: 'patch', diskOf: 1 } }));
    const { container, disk } = await only(engine, name);
    assert.equal([container.spec.env, container.secrets, container.approximate], [['A=1'], undefined, []]);
    assert.equal([disk?.spec.env, disk?.lostSecrets], [['A=1'], ['TOKEN']]);
    assert.equal(
      disk?.secrets?.map((variable) => [variable.name, variable.value.reveal()]),
      flattening ? undefined : [['MY_PASSWORD', 'pass=w']],
    );
    assert.not.match(JSON.stringify(disk), /hunter2|pass=w/);
  }
});

test('a container of an earlier release has no note: what Docker has is told, and that it is not exact', async ({ engine }) => {
  const name = uniqueName('old');
  const image = await base(engine, IMAGES.sleep);
  await run(engine, requestFor(image, name, { env: ENV, cmd: ['sleep', '99'], binds: [{ src: '/tmp', dest: '/host' }], stopTimeout: 3 }));
  const { container } = await only(engine, name);
  const { imageName: _, ...read } = container.spec;
  const binds = [{ src: '/tmp', dest: '/host' }];
  assert.equal(read, { gpuCount: 0, binds, env: ENV, containerPorts: [], cmd: ['sleep', '99'], stopTimeout: 3 });
  assert.equal(container.image, image);
  assert.is(container.approximate.length, 2);
});

test('one without a note that was made from a saved disk: a value that the disk has in clear is in no environment', async ({ engine }) => {
  const name = uniqueName('baked');
  const image = await base(engine, IMAGES.sleep);
  const one = await run(engine, requestFor(image, name, { env: ['A=1', 'MY_PASSWORD=baked-in'] }));
  await engine.stopContainer(one, 0);
  const saved = await engine.saveDisk(one, randomUUID());
  await engine.removeContainer(one, false);
  await run(
    engine,
    requestFor(image, name, { owner: owner(name, 2), image: saved.image, fromDisk: true, env: ['A=1', 'MY_PASSWORD=baked-in'] }),
  );
  const { container, disk } = await only(engine, name);
  assert.not.match(JSON.stringify([container, disk]), /baked-in/);
  for (const found of [container, disk])
    assert.equal(
      found?.secrets?.map((variable) => [variable.name, variable.value.reveal()]),
      [['MY_PASSWORD', 'baked-in']],
    );
});

test.run();
