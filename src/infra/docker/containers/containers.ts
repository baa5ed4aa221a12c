// Containers from their creation to their removal. Every call may be repeated.
import type {
  ContainerEngine,
  ContainerFacts,
  ContainerRef,
  ContainerSeen,
  CreateContainer,
  StartResult,
} from '../../../commands/outside/engine.ts';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import type { OpenedSecrets } from '../../../commands/outside/secrets.ts';
import type { AnonymousVolume } from '../../../events/shapes.ts';
import { Breather } from '../../async/breather.ts';
import { retry } from '../../async/retry.ts';
import type { DockerApi } from '../connection/api.ts';
import { DockerRefusal, isStatus, unless } from '../connection/errors.ts';
import { belongsTo, LABEL, type Labels, labelFilter, type OwnerId, ownerOf } from '../connection/labels.ts';
import { containerOwner, isContainerOf } from '../connection/ownership.ts';
import type { RawContainer, RawContainerSummary } from '../connection/raw.ts';
import { notBegun } from '../connection/runc-text.ts';
import { carriedVolumes, cleanPath, createBody } from './container-body.ts';
import type { ImageFacts, Images } from './images.ts';
import { type Imposed, NOTHING_IMPOSED } from './limits.ts';
import { lookAtMounts, type Mounts } from './mounts.ts';
import { attachAnew, IsolatedNetwork, isDetached, isNetworkLost } from './network.ts';
import { lastOutput } from './output/logs.ts';

/** Deadline for a removal that Docker has begun already, ms. */
const REMOVAL_MS = 30_000;
/** Pause between two attempts to remove, ms. */
const RETRY_MS = 100;
/** Attempts to create, when the name is taken each time. */
const MAX_CREATES = 6;
/** Inspects at the same time. */
const MAX_INSPECTS = 8;

