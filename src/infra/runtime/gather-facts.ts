// Asks the host and Docker for the facts that a decider needs. Nothing is changed by it, except for a pull where that is allowed.
import { readlink, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { PathFacts } from '../../commands/container/host-paths.ts';
import type { Facts, Needs, VolumeSeen, VolumeUse } from '../../commands/decision.ts';
import { roomProblem } from '../../commands/host/room.ts';
import type { Room } from '../../commands/outside/disk-usage.ts';
import type { ContainerEngine, GpuUser, InspectedImage } from '../../commands/outside/engine.ts';
import { EngineError } from '../../commands/outside/engine-error.ts';
import { SecretKeyError, type SecretKeys } from '../../commands/outside/secrets.ts';
import { isFrom } from '../../commands/request/image-name.ts';
import { HIDDEN } from '../../events/hidden.ts';
import type { SealedVariable } from '../../events/shapes.ts';
import type { Pulls } from './operations/pulls.ts';
import type { Slots } from './operations/slots.ts';

/** The sources of facts. */
export interface FactSources {
  readonly engine: ContainerEngine;
  /** For the size walks, which take one each. */
  readonly slots: Pick<Slots, 'use'>;
  readonly pulls: Pick<Pulls, 'pull'>;
  /** TCP ports of the host that some process listens on. */
  readonly busyPorts: () => Promise<ReadonlySet<number>>;
  /** The containers outside this log that use GPUs; null where no GPU is in the machine. */
  readonly gpuUsers: () => Promise<readonly GpuUser[] | null>;
  readonly resolvePath: (path: string) => Promise<string | null>;
  readonly exists: (path: string) => Promise<boolean>;
  /** Docker's own directory on the host; undefined where Docker is remote. */
  readonly dataRoot: () => Promise<string | undefined>;
  /** Registries that an image which is not on the host is pulled from; empty: nothing is pulled. */
  readonly pullFrom: readonly string[];
  /** Who sent the command; absent: the service itself. */
  readonly actor?: string;
  readonly logId: () => string;
  readonly secretKeys: SecretKeys;
}

/**
 * All facts at once. Throws EngineError where Docker does not answer, and the reason of `patience` where that ends while a size walk waits for
 * its slot or for a pull: nobody wants the answer any more. `sealed` is among the facts as it is.
 */
export async function gatherFacts(needs: Needs, sources: FactSources, patience?: AbortSignal, sealed?: Facts['sealed']): Promise<Facts> {
  const { engine, slots } = sources;
  const images = new Map<string, InspectedImage | null>();
  const imageNames = new Map<string, InspectedImage | null>();
  const volumes = new Map<string, VolumeSeen>();
  const hostPaths = new Map<string, string | null>();
  const diskProblems = new Map<string, string | null>();
  const volumeUse = new Map<string, VolumeUse>();
  const canOpen = new Map<string, boolean>();
  const tasks: Promise<unknown>[] = [];
  const { image, newImage, disk, savesDiskOf: saved, volumeUse: use } = needs;

  const room = needs.room === true ? engine.room() : Promise.resolve(null);
  if (image !== undefined) tasks.push(inspectOrPull(image, sources, room, patience).then((facts) => images.set(image, facts)));
  if (newImage !== undefined) tasks.push(engine.inspectImage(newImage).then((facts) => imageNames.set(newImage, facts)));
  if (disk !== undefined) tasks.push(engine.inspectImage(disk).then((facts) => images.set(disk, facts)));
  for (const name of new Set(needs.volumes)) tasks.push(lookAtVolume(name, sources).then((seen) => volumes.set(name, seen)));
  for (const path of new Set(needs.hostPaths)) tasks.push(sources.resolvePath(path).then((resolved) => hostPaths.set(path, resolved)));
  if (saved !== undefined) {
    const { containerName, id, ...owner } = saved;
    const ref = { containerName, owner: { ...owner, log: sources.logId() }, ...(id !== undefined && { id }) };
    const problem = slots.use('measure', owner.name, patience, () => engine.checkDiskSpace(ref)).then(() => null, problemOf);
    tasks.push(problem.then((text) => diskProblems.set(containerName, text)));
  }
  for (const variable of needs.opens?.variables ?? [])
    tasks.push(isOpened(needs.opens?.uid ?? '', variable, sources).then((can) => canOpen.set(variable.sealed, can)));
  if (use !== undefined) tasks.push(useOf(use, sources, patience).then((facts) => volumeUse.set(use.volume, facts)));
  const busyPorts = needs.ports === true ? sources.busyPorts() : null;
  const gpuUsers = needs.gpus === true ? sources.gpuUsers() : null;
  const dataRoot = (needs.hostPaths ?? []).length > 0 ? sources.dataRoot() : undefined;
  await Promise.all([...tasks, busyPorts, gpuUsers, room, dataRoot]);
  const root = await dataRoot;
  const absentPaths = await absentOf(root === undefined ? [] : (needs.presentPaths ?? []), sources);
  return {
    busyPorts: await busyPorts,
    gpuUsers: await gpuUsers,
    room: await room,
    images,
    imageNames,
    volumes,
    hostPaths,
    absentPaths,
    ...(root !== undefined && { dataRoot: root }),
    diskProblems,
    volumeUse,
    canOpen,
    ...(sealed !== undefined && { sealed }),
  };
}

async function lookAtVolume(name: string, { engine, logId }: FactSources): Promise<VolumeSeen> {
  const found = await engine.inspectVolume(name);
  if (found === null) return 'none';
  if (found.owner?.log === logId()) return 'ours';
  return found.marked === true ? 'marked' : 'other';
}

async function absentOf(paths: readonly string[], { exists }: Pick<FactSources, 'exists'>): Promise<ReadonlySet<string>> {
  const absent = new Set<string>();
  for (const path of new Set(paths)) if (!(await exists(path))) absent.add(path);
  return absent;
}

async function isOpened(uid: string, variable: SealedVariable, { secretKeys }: FactSources): Promise<boolean> {
  try {
    await secretKeys.open(uid, [variable]);
    return true;
  } catch (error) {
    if (error instanceof SecretKeyError) return false;
    throw error;
  }
}

/** The values as a plan shows them: nothing is sealed for it, and no key made. `id`: of the command. */
export const sealedForShow = ({ seals }: Needs, id: string): Facts['sealed'] =>
  seals === undefined
    ? undefined
    : { uid: seals.uid ?? id, variables: seals.variables.map(({ name }) => ({ name, key: HIDDEN, sealed: HIDDEN })) };

/** The reason as a sentence; null when the thing is gone, which the operation finds out by itself. */
function problemOf(error: unknown): string | null {
  if (!(error instanceof EngineError) || error.kind === 'unavailable') throw error;
  return error.kind === 'not-found' ? null : error.message;
}

async function useOf(
  { volume, measure }: NonNullable<Needs['volumeUse']>,
  { engine, slots }: FactSources,
  patience: AbortSignal | undefined,
): Promise<VolumeUse> {
  const measured = measure
    ? slots
        .use('measure', volume, patience, () => engine.volumeUsage(volume))
        .catch((error: unknown) => ({ problem: problemOf(error) ?? 'it is gone' }))
    : undefined;
  const [users, usedBytes] = await Promise.all([engine.volumeUsers(volume), measured]);
  return { users, ...(usedBytes !== undefined && { usedBytes }) };
}

/** Throws the EngineError of a pull that failed. `actor`: who waits for it. */
async function inspectOrPull(
  reference: string,
  { engine, pullFrom, pulls, actor = '' }: FactSources,
  room: Promise<Room | null>,
  patience: AbortSignal | undefined,
): Promise<InspectedImage | null> {
  const found = await engine.inspectImage(reference);
  if (found !== null || !isFrom(reference, pullFrom)) return found;
  // For want of room it is refused in any case, and nobody gives an image back.
  if (roomProblem(await room) !== null) return null;
  await pulls.pull(reference, actor, patience);
  return engine.inspectImage(reference);
}

/** The targets of these host paths at this moment, all links followed. */
export async function lookAtPaths(
  paths: readonly string[],
  { resolvePath, exists, dataRoot }: Pick<FactSources, 'resolvePath' | 'exists' | 'dataRoot'>,
): Promise<PathFacts> {
  const [root, resolved] = await Promise.all([
    dataRoot(),
    Promise.all(paths.map(async (path) => [path, await resolvePath(path)] as const)),
  ]);
  const absentPaths = await absentOf(root === undefined ? [] : paths, { exists });
  return { hostPaths: new Map(resolved), absentPaths, ...(root !== undefined && { dataRoot: root }) };
}

const isAbsence = ({ code }: NodeJS.ErrnoException): boolean => code === 'ENOENT' || code === 'ENOTDIR';

/** A path that cannot be looked at counts as there: Docker may see more. */
export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => !isAbsence(error),
  );

/**
 * The target of a host path, all links followed: of the part that exists, with the rest appended. Null where that cannot be told: a
 * directory that this server may not search can hide a link, which Docker would follow. A path can have two thousand parts, so the part that
 * exists is found by halves: what is above something that exists does too. A link to nowhere is followed as well: what it names may be made.
 */
export async function resolvePath(path: string, links = MAX_LINKS): Promise<string | null> {
  const parts = resolve(path).split('/').slice(1);
  let target = '/';
  let existing = 0;
  for (let absent = parts.length + 1; absent - existing > 1; ) {
    const middle = existing + Math.ceil((absent - existing) / 2);
    try {
      target = await realpath(`/${parts.slice(0, middle).join('/')}`);
      existing = middle;
    } catch (error) {
      if (!(error instanceof Error) || !isAbsence(error)) return null;
      absent = middle;
    }
  }
  const [first, ...rest] = parts.slice(existing);
  if (first === undefined) return target;
  const link = await readlink(join(target, first)).catch(() => null);
  if (link === null) return join(target, first, ...rest);
  return links === 0 ? null : resolvePath(resolve(target, link, ...rest), links - 1);
}

/** Links to nowhere that are followed one after another, as Linux does. */
const MAX_LINKS = 40;
