// A directory that becomes a link after the path was checked and before the container is started again.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { docker, IMAGES } from '../support/docker.ts';
import { RS, World } from './world.ts';

const test = suite('links in binds');
let world: World;
const base = realpathSync(mkdtempSync(join(tmpdir(), 'gpu-docker-api-links-')));
const lab = join(base, 'lab');
const alice = join(lab, 'alice');

test.before(async () => {
  mkdirSync(lab);
  writeFileSync(join(base, 'secret'), 'secret\n');
  world = await World.start(['--allow-bind', lab, '--replace-grace', '5s', '--stop-timeout', '0s']);
});
test.before.each(() => {
  rmSync(alice, { recursive: true, force: true });
  mkdirSync(alice);
  writeFileSync(join(alice, 'mine'), 'mine\n');
});
test.after(async () => {
  await world.stop();
  rmSync(base, { recursive: true, force: true });
});

const changed = {
  status: 422,
  code: 1019,
  says: [new RegExp(`host path ${alice}, mounted at /h, leads elsewhere than when it was checked`), /--allow-bind/],
};

for (const before of ['running', 'paused', 'exited'] as const) {
  test(`continue of a ${before} one does not follow a link that was made since`, async () => {
    const name = await world.run('esc', IMAGES.sleep, { binds: [{ src: alice, dest: '/h' }] });
    if (before === 'paused') await world.order(name, 'pause');
    if (before === 'exited') await docker().getContainer(`${name}-1`).kill();
    await world.untilState(name, before);
    rmSync(alice, { recursive: true });
    symlinkSync(base, alice);
    await world.refused('PATCH', `${RS}/${name}/continue`, undefined, changed);
    await world.refused('PATCH', `${RS}/${name}/restart`, undefined, {
      status: 422,
      code: 1011,
      says: /leads outside of what --allow-bind allows/,
    });
    unlinkSync(alice);
    mkdirSync(alice);
    await world.order(name, 'continue');
    assert.equal(await world.sh(name, 'ls -A /h'), '');
    await world.delete(name);
  });
}

test('a patch that fails does not start the old container on a link that it made itself when it was stopped', async () => {
  const swap = `rm -rf /s/alice; ln -s ${base} /s/alice; exit 0`;
  const name = await world.run('self', IMAGES.sleep, {
    binds: [
      { src: lab, dest: '/s' },
      { src: alice, dest: '/h' },
    ],
    cmd: ['sh', '-c', `trap '${swap}' TERM; while :; do sleep 1 & wait $!; done`],
  });
  const rival = await docker().createContainer({ Image: IMAGES.sleep, name: `${name}-2` });
  const answer = await world.send('PATCH', `${RS}/${name}`, {});
  assert.equal(answer.body.code, 1007, JSON.stringify(answer.body));
  assert.match(answer.body.msg, /the old container could not be started again: host path \S+alice, mounted at \/h, leads elsewhere/);
  const { state, reason = '' } = await world.entry(name);
  assert.equal(state, 'failed');
  assert.match(reason, /so the container is not started/);
  assert.equal((await docker().getContainer(`${name}-1`).inspect()).State.Running, false);
  await rival.remove();
  await world.delete(name);
});

test('a link that may be followed is followed once: Docker is given the path that was checked, and the client sees its own', async () => {
  const link = join(lab, 'link');
  symlinkSync(alice, link);
  const name = await world.run('ok', IMAGES.sleep, { binds: [{ src: link, dest: '/h' }] });
  assert.deepEqual((await docker().getContainer(`${name}-1`).inspect()).HostConfig.Binds, [`${alice}:/h`]);
  const { info } = await world.ok<{ info: { hostConfig: { Binds: readonly string[] } } }>('GET', `${RS}/${name}`);
  assert.deepEqual(info.hostConfig.Binds, [`${link}:/h`]);
  assert.equal(await world.sh(name, 'cat /h/mine'), 'mine\n');
  await world.order(name, 'pause');
  const bob = join(lab, 'bob');
  mkdirSync(bob);
  unlinkSync(link);
  symlinkSync(bob, link);
  const says =
    /leads elsewhere than when it was checked, so the container is not started; restart makes a version with what it leads to now/;
  await world.refused('PATCH', `${RS}/${name}/continue`, undefined, { status: 422, code: 1019, says });
  await world.order(name, 'restart');
  assert.deepEqual((await docker().getContainer(`${name}-2`).inspect()).HostConfig.Binds, [`${bob}:/h`]);
  await world.delete(name);
});

test.run();
