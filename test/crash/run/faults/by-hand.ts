// An operator's hands: prunes, docker rm, stop, start and rename, past the service.
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import * as assert from 'uvu/assert';
import { isTooMuch, knownAbsence } from '../../../../src/commands/host/absence.ts';
import { currentVersion, type State } from '../../../../src/projections/state.ts';
import { IMAGES, importImages } from '../../../support/images.ts';
import { until } from '../../world.ts';
import { type Arena, PATIENCE_MS } from '../arena.ts';
import type { Fault } from './fault.ts';

const LABELS = { name: 'gpu-docker-api.name', uid: 'gpu-docker-api.uid', version: 'gpu-docker-api.version' } as const;
/** Age at which what is missing is given up, ms, with what a busy machine adds. */
const BEYOND_DOUBT_MS = 12_000;

interface Ours {
  readonly id: string;
  /** `<uid>/<version>` */
  readonly key: string;
  readonly running: boolean;
}

async function ours({ docker }: Arena): Promise<readonly Ours[]> {
  const list = await docker.listContainers({ all: true, filters: { label: ['gpu-docker-api.kind=container'] } });
  return list.map(({ Id, Labels, State }) => ({
    id: Id,
    key: `${Labels[LABELS.uid]}/${Labels[LABELS.version]}`,
    running: State === 'running',
  }));
}

/** Whether the log has the disk of that version saved, so that a container which does not run is no loss. */
const isSaved = (state: State, key: string): boolean =>
  [...state.replicaSets.values()].some((rs) => {
    const version = currentVersion(rs);
    const holds = `${rs.uid}/${rs.current}` === key && rs.operation === null && rs.state === 'stopped';
    return holds && version?.disk !== undefined && version.diskLost !== true;
  });

/**
 * Takes containers away, in quiet or under load, with a server that runs or is down. In quiet it sees that nothing is given up before it was
 * in doubt; then it waits for the doubt to end, or gives the operator's word.
 */
async function takeAway(arena: Arena, take: Take): Promise<void> {
  if (arena.chance(0.4)) {
    await arena.underLoad(async () => {
      const down = arena.chance(0.3);
      if (down) await arena.server.kill();
      await noting(arena, null, take);
      if (down) await arena.start();
      // Clients wait for what is missing, and for ever where that is too much to be believed.
      arena.lossIsMeant = true;
    }, 1_000);
    return;
  }
  await arena.underLoad(async () => {}, 1_000);
  const before = await arena.settle();
  const down = arena.chance(0.3);
  if (down) await arena.server.kill();
  await noting(arena, before, take);
  if (down) await arena.startReady();
  await doubted(arena, before);
}

const hostOf = (state: State): string => [...state.hosts.keys()][0] ?? '';

/** A missing container holds what it held until it has been missing for long, and for ever while too many are. */
async function doubted(arena: Arena, before: State): Promise<void> {
  const { seq } = before.head;
  const there = new Set((await ours(arena)).map(({ key }) => key));
  const gone = [...before.replicaSets.values()].filter((rs) => {
    const version = currentVersion(rs);
    return version !== undefined && version.container !== 'removed' && !there.has(`${rs.uid}/${rs.current}`);
  });
  const now = await until(
    'the doubt',
    async () => (await arena.log.read()).state,
    (state) => gone.every(({ name }) => hasNoticed(state, before, name)),
    PATIENCE_MS,
  );
  const absence = knownAbsence(now, hostOf(now));
  const tooMuch = isTooMuch(absence);
  if (tooMuch && arena.chance(0.3)) await sleep(BEYOND_DOUBT_MS);
  if (tooMuch) {
    const { state } = await arena.log.read();
    assert.equal(knownAbsence(state, hostOf(state)).missing, absence.missing, 'too much is missing to be given up');
    const freed = (await arena.eventsAfter(seq)).filter(({ type }) => type === 'GpuReleased' || type === 'PortReleased');
    assert.equal(freed, [], 'freed without the operator’s word');
  }
  arena.lossIsMeant = tooMuch || arena.chance(0.6);
  await arena.settle();
}

/** In the log it is missing, or is not expected to be there any more. (The death of one that is killed to be removed is recorded before.) */
function hasNoticed(state: State, before: State, name: string): boolean {
  const rs = state.replicaSets.get(name);
  if (rs === undefined || rs.missing !== undefined) return true;
  return rs.current !== before.replicaSets.get(name)?.current || currentVersion(rs)?.container === 'removed';
}

