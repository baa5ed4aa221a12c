// timeout: 300
// The system disk on the real engine: everything is carried from version to version, and nothing that commit bakes in.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ContainerEngine, type ContainerRef, type CreateContainer, imageOrigin } from '../../../src/commands/outside/engine.ts';
import type { BaseImage, Disk } from '../../../src/events/shapes.ts';
import {
  base,
  connectEngine,
  docker,
  IMAGES,
  LOG,
  owner,
  type RequestParts,
  refOf,
  refusal,
  removeAll,
  requestFor,
  run,
  sh,
  uniqueName,
} from './support.ts';
import { CAP_NET_RAW, capabilityIn, imageTar, read, tarWithCapability } from './tar.ts';

const test = suite<{ engine: ContainerEngine }>('system disk');

test.before(async (context) => {
  context.engine = await connectEngine();
});
test.after(({ engine }) => removeAll(engine));

/** Version `version` of a name, from a disk (else the base image). */
const version = (image: BaseImage, name: string, number: number, disk?: Disk, more: RequestParts = {}): CreateContainer =>
  requestFor(image, name, { owner: owner(name, number), ...(disk === undefined ? {} : { image: disk.image, fromDisk: true }), ...more });

async function save(engine: ContainerEngine, ref: ContainerRef, operation = 'op'): Promise<Disk> {
  await engine.stopContainer(ref, 5);
  return engine.saveDisk(ref, operation);
}

// Type, mode, owner, group, size, seconds, links, name and link target; then the contents. /, /etc and /dev are touched by Docker itself.
const DESCRIBE = `find / -xdev \\( -path /proc -o -path /sys -o -path /dev -o -path /bin -o -path /.dockerenv -o -path /etc/hosts -o -path /etc/hostname -o -path /etc/resolv.conf -o -path /etc/mtab \\) -prune \
  -o -path / -o -path /etc -o -print | sort | while IFS= read -r f; do stat -c '%f %u %g %N' "$f"; [ -d "$f" ] && stat -c '%Y' "$f" || stat -c '%h %s %Y %t,%T' "$f"; [ -f "$f" ] && [ ! -L "$f" ] && md5sum <"$f"; done; true`;

const FILL = `
  mkdir -p /home/u/a/b /opaque /emptydir /gone/deep /todir /tofile/x && chmod 2750 /emptydir
  echo dot > /.dotfile && mkdir /.dotdir && echo in > /.dotdir/.in
  echo one > /opaque/old; echo x > /gone/deep/x; echo file > /todir; echo y > /tofile/x/y
  echo linked > /home/hard1; ln /home/hard1 /home/u/hard2
  ln -s /nowhere /dangling; ln -s ../etc/passwd /home/rel; ln -s /home/u /tolink; chown -h 1234:5678 /dangling
  echo s > /setuid; chown 1000:2000000000 /setuid; chmod 6755 /setuid
  mkfifo /fifo; mknod /devnode c 1 3
  echo 'sp ace' > '/home/sp ace'; echo star > '/home/*?[x]'; echo utf > /home/ünï; echo dash > /home/-dash
  printf 'x' > /home/old; touch -d '2001-02-03 04:05:06' /home/old /emptydir
  rm -r /bin/yes /gone /opaque; mkdir /opaque; echo new > /opaque/new
  chmod 700 /srv; chown 7:8 /tmp`;

