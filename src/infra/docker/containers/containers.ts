// A container's life: create, start, stop, remove, list. Every call may be repeated.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ContainerFacts,
  type ContainerRef,
  type CreateContainer,
  EngineError,
  type StartResult,
} from '../../../commands/outside/engine.ts';
import type { AnonymousVolume } from '../../../events/shapes.ts';
import type { DockerApi } from '../connection/api.ts';
import { DockerRefusal, isStatus, unless } from '../connection/errors.ts';
import type { RawContainer, RawContainerSummary } from '../connection/raw.ts';
import { belongsTo, LABEL, type Labels, labelFilter, ownerOf } from '../labels.ts';
import type { ImageFacts, Images } from '../storage/images.ts';
import { carriedVolumes, cleanPath, createBody } from './container-body.ts';
import { lastLines } from './logs.ts';

const REMOVAL_MS = 30_000;
const RETRY_MS = 100;
const LOOKS_AT_ONCE = 8;

export async function inspectContainer(api: DockerApi, idOrName: string, query?: { size: boolean }): Promise<RawContainer | undefined> {
  const path = `/containers/${encodeURIComponent(idOrName)}/json`;
  return unless(
    api.call<RawContainer>(`inspect of container ${idOrName}`, {
      path,
      ...(query === undefined ? {} : { query, ms: api.deadlines.slowMs }),
    }),
    404,
  );
}

function foreign(name: string): EngineError {
  return new EngineError(
    'conflict',
    `a container named ${name} is on this host that was not made for this; it is left alone: rename or remove it (docker rename ${name} …, docker rm ${name})`,
  );
}

const startedMeanwhile = (name: string): EngineError =>
  new EngineError('conflict', `container ${name} of this operation was started meanwhile with another configuration: it is not made anew`);

const gone = (name: string): EngineError => new EngineError('not-found', `container ${name} is not on this host`);

/** Its id: as known, else by name after a look at its labels. Throws not-found, or conflict for somebody else's. */
export async function containerId(api: DockerApi, ref: ContainerRef): Promise<string> {
  if (ref.id !== undefined) return ref.id;
  const found = await inspectContainer(api, ref.containerName);
  if (found === undefined) throw gone(ref.containerName);
  if (!belongsTo(found.Config.Labels, 'container', ref.owner)) throw foreign(ref.containerName);
  return found.Id;
}

/** Volumes that it mounts beyond its binds: those carried over, and those that Docker made for the image's VOLUME lines. */
async function anonymousVolumes(api: DockerApi, id: string, request: CreateContainer, image: ImageFacts): Promise<AnonymousVolume[]> {
  const carried = carriedVolumes(request);
  const taken = new Set([...request.spec.binds, ...carried].map(({ dest }) => cleanPath(dest)));
  if (image.volumes.every((dest) => taken.has(cleanPath(dest)))) return [...carried];
  const bound = new Set(request.spec.binds.map(({ dest }) => cleanPath(dest)));
  const mounts = (await inspectContainer(api, id))?.Mounts ?? [];
  return mounts.flatMap(({ Type, Name, Destination }) =>
    Type === 'volume' && Name !== undefined && !bound.has(cleanPath(Destination)) ? [{ name: Name, dest: Destination }] : [],
  );
}

/**
 * What has the name already: the id of a leftover of this very request, or null when it is out of the way now. Throws
 * conflict when it is none of this operation's. One that was ever started is never removed: this may be the late word of a server that
 * was paused past its lease, and the container its successor's.
 */
async function leftover(api: DockerApi, request: CreateContainer, labels: Labels): Promise<string | null> {
  const { containerName, owner } = request;
  const found = await inspectContainer(api, containerName);
  if (found === undefined) return null;
  const theirs = found.Config.Labels;
  if (!belongsTo(theirs, 'container', owner) || theirs?.[LABEL.operation] !== owner.operation) throw foreign(containerName);
  const same = theirs[LABEL.request] === labels[LABEL.request];
  if (same) return found.Id;
  if (found.State.Status !== 'created') throw startedMeanwhile(containerName);
  await remove(api, found.Id, containerName, true);
  return null;
}

export async function createContainer(
  api: DockerApi,
  images: Images,
  request: CreateContainer,
): Promise<{ containerId: string; anonymousVolumes: AnonymousVolume[] }> {
  const { containerName } = request;
  const image = await images.facts(request.image);
  if (image === null) throw new EngineError('not-found', `image ${request.image} is not on this host`);
  const body = createBody(request, image) as { readonly Labels: Labels };
  const create = { method: 'POST', path: '/containers/create', query: { name: containerName }, body, ms: api.deadlines.slowMs } as const;
  for (let tries = 0; ; tries++) {
    try {
      const { Id } = await api.call<{ Id: string }>(`create of container ${containerName}`, create);
      return { containerId: Id, anonymousVolumes: await anonymousVolumes(api, Id, request, image) };
    } catch (error) {
      if (isStatus(error, 404)) images.forget(request.image);
      if (!isStatus(error, 409) || tries === 5) throw error;
      const id = await leftover(api, request, body.Labels);
      if (id !== null) return { containerId: id, anonymousVolumes: await anonymousVolumes(api, id, request, image) };
    }
  }
}

const PORT_TAKEN = /port is already allocated|address already in use|failed to bind host port/i;

