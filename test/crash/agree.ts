// Whether the views, the log and Docker say the same: containers, GPUs, host ports, saved disks, volumes.
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type Docker from 'dockerode';
import * as assert from 'uvu/assert';
import { currentVersion, type ReplicaSet, type State } from '../../src/projections/state.ts';
import { replicaSetList } from '../../src/projections/views/replica-set.ts';
import { gpuUsage, portUsage } from '../../src/projections/views/resources.ts';
import { volumeList } from '../../src/projections/views/volume.ts';
import { type Door, ok } from './client.ts';
import { LogReader } from './log.ts';

export interface Subject {
  readonly server: Door;
  readonly docker: Docker;
  /** The endpoint of the etcd that holds the log. */
  readonly etcd: string;
  /** Reads on from where it is; absent: the log is read anew. */
  readonly log?: LogReader;
  readonly byHand?: ByHand;
}

/** Changes that somebody made to Docker past the service. */
export interface ByHand {
  /** `<uid>/<version>` of containers that were removed before anybody can have saved their disks. */
  readonly removed: ReadonlySet<string>;
  /** Ids of images that were removed. */
  readonly images: ReadonlySet<string>;
  /** Ids of containers that have another name now. */
  readonly renamed: ReadonlySet<string>;
}

const NOTHING: ByHand = { removed: new Set(), images: new Set(), renamed: new Set() };

/**
 * A disagreement that only a slow look mends, once a server has led for some while: a save whose answer was lost, an image that somebody
 * removed.
 */
export const mendsLate = (text: string): boolean => / is a stray disk$| was removed by hand$/.test(text);

interface Seen {
  readonly id: string;
  readonly name: string;
  readonly running: boolean;
  readonly gpus: readonly string[];
  readonly ports: readonly number[];
  readonly volumes: readonly string[];
}

interface InDocker {
  /** By `<uid>/<version>`; a second container of one version stands as `<uid>/<version> again`. */
  readonly containers: ReadonlyMap<string, Seen>;
  /** `name/version` → image ids. */
  readonly disks: ReadonlyMap<string, readonly string[]>;
  readonly volumes: readonly string[];
  /** UUID of a GPU → the running containers that have it, whoever made them. */
  readonly gpus: ReadonlyMap<string, readonly string[]>;
  /** UUIDs that containers without our label have → who. */
  readonly foreign: ReadonlyMap<string, string>;
}

const labels = (kind: string, log: string): { label: string[] } => ({
  label: [`gpu-docker-api.kind=${kind}`, `gpu-docker-api.log=${log}`],
});
const sorted = <T extends string | number>(values: Iterable<T>): T[] => [...values].sort();
const same = (a: Iterable<string | number>, b: Iterable<string | number>): boolean => sorted(a).join() === sorted(b).join();

async function inDocker(docker: Docker, log: string): Promise<InDocker> {
  const containers = new Map<string, Seen>();
  for (const { Id, Labels } of await docker.listContainers({ all: true, filters: labels('container', log) })) {
    const { Name, State, HostConfig, Mounts } = await docker.getContainer(Id).inspect();
    let key = `${Labels['gpu-docker-api.uid']}/${Labels['gpu-docker-api.version']}`;
    while (containers.has(key)) key += ' again';
    const bindings = Object.values((HostConfig.PortBindings ?? {}) as Record<string, { HostPort: string }[]>).flat();
    containers.set(key, {
      id: Id,
      name: Name.slice(1),
      running: State.Running,
      gpus: (HostConfig.DeviceRequests ?? []).flatMap((request) => request.DeviceIDs ?? []),
      ports: bindings.map(({ HostPort }) => Number(HostPort)),
      volumes: Mounts.flatMap((mount) => (mount.Type === 'volume' && mount.Name !== undefined ? [mount.Name] : [])),
    });
  }
  const disks = new Map<string, string[]>();
  for (const { Id, Labels } of await docker.listImages({ all: true, filters: labels('disk', log) })) {
    const key = `${Labels['gpu-docker-api.name']}/${Labels['gpu-docker-api.version']}`;
    disks.set(key, [...(disks.get(key) ?? []), Id]);
  }
  const { Volumes } = await docker.listVolumes({ filters: labels('volume', log) });
  return { containers, disks, volumes: (Volumes ?? []).map(({ Name }) => Name), ...(await gpusInUse(docker, log)) };
}

/** Null for one that is gone since it was listed: other tests use this Docker, too. */
const inspectedIfThere = (docker: Docker, id: string): Promise<Docker.ContainerInspectInfo | null> =>
  docker
    .getContainer(id)
    .inspect()
    .catch((error: { readonly statusCode?: number }) => {
      if (error.statusCode === 404) return null;
      throw error;
    });

