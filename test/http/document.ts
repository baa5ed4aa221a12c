// The examples of the API document, and states that are what the examples show.
import { readFileSync } from 'node:fs';
import type { ContainerVersion, Host, ReplicaSet, State, Volume, VolumeVersion } from '../../src/projections/state.ts';
import { initialState } from '../../src/projections/state.ts';
import type { ReplicaSetInfo } from '../../src/projections/views/replica-set.ts';

export interface Example {
  readonly route: string;
  readonly request?: Readonly<Record<string, unknown>>;
  readonly response: { readonly code: number; readonly msg: string; readonly data: unknown };
}

export const example = (name: string): Example =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8')) as Example;

/** The document's times, read in the machine's zone, as an event has them. */
const iso = (text: string): string => new Date(text.replace(' ', 'T')).toISOString();

interface DocumentedInfo {
  readonly version: number;
  readonly createTime: string;
  readonly config: { readonly Env: string[]; readonly Image: string };
  readonly hostConfig: {
    readonly Binds: string[];
    readonly PortBindings: Record<string, { HostPort: string }[]>;
    readonly DeviceRequests: { DeviceIDs: string[] }[] | null;
  };
  readonly containerName: string;
}

/** The facts from which that info must come out again. */
export function versionOf(info: DocumentedInfo | ReplicaSetInfo, more: Partial<ContainerVersion> = {}): ContainerVersion {
  const documented = info as DocumentedInfo;
  const { Binds, PortBindings, DeviceRequests } = documented.hostConfig;
  const gpus = DeviceRequests?.[0]?.DeviceIDs ?? [];
  const ports = Object.entries(PortBindings).map(([key, [binding]]) => ({
    containerPort: key.replace('/tcp', ''),
    hostPort: Number(binding?.HostPort),
  }));
  return {
    version: documented.version,
    containerName: documented.containerName,
    createTime: iso(documented.createTime),
    reason: documented.version === 1 ? 'run' : 'patch',
    spec: {
      imageName: documented.config.Image,
      gpuCount: gpus.length,
      binds: Binds.map((bind) => ({ src: bind.split(':')[0] ?? '', dest: bind.split(':')[1] ?? '' })),
      env: documented.config.Env.filter((entry) => !entry.startsWith('CONTAINER_VERSION=')),
      containerPorts: ports.map((p) => p.containerPort),
    },
    gpus,
    ports,
    container: 'running',
    anonymousVolumes: [],
    ...more,
  };
}

export function replicaSet(versions: ContainerVersion[], more: Partial<ReplicaSet> = {}): ReplicaSet {
  const last = versions.at(-1);
  return {
    name: 'foo',
    host: 'gpu-box-1',
    owner: 'ann',
    uid: 'u1',
    image: { id: 'sha256:1', env: [] },
    versions,
    lastVersion: last?.version ?? 0,
    leftVolumes: [],
    current: last?.version ?? 0,
    state: 'running',
    gpus: last?.gpus ?? [],
    ports: last?.ports ?? [],
    operation: null,
    seq: 10,
    ...more,
  };
}

export const volumeVersion = (version: number, size: string, createTime: string, more: Partial<VolumeVersion> = {}): VolumeVersion => ({
  version,
  volumeName: `bar-${version}`,
  createTime: iso(createTime),
  size,
  bytes: 1,
  state: 'ready',
  enforced: true,
  ...more,
});

export const volume = (versions: VolumeVersion[], more: Partial<Volume> = {}): Volume => ({
  name: 'bar',
  host: 'gpu-box-1',
  owner: 'ann',
  uid: 'v1',
  versions,
  lastVersion: versions.at(-1)?.version ?? 0,
  current: versions.at(-1)?.version ?? 0,
  operation: null,
  seq: 10,
  ...more,
});

/** The document's eight GPUs, free, and its port range with two ports held by foo. */
export function host(): Host {
  const { gpus } = example('gpus').response.data as { gpus: Record<string, number> };
  return {
    name: 'gpu-box-1',
    gpus: Object.keys(gpus).map((gpu, index) => ({ gpu, index, name: 'A100', memoryMiB: 81920, present: true, holder: null })),
    portRange: { start: 40000, end: 65535 },
    ports: new Map([
      [40001, 'foo'],
      [40000, 'foo'],
    ]),
    reads: 2,
  };
}

export function stateOf(replicaSets: ReplicaSet[], volumes: Volume[], more: Partial<State> = {}): State {
  return {
    ...initialState,
    head: { seq: 42, hash: 'ab' },
    hosts: new Map([['gpu-box-1', host()]]),
    replicaSets: new Map(replicaSets.map((rs) => [rs.name, rs])),
    volumes: new Map(volumes.map((v) => [v.name, v])),
    ...more,
  };
}

/** foo with its eight versions and bar with its two, as in the document. */
export function documentedState(more: Partial<State> = {}): State {
  const { history } = example('replica-set-history').response.data as { history: { status: DocumentedInfo }[] };
  const versions = history.map(({ status }) => versionOf(status)).reverse();
  const volumes = volume([
    volumeVersion(1, '20GB', '2024-01-23 02:17:28', { state: 'removed' }),
    volumeVersion(2, '50GB', '2024-01-23 02:17:30'),
  ]);
  return stateOf([replicaSet(versions)], [volumes], more);
}
