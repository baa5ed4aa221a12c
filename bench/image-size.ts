// Does a patch get slower with the size of the image? It must cost what has changed since the last version, not what lies below.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { IMAGES } from '../test/support/images.ts';
import { runOne } from './containers.ts';
import { type Budget, inPairs, median, ms, pairRatio, type Row, spread, timed } from './figures.ts';
import { ask, docker, server } from './machines.ts';
import { RawDocker } from './raw-docker.ts';

const MB = 1_000_000;
const FILE = 5 * MB;
const WARM_UP = 2;
/** Largest ratio that counts as no slower: pairs of equal patches differ by five percent. */
const SAME = 1.05;

/** Makes an image of gda/sleep with one layer of `bytes` bytes of incompressible files on top. */
async function makeImage(engine: Docker, name: string, bytes: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'gpu-docker-api-bench-'));
  try {
    const [files, tar] = [join(directory, 'filler'), join(directory, 'filler.tar')];
    mkdirSync(files);
    for (let at = 0; at < bytes; at += FILE) {
      const file = openSync(join(files, `f${at / FILE}`), 'w');
      writeSync(file, randomBytes(FILE));
      closeSync(file);
    }
    const packed = spawnSync('tar', ['-C', directory, '-cf', tar, 'filler'], { encoding: 'utf8' });
    if (packed.status !== 0) throw new Error(`tar failed: ${packed.stderr}`);
    const container = await engine.createContainer({ Image: IMAGES.sleep });
    await container.putArchive(tar, { path: '/' });
    const [repo, tag] = name.split(':');
    await container.commit({ repo, tag });
    await container.remove();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export async function measureImageSize({ pairs }: Budget): Promise<readonly Row[]> {
  const { docker: engine } = new RawDocker((await docker()).socket);
  const mark = `bench${process.pid}`;
  const images = { small: `gda/${mark}:5mb`, large: `gda/${mark}:500mb` };
  const on = await server();
  try {
    await makeImage(engine, images.small, 5 * MB);
    await makeImage(engine, images.large, 500 * MB);
    await runOne(on, `${mark}small`, images.small);
    await runOne(on, `${mark}large`, images.large);
    const patch = (name: string) => () => timed(() => ask(on, 'PATCH', `/replicaSet/${name}`, {}));
    const { a, b } = await inPairs(pairs + WARM_UP, patch(`${mark}large`), patch(`${mark}small`));
    const [large, small] = [a.slice(WARM_UP), b.slice(WARM_UP)];
    const ratio = pairRatio(large, small);
    return [
      {
        what: `patch, 500 MB image / 5 MB image, ${pairs} pairs`,
        ours: `${ms(median(large))} ms (${spread(large)})`,
        floor: `${ms(median(small))} ms (${spread(small)})`,
        ratio: `${ratio.toFixed(3)} ×`,
        aim: 'no slower',
        met: ratio <= SAME,
      },
    ];
  } finally {
    for (const name of [`${mark}small`, `${mark}large`]) await ask(on, 'DELETE', `/replicaSet/${name}`).catch(() => {});
    await on.stop();
    for (const image of Object.values(images))
      await engine
        .getImage(image)
        .remove()
        .catch(() => {});
  }
}
