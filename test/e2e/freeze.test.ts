// freeze and thaw on real Docker: processes stand still and go on, by order and by other hands.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import { docker, IMAGES } from '../support/docker.ts';
import { RS, World } from './world.ts';

const test = suite('freeze and thaw');
/** Counts for as long as it runs, and says when it is told to end. */
const COUNTS = ['sh', '-c', 'trap "echo told >/told; exit 0" TERM; i=0; while :; do i=$((i+1)); echo $i >/count; sleep 0.05; done'];

let world: World;
test.before(async () => {
  world = await World.start(['--stop-timeout', '5s', '--replace-grace', '5s', '--restart', 'always']);
});
test.after(() => world.stop());

const inspect = (name: string, version = 1) => docker().getContainer(`${name}-${version}`).inspect();
/** Read past the processes of the container, which may stand still. */
async function countOf(name: string): Promise<number> {
  const { Pid } = (await inspect(name)).State;
  const { readFile } = await import('node:fs/promises');
  return Number(await readFile(`/proc/${Pid}/root/count`, 'utf8'));
}
const types = async (name: string): Promise<string[]> =>
  (await world.events()).filter(({ stream }) => stream === `replicaSet/${name}`).map(({ type }) => type);

test('its processes stand still, GPUs and ports stay, and a thaw lets the same processes go on', async () => {
  const name = await world.run('fz', IMAGES.busybox, { gpuCount: 2, containerPorts: ['80'], cmd: COUNTS });
  const before = await world.entry(name);
  const { StartedAt, Pid } = (await inspect(name)).State;
  const planned = await world.ok<{ steps: { step: { do: string } }[] }>('PATCH', `${RS}/${name}/freeze?dryRun=true`);
  assert.deepEqual(
    planned.steps.map(({ step }) => step.do),
    ['freezeContainer'],
  );
  assert.equal((await inspect(name)).State.Paused, false);
  assert.equal(await world.order(name, 'freeze'), null);
  const frozen = await world.entry(name);
  assert.deepEqual({ ...frozen, state: 'running' }, before);
  assert.equal(frozen.state, 'frozen');
  const { info } = await world.ok<{ info: { frozen?: boolean } }>('GET', `${RS}/${name}`);
  assert.equal(info.frozen, true);
  const count = await countOf(name);
  await sleep(400);
  assert.equal(await countOf(name), count);
  assert.equal(await world.order(name, 'freeze'), null, 'freezing what is frozen is no error');

  const refusal = { status: 409, says: [/is frozen/, /thaw/] };
  await world.refused('POST', `${RS}/${name}/execute`, { cmd: ['true'] }, { ...refusal, code: 1006 });
  await world.refused('PATCH', `${RS}/${name}/continue`, undefined, { ...refusal, code: 1019 });
  await world.ok('POST', `${RS}/${name}/commit`, { newImageName: `${name}:user` });
  assert.equal((await inspect(name)).State.Status, 'paused', 'a commit lets it stand still');
  await docker().getImage(`${name}:user`).remove();

  assert.equal(await world.order(name, 'thaw'), null);
  assert.equal(await world.order(name, 'thaw'), null, 'nor thawing what runs');
  const after = (await inspect(name)).State;
  assert.deepEqual([after.StartedAt, after.Pid, after.Paused], [StartedAt, Pid, false]);
  await sleep(400);
  assert.ok((await countOf(name)) > count);
  assert.deepEqual(await world.entry(name), before);
  await world.assertTrue();
  await world.delete(name);
});

test('a frozen one can be stopped, paused, patched and deleted: it gets its signal, and the new version runs', async () => {
  const name = await world.run('fs', IMAGES.busybox, { cmd: COUNTS });
  await world.order(name, 'freeze');
  await world.patch(name, { gpuPatch: { gpuCount: 1 } });
  assert.equal((await world.entry(name)).state, 'running');
  assert.equal(await world.sh(name, 'cat /told'), 'told\n');
  await world.order(name, 'freeze');
  await world.order(name, 'pause');
  assert.equal((await world.entry(name)).state, 'paused');
  await world.refused('PATCH', `${RS}/${name}/thaw`, undefined, { status: 409, code: 1042, says: [/is paused/, /continue/] });
  await world.refused('PATCH', `${RS}/${name}/freeze`, undefined, { status: 409, code: 1041, says: [/is paused, not running/] });
  await world.order(name, 'continue');
  await world.order(name, 'freeze');
  await world.order(name, 'stop');
  assert.equal((await world.entry(name)).state, 'stopped');
  await world.order(name, 'restart');
  await world.order(name, 'freeze');
  await world.assertTrue();
  await world.delete(name);
  await world.refused('PATCH', `${RS}/${name}/freeze`, undefined, { status: 404, code: 1041, says: /does not exist/ });
});

test('docker pause and unpause by hand are recorded, and so is the end of a frozen one, which is started again', async () => {
  const name = await world.run('fh', IMAGES.busybox, { gpuCount: 1, cmd: COUNTS });
  await docker().getContainer(`${name}-1`).pause();
  await world.untilState(name, 'frozen');
  await docker().getContainer(`${name}-1`).unpause();
  await world.untilState(name, 'running');
  await world.order(name, 'freeze');
  await docker().getContainer(`${name}-1`).kill();
  await world.untilState(name, 'running');
  const seen = await types(name);
  const since = seen.slice(seen.indexOf('OperationCompleted') + 1);
  assert.deepEqual(since.slice(0, 2), ['ContainerFrozen', 'ContainerThawed']);
  assert.deepEqual(since.slice(2, 6), ['OperationStarted', 'ContainerFrozen', 'OperationCompleted', 'ContainerDied']);
  assert.equal((await inspect(name)).State.Paused, false);
  await world.assertTrue();
  await world.delete(name);
});

test('a pause says that it ends processes', async () => {
  const name = await world.run('fp', IMAGES.sleep);
  const { headers } = await world.send('PATCH', `${RS}/${name}/pause`);
  assert.match(String(headers['x-note']), /ends the processes.*freeze/);
  await world.delete(name);
});

test.run();