test('everything is carried: dotfiles, deletions, links, owners, modes, times, devices, names', async ({ engine }) => {
  const name = uniqueName('all');
  const image = await base(engine, IMAGES.sleep);
  const one = await run(engine, version(image, name, 1));
  // Two versions before, so that deletions and opaque directories are of files from a saved layer.
  await sh(
    engine,
    one,
    'mkdir -p /opaque /lower; echo lower > /opaque/lower; echo x > /lower/x; echo x > /lower.file; echo dir > /todir2; mkdir /tofile2',
  );
  const first = await save(engine, one);
  const two = await run(engine, version(image, name, 2, first));
  await sh(
    engine,
    two,
    `${FILL.replace('/todir ', '/todir0 ')}; rm -r /lower /lower.file; rm /todir2; mkdir /todir2; echo in > /todir2/in; rmdir /tofile2; echo f > /tofile2`,
  );
  await docker().getContainer(two.id).putArchive(tarWithCapability('capable', 'program'), { path: '/' });
  const before = await sh(engine, two, DESCRIBE);
  const second = await save(engine, two);
  assert.is(second.layers, first.layers + 1);

  const three = await run(engine, version(image, name, 3, second));
  assert.equal((await sh(engine, three, DESCRIBE)).split('\n'), before.split('\n'));
  assert.is(
    await sh(
      engine,
      three,
      'ls -A /opaque; [ /home/hard1 -ef /home/u/hard2 ] && echo same; ls /bin/yes /lower /gone 2>/dev/null; cat /.dotdir/.in',
    ),
    'new\nsame\nin\n',
  );
  const capability = await read(await docker().getContainer(three.id).getArchive({ path: '/capable' }));
  assert.is(capabilityIn(capability), CAP_NET_RAW.toString('hex'));
  assert.is(await sh(engine, three, 'stat -c %Y /home/old; stat -c "%a %u:%g" /setuid'), '981173106\n6755 1000:2000000000\n');

  // And flattened.
  const flattening = await connectEngine({ disk: { layerLimit: 1 } });
  const third = await save(flattening, three);
  assert.equal({ layers: third.layers, flattened: third.flattened }, { layers: 1, flattened: true });
  assert.equal(await flattening.saveDisk(three, 'op'), third);
  const four = await run(engine, version(image, name, 4, third));
  assert.equal((await sh(engine, four, DESCRIBE)).split('\n'), before.split('\n'));
  assert.is(capabilityIn(await read(await docker().getContainer(four.id).getArchive({ path: '/capable' }))), CAP_NET_RAW.toString('hex'));
  const labels = (await docker().getImage(third.image).inspect()).Config.Labels;
  assert.equal(labels['gpu-docker-api.kind'], 'disk');
  assert.equal(labels['gpu-docker-api.version'], '3');
});

for (const how of ['running', 'paused by hand', 'ended by itself', 'killed'] as const) {
  test(`of a container that was ${how}`, async ({ engine }) => {
    const name = uniqueName('state');
    const image = await base(engine, IMAGES.busybox);
    const cmd = [
      'sh',
      '-c',
      how === 'ended by itself' ? 'echo x > /.kept; exit 4' : 'echo x > /.kept; trap "exit 0" TERM; while :; do sleep 1 & wait $!; done',
    ];
    const request = version(image, name, 1, undefined, { cmd });
    const { containerId: id } = await engine.createContainer(request);
    const ref = refOf(request, id);
    const started = await engine.startContainer(ref, 300);
    assert.is(started.started, how !== 'ended by itself');
    if (how === 'paused by hand') await docker().getContainer(id).pause();
    if (how === 'killed') await docker().getContainer(id).kill();
    const { exitCode } = await engine.stopContainer(ref, 1);
    if (how === 'ended by itself') assert.is(exitCode, 4);
    if (how === 'killed') assert.is(exitCode, 137);
    const disk = await engine.saveDisk(ref, 'op');
    const next = await run(engine, version(image, name, 2, disk, { cmd: ['sleep', '100'] }));
    assert.is(await sh(engine, next, 'cat /.kept'), 'x\n');
  });
}

