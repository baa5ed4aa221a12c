// A container that is none of ours uses GPUs.
import * as assert from 'uvu/assert';
import { IMAGES } from '../../../support/images.ts';
import { attempt, gpusHeld, runBody } from '../../client.ts';
import type { Arena } from '../arena.ts';
import type { Fault } from './fault.ts';

const NAME = 'jupyter';

async function foreignGpus(arena: Arena): Promise<void> {
  const { docker } = arena;
  const state = await arena.settle();
  const gpus = [...state.hosts.values()].flatMap((host) => host.gpus);
  const free = gpus.filter(({ holder, present }) => holder === null && present).map(({ gpu }) => gpu);
  const taken = arena.shuffled(free).slice(0, 1 + Math.floor(arena.random() * 3));
  const container = await docker.createContainer({
    Image: IMAGES.sleep,
    name: NAME,
    HostConfig: { DeviceRequests: taken.length === 0 ? [] : [{ Driver: 'nvidia', DeviceIDs: taken, Capabilities: [['gpu']] }] },
  });
  try {
    await container.start();
    const killed = arena.chance(0.5);
    await arena.underLoad(async () => (killed ? arena.server.kill() : undefined));
    if (killed) await arena.startReady();
    const after = await arena.settle();
    const holders = [...after.hosts.values()]
      .flatMap((host) => host.gpus)
      .filter(({ gpu, holder }) => taken.includes(gpu) && holder !== null);
    assert.equal(holders, [], `GPUs that ${NAME} uses were given out`);
    const shown = await gpusHeld(arena.leader);
    assert.equal(
      taken.filter((gpu) => !shown.includes(gpu)),
      [],
      'shown as free',
    );
  } finally {
    await container.remove({ force: true });
    // A request for a GPU sees at once that it is free; the views would at the next slow look.
    await attempt(arena.leader, 'POST', 'replicaSet?dryRun=true', runBody('probe', { gpus: 1 }));
  }
}

export const FOREIGN: readonly Fault[] = [{ name: 'a foreign container on GPUs', weight: 2, play: foreignGpus }];
