// timeout: 600
// The Docker daemon goes away and comes back, or its disk is full. With a daemon of its own.
import { spawnSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { IMAGES, uniqueName } from '../support/docker.ts';
import { assertAgrees } from './agree.ts';
import { attempt, call, list, listed, ok, readiness, run, sh } from './client.ts';
import { withDaemon } from './daemon.ts';
import { readLog } from './log.ts';
import { until, untilReady, type World } from './world.ts';

const test = suite('the Docker daemon');

/** What a client meets while Docker is away. */
async function saysWhatIsWrong({ server }: World, name: string): Promise<void> {
  await until(
    'unreadiness',
    () => readiness(server),
    ({ status, msg }) => status === 503 && /Docker (does not answer|cannot be reached)/.test(msg),
    5_000,
  );
  const reply = await call(server, 'PATCH', `replicaSet/${name}/stop`);
  assert.equal([reply.status, reply.code], [503, 1010]);
  assert.match(reply.msg, /Docker (does not answer|cannot be reached)/);
  assert.ok(Number(reply.headers['retry-after']) > 0, 'Retry-After');
  assert.ok((await list(server)).length > 0, 'reads go on');
}

test('a restart of the daemon kills its containers: their deaths are in the log, and the server comes back by itself', async () => {
  await withDaemon({}, async (world, daemon) => {
    const { server } = world;
    const name = uniqueName('d');
    await run(server, name, { gpus: 2, ports: ['80'] });
    await sh(server, name, 'echo kept >/kept');
    await daemon.stop();
    await saysWhatIsWrong(world, name);
    await daemon.start();
    await untilReady(server);
    await until(
      'its death',
      () => listed(server, name),
      ({ state }) => state === 'exited',
    );
    const { events } = await readLog(world.etcd);
    // Once, or a second time with its cause, where it was seen while the ending daemon still answered.
    const died = events.flatMap((event) =>
      event.type === 'ContainerDied' && event.stream === `replicaSet/${name}` ? [event.data.cause] : [],
    );
    assert.ok(died.length === 1 || died.length === 2, `${died}`);
    assert.is(died.at(-1), 'host');
    await assertAgrees(world);
    await ok(server, 'PATCH', `replicaSet/${name}/restart`, {});
    assert.is(await sh(server, name, 'cat /kept'), 'kept');
    await assertAgrees(world);
  });
});

for (const liveRestore of [false, true]) {
  test(`a daemon that crashes in the middle of operations${liveRestore ? ' and keeps its containers (live-restore)' : ''}: they end, and nothing is lost`, async () => {
    await withDaemon({ liveRestore }, async (world, daemon) => {
      const { server } = world;
      const idle = uniqueName('d');
      const names = [0, 1, 2].map(() => uniqueName('d'));
      for (const name of [idle, ...names]) {
        await run(server, name, { gpus: 1, ports: ['80'] });
        await sh(server, name, 'echo kept >/kept');
      }
      for (const pause of liveRestore ? [60, 200] : [120]) {
        const [a = '', b = '', c = ''] = names;
        const underWay = [
          attempt(server, 'PATCH', `replicaSet/${a}`, { gpuPatch: { gpuCount: 2 } }),
          attempt(server, 'PATCH', `replicaSet/${b}/restart`, {}),
          attempt(server, 'PATCH', `replicaSet/${c}/stop`),
        ];
        await sleep(pause);
        await daemon.kill();
        await saysWhatIsWrong(world, idle);
        await daemon.start();
        await untilReady(server);
        for (const reply of await Promise.all(underWay)) assert.ok(reply !== undefined, 'every one is answered');
        await sleep(500);
        await assertAgrees(world);
        if (liveRestore) assert.is((await listed(server, idle)).state, 'running', 'an untouched one has run on');
        for (const name of [idle, ...names]) {
          if ((await listed(server, name)).state !== 'running') await ok(server, 'PATCH', `replicaSet/${name}/restart`, {});
          assert.is(await sh(server, name, 'cat /kept'), 'kept');
        }
        await assertAgrees(world);
      }
    });
  });
}

test('a server that starts while Docker is away waits for it, shows what there is, and is then ready', async () => {
  await withDaemon({ liveRestore: true }, async (world, daemon) => {
    const { server } = world;
    const name = uniqueName('d');
    await run(server, name, { gpus: 1 });
    await daemon.stop();
    await server.kill();
    const again = server.restart();
    await until(
      'a read',
      () => listed(server, name),
      () => true,
    );
    await saysWhatIsWrong(world, name);
    await daemon.start();
    await again;
    await assertAgrees(world);
  });
});

test('a disk that is too full to save a system disk: refused or undone, and the old container runs on with its disk', async () => {
  await withDaemon({ smallDisk: 400 }, async (world, daemon) => {
    const { server } = world;
    const name = uniqueName('d');
    await run(server, name, { gpus: 1, ports: ['80'], image: IMAGES.busybox });
    await sh(server, name, 'dd if=/dev/urandom of=/big bs=1M count=120 2>/dev/null; md5sum /big >/sum');
    const filler = join(daemon.root, 'filler');
    const fill = (mb: number): void => writeFileSync(filler, Buffer.alloc(mb << 20));
    /** Leaves so many bytes free, or what there is if that is less. */
    const fillTo = (free: number): void => {
      const { bavail, bsize } = statfsSync(daemon.root);
      if (bavail * bsize > free) spawnSync('fallocate', ['-l', String(bavail * bsize - free + (1 << 20)), filler]);
    };
    const intact = async (): Promise<void> => {
      const { state, version, gpus } = await listed(server, name);
      assert.equal([state, version, gpus.length], ['running', 1, 1]);
      assert.match(await sh(server, name, 'md5sum -c /sum'), 'OK');
      await assertAgrees(world);
    };
    // Known beforehand: nothing is touched.
    fill(200);
    const refused = await call(server, 'PATCH', `replicaSet/${name}`, { gpuPatch: { gpuCount: 2 } });
    assert.is(refused.code, 1007, refused.msg);
    assert.match(refused.msg, /free/);
    await intact();
    // It fills up while the disk is being saved: half a copy is no success.
    for (const pause of [0, 150]) {
      fill(1);
      const events = await world.docker.getEvents({ filters: JSON.stringify({ type: ['container'], event: ['die'] }) });
      const died = new Promise((resolve) => events.once('data', resolve));
      const patch = attempt(server, 'PATCH', `replicaSet/${name}`, { gpuPatch: { gpuCount: 2 } });
      await died;
      await sleep(pause);
      fillTo(60 << 20);
      const { code, msg } = (await patch) ?? { code: 0, msg: 'no answer' };
      process.stdout.write(`${pause} ms after the stop: ${msg}\n`);
      // Saved before there was no room: then all of it is there, which is seen below.
      if (code === 200) break;
      assert.is(code, 1007, msg);
      await intact();
    }
    rmSync(filler);
    await ok(server, 'PATCH', `replicaSet/${name}`, { gpuPatch: { gpuCount: 2 } });
    assert.match(await sh(server, name, 'md5sum -c /sum'), 'OK');
    await assertAgrees(world);
  });
});

test.run();