/** Undefined when it is gone. `size`: with its sizes, for which Docker counts all its files. */
export async function inspectContainer(
  api: DockerApi,
  idOrName: string,
  measure?: { readonly size: true; readonly ms: number; readonly signal: AbortSignal },
): Promise<RawContainer | undefined> {
  const path = `/containers/${encodeURIComponent(idOrName)}/json`;
  const { size, ...limits } = measure ?? {};
  const request = { path, query: { size }, ...limits };
  return unless(api.call<RawContainer>(`inspect of container ${idOrName}`, request), 404);
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

/** The container's id. One known by name only is looked up and its labels checked. Throws not-found, or conflict for a foreign one. */
export async function containerId(api: DockerApi, ref: ContainerRef): Promise<string> {
  if (ref.id !== undefined) return ref.id;
  const found = await inspectContainer(api, ref.containerName);
  if (found === undefined) throw gone(ref.containerName);
  if (!isContainerOf(api, found, ref.owner)) throw foreign(ref.containerName);
  return found.Id;
}

/** The volumes that the container mounts beyond its binds: carried over, or made by Docker for the image's VOLUME lines. */
async function anonymousVolumes(api: DockerApi, id: string, request: CreateContainer, image: ImageFacts): Promise<AnonymousVolume[]> {
  const carried = carriedVolumes(request);
  const taken = new Set([...request.spec.binds, ...carried].map(({ dest }) => cleanPath(dest)));
  if (image.volumes.every((dest) => taken.has(cleanPath(dest)))) return [...carried];
  const bound = new Set(request.spec.binds.map(({ dest }) => cleanPath(dest)));
  // A volume that a bind names is the client's, whatever Docker makes of the destination: what is in this list is removed one day.
  const named = new Set(request.spec.binds.map(({ src }) => src));
  const mounts = (await inspectContainer(api, id))?.Mounts ?? [];
  return mounts.flatMap(({ Type, Name, Destination }) =>
    Type === 'volume' && Name !== undefined && !named.has(Name) && !bound.has(cleanPath(Destination))
      ? [{ name: Name, dest: Destination }]
      : [],
  );
}

/**
 * Resolves a name conflict. Returns the id if an earlier try of this request made the container, or null once a stale one is removed.
 * Throws conflict for a container of another operation. A container that was ever started is never removed: this call may be the late one
 * of a server that was paused past its lease, and the container its successor's.
 */
async function leftover(api: DockerApi, request: CreateContainer, labels: Labels): Promise<string | null> {
  const { containerName, owner } = request;
  const found = await inspectContainer(api, containerName);
  if (found === undefined) return null;
  const foundLabels = found.Config.Labels;
  if (!belongsTo(foundLabels, 'container', owner) || foundLabels?.[LABEL.operation] !== owner.operation) throw foreign(containerName);
  if (foundLabels[LABEL.request] === labels[LABEL.request]) return found.Id;
  if (found.State.Status !== 'created') throw startedMeanwhile(containerName);
  await remove(api, found.Id, containerName, true);
  return null;
}

async function createContainer(
  api: DockerApi,
  images: Images,
  request: CreateContainer,
  imposed: Imposed,
  isolated: IsolatedNetwork,
  secrets: OpenedSecrets = new Map(),
): Promise<{ containerId: string; anonymousVolumes: AnonymousVolume[] }> {
  const { containerName } = request;
  const image = await images.facts(request.image);
  if (image === null) throw new EngineError('not-found', `image ${request.image} is not on this host`);
  const body = createBody(request, image, imposed, secrets) as { readonly Labels: Labels };
  // Docker would make the container all the same, and refuse to start it.
  if (imposed.limits.network === 'isolated') await isolated.require(api);
  const create = {
    method: 'POST',
    path: '/containers/create',
    query: { name: containerName },
    body,
    ms: api.deadlines.slowMs,
    makes: true,
  } as const;
  for (let tries = 1; ; tries++) {
    try {
      const { Id } = await api.call<{ Id: string }>(`create of container ${containerName}`, create);
      return { containerId: Id, anonymousVolumes: await anonymousVolumes(api, Id, request, image) };
    } catch (error) {
      if (isStatus(error, 404)) images.forget(request.image);
      if (!isStatus(error, 409) || tries === MAX_CREATES) throw error;
      const id = await leftover(api, request, body.Labels);
      if (id !== null) return { containerId: id, anonymousVolumes: await anonymousVolumes(api, id, request, image) };
    }
  }
}

const PORT_TAKEN = /port is already allocated|address already in use|failed to bind host port/i;

/** The host port that Docker's text names, in any of the wordings from Docker 20.10 to 29. */
export function portIn(text: string): number | undefined {
  const match = /(?:Bind for|listen tcp[46]?|bind host port(?: for)?)\s+(?:\[[^\]]*\]|[^\s[]*?):(\d{1,5})(?!\d)(?![.\d]*\.)/.exec(text);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

async function refusedStart(error: DockerRefusal, name: string): Promise<StartResult> {
  const { text } = error;
  if (error.kind === 'unavailable') throw error;
  if (error.status === 404 && /no such container/i.test(text)) throw gone(name);
  // The second is about `--publish-addr`: another port is of no use.
  if (!PORT_TAKEN.test(text) || /cannot assign requested address/i.test(text))
    return { started: false, why: 'failed', message: notBegun('its command', name, text) };
  const hostPort = portIn(text);
  return { started: false, why: 'port-taken', message: text, ...(hostPort === undefined ? {} : { hostPort }) };
}

function ended({ State }: RawContainer): StartResult {
  const how = State.OOMKilled ? 'was killed for using too much memory' : State.Error ? State.Error : `is ${State.Status}`;
  return { started: false, why: 'failed', exitCode: State.ExitCode, message: `the container ${how}, exit code ${State.ExitCode}` };
}

/** Pauses between two looks for the main process of a container that was just started, ms. */
const PID_PAUSES = [0, 10, 50, 200];

/**
 * The refusal of a container that has mounted something else than these host paths, which is stopped then; null where it has not. One that has
 * ended by now cannot be looked at: its mounts are gone with it.
 */
async function refusedMounts(api: DockerApi, ref: ContainerRef, id: string, paths: readonly string[]): Promise<StartResult | null> {
  let mounts: Mounts = 'unseen';
  for (const ms of PID_PAUSES) {
    if (ms > 0) await api.timer.sleep(ms);
    const state = (await inspectContainer(api, id))?.State;
    if (state === undefined || !state.Running || state.Restarting) return null;
    mounts = await lookAtMounts(state.Pid, id, paths);
    if (mounts !== 'unseen') break;
  }
  if (mounts === 'allowed') return null;
  await stopContainer(api, { ...ref, id }, 0);
  const why = mounts === 'unseen' ? NO_LOOK : `something else than host path ${mounts.instead} was mounted, ${WHY_ELSE}`;
  return { started: false, why: 'failed', message: `container ${ref.containerName} was stopped at once: ${why}` };
}

const NO_LOOK =
  'what it has mounted cannot be looked at, so its host paths cannot be told to be those that were allowed: run the server in the process namespace of the host';
const WHY_ELSE =
  'which was allowed: somebody changed it or a link in it meanwhile, or the server sees other files than Docker does (PrivateTmp and the like)';

/** Throws DockerRefusal. A container whose isolated network was removed meanwhile is attached to that of today. */
async function orderStart(api: DockerApi, id: string, name: string, isolated: IsolatedNetwork): Promise<void> {
  const order = (): Promise<unknown> =>
    unless(api.call(`start of container ${name}`, { method: 'POST', path: `/containers/${id}/start`, ms: api.deadlines.slowMs }), 304);
  try {
    await order();
  } catch (error) {
    if (!(error instanceof DockerRefusal) || !isNetworkLost(error)) throw error;
    const container = await inspectContainer(api, id);
    if (container === undefined || !(await attachAnew(api, isolated, container))) throw error;
    await order();
  }
}

async function startContainer(
  api: DockerApi,
  ref: ContainerRef,
  settleMs: number,
  hostPaths: readonly string[],
  isolated: IsolatedNetwork,
): Promise<StartResult> {
  const id = await containerId(api, ref);
  const name = ref.containerName;
  try {
    await orderStart(api, id, name, isolated);
  } catch (error) {
    // Docker does not start a frozen one, which runs.
    const isFrozen = isStatus(error, 409) && (await inspectContainer(api, id))?.State.Status === 'paused';
    if (error instanceof DockerRefusal && !isFrozen) return refusedStart(error, name);
    if (!isFrozen) throw error;
  }
  const refused = hostPaths.length === 0 ? null : await refusedMounts(api, ref, id, hostPaths);
  if (refused !== null) return refused;
  if (settleMs > 0) await api.timer.sleep(settleMs);
  const seen = await inspectContainer(api, id);
  if (seen === undefined) throw gone(name);
  if (seen.State.Running && isDetached(seen)) await attachAnew(api, isolated, seen);
  const { State } = seen;
  if (State.Running && !State.Restarting) return { started: true };
  if (State.Status === 'exited' && State.ExitCode === 0 && !State.OOMKilled) return { started: true, exitCode: 0 };
  return ended(seen);
}

async function stopContainer(api: DockerApi, ref: ContainerRef, graceSeconds: number): Promise<{ exitCode: number }> {
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

const hasRun = (name: string): EngineError =>
  new EngineError('conflict', `container ${name} has been started: it is left alone, as only one that never ran was to be removed`);

/**
 * Whether it was there. With `onlyIfNeverRan` it is looked at right before each attempt, and Docker refuses one that runs all the same. Throws
 * conflict where it has run.
 */
async function remove(api: DockerApi, id: string, name: string, anonymous: boolean, onlyIfNeverRan = false): Promise<boolean> {
  const query = { force: !onlyIfNeverRan, v: anonymous };
  const request = { method: 'DELETE', path: `/containers/${id}`, query, ms: api.deadlines.slowMs } as const;
  const startedAt = api.timer.now();
  let wasThere = false;
  // 409: Docker is removing it already. It is gone when an attempt is answered with 404.
  const isPassing = (error: unknown): boolean => isStatus(error, 409) && api.timer.now() - startedAt <= REMOVAL_MS;
  const attempt = async (): Promise<boolean> => {
    const status = onlyIfNeverRan ? (await inspectContainer(api, id))?.State.Status : undefined;
    if (status !== undefined && status !== 'created' && status !== 'removing') throw hasRun(name);
    try {
      await api.call(`removal of container ${name}`, request);
      return true;
    } catch (error) {
      if (isStatus(error, 404)) return wasThere;
      wasThere = isStatus(error, 409);
      throw error;
    }
  };
  try {
    return await retry(attempt, { clock: api.timer, firstMs: RETRY_MS, maxMs: RETRY_MS, isPassing });
  } catch (error) {
    throw isStatus(error, 409) ? new EngineError('unavailable', error.message, { cause: error }) : error;
  }
}

/** A foreign container has this name only when ours is already gone. */
async function removeContainer(
  api: DockerApi,
  ref: ContainerRef,
  anonymous: boolean,
  onlyIfNeverRan?: boolean,
): Promise<{ found: boolean }> {
  let id = ref.id;
  if (id === undefined) {
    const found = await inspectContainer(api, ref.containerName);
    if (found === undefined || !isContainerOf(api, found, ref.owner)) return { found: false };
    id = found.Id;
  }
  return { found: await remove(api, id, ref.containerName, anonymous, onlyIfNeverRan) };
}

/** `owner`: whose it is; by its labels where left out. */
export function factsOf(
  container: RawContainer,
  owner: OwnerId | undefined = ownerOf(container.Config.Labels, 'container'),
): ContainerFacts | null {
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
    ...ranOf(State),
    gpus: (HostConfig.DeviceRequests ?? []).flatMap(({ DeviceIDs }) => DeviceIDs ?? []),
    hostPorts: hostPorts.filter((port) => port > 0),
  };
}

/** Docker writes year 1 where it never ran; a container that ends at once may have ended a little before it began. */
function ranOf({ Running, StartedAt, FinishedAt }: RawContainer['State']): Pick<ContainerFacts, 'ran'> {
  const from = Date.parse(StartedAt ?? '');
  const to = Date.parse(FinishedAt ?? '');
  return !Running && from > 0 && to > 0 ? { ran: { from, to } } : {};
}

function seenIn({ Id, Names, State }: RawContainerSummary, { name, uid, version }: OwnerId): ContainerSeen | null {
  // A container that is being removed may be listed without a name.
  if (Names[0] === undefined) return null;
  return { id: Id, containerName: Names[0].replace(/^\//, ''), name, uid, version, state: State };
}

async function listContainers(
  api: DockerApi,
  log: string,
  known: (seen: ContainerSeen) => ContainerFacts | undefined = () => undefined,
): Promise<readonly ContainerFacts[]> {
  const ownerIn = ({ Id, Labels }: RawContainerSummary): OwnerId | undefined => containerOwner(api, Id, Labels);
  const isOurs = (summary: RawContainerSummary): boolean => ownerIn(summary)?.log === log;
  // Docker cannot look for what carries no label: then it lists all, and ours are picked out here.
  const filters = api.unlabelled.anyContainer() ? undefined : { label: labelFilter('container', { log }) };
  // From before the answer: to parse a long one takes a turn of the event loop by itself.
  const breather = new Breather();
  const list = await api.call<readonly RawContainerSummary[]>('list of containers', {
    path: '/containers/json',
    query: { all: true, filters },
    isDoubtful: (all) => !all.some(isOurs),
  });
  const facts: ContainerFacts[] = [];
  const unknown: string[] = [];
  for (const summary of list) {
    await breather.breathe();
    const owner = ownerIn(summary);
    if (owner?.log !== log) continue;
    const seen = seenIn(summary, owner);
    const found = seen === null ? undefined : known(seen);
    if (found === undefined) unknown.push(summary.Id);
    else facts.push(found);
  }
  for (let i = 0; i < unknown.length; i += MAX_INSPECTS) {
    const inspects = unknown.slice(i, i + MAX_INSPECTS).map((id) => inspectContainer(api, id));
    for (const container of await Promise.all(inspects)) {
      const found = container === undefined ? null : factsOf(container, containerOwner(api, container.Id, container.Config.Labels));
      if (found !== null) facts.push(found);
    }
  }
  return facts;
}

/** The port's calls on containers. A new one needs nothing but its line here. `api` is asked for once, at the beginning of each call. */
export const containerCalls = (
  api: () => DockerApi,
  images: Images,
  storage: { get(): Promise<{ readonly isLocal: boolean }> },
  imposed: () => Promise<Imposed> = async () => NOTHING_IMPOSED,
  isolated = new IsolatedNetwork(),
) =>
  ({
    createContainer: async (request, secrets) => {
      const own = api();
      return createContainer(own, images, request, await imposed(), isolated, secrets);
    },
    startContainer: async (container, settleMs, hostPaths = []) => {
      const own = api();
      const seen = hostPaths.length > 0 && (await storage.get()).isLocal;
      return startContainer(own, container, settleMs, seen ? hostPaths : [], isolated);
    },
    stopContainer: (container, graceSeconds) => stopContainer(api(), container, graceSeconds),
    lastOutput: async (container) => {
      const own = api();
      return lastOutput(own, await containerId(own, container));
    },
    removeContainer: (container, anonymous, onlyIfNeverRan) => removeContainer(api(), container, anonymous, onlyIfNeverRan),
    listContainers: (log, known) => listContainers(api(), log, known),
  }) satisfies Partial<ContainerEngine>;