/** The host port that Docker's text names, in any of its wordings (20.10 to 29). */
export function portIn(text: string): number | undefined {
  const match = /(?:Bind for|listen tcp[46]?|bind host port(?: for)?)\s+(?:\[[^\]]*\]|[^\s[]*?):(\d{1,5})(?!\d)(?![.\d]*\.)/.exec(text);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

async function refusedStart(error: DockerRefusal, name: string): Promise<StartResult> {
  const { text } = error;
  if (error.kind === 'unavailable') throw error;
  if (error.status === 404 && /no such container/i.test(text)) throw gone(name);
  if (!PORT_TAKEN.test(text)) return { started: false, why: 'failed', message: text };
  const hostPort = portIn(text);
  return { started: false, why: 'port-taken', message: text, ...(hostPort === undefined ? {} : { hostPort }) };
}

async function ended(api: DockerApi, { Id, State }: RawContainer): Promise<StartResult> {
  const how = State.OOMKilled ? 'was killed for using too much memory' : State.Error ? State.Error : `is ${State.Status}`;
  const said = await lastLines(api, Id);
  const message = `the container ${how}, exit code ${State.ExitCode}${said === '' ? '' : `; its last output: ${said}`}`;
  return { started: false, why: 'failed', exitCode: State.ExitCode, message };
}

export async function startContainer(api: DockerApi, ref: ContainerRef, settleMs: number): Promise<StartResult> {
  const id = await containerId(api, ref);
  const name = ref.containerName;
  try {
    await unless(
      api.call(`start of container ${name}`, { method: 'POST', path: `/containers/${id}/start`, ms: api.deadlines.slowMs }),
      304,
    );
  } catch (error) {
    if (error instanceof DockerRefusal) return refusedStart(error, name);
    throw error;
  }
  if (settleMs > 0) await sleep(settleMs);
  const seen = await inspectContainer(api, id);
  if (seen === undefined) throw gone(name);
  const { State } = seen;
  if (State.Running && !State.Restarting) return { started: true };
  if (State.Status === 'exited' && State.ExitCode === 0 && !State.OOMKilled) return { started: true, exitCode: 0 };
  return ended(api, seen);
}

export async function stopContainer(api: DockerApi, ref: ContainerRef, graceSeconds: number): Promise<{ exitCode: number }> {
  const id = await containerId(api, ref);
  const name = ref.containerName;
  const ms = graceSeconds * 1_000 + api.deadlines.slowMs;
  try {
    await unless(
      api.call(`stop of container ${name}`, { method: 'POST', path: `/containers/${id}/stop`, query: { t: graceSeconds }, ms }),
      304,
    );
  } catch (error) {
    throw isStatus(error, 404) ? gone(name) : error;
  }
  const seen = await inspectContainer(api, id);
  if (seen === undefined) throw gone(name);
  if (seen.State.Running) throw new EngineError('unavailable', `container ${name} still runs after it was stopped`);
  return { exitCode: seen.State.ExitCode };
}

async function remove(api: DockerApi, id: string, name: string, anonymous: boolean): Promise<void> {
  const query = { force: true, v: anonymous };
  const request = { method: 'DELETE', path: `/containers/${id}`, query, ms: api.deadlines.slowMs } as const;
  for (const began = performance.now(); ; await sleep(RETRY_MS)) {
    try {
      await unless(api.call(`removal of container ${name}`, request), 404);
      return;
    } catch (error) {
      // Somebody is removing it already: it is gone when a look finds nothing.
      if (!isStatus(error, 409)) throw error;
      if (performance.now() - began > REMOVAL_MS) throw new EngineError('unavailable', error.message, { cause: error });
    }
  }
}

/** A container of somebody else that has our name means that ours is gone. */
export async function removeContainer(api: DockerApi, ref: ContainerRef, anonymous: boolean): Promise<void> {
  let id = ref.id;
  if (id === undefined) {
    const found = await inspectContainer(api, ref.containerName);
    if (found === undefined || !belongsTo(found.Config.Labels, 'container', ref.owner)) return;
    id = found.Id;
  }
  await remove(api, id, ref.containerName, anonymous);
}

function factsOf(container: RawContainer): ContainerFacts | null {
  const owner = ownerOf(container.Config.Labels, 'container');
  if (owner === undefined) return null;
  const { HostConfig, State } = container;
  const hostPorts = Object.values(HostConfig.PortBindings ?? {}).flatMap((bindings) =>
    (bindings ?? []).map(({ HostPort }) => Number(HostPort)),
  );
  return {
    id: container.Id,
    containerName: container.Name.replace(/^\//, ''),
    name: owner.name,
    uid: owner.uid,
    version: owner.version,
    state: State.Status,
    exitCode: State.ExitCode,
    oomKilled: State.OOMKilled,
    gpus: (HostConfig.DeviceRequests ?? []).flatMap(({ DeviceIDs }) => DeviceIDs ?? []),
    hostPorts: hostPorts.filter((port) => port > 0),
  };
}

export async function listContainers(api: DockerApi, log: string): Promise<readonly ContainerFacts[]> {
  const query = { all: true, filters: { label: labelFilter('container', { log }) } };
  const list = await api.call<readonly RawContainerSummary[]>('list of containers', { path: '/containers/json', query });
  const facts: ContainerFacts[] = [];
  for (let at = 0; at < list.length; at += LOOKS_AT_ONCE) {
    const looks = list.slice(at, at + LOOKS_AT_ONCE).map(({ Id }) => inspectContainer(api, Id));
    for (const container of await Promise.all(looks)) {
      const found = container === undefined ? null : factsOf(container);
      if (found !== null) facts.push(found);
    }
  }
  return facts;
}
