// The port's contract, over the engine in memory and the real one: what holds here holds for every test of the core.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type ContainerEngine,
  type ContainerFacts,
  type ContainerRef,
  imageOrigin,
  type LabelledContainer,
} from '../../../src/commands/outside/engine.ts';
import { Secret } from '../../../src/commands/outside/secrets.ts';
import { FakeEngine } from '../../doubles/fake-engine.ts';
import { portRange } from '../../support/docker.ts';
import {
  base,
  connectEngine,
  docker,
  exec,
  IMAGES,
  LOG,
  owner,
  refOf,
  refusal,
  removeAll,
  requestFor,
  run,
  uniqueName,
} from './support.ts';

interface World {
  readonly name: string;
  readonly engine: ContainerEngine;
  /** A running container of somebody else. */
  foreignContainer(name: string): Promise<void>;
  foreignExists(name: string): Promise<boolean>;
  foreignVolume(name: string): Promise<void>;
  write(container: ContainerRef, path: string, text: string): Promise<void>;
  remove(container: ContainerRef, path: string): Promise<void>;
  /** Null when there is no such file. */
  read(container: ContainerRef, path: string): Promise<string | null>;
  /** The environment of a command in the container. */
  env(container: ContainerRef): Promise<readonly string[]>;
  close(): Promise<void>;
}

async function inMemory(): Promise<World> {
  const engine = new FakeEngine();
  engine.enforcesSizes = false;
  engine.addImage(IMAGES.busybox, { cmd: ['sh'] });
  engine.addImage(IMAGES.sleep, { cmd: ['sleep', '1000'] });
  engine.addImage(IMAGES.fails, { cmd: ['sh', '-c', 'exit 3'] });
  engine.addImage(IMAGES.volume, { cmd: ['sh'], env: ['BASE=1', 'NVIDIA_VISIBLE_DEVICES=all'], volumes: ['/anon'] });
  const ok = async (container: ContainerRef, cmd: readonly string[]): Promise<void> => {
    assert.is((await exec(engine, container, cmd)).exitCode, 0);
  };
  return {
    name: 'in memory',
    engine,
    foreignContainer: async (name) => void engine.addForeignContainer(name, IMAGES.sleep),
    foreignExists: async (name) => engine.host.containerBy(name)?.state === 'running',
    foreignVolume: async (name) => engine.addForeignVolume(name),
    write: (container, path, text) => ok(container, ['write', path, text]),
    remove: (container, path) => ok(container, ['remove', path]),
    async read(container, path) {
      const { exitCode, stdout } = await exec(engine, container, ['read', path]);
      return exitCode === 0 ? stdout : null;
    },
    env: async (container) => (await exec(engine, container, ['env'])).stdout.split('\n'),
    close: async () => {},
  };
}

async function real(): Promise<World> {
  const engine = await connectEngine();
  const foreign: string[] = [];
  const volumes: string[] = [];
  const ok = async (container: ContainerRef, cmd: readonly string[]): Promise<string> => {
    const { exitCode, stdout } = await exec(engine, container, cmd);
    assert.is(exitCode, 0, stdout);
    return stdout;
  };
  return {
    name: 'Docker',
    engine,
    async foreignContainer(name) {
      foreign.push(name);
      await (await docker().createContainer({ name, Image: IMAGES.sleep })).start();
    },
    foreignExists: async (name) => (await docker().getContainer(name).inspect()).State.Running,
    async foreignVolume(name) {
      volumes.push(name);
      await docker().createVolume({ Name: name });
    },
    write: async (container, path, text) => void (await ok(container, ['sh', '-c', 'printf %s "$1" >"$0"', path, text])),
    remove: async (container, path) => void (await ok(container, ['rm', path])),
    async read(container, path) {
      const { exitCode, stdout } = await exec(engine, container, ['cat', path]);
      return exitCode === 0 ? stdout : null;
    },
    env: async (container) => (await ok(container, ['env'])).split('\n'),
    async close() {
      for (const name of foreign) await docker().getContainer(name).remove({ force: true });
      await removeAll(engine);
      for (const name of volumes) await docker().getVolume(name).remove();
    },
  };
}

