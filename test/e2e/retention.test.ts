// Old versions in Docker: their cost, and how it is given back.
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { docker, IMAGES } from '../support/docker.ts';
import { eventually, RS, VOLUMES, World } from './world.ts';

interface Disks {
  readonly countedAt: string | null;
  readonly incomplete?: string;
  readonly room: { readonly path: string; readonly total: number; readonly free: number; readonly usedRatio: number } | null;
  readonly total: { readonly disks: number; readonly containers: number };
  readonly replicaSets: readonly {
    readonly name: string;
    readonly disks: number;
    readonly waiting: number;
    readonly container: number | null;
    readonly versions: readonly { readonly version: number; readonly bytes: number; readonly own: number; readonly layer: number }[];
  }[];
}

/** The server looks after the saved disks some seconds after a version is removed. */
const A_LOOK_MS = 20_000;
const MB = 1_000_000;

const test = suite('retention');
let world: World;

test.before(async () => {
  world = await World.start(['--replace-grace', '0s', '--stop-timeout', '0s']);
});
test.after(() => world.stop());

const versionsOf = async (name: string): Promise<readonly number[]> =>
  (await world.ok<{ history: { version: number }[] }>('GET', `${RS}/${name}/history`)).history.map(({ version }) => version);

const disksOf = async (name: string): Promise<Disks['replicaSets'][number]> => {
  const { disks } = await world.ok<{ disks: Disks }>('GET', `/api/v1/resources/disks?replicaSet=${name}`);
  assert.equal(disks.incomplete, undefined);
  const [found] = disks.replicaSets;
  assert.ok(found);
  return found;
};

/** Ids of the name's saved disks in Docker, untagged ones, too. */
const images = async (name: string): Promise<readonly string[]> => {
  const filters = JSON.stringify({ label: ['gpu-docker-api.kind=disk', `gpu-docker-api.name=${name}`] });
  return (await world.docker.listImages({ all: true, filters })).map(({ Id }) => Id);
};

const fill = (name: string, file: string): Promise<string> => world.sh(name, `dd if=/dev/urandom of=/${file} bs=1M count=3 2>/dev/null`);

test('a version is removed: what others are built on waits for them, and the bytes are free in the end', async () => {
  const name = await world.run('removed', IMAGES.sleep);
  for (const file of ['one', 'two', 'three']) {
    await fill(name, file);
    await world.patch(name);
  }
  const path = (version: unknown): string => `${RS}/${name}/versions/${version}`;
  const before = await disksOf(name);
  assert.deepEqual(
    before.versions.map(({ version }) => version),
    [3, 2, 1],
  );
  for (const { layer } of before.versions) assert.ok(layer > 3 * MB && layer < 3.3 * MB, `${layer}`);
  assert.ok(before.disks > 9 * MB && before.disks < 10 * MB && before.waiting === 0, JSON.stringify(before));

  await world.refused('DELETE', path(4), undefined, { status: 409, code: 1040, says: /version 4 .* is the current one/ });
  await world.refused('DELETE', path(9), undefined, { status: 404, code: 1040, says: /never existed/ });
  await world.refused('DELETE', path('x'), undefined, { status: 400, code: 1000, says: /whole number/ });
  await world.refused('DELETE', path(0), undefined, { status: 400, code: 1020, says: /1 or more/ });
  const plan = await world.ok<{ events: { type: string }[] }>('DELETE', `${path(2)}?dryRun=true`);
  assert.ok(plan.events.some(({ type }) => type === 'VersionRemoved'));
  const stale = await world.send('DELETE', path(2), undefined, { 'If-Match': '"1"' });
  assert.equal(stale.status, 412);
  const key = { 'Idempotency-Key': `${name} once` };
  assert.equal((await world.send('DELETE', path(2), undefined, key)).status, 200);
  assert.equal((await world.send('DELETE', path(2), undefined, key)).status, 200, 'the answer of the first again');
  assert.deepEqual(await versionsOf(name), [4, 3, 1]);
  await world.refused('PATCH', `${RS}/${name}/rollback`, { version: 2 }, { status: 422, code: 1021, says: /go back to 1, 3/ });
  assert.equal((await images(name)).length, 3, 'version 3 is built on it');

  await world.rollback(name, 1);
  assert.equal(await world.sh(name, 'ls / | grep -E "one|two|three"'), 'one\n');
  await world.ok('DELETE', path(3));
  await world.ok('DELETE', path(4));
  const [left] = await eventually(
    'only version 1 is left',
    async () => {
      const now = await images(name);
      return now.length === 1 && now;
    },
    A_LOOK_MS,
  );
  assert.ok(left);
  await eventually('it is counted', async () => {
    const { disks, waiting } = await disksOf(name);
    return disks > 3 * MB && disks < 3.3 * MB && waiting === 0;
  });
  await world.assertTrue();
  await world.delete(name);
  assert.deepEqual(await images(name), []);
});

