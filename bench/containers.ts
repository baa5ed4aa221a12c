// The cost of run, patch and rollback through the API of the real server, against the same work by bare Docker calls.
import { IMAGES } from '../test/support/images.ts';
import { portRange } from '../test/support/ports.ts';
import type { TestServer } from '../test/support/server.ts';
import { type Budget, inPairs, median, ms, pairRatio, type Row, spread, timed } from './figures.ts';
import { ask, docker, server } from './machines.ts';
import { RawDocker, type Shape } from './raw-docker.ts';

const WARM_UP = 3;

/** Runs one replicaSet with a GPU and a port. Resolves when the container runs. */
export const runOne = (on: TestServer, name: string, imageName: string = IMAGES.sleep): Promise<unknown> =>
  ask(on, 'POST', '/replicaSet', { imageName, replicaSetName: name, gpuCount: 1, containerPorts: ['22'] });

interface Compared {
  readonly what: string;
  readonly aim: number | null;
  readonly count: number;
  readonly ours: (round: number) => Promise<unknown>;
  readonly raw: (round: number) => Promise<unknown>;
  /** Cleans up after each pair; not timed. */
  readonly tidy?: (round: number) => Promise<unknown>;
}

async function compare({ what, aim, count, ours, raw, tidy }: Compared): Promise<Row> {
  const once = async (task: (round: number) => Promise<unknown>, round: number, last: boolean): Promise<number> => {
    const took = await timed(() => task(round));
    if (last) await tidy?.(round);
    return took;
  };
  const total = count + WARM_UP;
  const { a, b } = await inPairs(
    total,
    (round) => once(ours, round, round % 2 === 1),
    (round) => once(raw, round, round % 2 === 0),
  );
  const [mine, floor] = [a.slice(WARM_UP), b.slice(WARM_UP)];
  const ratio = pairRatio(mine, floor);
  return {
    what: `${what}, ${count} pairs`,
    ours: `${ms(median(mine))} ms (${spread(mine)})`,
    floor: `${ms(median(floor))} ms (${spread(floor)})`,
    ratio: `${ratio.toFixed(3)} ×`,
    aim: aim === null ? '' : `≤ ${aim} ×`,
    met: aim === null ? null : ratio <= aim,
  };
}

/** Runs at once in one sample. */
const AT_ONCE = 8;

/**
 * A GPU and a port for each of ours, a port for each of the floor's: those share one GPU, as what they use is not given out. The floor takes
 * the last ports of the range, the service the first free ones.
 */
async function eightAtOnce(raw: RawDocker, on: TestServer, shape: Shape, mark: string, pairs: number): Promise<Row> {
  const each = <T>(task: (i: number) => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: AT_ONCE }, (_, i) => task(i)));
  let bare: readonly string[] = [];
  return compare({
    what: `${AT_ONCE} runs at once / ${AT_ONCE} times create, start at once`,
    aim: 1,
    count: Math.max(2, Math.floor(pairs / 2)),
    ours: (round) => each((i) => runOne(on, `${mark}e${round}x${i}`)),
    raw: async (round) => {
      bare = await each((i) => raw.run(`${mark}-e-${round}-${i}`, { ...shape, hostPort: (shape.hostPort ?? 0) - i }));
    },
    tidy: async (round) => {
      await each((i) => ask(on, 'DELETE', `/replicaSet/${mark}e${round}x${i}`));
      await Promise.all(bare.map((id) => raw.remove(id, IMAGES.sleep)));
    },
  });
}

export async function measureContainers({ pairs }: Budget): Promise<readonly Row[]> {
  const raw = new RawDocker((await docker()).socket);
  // One is the floor's, and eight runs at once take eight.
  const on = await server({ env: { STUB_GPUS: '16' } });
  const [gpu = ''] = Object.keys((await ask<{ gpus: Record<string, number> }>(on, 'GET', '/resources/gpus')).gpus).slice(-1);
  // The service takes the first free port of the range, so it never takes the last.
  const shape: Shape = { image: IMAGES.sleep, gpu, hostPort: portRange().to };
  let bare = '';
  const mark = `bench${process.pid}`;
  const rows: Row[] = [];
  rows.push(
    await compare({
      what: 'run / create, start',
      aim: 1.05,
      count: pairs,
      ours: (round) => runOne(on, `${mark}r${round}`),
      raw: async (round) => {
        bare = await raw.run(`${mark}-raw-${round}`, shape);
      },
      tidy: async (round) => {
        await ask(on, 'DELETE', `/replicaSet/${mark}r${round}`);
        await raw.remove(bare, IMAGES.sleep);
      },
    }),
  );
  rows.push(await eightAtOnce(raw, on, shape, mark, pairs));
  const name = `${mark}p`;
  for (const [what, path, body, aim] of [
    ['patch / stop, commit, create, start, remove', '', {}, 1.05],
    ['rollback / the same', '/rollback', { version: 1 }, null],
  ] as const) {
    await runOne(on, name);
    // Two versions before the first rollback: a rollback to the running version is refused.
    await ask(on, 'PATCH', `/replicaSet/${name}`, {});
    bare = await raw.run(`${mark}-raw`, shape);
    rows.push(
      await compare({
        what,
        aim,
        count: pairs,
        ours: () => ask(on, 'PATCH', `/replicaSet/${name}${path}`, body),
        raw: async (round) => {
          bare = await raw.replace(bare, `${mark}-raw-${what.slice(0, 5)}-${round}`, shape);
        },
      }),
    );
    await ask(on, 'DELETE', `/replicaSet/${name}`);
    await raw.remove(bare, IMAGES.sleep);
  }
  await on.stop();
  return rows;
}