/** The ids of the containers that it removed. */
type Take = (arena: Arena) => Promise<readonly string[]>;

/** Does it, and notes the containers that are gone by it and whose disks may not have been saved. `quiet`: the state, when nobody works. */
async function noting(arena: Arena, quiet: State | null, take: Take): Promise<void> {
  const before = await ours(arena);
  const taken = new Set(await take(arena));
  for (const { id, key, running } of before) {
    if (taken.has(id) && (quiet === null || running || !isSaved(quiet, key))) arena.byHand.removed.add(key);
  }
}

async function removeSome(arena: Arena): Promise<readonly string[]> {
  const most = arena.chance(0.4) ? 5 : 2;
  const victims = arena.shuffled(await ours(arena)).slice(0, 1 + Math.floor(arena.random() * most));
  for (const { id } of victims) await unlessGone(arena.docker.getContainer(id).remove({ force: true, v: arena.chance(0.3) }));
  return victims.map(({ id }) => id);
}

const prune = async (arena: Arena): Promise<readonly string[]> => (await arena.docker.pruneContainers()).ContainersDeleted ?? [];

async function pruneImages(arena: Arena): Promise<void> {
  const { docker, daemon } = arena;
  const all = arena.chance(0.6);
  const work = async (): Promise<void> => {
    const answer = (await docker.pruneImages({ filters: JSON.stringify({ dangling: [String(!all)] }) })) as Docker.PruneImagesInfo;
    for (const { Deleted } of answer.ImagesDeleted ?? []) if (Deleted !== undefined) arena.byHand.images.add(Deleted);
    const tags = new Set((await docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []));
    if (Object.values(IMAGES).some((image) => !tags.has(image))) await importImages(daemon.socket);
  };
  if (arena.chance(0.5)) return arena.underLoad(work, 1_500);
  await arena.underLoad(async () => {}, 1_500);
  await arena.settle();
  await work();
}

async function pruneVolumes(arena: Arena): Promise<void> {
  const work = async (): Promise<void> => void (await arena.docker.pruneVolumes());
  if (arena.chance(0.4)) await arena.underLoad(work, 1_500);
  else {
    await arena.underLoad(async () => {}, 1_500);
    await arena.settle();
    await work();
  }
  arena.lossIsMeant = arena.chance(0.7);
}

/** Nothing is lost by these: the log follows. */
async function meddle(arena: Arena): Promise<void> {
  const { docker } = arena;
  const work = async (): Promise<void> => {
    for (const { id, running } of arena.shuffled(await ours(arena)).slice(0, 3)) {
      const container = docker.getContainer(id);
      const how = arena.pick(running ? (['stop', 'restart', 'rename'] as const) : (['start', 'rename'] as const));
      if (how === 'stop') await unlessGone(container.stop({ t: 1 }));
      else if (how === 'restart') await unlessGone(container.restart({ t: 1 }));
      else if (how === 'start') await unlessGone(container.start());
      else {
        await unlessGone(container.rename({ name: `moved-${id.slice(0, 12)}-${Math.floor(arena.random() * 1e6)}` }));
        arena.byHand.renamed.add(id);
      }
    }
  };
  if (arena.chance(0.5)) return arena.underLoad(work, 1_500);
  await arena.underLoad(async () => {}, 1_000);
  await arena.settle();
  await work();
}

/** The service may have removed or changed it first: gone (404), so already (304), in the way (409), or not to be started (its port is taken). */
async function unlessGone(call: Promise<unknown>): Promise<void> {
  await call.catch((error: { statusCode?: number }) => {
    if (![304, 404, 409, 500].includes(error.statusCode ?? 0)) throw error;
  });
}

export const BY_HAND: readonly Fault[] = [
  { name: 'docker rm', weight: 2, takesAway: true, play: (arena) => takeAway(arena, removeSome) },
  { name: 'container prune', weight: 2, takesAway: true, play: (arena) => takeAway(arena, prune) },
  { name: 'image prune', weight: 1, play: pruneImages },
  { name: 'volume prune', weight: 1, takesAway: true, play: pruneVolumes },
  { name: 'docker stop, start, rename', weight: 2, play: meddle },
];
