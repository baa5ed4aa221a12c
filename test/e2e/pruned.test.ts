// timeout: 300
// `docker container prune` on a machine with stopped, paused and exited replicaSets: nothing is lost.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { docker, IMAGES } from '../support/docker.ts';
import { eventually, RS, World } from './world.ts';

const test = suite('container prune');
let world: World;
/** Patience, ms: a look that comes just before the doubt is over is followed by one as much later. */
const PATIENCE_MS = 45_000;

test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--stop-timeout', '0s']);
});
test.after(() => world.stop());

/** As `docker container prune -f` does, of these names alone: other tests share the dockerd. */
async function prune(...names: readonly string[]): Promise<void> {
  for (const name of names) await docker().pruneContainers({ filters: { label: [`gpu-docker-api.name=${name}`] } });
  const left = (await world.containers()).map((c) => c.name).filter((c) => names.some((name) => c.startsWith(`${name}-`)));
  assert.deepEqual(left, []);
}
const gone = (name: string) =>
  eventually(
    `${name} is stopped and its container known to be gone`,
    async () => {
      const { state, reason = '' } = await world.entry(name);
      return state === 'stopped' && /its system disk is saved: restart/.test(reason);
    },
    PATIENCE_MS,
  );
const files = (name: string): Promise<string> => world.sh(name, 'cat /.kept /data/.kept 2>/dev/null; ls -A /anon 2>/dev/null || true');

test('stopped, paused, and ended by itself and then stopped: after a prune each is restarted with its files', async () => {
  const stopped = await world.run('s', IMAGES.sleep, { gpuCount: 2, containerPorts: ['80'] });
  const paused = await world.run('p', IMAGES.sleep, { gpuCount: 1, containerPorts: ['80'] });
  const ended = await world.run('x', IMAGES.sleep, { gpuCount: 1 });
  for (const name of [stopped, paused, ended]) await world.sh(name, `mkdir /data; echo ${name} > /.kept; echo 2 > /data/.kept`);
  await world.order(stopped, 'stop');
  await world.order(paused, 'pause');
  await docker().getContainer(`${ended}-1`).kill();
  await world.untilState(ended, 'exited');
  await world.order(ended, 'stop');
  assert.equal((await world.usedGpus()).length, 1, 'the paused one holds its GPU');
  assert.equal((await world.disks()).length, 3);

  await prune(stopped, paused, ended);
  for (const name of [stopped, paused, ended]) await gone(name);
  assert.deepEqual([await world.usedGpus(), await world.usedPorts()], [[], []]);
  const { info } = await world.ok<{ info: { container?: string } }>('GET', `${RS}/${stopped}`);
  assert.equal(info.container, 'gone');
  await world.refused('PATCH', `${RS}/${paused}/continue`, undefined, { status: 409, code: 1019, says: /use restart/ });
  assert.equal(await world.order(stopped, 'stop'), null, 'it is stopped already');

  assert.deepEqual(await world.order(stopped, 'restart'), { containerName: `${stopped}-2` });
  await world.patch(paused, { gpuPatch: { gpuCount: 2 } });
  await world.rollback(ended, 1);
  for (const name of [stopped, paused, ended]) assert.equal(await files(name), `${name}\n2\n`);
  await world.assertTrue();
  for (const name of [stopped, paused, ended]) await world.delete(name);
  assert.deepEqual(await world.disks(), []);
});

test('anonymous volumes are left by a prune, and mounted again', async () => {
  const name = await world.run('a', IMAGES.volume);
  await world.sh(name, 'echo x > /anon/file; rm -f /.kept');
  await world.order(name, 'stop');
  await prune(name);
  await gone(name);
  await world.order(name, 'restart');
  assert.equal(await world.sh(name, 'cat /anon/file'), 'x\n');
  await world.delete(name);
});

test('one that is pruned is deleted with its disks', async () => {
  const name = await world.run('d', IMAGES.sleep);
  await world.order(name, 'stop');
  await prune(name);
  await gone(name);
  await world.delete(name);
  assert.deepEqual([await world.disks(), await world.containers()], [[], []]);
});

test('an image prune that takes the saved disk of a stopped one is counted and said within a minute; its container has the files', async () => {
  const name = await world.run('i', IMAGES.sleep);
  await world.sh(name, 'echo x > /.kept');
  await world.order(name, 'stop');
  const missing = async (): Promise<string | undefined> =>
    /^gpu_docker_api_saved_disks_missing (\d+)$/m.exec(String((await world.send('GET', '/metrics')).body))?.[1];
  assert.equal(await missing(), '0');
  // As `docker image prune -af`, of this name alone.
  await docker().pruneImages({ filters: { dangling: ['false'], label: [`gpu-docker-api.name=${name}`] } });
  assert.deepEqual(await world.disks(), []);
  await eventually('it is counted', async () => (await missing()) === '1', 60_000);
  assert.match(JSON.stringify(await world.ok('GET', `${RS}/${name}/history`)), /"disk":"gone"/);
  await world.order(name, 'restart');
  assert.equal(await world.sh(name, 'cat /.kept'), 'x\n');
  assert.equal(await missing(), '0', 'it was saved anew');
  await world.delete(name);
});

test('what was written after a continue is not taken for saved; a stopped one that was changed by hand is saved anew', async () => {
  const name = await world.run('c', IMAGES.sleep);
  await world.sh(name, 'echo old > /.kept');
  await world.order(name, 'pause');
  assert.equal((await world.disks()).length, 1);
  await world.order(name, 'continue');
  assert.deepEqual(await world.disks(), [], 'the copy is stale');
  await world.sh(name, 'echo new > /.kept');
  await world.order(name, 'stop');
  const images = async (): Promise<readonly string[]> =>
    (await docker().listImages({ all: true, filters: { label: [`gpu-docker-api.name=${name}`] } } as object)).map(({ Id }) => Id);
  const [first] = await images();
  // `docker cp` into the stopped container: no start shows it.
  const tar = await docker().getContainer(`${name}-1`).getArchive({ path: '/.kept' });
  await docker().getContainer(`${name}-1`).putArchive(tar, { path: '/root' });
  await world.order(name, 'restart');
  assert.equal(await world.sh(name, 'cat /.kept /root/.kept'), 'new\nnew\n');
  let now = await images();
  for (let looks = 0; now.length > 1 && looks < 60; looks++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    now = await images();
  }
  assert.equal(now.length, 1, 'the disk that was saved before goes some seconds after');
  assert.notEqual(now[0], first);
  await world.delete(name);
});

test.run();