for (const make of [inMemory, real]) {
  const test = suite<{ world: World }>(`contract: ${make === real ? 'Docker' : 'in memory'}`);

  test.before(async (context) => {
    context.world = await make();
  });
  test.after(({ world }) => world.close());

  test('an image is what it says, and null when it is not there', async ({ world: { engine } }) => {
    const image = await base(engine, IMAGES.volume);
    assert.match(image.id, /^sha256:[0-9a-f]{64}$/);
    assert.ok(image.env.includes('BASE=1'));
    assert.equal(image.cmd, ['sh']);
    assert.is(image.entrypoint, undefined);
    assert.is(await engine.inspectImage('gda/nothing:1'), null);
  });

  test('a container of an image that is not there is refused', async ({ world: { engine } }) => {
    const image = { ...(await base(engine, IMAGES.sleep)), id: `sha256:${'0'.repeat(64)}` };
    await refusal(engine.createContainer(requestFor(image, uniqueName('c'))), 'not-found');
  });

  test('the last output of a container that has ended: as it came, with the values of its variables', async ({ world: { engine } }) => {
    const cmd = ['sh', '-c', 'echo one; echo $WORD; exit 3'];
    const request = requestFor(await base(engine, IMAGES.busybox), uniqueName('c'), { cmd, env: ['WORD=two'] });
    const { containerId } = await engine.createContainer(request);
    const ref = refOf(request, containerId);
    assert.is(await engine.lastOutput(ref), '');
    const started = await engine.startContainer(ref, 500);
    assert.equal(started, { started: false, why: 'failed', exitCode: 3, message: 'the container is exited, exit code 3' });
    assert.is(await engine.lastOutput(ref), 'one\r\ntwo\r\n');
    await engine.removeContainer(ref, true);
  });

  test('create, start, stop and remove may all be repeated', async ({ world: { engine } }) => {
    const request = requestFor(await base(engine, IMAGES.sleep), uniqueName('c'));
    const { containerId } = await engine.createContainer(request);
    assert.is((await engine.createContainer(request)).containerId, containerId);
    const ref = refOf(request, containerId);
    assert.equal(await engine.startContainer(ref, 0), { started: true });
    assert.equal(await engine.startContainer(refOf(request), 0), { started: true });
    assert.equal(await engine.stopContainer(ref, 5), { exitCode: 0 });
    assert.equal(await engine.stopContainer(refOf(request), 5), { exitCode: 0 });
    assert.equal(await engine.removeContainer(ref, true), { found: true });
    assert.equal(await engine.removeContainer(ref, true), { found: false });
    assert.equal(await engine.removeContainer(refOf(request), true), { found: false });
    await refusal(engine.stopContainer(ref, 5), 'not-found');
    await refusal(engine.stopContainer(refOf(request), 5), 'not-found');
    await refusal(engine.startContainer(ref, 0), 'not-found');
  });

  test('a removal of one that never ran leaves one alone that has been started', async ({ world: { engine } }) => {
    const request = requestFor(await base(engine, IMAGES.sleep), uniqueName('c'));
    const { containerId } = await engine.createContainer(request);
    const ref = refOf(request, containerId);
    await engine.startContainer(ref, 0);
    await refusal(engine.removeContainer(ref, true, true), 'conflict');
    await engine.stopContainer(ref, 0);
    await refusal(engine.removeContainer(ref, true, true), 'conflict');
    assert.ok((await engine.listContainers(LOG)).some(({ id }) => id === containerId));
    assert.equal(await engine.removeContainer(ref, true), { found: true });
    assert.equal(await engine.removeContainer(ref, true, true), { found: false });
    const fresh = await engine.createContainer(request);
    assert.equal(await engine.removeContainer(refOf(request, fresh.containerId), true, true), { found: true });
  });

  test('a leftover of the same operation is used as it is, made anew when it differs, and never removed once it has run', async ({
    world: { engine },
  }) => {
    const request = requestFor(await base(engine, IMAGES.sleep), uniqueName('c'));
    const first = await engine.createContainer(request);
    const other = { ...request, spec: { ...request.spec, env: ['A=1'] } };
    const second = await engine.createContainer(other);
    assert.is.not(second.containerId, first.containerId);
    const ref = { ...refOf(request), id: second.containerId };
    await engine.startContainer(ref, 0);
    assert.is((await engine.createContainer(other)).containerId, second.containerId);
    await refusal(engine.createContainer(request), 'conflict');
    await engine.stopContainer(ref, 0);
    assert.is((await engine.createContainer(other)).containerId, second.containerId);
    await refusal(engine.createContainer(request), 'conflict');
    assert.is((await engine.listContainers(LOG)).filter(({ name }) => name === request.owner.name).length, 1);
  });

  test('a name that is taken is a conflict, and what has it is left alone', async ({ world }) => {
    const { engine } = world;
    const request = requestFor(await base(engine, IMAGES.sleep), uniqueName('c'));
    await world.foreignContainer(request.containerName);
    const { message } = await refusal(engine.createContainer(request), 'conflict');
    assert.ok(message.includes(request.containerName));
    await refusal(engine.startContainer(refOf(request), 0), 'conflict');
    await refusal(engine.stopContainer(refOf(request), 0), 'conflict');
    await refusal(exec(engine, refOf(request), ['echo']), 'conflict');
    await engine.removeContainer(refOf(request), true);
    assert.ok(await world.foreignExists(request.containerName));
    assert.is(
      (await engine.listContainers(LOG)).some(({ containerName }) => containerName === request.containerName),
      false,
    );
  });

  test('the same name in another operation, life or log is a conflict', async ({ world: { engine } }) => {
    const name = uniqueName('c');
    const request = requestFor(await base(engine, IMAGES.sleep), name);
    await engine.createContainer(request);
    await refusal(engine.createContainer({ ...request, owner: owner(name) }), 'conflict');
    await refusal(engine.createContainer({ ...request, owner: { ...request.owner, uid: 'other' } }), 'conflict');
    await refusal(engine.createContainer({ ...request, owner: { ...request.owner, log: 'other' } }), 'conflict');
    await engine.removeContainer({ ...refOf(request), owner: { ...request.owner, uid: 'other' } }, true);
    await engine.removeContainer({ ...refOf(request), owner: { ...request.owner, log: 'other' } }, true);
    assert.is((await engine.listContainers(LOG)).filter((found) => found.name === name).length, 1);
    assert.is((await engine.listContainers('other')).length, 0);
  });

  test('a process that ends at once with an error is a failed start, with 0 a start', async ({ world: { engine } }) => {
    const failing = requestFor(await base(engine, IMAGES.fails), uniqueName('c'));
    await engine.createContainer(failing);
    const failed = await engine.startContainer(refOf(failing), 500);
    assert.is(failed.started, false);
    assert.is(failed.started === false && failed.why, 'failed');
    assert.is(failed.started === false && failed.why === 'failed' && failed.exitCode, 3);
    const ending = requestFor(await base(engine, IMAGES.busybox), uniqueName('c'), { cmd: ['sh', '-c', 'exit 0'] });
    await engine.createContainer(ending);
    assert.equal(await engine.startContainer(refOf(ending), 500), { started: true, exitCode: 0 });
  });

  test('a command that is not there is a failed start with the reason', async ({ world: { engine } }) => {
    const request = requestFor(await base(engine, IMAGES.busybox), uniqueName('c'), { cmd: ['/nope'] });
    await engine.createContainer(request);
    const result = await engine.startContainer(refOf(request), 0);
    assert.is(result.started === false && result.why, 'failed');
    assert.match(result.started === false ? result.message : '', /\/nope/);
  });

  test('two running containers cannot have one host port; a stopped one gives it back', async ({ world: { engine } }) => {
    const hostPort = portRange().from + (make === real ? 1 : 0);
    const image = await base(engine, IMAGES.sleep);
    const ports = [{ containerPort: '80', hostPort }];
    const first = await run(engine, requestFor(image, uniqueName('c'), { ports }));
    const request = requestFor(image, uniqueName('c'), { ports });
    await engine.createContainer(request);
    const refused = await engine.startContainer(refOf(request), 0);
    assert.is(refused.started === false && refused.why === 'port-taken' && refused.hostPort, hostPort);
    await engine.stopContainer(first, 5);
    assert.equal(await engine.startContainer(refOf(request), 0), { started: true });
  });

  test('the list says what each container is', async ({ world: { engine } }) => {
    const hostPort = portRange().from + 5;
    const request = requestFor(await base(engine, IMAGES.sleep), uniqueName('c'), { ports: [{ containerPort: '80/tcp', hostPort }] });
    const { containerId } = await engine.createContainer(request);
    const find = async (): Promise<object | undefined> => (await engine.listContainers(LOG)).find(({ id }) => id === containerId);
    const { containerName, owner: whose } = request;
    const facts = {
      id: containerId,
      containerName,
      name: whose.name,
      uid: whose.uid,
      version: 1,
      oomKilled: false,
      gpus: [],
      hostPorts: [hostPort],
    };
    assert.equal(await find(), { ...facts, state: 'created', exitCode: 0 });
    await engine.startContainer(refOf(request), 0);
    assert.equal(await find(), { ...facts, state: 'running', exitCode: 0 });
    await engine.stopContainer(refOf(request), 5);
    const { ran, ...exited } = (await find()) as ContainerFacts;
    assert.equal(exited, { ...facts, state: 'exited', exitCode: 0 });
    assert.ok(ran === undefined || ran.from <= ran.to);
    const startedAt = await engine.startedAt();
    assert.ok(startedAt === null || (ran !== undefined && startedAt < ran.from), 'it began after the engine did');
    const devices = requestFor(await base(engine, IMAGES.sleep), uniqueName('c'), { gpus: ['GPU-1', 'GPU-2'] });
    const { containerId: id } = await engine.createContainer(devices);
    assert.equal((await engine.listContainers(LOG)).find((found) => found.id === id)?.gpus, ['GPU-1', 'GPU-2']);
  });

  test('a running container of the log counts as a user of its GPUs where the log does not know it', async ({ world: { engine } }) => {
    const request = requestFor(await base(engine, IMAGES.sleep), uniqueName('c'), { gpus: ['GPU-1', 'GPU-2'] });
    const ref = await run(engine, request);
    const users = async (isKnown?: (container: LabelledContainer) => boolean) =>
      (await engine.listGpuUse(LOG, isKnown)).filter(({ containerName }) => containerName === request.containerName);
    assert.equal(await users(), []);
    const { operation: _, ...owner } = request.owner;
    const asked: LabelledContainer[] = [];
    assert.equal(await users((one) => asked.push(one) < 0), [{ containerName: request.containerName, log: LOG, gpus: ['GPU-1', 'GPU-2'] }]);
    assert.equal(
      asked.filter(({ uid }) => uid === owner.uid),
      [{ ...owner, id: ref.id }],
    );
    await engine.removeContainer(ref, true);
  });

  test('without GPUs the GPU variable is void; with simulated ones it is left alone', async ({ world }) => {
    const { engine } = world;
    const image = await base(engine, IMAGES.volume);
    const none = await run(engine, requestFor(image, uniqueName('c'), { env: ['NVIDIA_VISIBLE_DEVICES=all', 'BASE=2'] }));
    const env = await world.env(none);
    assert.ok(env.includes('NVIDIA_VISIBLE_DEVICES=void'));
    assert.ok(env.includes('BASE=2'));
    const simulated = await run(engine, requestFor(image, uniqueName('c'), { gpus: ['GPU-1'], requestDevices: false }));
    assert.ok((await world.env(simulated)).includes('NVIDIA_VISIBLE_DEVICES=all'));
  });

  test('a system disk goes from version to version, and back', async ({ world }) => {
    const { engine } = world;
    const name = uniqueName('d');
    const image = await base(engine, IMAGES.sleep);
    const first = requestFor(image, name, { env: ['SECRET=1', 'KEPT=1'] });
    const one = await run(engine, first);
    await world.write(one, '/.hidden', 'one');
    await world.write(one, '/gone', 'x');
    await refusal(engine.saveDisk(one, 'op-1'), 'refused');
    await engine.stopContainer(one, 5);
    const disk = await engine.saveDisk(one, 'op-1');
    assert.is(disk.flattened, false);
    assert.ok(disk.bytes >= 4);
    assert.equal(await engine.saveDisk(one, 'op-1'), disk);
    assert.is((await engine.inspectImage(disk.image))?.savedDisk, true);

    const second = requestFor(image, name, { owner: owner(name, 2), image: disk.image, fromDisk: true, env: ['KEPT=2'] });
    const two = await run(engine, second);
    assert.is(await world.read(two, '/.hidden'), 'one');
    const env = await world.env(two);
    assert.ok(env.includes('KEPT=2'));
    assert.is(
      env.some((entry) => entry.startsWith('SECRET')),
      false,
    );
    await world.write(two, '/.hidden', 'two');
    await world.remove(two, '/gone');
    await engine.stopContainer(two, 5);
    const later = await engine.saveDisk(two, 'op-2');
    assert.is(later.layers, disk.layers + 1);

    const third = await run(engine, requestFor(image, name, { owner: owner(name, 3), image: later.image, fromDisk: true }));
    assert.is(await world.read(third, '/.hidden'), 'two');
    assert.is(await world.read(third, '/gone'), null);
    const back = await run(engine, requestFor(image, name, { owner: owner(name, 4), image: disk.image, fromDisk: true }));
    assert.is(await world.read(back, '/.hidden'), 'one');
    assert.is(await world.read(back, '/gone'), 'x');
  });

  test('a disk is saved anew when the container ran after it, or for another operation', async ({ world }) => {
    const { engine } = world;
    const request = requestFor(await base(engine, IMAGES.sleep), uniqueName('d'));
    const ref = await run(engine, request);
    await engine.stopContainer(ref, 5);
    const before = await engine.saveDisk(ref, 'op');
    await engine.startContainer(ref, 0);
    await world.write(ref, '/later', '1');
    await engine.stopContainer(ref, 5);
    const after = await engine.saveDisk(ref, 'op');
    assert.is.not(after.image, before.image);
    assert.is.not((await engine.saveDisk(ref, 'another')).image, after.image);
    await refusal(engine.saveDisk({ ...ref, containerName: 'nothing-1', id: '0'.repeat(64) }, 'op'), 'not-found');
  });

  test('a container is removed by hand after its disk was saved, and before anybody heard: the save finds what it made', async ({
    world,
  }) => {
    const { engine } = world;
    const ref = await run(engine, requestFor(await base(engine, IMAGES.sleep), uniqueName('d')));
    await world.write(ref, '/early', 'saved');
    await engine.stopContainer(ref, 5);
    const disk = await engine.saveDisk(ref, 'op');
    await engine.removeContainer(ref, true);
    const { bytes, ...found } = await engine.saveDisk(ref, 'op');
    assert.equal(found, { image: disk.image, layers: disk.layers, flattened: disk.flattened });
    assert.ok(bytes > 0);
    await refusal(engine.saveDisk(ref, 'another'), 'not-found');
  });

  test('what a container writes after its disk was saved is lost when somebody removes it; the disk is as it was saved', async ({
    world,
  }) => {
    const { engine } = world;
    const name = uniqueName('d');
    const image = await base(engine, IMAGES.sleep);
    const ref = await run(engine, requestFor(image, name));
    await world.write(ref, '/early', 'saved');
    await engine.stopContainer(ref, 5);
    const disk = await engine.saveDisk(ref, 'op');
    await engine.startContainer(ref, 0);
    await world.write(ref, '/later', 'lost');
    await engine.removeContainer(ref, true);
    await refusal(engine.startContainer(ref, 0), 'not-found');
    const back = await run(engine, requestFor(image, name, { owner: owner(name, 2), image: disk.image, fromDisk: true }));
    assert.is(await world.read(back, '/early'), 'saved');
    assert.is(await world.read(back, '/later'), null);
  });

  test('disks are listed, removed one by one when unused, and all of one life', async ({ world: { engine } }) => {
    const name = uniqueName('d');
    const image = await base(engine, IMAGES.sleep);
    const refs: ContainerRef[] = [];
    const disks: string[] = [];
    for (let version = 1; version <= 3; version++) {
      const from = disks.at(-1);
      const request = requestFor(image, name, {
        owner: owner(name, version),
        ...(from === undefined ? {} : { image: from, fromDisk: true }),
      });
      const { containerId } = await engine.createContainer(request);
      refs.push(refOf(request, containerId));
      disks.push((await engine.saveDisk(refOf(request, containerId), `op-${version}`)).image);
    }
    const listed = async (): Promise<readonly string[]> =>
      (await engine.listDisks(LOG)).filter((disk) => disk.name === name).map((disk) => disk.image);
    assert.equal([...(await listed())].sort(), [...disks].sort());
    const [first = '', , third = ''] = disks;
    assert.is(await engine.removeDisk(first), false);
    assert.ok((await listed()).includes(first), 'in use: left for later');
    const parents = new Map((await engine.listDisks(LOG)).map((disk) => [disk.image, disk.parent]));
    assert.equal([parents.get(disks[1] ?? ''), parents.get(third)], [first, disks[1]]);
    assert.is(await engine.removeDisk(third), true);
    assert.is(await engine.removeDisk(third), true);
    assert.is((await listed()).includes(third), false);
    const { uid } = owner(name);
    await engine.removeDisks({ log: LOG, name, uid: 'another life' });
    assert.is((await listed()).length, 2);
    for (const ref of refs) await engine.removeContainer(ref, true);
    await engine.removeDisks({ log: LOG, name, uid });
    await engine.removeDisks({ log: LOG, name, uid });
    assert.equal(await listed(), []);
    await engine.removeDisk(image.id);
    assert.ok(await engine.inspectImage(IMAGES.sleep), 'no image but a saved disk is removed');
  });

  test('a disk that others are built on goes after them; what each takes is counted', async ({ world }) => {
    const { engine } = world;
    const name = uniqueName('d');
    const image = await base(engine, IMAGES.sleep);
    const disks: string[] = [];
    for (let version = 1; version <= 3; version++) {
      const from = disks.at(-1);
      const request = requestFor(image, name, { owner: owner(name, version), ...(from !== undefined && { image: from, fromDisk: true }) });
      await engine.createContainer(request);
      await engine.startContainer(refOf(request), 0);
      await world.write(refOf(request), `/file${version}`, 'x'.repeat(1_000 * version));
      await engine.stopContainer(refOf(request), 0);
      disks.push((await engine.saveDisk(refOf(request), `op-${version}`)).image);
      if (version === 3) {
        const { containers } = await engine.diskUsage(LOG);
        assert.ok((containers.find((c) => c.name === name && c.version === 3)?.bytes ?? 0) >= 3_000);
      }
    }
    for (let version = 1; version <= 3; version++)
      await engine.removeContainer(refOf(requestFor(image, name, { owner: owner(name, version) })), true);
    const counted = async () =>
      (await engine.diskUsage(LOG)).images.filter((disk) => disk.name === name).sort((a, b) => a.version - b.version);
    const [first, second, third] = await counted();
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    assert.ok(first.shared === first.bytes && second.shared === second.bytes, 'the next has all of it');
    assert.ok(third.shared === second.bytes && third.layer === third.bytes - second.bytes && third.layer >= 3_000);
    assert.is(await engine.removeDisk(first.image), false);
    assert.is(await engine.removeDisk(second.image), false);
    assert.equal((await counted()).length, 3);
    const [, untagged] = await counted();
    assert.is(untagged?.shared, second.bytes, 'of one without a tag, too');
    for (const disk of [third, second, first]) assert.is(await engine.removeDisk(disk.image), true, `${disk.version}`);
    assert.equal(await counted(), []);
  });

  test('anonymous volumes travel by name and are removed at the end', async ({ world }) => {
    const { engine } = world;
    const name = uniqueName('a');
    const image = await base(engine, IMAGES.volume);
    const first = requestFor(image, name);
    const created = await engine.createContainer(first);
    assert.equal(
      created.anonymousVolumes.map(({ dest }) => dest),
      ['/anon'],
    );
    assert.equal((await engine.createContainer(first)).anonymousVolumes, created.anonymousVolumes);
    await engine.startContainer(refOf(first), 0);
    await world.write(refOf(first), '/anon/file', 'kept');
    await engine.stopContainer(refOf(first), 0);
    const disk = await engine.saveDisk(refOf(first), 'op');
    const second = requestFor(image, name, {
      owner: owner(name, 2),
      image: disk.image,
      fromDisk: true,
      anonymousVolumes: created.anonymousVolumes,
    });
    assert.equal((await engine.createContainer(second)).anonymousVolumes, created.anonymousVolumes);
    await engine.removeContainer(refOf(first), false);
    await engine.startContainer(refOf(second), 0);
    assert.is(await world.read(refOf(second), '/anon/file'), 'kept');
    const names = created.anonymousVolumes.map((volume) => volume.name);
    assert.equal(await engine.removeAnonymousVolumes(names), []);
    assert.ok(await engine.inspectVolume(names[0] ?? ''), 'in use: left');
    await engine.removeContainer(refOf(second), true);
    assert.ok(await engine.inspectVolume(names[0] ?? ''), 'mounted by name: not removed with the container');
    assert.equal(await engine.removeAnonymousVolumes(names), names);
    assert.equal(await engine.removeAnonymousVolumes(names), names);
    assert.is(await engine.inspectVolume(names[0] ?? ''), null);
  });

  test('a bind takes the place of an anonymous volume', async ({ world: { engine } }) => {
    const name = uniqueName('a');
    const volume = uniqueName('v');
    await engine.createVolume(volume, owner(volume), '1MB', 1e6, false);
    const request = requestFor(await base(engine, IMAGES.volume), name, {
      binds: [{ src: volume, dest: '/anon' }],
      anonymousVolumes: [{ name: 'x', dest: '/anon' }],
    });
    assert.equal((await engine.createContainer(request)).anonymousVolumes, []);
  });

  test('a volume that a bind names is never anonymous, and is not removed as one', async ({ world: { engine, foreignVolume } }) => {
    const [ours, theirs] = [uniqueName('v'), uniqueName('v')];
    await engine.createVolume(ours, owner(ours), '1MB', 1e6, false);
    await foreignVolume(theirs);
    const request = requestFor(await base(engine, IMAGES.volume), uniqueName('a'), {
      binds: [
        { src: ours, dest: '/a/../data' },
        { src: theirs, dest: '/more/./of//it/' },
      ],
    });
    const { anonymousVolumes } = await engine.createContainer(request);
    assert.equal(
      anonymousVolumes.map(({ dest }) => dest),
      ['/anon'],
    );
    assert.equal((await engine.createContainer(request)).anonymousVolumes, anonymousVolumes);
    await engine.removeContainer(refOf(request), false);
    const [name = ''] = anonymousVolumes.map((volume) => volume.name);
    assert.equal(await engine.removeAnonymousVolumes([ours, theirs, name]), [name]);
    for (const volume of [ours, theirs]) assert.ok(await engine.inspectVolume(volume), volume);
  });

  test('secret variables are in the container, and in no image that is made from it', async ({ world }) => {
    const { engine } = world;
    const name = uniqueName('c');
    const image = await base(engine, IMAGES.sleep);
    const secretEnv = [{ name: 'TOKEN', key: 'k', sealed: 'ciphertext' }];
    const request = requestFor(image, name, { env: ['A=1'], secretEnv });
    const secrets = new Map([['TOKEN', new Secret('hunter2')]]);
    const { containerId } = await engine.createContainer(request, secrets);
    assert.is((await engine.createContainer(request, secrets)).containerId, containerId);
    const ref = refOf(request, containerId);
    await engine.startContainer(ref, 0);
    assert.ok((await world.env(ref)).includes('TOKEN=hunter2'));
    await world.write(ref, '/file', 'x');
    const target = `${uniqueName('user')}/image:1`;
    const { imageId } = await engine.commitImage(ref, target, 'op-c');
    assert.equal(await engine.commitImage(ref, target, 'op-c'), { imageId });
    await engine.stopContainer(ref, 0);
    const disk = await engine.saveDisk(ref, 'op-s');
    assert.equal(await engine.saveDisk(ref, 'op-s'), disk);
    for (const one of [target, disk.image]) {
      const { id, env } = await base(engine, one);
      assert.ok([imageId, disk.image].includes(id));
      assert.ok(env.includes('A=1'));
      assert.is(
        env.some((entry) => entry.startsWith('TOKEN')),
        false,
      );
    }
    assert.equal(
      (await engine.listDisks(LOG)).filter((one) => one.name === name).map((one) => one.image),
      [disk.image],
    );
    const next = requestFor(image, name, { owner: owner(name, 2), image: disk.image, fromDisk: true });
    const two = await run(engine, next);
    assert.is(await world.read(two, '/file'), 'x');
    assert.is((await world.env(two)).join().includes('TOKEN'), false);
    if (make === real) await docker().getImage(target).remove();
  });

  test('an image committed for a user is none of ours', async ({ world: { engine } }) => {
    const request = requestFor(await base(engine, IMAGES.sleep), uniqueName('c'), { env: ['CONTAINER_VERSION=1'] });
    const ref = await run(engine, request);
    const target = `${uniqueName('user')}/image:1`;
    const { imageId } = await engine.commitImage(ref, target, 'op-c');
    assert.equal(await engine.commitImage(ref, target, 'op-c'), { imageId });
    const image = await base(engine, target);
    assert.is(image.id, imageId);
    assert.ok(image.env.includes('CONTAINER_VERSION=1'));
    await refusal(engine.commitImage(ref, 'Not A Name', 'op-d'), 'refused');
    await refusal(engine.commitImage(ref, 'name:', 'op-d'), 'refused');
    assert.is((await engine.inspectImage(target))?.committedFrom, imageOrigin(ref.owner));
    const moved = await engine.commitImage(ref, target, 'op-e');
    assert.is.not(moved.imageId, imageId, 'its own tag may be moved');
    const { containerName, ...other } = requestFor(image, uniqueName('c'));
    const theirs = await run(engine, { ...other, containerName });
    await refusal(engine.commitImage(theirs, target, 'op-f'), 'conflict');
    await refusal(engine.commitImage(theirs, IMAGES.sleep, 'op-g'), 'conflict');
    assert.is((await base(engine, target)).id, moved.imageId, 'another’s tag stays');
    await engine.removeContainer(theirs, true);
    await engine.removeDisk(imageId);
    assert.ok(await engine.inspectImage(target));
    if (make === real) await docker().getImage(target).remove();
  });

  test('a frozen container: frozen and thawed once, listed as paused, started as it is, stopped with its signal', async ({
    world: { engine },
  }) => {
    const request = requestFor(await base(engine, IMAGES.sleep), uniqueName('c'));
    const { containerId } = await engine.createContainer(request);
    const ref = refOf(request, containerId);
    await refusal(engine.freezeContainer(ref), 'conflict');
    await engine.startContainer(ref, 0);
    const stateOf = async (): Promise<string | undefined> => (await engine.listContainers(LOG)).find(({ id }) => id === containerId)?.state;
    for (let i = 0; i < 2; i++) {
      await engine.freezeContainer(i === 0 ? ref : refOf(request));
      assert.is(await stateOf(), 'paused');
    }
    assert.equal(await engine.startContainer(ref, 0), { started: true });
    assert.is(await stateOf(), 'paused');
    await refusal(exec(engine, ref, ['echo']), 'refused');
    for (let i = 0; i < 2; i++) {
      await engine.thawContainer(i === 0 ? ref : refOf(request));
      assert.is(await stateOf(), 'running');
    }
    await engine.freezeContainer(ref);
    const image = uniqueName('frozen');
    const { imageId } = await engine.commitImage(ref, image, 'commit', { frozen: true });
    assert.is(await stateOf(), 'paused');
    await engine.removeDisk(imageId);
    await engine.stopContainer(ref, 5);
    assert.is(await stateOf(), 'exited');
    const ended = await refusal(engine.thawContainer(ref), 'conflict');
    assert.match(ended.message, /is exited: its processes have ended/);
    await engine.startContainer(ref, 0);
    await engine.freezeContainer(ref);
    assert.equal(await engine.removeContainer(ref, true), { found: true });
    await refusal(engine.freezeContainer(ref), 'not-found');
    if (make === real) await docker().getImage(image).remove();
  });

  test('a command: output, exit code, limit, and the state it needs', async ({ world: { engine } }) => {
    const request = requestFor(await base(engine, IMAGES.sleep), uniqueName('c'));
    const ref = await run(engine, request);
    const said = { exitCode: 0, stdout: 'a b\n', outputBytes: 4, truncated: false, timedOut: false, aborted: false };
    assert.equal(await exec(engine, ref, ['echo', 'a', 'b']), said);
    assert.equal(await exec(engine, refOf(request), ['echo', 'a', 'b'], { maxOutputBytes: 2 }), { ...said, stdout: 'a ', truncated: true });
    await refusal(exec(engine, ref, ['no-such-program']), 'refused');
    const { timedOut } = await exec(engine, ref, ['sleep', '100'], { timeoutMs: 300 });
    assert.is(timedOut, true);
    assert.is((await exec(engine, ref, ['echo'], { signal: AbortSignal.abort() })).aborted, true);
    await engine.stopContainer(ref, 5);
    const { message } = await refusal(exec(engine, ref, ['echo']), 'refused');
    assert.match(message, /exited/);
  });

  test('volumes: made once, listed with their owner, in use, removed only when ours', async ({ world }) => {
    const { engine } = world;
    const name = uniqueName('v');
    const whose = owner(name);
    assert.is(await engine.inspectVolume(name), null);
    assert.equal(await engine.createVolume(name, whose, '1MB', 1e6, false), { enforced: false });
    assert.equal(await engine.createVolume(name, whose, '1MB', 1e6, false), { enforced: false });
    await refusal(engine.createVolume(name, owner(name), '1MB', 1e6, false), 'conflict');
    await refusal(engine.createVolume(uniqueName('v'), owner('x'), '1MB', 1e6, true), 'refused');
    const { operation: _, ...id } = whose;
    assert.equal((await engine.inspectVolume(name))?.owner, id);
    assert.equal((await engine.listVolumes(LOG)).find((volume) => volume.name === name)?.owner, id);

    const request = requestFor(await base(engine, IMAGES.sleep), uniqueName('c'), { binds: [{ src: name, dest: '/data' }] });
    const ref = await run(engine, request);
    assert.equal(await engine.volumeUsers(name), [{ containerName: request.containerName, running: true }]);
    const { message } = await refusal(engine.removeVolume(name, whose), 'in-use');
    assert.ok(message.includes(request.containerName));
    await world.write(ref, '/data/.file', 'hello');
    await engine.stopContainer(ref, 5);
    assert.equal(await engine.volumeUsers(name), [{ containerName: request.containerName, running: false }]);
    await engine.removeContainer(ref, true);

    const copy = `${name}-2`;
    await engine.createVolume(copy, { ...whose, version: 2 }, '2MB', 2e6, false);
    await refusal(engine.copyVolume(name, name, 'resize'), 'refused');
    assert.equal([await engine.volumeContent(name), await engine.volumeContent(copy)], ['filled', 'empty']);
    assert.equal(await engine.copyVolume(name, copy, 'resize'), { entries: 2, bytes: 5 });
    assert.equal(await engine.copyVolume(name, copy, 'resize'), { entries: 2, bytes: 5 });
    assert.ok((await engine.volumeUsage(copy)) >= 5);
    const reader = await run(
      engine,
      requestFor(await base(engine, IMAGES.sleep), uniqueName('c'), { binds: [{ src: copy, dest: '/data' }] }),
    );
    assert.is(await world.read(reader, '/data/.file'), 'hello');
    await refusal(engine.copyVolume(name, copy, 'resize'), 'in-use');
    await world.write(reader, '/data/.later', 'written since');
    await engine.stopContainer(reader, 5);
    const late = await refusal(engine.copyVolume(name, copy, 'resize'), 'conflict');
    assert.match(late.message, /left alone/);
    const again = requestFor(await base(engine, IMAGES.sleep), uniqueName('c'), { binds: [{ src: copy, dest: '/data' }] });
    assert.is(await world.read(await run(engine, again), '/data/.later'), 'written since');

    await refusal(engine.removeVolume(name, { ...whose, uid: 'other' }), 'conflict');
    await engine.removeVolume(name, whose);
    await engine.removeVolume(name, whose);
    assert.is(await engine.inspectVolume(name), null);
    await refusal(engine.copyVolume(name, copy, 'resize'), 'not-found');

    const foreign = uniqueName('v');
    await world.foreignVolume(foreign);
    await refusal(engine.createVolume(foreign, owner(foreign), '1MB', 1e6, false), 'conflict');
    await refusal(engine.removeVolume(foreign, owner(foreign)), 'conflict');
    await refusal(engine.copyVolume(copy, foreign, 'resize'), 'conflict');
    assert.is((await engine.inspectVolume(foreign))?.owner, undefined);
    await refusal(engine.volumeUsage(uniqueName('v')), 'not-found');
    await refusal(engine.volumeContent(uniqueName('v')), 'not-found');
  });

  test('the bell rings at once and when a container changes', async ({ world: { engine } }) => {
    let rings = 0;
    const over = new AbortController();
    engine.onChange(LOG, () => rings++, over.signal);
    const until = async (count: number): Promise<void> => {
      for (let tries = 0; rings < count; tries++) {
        assert.ok(tries < 500, `rang ${rings} times, expected ${count}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    await until(1);
    const before = rings;
    const ref = await run(engine, requestFor(await base(engine, IMAGES.sleep), uniqueName('c')));
    await until(before + 1);
    const running = rings;
    await engine.stopContainer(ref, 5);
    await until(running + 1);
    over.abort();
  });

  test.run();
}