test('what commit bakes in is undone over three versions', async ({ engine }) => {
  const name = uniqueName('baked');
  const built = await docker().createContainer({ Image: IMAGES.entry });
  const tag = `${name}/base`;
  await built.commit({ repo: tag, changes: 'HEALTHCHECK --interval=1h CMD true' });
  await built.remove();
  const image = await base(engine, tag);
  assert.ok(image.healthcheck);
  const config = async (
    ref: ContainerRef,
  ): Promise<{
    Env: string[];
    Cmd: string[];
    Entrypoint: string[];
    WorkingDir: string;
    Healthcheck?: object;
    Labels: Record<string, string>;
  }> => (await docker().getContainer(ref.containerName).inspect()).Config as never;

  const one = await run(engine, version(image, name, 1, undefined, { env: ['SECRET=1', 'FROM_IMAGE=changed'], cmd: ['sleep 1000'] }));
  assert.equal((await config(one)).Cmd, ['sleep 1000']);
  const first = await save(engine, one, 'op-1');
  const two = await run(engine, version(image, name, 2, first, { env: ['OTHER=1'] }));
  const second = await config(two);
  assert.equal(second.Cmd, image.cmd);
  assert.equal(second.Entrypoint, ['/bin/sh', '-c']);
  assert.is(second.WorkingDir, '/srv');
  assert.equal(second.Healthcheck, image.healthcheck);
  assert.is(second.Labels['gpu-docker-api.kind'], 'container');
  assert.is(second.Labels['gpu-docker-api.version'], '2');
  assert.is(second.Labels['gpu-docker-api.disk-operation'], '');
  const env = await sh(engine, two, 'env');
  assert.match(env, /^FROM_IMAGE=yes$/m);
  assert.match(env, /^OTHER=1$/m);
  assert.not.match(env, /SECRET/);
  const pid1 = await sh(engine, two, "tr '\\0' '\\n' </proc/1/environ");
  assert.not.match(pid1, /SECRET/);

  // Flattened: the image says nothing any more, and all still holds.
  const disk = await save(await connectEngine({ disk: { layerLimit: 1 } }), two, 'op-2');
  assert.is(disk.flattened, true);
  const three = await run(engine, version(image, name, 3, disk));
  const third = await config(three);
  const { Cmd, Entrypoint, WorkingDir, Healthcheck } = third;
  assert.equal(
    { Cmd, Entrypoint, WorkingDir, Healthcheck },
    { Cmd: image.cmd, Entrypoint: image.entrypoint, WorkingDir: '/srv', Healthcheck: image.healthcheck },
  );
  assert.not.match(await sh(engine, three, 'env'), /SECRET|OTHER/);
  assert.match(await sh(engine, three, 'env'), /FROM_IMAGE=yes/);
});

test('a flattened disk takes the place of a layered one, which can then be removed with the chain below it', async ({ engine }) => {
  const name = uniqueName('flat');
  const image = await base(engine, IMAGES.sleep);
  const first = await save(engine, await run(engine, version(image, name, 1)));
  const two = await run(engine, version(image, name, 2, first));
  const layered = await save(engine, two, 'op-undone');
  const flattened = await save(await connectEngine({ disk: { layerLimit: 1 } }), two, 'op-2');
  assert.is(flattened.flattened, true);
  await engine.removeContainer(two, true);
  await engine.removeContainer(refOf(version(image, name, 1)), true);
  const listed = async (): Promise<string[]> =>
    (await engine.listDisks(LOG)).flatMap((disk) => (disk.name === name ? [disk.image] : [])).sort();
  assert.equal(await listed(), [first.image, layered.image, flattened.image].sort());
  assert.is((await engine.listDisks(LOG)).find((disk) => disk.image === flattened.image)?.parent, undefined);
  assert.is(await engine.removeDisk(layered.image), true);
  assert.is(await engine.removeDisk(first.image), true, 'the flattened one is built on nothing');
  assert.equal(await listed(), [flattened.image]);
  const three = await run(engine, version(image, name, 3, flattened));
  assert.match(await sh(engine, three, 'ls /'), /bin/);
});

test('a sparse file that would fill the host is refused before anything is written', async ({ engine }) => {
  const name = uniqueName('sparse');
  const image = await base(engine, IMAGES.sleep);
  const ref = await run(engine, version(image, name, 1));
  await engine.checkDiskSpace(ref);
  await sh(engine, ref, 'truncate -s 10995116277760 /sparse');
  const { message } = await refusal(engine.checkDiskSpace(ref), 'no-space');
  assert.match(message, /10240\.00 GiB.*are free/);
  await engine.stopContainer(ref, 5);
  await refusal(engine.saveDisk(ref, 'op'), 'no-space');
  assert.is(
    (await engine.listDisks(LOG)).some((disk) => disk.name === name),
    false,
  );
  assert.equal(await engine.startContainer(ref, 0), { started: true });
  await sh(engine, ref, 'rm /sparse');
  assert.ok((await save(engine, ref)).bytes < 1e6);
  const careful = await connectEngine({ disk: { reserveBytes: 1e18 } });
  await refusal(careful.checkDiskSpace(ref), 'no-space');
});

test('what was deleted in an anonymous volume does not come back out of the image', async ({ engine }) => {
  const name = uniqueName('anon');
  const built = await docker().createContainer({ Image: IMAGES.sleep });
  await built.putArchive(tarWithCapability('etc/marker', 'x'), { path: '/' });
  await built.commit({ repo: `${name}/base`, changes: 'VOLUME /etc' });
  await built.remove();
  const image = await base(engine, `${name}/base`);
  const request = version(image, name, 1);
  const { anonymousVolumes } = await engine.createContainer(request);
  await engine.startContainer(refOf(request), 0);
  await sh(engine, refOf(request), 'rm -r /etc/*; true');
  const disk = await save(engine, refOf(request));
  const next = await run(engine, version(image, name, 2, disk, { anonymousVolumes }));
  assert.is(await sh(engine, next, 'ls /etc/marker 2>/dev/null; true'), '');
});

