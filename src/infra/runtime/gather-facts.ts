// Asks the host and Docker what a decider must know. Nothing here changes anything, but for a pull where that is allowed.
import { realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Facts, Needs, VolumeUse } from '../../commands/decision.ts';
import { type ContainerEngine, EngineError } from '../../commands/outside/engine.ts';

export interface Outside {
  readonly engine: ContainerEngine;
  readonly busyPorts: () => Promise<ReadonlySet<number>>;
  readonly resolvePath: (path: string) => Promise<string>;
  readonly pull: 'never' | 'missing';
  readonly logId: () => string;
}

export async function gather(needs: Needs, outside: Outside): Promise<Facts> {
  const { engine } = outside;
  const images = new Map<string, Awaited<ReturnType<ContainerEngine['inspectImage']>>>();
  const volumes = new Map<string, boolean>();
  const hostPaths = new Map<string, string>();
  const diskProblems = new Map<string, string | null>();
  const volumeUse = new Map<string, VolumeUse>();
  const asked: Promise<unknown>[] = [];
  const ask = (task: Promise<unknown>): void => void asked.push(task);

  if (needs.image !== undefined) ask(imageFacts(needs.image, outside).then((facts) => images.set(needs.image ?? '', facts)));
  if (needs.disk !== undefined) ask(engine.inspectImage(needs.disk).then((facts) => images.set(needs.disk ?? '', facts)));
  for (const name of new Set(needs.volumes)) ask(engine.inspectVolume(name).then((facts) => volumes.set(name, facts !== null)));
  for (const path of new Set(needs.hostPaths)) ask(outside.resolvePath(path).then((resolved) => hostPaths.set(path, resolved)));
  const saves = needs.savesDiskOf;
  if (saves !== undefined) {
    const { containerName, id, ...owner } = saves;
    const ref = { containerName, owner: { ...owner, log: outside.logId() }, ...(id !== undefined && { id }) };
    ask(
      engine
        .checkDiskSpace(ref)
        .then(() => null, problemOf)
        .then((problem) => diskProblems.set(containerName, problem)),
    );
  }
  const use = needs.volumeUse;
  if (use !== undefined) {
    const used = use.measure
      ? engine.volumeUsage(use.volume).catch((e: unknown) => ({ problem: problemOf(e) ?? 'it is gone' }))
      : undefined;
    ask(
      Promise.all([engine.volumeUsers(use.volume), used]).then(([users, usedBytes]) =>
        volumeUse.set(use.volume, { users, ...(usedBytes !== undefined && { usedBytes }) }),
      ),
    );
  }
  const busy = needs.ports === true ? outside.busyPorts() : null;
  await Promise.all([...asked, busy]);
  return { busyPorts: await busy, images, volumes, hostPaths, diskProblems, volumeUse };
}

/** The reason as a sentence; null for what is gone, which the operation finds out by itself. */
function problemOf(error: unknown): string | null {
  if (!(error instanceof EngineError) || error.kind === 'unavailable') throw error;
  return error.kind === 'not-found' ? null : error.message;
}

async function imageFacts(reference: string, { engine, pull }: Outside): Promise<Awaited<ReturnType<ContainerEngine['inspectImage']>>> {
  const found = await engine.inspectImage(reference);
  if (found !== null || pull === 'never') return found;
  try {
    await engine.pullImage(reference);
  } catch (error) {
    if (error instanceof EngineError && (error.kind === 'not-found' || error.kind === 'refused')) return null;
    throw error;
  }
  return engine.inspectImage(reference);
}

/** Where a host path leads when all links are followed: of the part that exists, with the rest appended. */
export async function resolvePath(path: string): Promise<string> {
  const rest: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    try {
      return join(await realpath(at), ...rest);
    } catch {
      if (at === '/') return resolve(path);
      rest.unshift(at.slice(dirname(at).length).replace(/^\//, ''));
    }
  }
}
