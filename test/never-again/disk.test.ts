// timeout: 400
// Each a failure of the Go program that must not happen here: the system disk over versions.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertAgrees } from '../crash/agree.ts';
import { call, listed, ok, run, sh } from '../crash/client.ts';
import { openWorld, until, type World } from '../crash/world.ts';
import { CAP_NET_RAW, capabilityIn, read, tarWithCapability } from '../infra/docker/tar.ts';
import { uniqueName } from '../support/docker.ts';

const test = suite('never again: the system disk');
let world: World;
const images: string[] = [];

test.before(async () => {
  world = await openWorld();
});
test.after.each(() => assertAgrees(world));
test.after(async () => {
  await world.close();
  for (const image of images) await world.docker.getImage(image).remove({ force: true });
});

async function started(more: Parameters<typeof run>[2] = {}): Promise<string> {
  const name = uniqueName('d');
  await run(world.server, name, more);
  return name;
}
const patch = (name: string, body: unknown = {}): Promise<unknown> => ok(world.server, 'PATCH', `replicaSet/${name}`, body);
const order = (name: string, what: string, body?: unknown): Promise<unknown> =>
  ok(world.server, 'PATCH', `replicaSet/${name}/${what}`, body);

test('stop then restart losing the whole system disk with "Success"', async () => {
  const name = await started();
  await sh(world.server, name, 'echo kept >/kept');
  await order(name, 'stop');
  await order(name, 'restart', {});
  assert.is(await sh(world.server, name, 'cat /kept'), 'kept');
});

test('pause then patch losing the whole system disk with "Success"', async () => {
  const name = await started();
  await sh(world.server, name, 'echo kept >/kept');
  await order(name, 'pause');
  await patch(name);
  assert.is(await sh(world.server, name, 'cat /kept'), 'kept');
});

test('patch after the process exited losing the whole system disk with "Success"', async () => {
  const cmd = ['sh', '-c', '[ -e /again ] && exec sleep 1000; touch /again; sleep 1; echo kept >/kept'];
  const name = await started({ cmd });
  await until(
    'its end',
    () => listed(world.server, name),
    ({ state }) => state === 'exited',
  );
  await patch(name);
  assert.is(await sh(world.server, name, 'cat /kept'), 'kept');
});

const TREE = `
echo dot >/.dotfile && mkdir -p /.config/empty && echo x >/srv/.hidden
rm /etc/group && rm -r /home
echo 1 >/srv/a && ln /srv/a /srv/b && ln -s a /srv/link && ln -s /nowhere /srv/dangling
chown 123:456 /srv/a && chmod 4751 /srv/a && touch -d '2001-02-03 04:05:06' /srv/a
mkfifo /srv/pipe && printf '%s' 'new
line' >"/srv/odd name"`;
const FACTS = `
stat -c '%n %a %u %g %h %Y' /srv/a /srv/b /.dotfile /srv/.hidden /srv/pipe && readlink /srv/link && readlink /srv/dangling
[ /srv/a -ef /srv/b ] && echo linked; [ -e /etc/group ] || echo gone; [ -e /home ] || echo gone; ls -A /.config; cat "/srv/odd name"`;

test('dotfiles at / lost, deleted files back, hard links lost', async () => {
  const name = await started();
  await sh(world.server, name, TREE);
  const before = await sh(world.server, name, FACTS);
  assert.match(before, /\/srv\/a 4751 123 456 2 981173106/);
  for (let version = 2; version <= 3; version++) {
    await patch(name);
    assert.is(await sh(world.server, name, FACTS), before, `version ${version}`);
  }
});

test('capabilities lost', async () => {
  const name = await started();
  const engine = world.docker;
  await engine.getContainer(`${name}-1`).putArchive(tarWithCapability('tool', '#!/bin/sh\n'), { path: '/srv' });
  await patch(name);
  const tar = await read(await engine.getContainer(`${name}-2`).getArchive({ path: '/srv/tool' }));
  assert.is(capabilityIn(tar), CAP_NET_RAW.toString('hex'));
});

test('the image copied into every layer', async () => {
  const big = `gda/${uniqueName('big')}:latest`;
  const base = await started();
  await sh(world.server, base, 'dd if=/dev/urandom of=/big bs=1M count=60 2>/dev/null');
  await ok(world.server, 'POST', `replicaSet/${base}/commit`, { newImageName: big });
  images.push(big);
  const name = await started({ image: big });
  for (let version = 1; version <= 3; version++) {
    await sh(world.server, name, `dd if=/dev/urandom of=/small${version} bs=1k count=100 2>/dev/null`);
    await patch(name);
    const history = (await world.docker.getImage(`gpu-docker-api/disk:${name}-${version}`).history()) as { Size: number }[];
    const [own = { Size: Number.NaN }] = history;
    assert.ok(own.Size >= 100_000 && own.Size < 200_000, `the layer of version ${version} has ${own.Size} bytes`);
    const total = history.reduce((sum, { Size }) => sum + Size, 0);
    assert.ok(total < 65 * 1024 ** 2, `the disk of version ${version} has ${total} bytes in all`);
  }
});

test('rollback of `a` delivering files of `b`', async () => {
  // In the Go program the directory of a replicaSet was found by a prefix of its name.
  const a = await started();
  const b = `${a}b`;
  await run(world.server, b);
  for (const name of [a, b]) await sh(world.server, name, `echo ${name} >/whose`);
  for (const name of [b, a]) {
    await patch(name);
    await sh(world.server, name, 'echo later >/whose');
  }
  await order(a, 'rollback', { version: 1 });
  assert.is(await sh(world.server, a, 'cat /whose'), a);
  await order(b, 'rollback', { version: 1 });
  assert.is(await sh(world.server, b, 'cat /whose'), b);
});

test('a deleted name’s files coming back to a new one', async () => {
  const name = await started({ image: 'gda/volume:latest' });
  await sh(world.server, name, 'echo old >/old; echo old >/anon/old');
  await patch(name);
  await ok(world.server, 'DELETE', `replicaSet/${name}`);
  await run(world.server, name, { image: 'gda/volume:latest' });
  const found = 'ls / /anon | grep -c old || true';
  assert.is(await sh(world.server, name, found), '0');
  await patch(name);
  assert.is(await sh(world.server, name, found), '0');
  assert.is((await call(world.server, 'PATCH', `replicaSet/${name}/rollback`, { version: 3 })).code, 1021, 'nor are its versions there');
});

test('anonymous volumes of the image left behind at a new version', async () => {
  const name = await started({ image: 'gda/volume:latest' });
  await sh(world.server, name, 'echo kept >/anon/kept && rm -f /anon/none');
  await patch(name);
  await order(name, 'stop');
  await order(name, 'restart', {});
  assert.is(await sh(world.server, name, 'cat /anon/kept'), 'kept');
});

test.run();