test("at the end of the engine's own depth the disk is flattened", async ({ engine }) => {
  const name = uniqueName('deep');
  const { Architecture } = await docker().getImage(IMAGES.busybox).inspect();
  const rootFs = await docker().createContainer({ Image: IMAGES.busybox });
  const tar = imageTar(`${name}/deep:latest`, await read(await rootFs.export()), 125, Architecture);
  await rootFs.remove();
  await read(await docker().loadImage(tar as never));
  const image = await base(engine, `${name}/deep`);
  const unlimited = await connectEngine({ disk: { layerLimit: 1_000 } });
  const ref = await run(engine, version(image, name, 1));
  await sh(engine, ref, 'echo deep > /.deep');
  const disk = await save(unlimited, ref);
  assert.equal({ layers: disk.layers, flattened: disk.flattened }, { layers: 1, flattened: true });
  const next = await run(engine, version(image, name, 2, disk));
  assert.is(await sh(engine, next, 'cat /.deep'), 'deep\n');
});

test('images of others stay: a disk that somebody tagged, and what was run from a disk by hand', async ({ engine }) => {
  const name = uniqueName('tagged');
  const image = await base(engine, IMAGES.sleep);
  const request = version(image, name, 1);
  const ref = await run(engine, request);
  const disk = await save(engine, ref);
  await engine.removeContainer(ref, true);
  await docker()
    .getImage(disk.image)
    .tag({ repo: `${name}/mine`, tag: 'v1' });
  const byHand = await docker().createContainer({ Image: disk.image, name: `${name}-by-hand` });
  assert.is(
    (await engine.listContainers(LOG)).some((found) => found.containerName === `${name}-by-hand`),
    false,
  );
  await engine.removeDisks({ log: LOG, name, uid: request.owner.uid });
  assert.ok(await engine.inspectImage(`${name}/mine:v1`));
  await byHand.remove();
  await docker().getImage(`${name}/mine:v1`).remove();
  await engine.removeDisks({ log: LOG, name, uid: request.owner.uid });
  assert.is(await engine.inspectImage(disk.image), null);
});

test("a user's image keeps the configuration and carries no label of ours but its origin", async ({ engine }) => {
  const request = requestFor(await base(engine, IMAGES.sleep), uniqueName('user'), { env: ['CONTAINER_VERSION=3'], ports: [] });
  const ref = await run(engine, request);
  await sh(engine, ref, 'echo mine > /.mine');
  // A daemon that died in the middle of an earlier try left it paused.
  await docker().getContainer(ref.id).pause();
  const target = `${uniqueName('user')}/image`;
  const { imageId } = await engine.commitImage(ref, target, 'op');
  assert.is((await docker().getContainer(ref.id).inspect()).State.Status, 'running');
  const { Config, RepoTags } = await docker().getImage(imageId).inspect();
  assert.equal(RepoTags, [`${target}:latest`]);
  assert.ok(Config.Env.includes('CONTAINER_VERSION=3'));
  const labels = Object.entries(Config.Labels).filter(([key, value]) => key.startsWith('gpu-docker-api.') && value !== '');
  assert.equal(labels, [['gpu-docker-api.committed-from', imageOrigin(request.owner)]]);
  assert.is((await engine.inspectImage(imageId))?.committedBy, undefined);
  const byHand = await docker().createContainer({ Image: imageId });
  assert.is(
    (await engine.listContainers(LOG)).some(({ id }) => id === byHand.id),
    false,
  );
  await byHand.remove();
  const again = await engine.commitImage(ref, target, 'another', { committer: 'ann' });
  assert.is.not(again.imageId, imageId);
  assert.is((await engine.inspectImage(target))?.committedBy, 'ann');
  const from = await run(engine, requestFor(await base(engine, target), uniqueName('from'), { ports: [] }));
  assert.is((await docker().getContainer(from.id).inspect()).Config.Labels['gpu-docker-api.committed-by'], '', 'not handed down');
  await engine.removeContainer(from, true);
  for (const name of [target, imageId]) await docker().getImage(name).remove();
});

test.run();