/** Asked of Docker itself: which running container has which GPU. */
async function gpusInUse(docker: Docker, log: string): Promise<Pick<InDocker, 'gpus' | 'foreign'>> {
  const gpus = new Map<string, string[]>();
  const foreign = new Map<string, string>();
  for (const { Id, Names, Labels } of await docker.listContainers()) {
    const inspected = await inspectedIfThere(docker, Id);
    if (inspected === null) continue;
    const { HostConfig } = inspected;
    const name = (Names[0] ?? Id).slice(1);
    for (const gpu of (HostConfig.DeviceRequests ?? []).flatMap((request) => request.DeviceIDs ?? [])) {
      gpus.set(gpu, [...(gpus.get(gpu) ?? []), name]);
      if (Labels['gpu-docker-api.log'] !== log) foreign.set(gpu, name);
    }
  }
  return { gpus, foreign };
}

function ofReplicaSet(rs: ReplicaSet, { containers, disks }: InDocker, byHand: ByHand): string[] {
  const said: string[] = [];
  const { name } = rs;
  const version = currentVersion(rs);
  if (rs.operation !== null) said.push(`${name}: its ${rs.operation.kind} has not ended`);
  if (version === undefined) return [...said, `${name} has no version`];
  const container = containers.get(`${rs.uid}/${version.version}`);
  const held = rs.ports.map((p) => p.hostPort);
  if (version.container === 'removed') {
    if (container !== undefined) said.push(`${name}: ${version.containerName} is gone in the log and there in Docker`);
    if (rs.gpus.length + held.length > 0) said.push(`${name} holds ${rs.gpus} ${held} without a container`);
  } else if (container === undefined) {
    said.push(`${name}: ${version.containerName} is ${rs.state} in the log and not in Docker`);
  } else {
    if (container.name !== version.containerName && !byHand.renamed.has(container.id))
      said.push(`${name}: ${version.containerName} is called ${container.name}`);
    if (container.running !== (rs.state === 'running')) said.push(`${name} is ${rs.state}, ${container.name} runs: ${container.running}`);
    if (rs.state === 'stopped') {
      if (rs.gpus.length + held.length > 0) said.push(`${name} is stopped and holds ${rs.gpus} ${held}`);
    } else {
      if (!same(rs.gpus, container.gpus)) said.push(`${name} holds GPUs ${rs.gpus}, ${container.name} has ${container.gpus}`);
      if (!same(held, container.ports)) said.push(`${name} holds ports ${held}, ${container.name} has ${container.ports}`);
    }
    const bound = new Set(version.spec.binds.map(({ dest }) => dest));
    for (const { name: volume, dest } of version.anonymousVolumes) {
      if (!bound.has(dest) && !container.volumes.includes(volume)) said.push(`${name} lost its anonymous volume ${volume}`);
    }
  }
  for (const v of rs.versions) {
    const images = disks.get(`${name}/${v.version}`) ?? [];
    const isThere = v.disk !== undefined && images.includes(v.disk.image);
    if (v.disk !== undefined && !isThere && v.diskLost !== true) {
      const late = byHand.images.has(v.disk.image) ? ', and was removed by hand' : '';
      said.push(`${name}: the disk of version ${v.version} is ${v.disk.image} in the log and not in Docker${late}`);
    }
    // Where the container is gone, too, it may be the only copy of what is in it, and is left alone.
    const surplus = version.container === 'removed' ? [] : images.filter((image) => image !== v.disk?.image && image !== version.madeFrom);
    for (const image of surplus) said.push(`${name}/${v.version} (${image}) is a stray disk`);
    // A version that ran and is no longer the current one can be rolled back to.
    const ran = v.failed === undefined && v.version !== rs.current;
    const wasTaken = byHand.removed.has(`${rs.uid}/${v.version}`);
    if (ran && v.disk === undefined && version.container !== 'removed' && !wasTaken)
      said.push(`${name}: version ${v.version} has lost its disk`);
  }
  return said;
}

