// A world on a Docker daemon of its own, which can be stopped, killed, and filled.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { Dockerd, type DockerdOptions } from '../support/dockerd.ts';
import { importImages } from '../support/images.ts';
import { openWorld, type World } from './world.ts';

/** A daemon of the test's own and a server on it. `smallDisk`: the daemon's data lies in a tmpfs of so many MB. */
export async function withDaemon(
  options: DockerdOptions & { smallDisk?: number },
  work: (world: World, daemon: Dockerd) => Promise<void>,
): Promise<void> {
  const daemon = new Dockerd(options);
  try {
    if (options.smallDisk !== undefined) {
      mkdirSync(daemon.root);
      const mounted = spawnSync('busybox', ['mount', '-t', 'tmpfs', '-o', `size=${options.smallDisk}m`, 'tmpfs', daemon.root], {
        encoding: 'utf8',
      });
      assert.is(mounted.status, 0, mounted.stderr);
    }
    await daemon.start();
    await importImages(daemon.socket);
    const world = await openWorld({ socket: daemon.socket });
    try {
      await work(world, daemon);
      await world.close();
    } finally {
      await world.server.kill();
    }
  } finally {
    await daemon.dispose();
  }
}
