// Images of others: nobody takes over a name that others run, and nobody runs the saved disk of another.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { docker, IMAGES } from '../support/docker.ts';
import { RS, World } from './world.ts';

const test = suite('images of others');
let world: World;

test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--stop-timeout', '0s']);
});
test.after(() => world.stop());

const idOf = async (image: string): Promise<string> => (await docker().getImage(image).inspect()).Id;

test('a commit replaces no base image, no image of another replicaSet and no saved disk, however it is spelled', async () => {
  const victim = await world.run('victim', IMAGES.sleep);
  const evil = await world.run('evil', IMAGES.sleep);
  await world.sh(evil, 'mkdir -p /etc && echo x > /etc/poison');
  await world.patch(victim);
  const theirs = `${world.prefix}/theirs:1`;
  await world.ok('POST', `${RS}/${victim}/commit`, { newImageName: theirs });
  const disk = `gpu-docker-api/disk:${victim}-1`;
  const before = await Promise.all([IMAGES.sleep, theirs, disk].map(idOf));
  const path = `${RS}/${evil}/commit`;
  for (const newImageName of [IMAGES.sleep, `docker.io/${IMAGES.sleep}`, theirs, `docker.io/${theirs}`])
    await world.refused(
      'POST',
      path,
      { newImageName },
      { status: 409, code: 1015, says: /exists \(sha256:\w+\) that was not committed from/ },
    );
  for (const newImageName of [disk, `docker.io/${disk}`, `index.docker.io/${disk}`])
    await world.refused('POST', path, { newImageName }, { status: 422, code: 1015, says: /saved system disks/ });
  assert.deepEqual(await Promise.all([IMAGES.sleep, theirs, disk].map(idOf)), before);
  await world.ok('POST', `${RS}/${victim}/commit`, { newImageName: theirs });
  assert.notEqual(await idOf(theirs), before[1], 'who committed it may move it');
  await world.delete(victim);
  await world.delete(evil);
  for (const image of [theirs, before[1] ?? ''])
    await docker()
      .getImage(image)
      .remove()
      .catch(() => {});
});

test("another's saved disk is not run by its id, a part of the id or another tag", async () => {
  const victim = await world.run('owner', IMAGES.sleep);
  await world.sh(victim, 'echo topsecret > /.key');
  await world.patch(victim);
  const [saved] = await world.eventsOf('SystemDiskSaved', victim);
  assert.ok(saved?.type === 'SystemDiskSaved');
  const { disk } = saved.data;
  const digits = disk.image.replace('sha256:', '');
  const tag = { repo: `${world.prefix}/alias`, tag: 'latest' };
  await docker().getImage(disk.image).tag(tag);
  const body = (imageName: string): object => ({ imageName, replicaSetName: world.name('thief'), gpuCount: 0 });
  for (const imageName of [disk.image, digits, digits.slice(0, 12), tag.repo, `docker.io/gpu-docker-api/disk:${victim}-1`])
    await world.refused('POST', RS, body(imageName), { status: 422, code: 1004, says: /saved system disk of a replicaSet/ });
  const short = (await idOf(IMAGES.sleep)).replace('sha256:', '').slice(0, 11);
  await world.refused('POST', RS, body(short), { status: 422, code: 1004, says: /beginning of an id/ });
  await docker().getImage(tag.repo).remove();
  await world.delete(victim);
});

test.run();