function strays(state: State, { containers, disks, volumes }: InDocker): string[] {
  const sets = [...state.replicaSets.values()];
  const wanted = new Set(sets.map((rs) => `${rs.uid}/${rs.current}`));
  const versions = new Set(sets.flatMap((rs) => rs.versions.map((v) => `${rs.name}/${v.version}`)));
  const kept = [...state.volumes.values()].flatMap((volume) =>
    volume.versions.filter((v) => v.state === 'ready' || v.state === 'retired').map((v) => v.volumeName),
  );
  return [
    ...[...containers].filter(([key]) => !wanted.has(key)).map(([, { name }]) => `container ${name} is a stray`),
    ...[...disks].filter(([key]) => !versions.has(key)).map(([key, images]) => `${key} (${images.join(', ')}) is a stray disk`),
    ...volumes.filter((name) => !kept.includes(name)).map((name) => `volume ${name} is a stray`),
    ...kept.filter((name) => !volumes.includes(name)).map((name) => `volume ${name} is in the log and not in Docker`),
    ...[...state.volumes.values()]
      .filter((v) => v.operation !== null)
      .map((v) => `volume ${v.name}: its ${v.operation?.kind} has not ended`),
  ];
}

/** The views against the same log replayed from its first event. */
async function ofViews(server: Door, state: State, foreign: InDocker['foreign']): Promise<string[]> {
  const host = [...state.hosts.values()][0];
  const wanted = {
    replicaSet: { replicaSets: replicaSetList(state) },
    volumes: { volumes: volumeList(state) },
    'resources/gpus': { gpus: gpuUsage(host, foreign) },
    'resources/ports': { ports: portUsage(host) },
  };
  const said: string[] = [];
  for (const [path, want] of Object.entries(wanted)) {
    const view = await ok(server, 'GET', path);
    const plain: unknown = JSON.parse(JSON.stringify(want));
    if (!isDeepStrictEqual(view, plain)) said.push(`${path} says ${JSON.stringify(view)}, the log ${JSON.stringify(plain)}`);
  }
  return said;
}

/** A held GPU or port has one holder, the one that the host's table names. */
function ofTables(state: State): string[] {
  const said: string[] = [];
  for (const host of state.hosts.values()) {
    const sets = [...state.replicaSets.values()].filter((rs) => rs.host === host.name);
    const gpus = sets.flatMap((rs) => rs.gpus.map((gpu) => `${gpu} ${rs.name}`));
    const table = host.gpus.flatMap(({ gpu, holder }) => (holder === null ? [] : [`${gpu} ${holder}`]));
    if (!same(gpus, table)) said.push(`GPUs by replicaSet (${gpus}) are not those of the host (${table})`);
    const ports = sets.flatMap((rs) => rs.ports.map((p) => `${p.hostPort} ${rs.name}`));
    const leased = [...host.ports].map(([port, name]) => `${port} ${name}`);
    if (!same(ports, leased)) said.push(`ports by replicaSet (${ports}) are not those of the host (${leased})`);
  }
  return said;
}

/** No GPU has two running containers, and what runs outside the log is no host's second life. */
function ofGpus({ gpus }: InDocker, state: State): string[] {
  const shared = [...gpus].filter(([, names]) => names.length > 1);
  return [
    ...shared.map(([gpu, names]) => `${gpu} is used by ${names.join(' and ')}`),
    ...(state.hosts.size > 1 ? [`the log has the hosts ${[...state.hosts.keys()].join(', ')}`] : []),
  ];
}

/** Everything in which views, log and Docker differ; empty when nothing does. The server must be ready and nothing under way. */
export async function disagreements({
  server,
  docker,
  etcd,
  log = new LogReader(etcd),
  byHand = NOTHING,
}: Subject): Promise<readonly string[]> {
  const { state } = await log.read();
  const seen = await inDocker(docker, state.logId);
  return [
    ...[...state.replicaSets.values()].flatMap((rs) => ofReplicaSet(rs, seen, byHand)),
    ...strays(state, seen),
    ...ofTables(state),
    ...ofGpus(seen, state),
    ...(await ofViews(server, state, seen.foreign)),
  ];
}

/** A server is ready before the operations that an earlier one left open have ended. */
export async function untilSettled({ server }: Pick<Subject, 'server'>): Promise<void> {
  for (let looks = 0; looks < 600; looks++) {
    const { body } = await server.request<{ data: { operations: readonly unknown[] } | null }>('GET', '/api/v1/operations');
    if (body.data?.operations.length === 0) return;
    await sleep(100);
  }
  throw new Error('operations are still under way after a minute');
}

export async function assertAgrees(subject: Subject): Promise<void> {
  await untilSettled(subject);
  // A saved disk that another has replaced goes some seconds after.
  let found = await disagreements(subject);
  for (let looks = 0; found.length > 0 && looks < 60; looks++) {
    await sleep(500);
    found = await disagreements(subject);
  }
  assert.equal(found, []);
}