test('keepVersions: old versions go, and a failed version leaves nothing', async () => {
  const name = await world.run('kept', IMAGES.sleep, { keepVersions: 2 });
  for (let i = 0; i < 3; i++) await world.patch(name);
  assert.deepEqual(await versionsOf(name), [4, 3]);
  await world.ok('PUT', `${RS}/${name}/policy`, { keepVersions: 1 });
  assert.deepEqual(await versionsOf(name), [4]);

  const theirs = await docker().createContainer({ Image: IMAGES.sleep, name: `${name}-5` });
  await world.refused('PATCH', `${RS}/${name}`, {}, { status: 422, code: 1007, says: /not made for this/ });
  await theirs.remove();
  assert.deepEqual(await versionsOf(name), [4]);
  assert.deepEqual(await world.patch(name), { containerName: `${name}-6` });
  assert.deepEqual(await versionsOf(name), [6]);
  await world.ok('PUT', `${RS}/${name}/policy`, { keepVersions: 2 });
  await world.patch(name);
  assert.deepEqual(await versionsOf(name), [7, 6]);
  const page = await world.ok<{ history: { version: number }[]; next?: number }>('GET', `${RS}/${name}/history?limit=1`);
  assert.deepEqual([page.history.map(({ version }) => version), page.next], [[7], 7]);
  const last = await world.ok<{ history: { version: number }[]; next?: number }>('GET', `${RS}/${name}/history?limit=1&before=7`);
  assert.deepEqual([last.history.map(({ version }) => version), last.next], [[6], undefined]);
  await world.refused('GET', `${RS}/${name}/history?limit=0`, undefined, { status: 400, code: 1000, says: /limit/ });
  await world.refused('GET', `${RS}/${name}/history?before=x`, undefined, { status: 400, code: 1000, says: /before/ });
  await world.delete(name);
});

test('anonymous volumes that only a removed version had are removed', async () => {
  const { name: volume } = await world.ok<{ name: string }>('POST', VOLUMES, { name: world.name('vol'), size: '10MB' });
  const at = (dest: string): object => ({ src: volume, dest });
  const name = await world.run('anon', IMAGES.volume, { binds: [at('/anon')] });
  await world.patch(name, { volumePatch: { oldBind: at('/anon'), newBind: at('/mnt') } });
  const { Mounts } = await world.docker.getContainer(`${name}-2`).inspect();
  const brought = Mounts.find(({ Destination }) => Destination === '/anon')?.Name ?? '';
  assert.match(brought, /^[0-9a-f]{64}$/);
  await world.rollback(name, 1);
  await world.ok('DELETE', `${RS}/${name}/versions/2`);
  const gone = (): Promise<boolean> =>
    world.docker
      .getVolume(brought)
      .inspect()
      .then(
        () => false,
        () => true,
      );
  await eventually('it is gone', gone, A_LOOK_MS);
  await eventually('the log says so', async () => (await world.eventsOf('AnonymousVolumesRemoved', name)).length === 1);
  await world.delete(name);
});

test('the disks resource: all names, the writable layer, and the room', async () => {
  const name = await world.run('usage', IMAGES.sleep);
  await fill(name, 'file');
  const { container, versions } = await eventually(
    'it is counted',
    async () => {
      const found = await disksOf(name);
      return (found.container ?? 0) > 3 * MB && found;
    },
    30_000,
  );
  assert.deepEqual([container !== null && container < 3.3 * MB, versions], [true, []]);
  const { disks } = await world.ok<{ disks: Disks }>('GET', '/api/v1/resources/disks');
  assert.ok(disks.room !== null && disks.room.free < disks.room.total && disks.room.usedRatio > 0 && disks.room.usedRatio < 1);
  assert.ok(disks.replicaSets.some((rs) => rs.name === name));
  await eventually('the room is measured', async () =>
    /^gpu_docker_api_docker_root_used_ratio 0\.\d+/m.test(await fetch(`${world.server.url}/metrics`).then((answer) => answer.text())),
  );
  await world.delete(name);
});

test.run();
