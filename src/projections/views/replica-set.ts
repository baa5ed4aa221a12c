// The documented JSON of a replicaSet, rendered from the few facts of a version. The document shows the bodies that the Go program sends to
// Docker, so fields that nobody asked for have Docker's zero value, and the order is the document's.
import { HIDDEN } from '../../events/hidden.ts';
import type { ContainerSpec, Policy, PortMapping } from '../../events/shapes.ts';
import { type ContainerVersion, currentVersion, type Operation, type ReplicaSet, type State, shownState } from '../state.ts';
import { createTime } from './create-time.ts';
import { type HistoryPage, PAGE, type Page, pageOf } from './history-page.ts';

const NOTHING = Object.freeze({});
const LOG_CONFIG = Object.freeze({ Type: '', Config: null });
const RESTART_POLICY = Object.freeze({ Name: '', MaximumRetryCount: 0 });
const CONSOLE_SIZE = Object.freeze([0, 0] as const);
const GPU_CAPABILITIES = Object.freeze([Object.freeze(['gpu'] as const)] as const);
const NETWORKING_CONFIG = Object.freeze({ EndpointsConfig: null });
const PLATFORM = Object.freeze({ architecture: '', os: '' });

/** Docker's name of a port: `22/tcp` for `22`. */
const portKey = (containerPort: string): string => `${containerPort}/tcp`;

function config(spec: ContainerSpec, version: number) {
  const exposedPorts: Record<string, object> = {};
  for (const port of spec.containerPorts) exposedPorts[portKey(port)] = NOTHING;
  return {
    Hostname: '',
    Domainname: '',
    User: '',
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    ExposedPorts: exposedPorts,
    Tty: true,
    OpenStdin: true,
    StdinOnce: false,
    Env: [...spec.env, ...(spec.secretEnv ?? []).map(({ name }) => `${name}=${HIDDEN}`), `CONTAINER_VERSION=${version}`],
    Cmd: spec.cmd ?? null,
    Image: spec.imageName,
    Volumes: null,
    WorkingDir: '',
    Entrypoint: null,
    OnBuild: null,
    Labels: null,
  };
}

function portBindings(ports: readonly PortMapping[]): Record<string, readonly object[]> {
  const bindings: Record<string, readonly object[]> = {};
  for (const { containerPort, hostPort } of ports) bindings[portKey(containerPort)] = [{ HostIp: '', HostPort: String(hostPort) }];
  return bindings;
}

function deviceRequests(gpus: readonly string[]) {
  if (gpus.length === 0) return null;
  return [{ Driver: 'nvidia', Count: 0, DeviceIDs: gpus, Capabilities: GPU_CAPABILITIES, Options: null }];
}

function hostConfig({ spec, ports, gpus }: ContainerVersion) {
  return {
    Binds: spec.binds.map(({ src, dest }) => `${src}:${dest}`),
    ContainerIDFile: '',
    LogConfig: LOG_CONFIG,
    NetworkMode: '',
    PortBindings: portBindings(ports),
    RestartPolicy: RESTART_POLICY,
    AutoRemove: false,
    VolumeDriver: '',
    VolumesFrom: null,
    ConsoleSize: CONSOLE_SIZE,
    CapAdd: null,
    CapDrop: null,
    CgroupnsMode: '',
    Dns: null,
    DnsOptions: null,
    DnsSearch: null,
    ExtraHosts: null,
    GroupAdd: null,
    IpcMode: '',
    Cgroup: '',
    Links: null,
    OomScoreAdj: 0,
    PidMode: '',
    Privileged: false,
    PublishAllPorts: false,
    ReadonlyRootfs: false,
    SecurityOpt: null,
    UTSMode: '',
    UsernsMode: '',
    ShmSize: 0,
    Isolation: '',
    CpuShares: 0,
    Memory: 0,
    NanoCpus: 0,
    CgroupParent: '',
    BlkioWeight: 0,
    BlkioWeightDevice: null,
    BlkioDeviceReadBps: null,
    BlkioDeviceWriteBps: null,
    BlkioDeviceReadIOps: null,
    BlkioDeviceWriteIOps: null,
    CpuPeriod: 0,
    CpuQuota: 0,
    CpuRealtimePeriod: 0,
    CpuRealtimeRuntime: 0,
    CpusetCpus: '',
    CpusetMems: '',
    Devices: null,
    DeviceCgroupRules: null,
    DeviceRequests: deviceRequests(gpus),
    MemoryReservation: 0,
    MemorySwap: 0,
    MemorySwappiness: null,
    OomKillDisable: null,
    PidsLimit: null,
    Ulimits: null,
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
    MaskedPaths: null,
    ReadonlyPaths: null,
  };
}

export type ReplicaSetInfo = ReturnType<typeof renderInfo>;

function renderInfo(version: ContainerVersion) {
  return {
    version: version.version,
    createTime: createTime(version.createTime),
    config: config(version.spec, version.version),
    hostConfig: hostConfig(version),
    networkingConfig: NETWORKING_CONFIG,
    platform: PLATFORM,
    containerName: version.containerName,
    // Only where somebody removed it, or it is frozen: the API document knows no such fields.
    ...(version.diskLost === true && { disk: 'gone' as const }),
    ...(version.frozen === true && { frozen: true as const }),
  };
}

/** A version as it was made. Its GPUs and ports are those it was given, whether or not they are still held. */
export const replicaSetInfo: (version: ContainerVersion) => ReplicaSetInfo = renderInfo;

export interface ReplicaSetHistoryEntry {
  readonly version: number;
  readonly createTime: string;
  readonly status: ReplicaSetInfo;
}

/** Newest first. Versions that failed or were removed, and one that is still being made, are left out. */
export const replicaSetHistory = (replicaSet: ReplicaSet, page: Page = { limit: PAGE }): HistoryPage<ReplicaSetHistoryEntry> =>
  pageOf(replicaSet, page, (version) => {
    const status = replicaSetInfo(version);
    return { version: status.version, createTime: status.createTime, status };
  });

/** The operation on a name that is under way. */
export interface UnderWay {
  readonly kind: Operation['kind'];
  /** undo: a step failed, and the steps before it are being undone. */
  readonly phase: Operation['phase'];
}

export const underWay = (operation: Operation | null): UnderWay | null =>
  operation === null ? null : { kind: operation.kind, phase: operation.phase };

export interface ReplicaSetListEntry {
  readonly name: string;
  readonly version: number;
  readonly state: ReturnType<typeof shownState>;
  readonly containerName: string;
  readonly imageName: string;
  /** UUIDs held now. */
  readonly gpus: readonly string[];
  /** Container port → host port, held now. */
  readonly ports: Readonly<Record<string, number>>;
  /** ISO: the list is not the Go program's. */
  readonly createTime: string;
  readonly operation: UnderWay | null;
  readonly exitCode?: number;
  /** Why it is exited, failed or unknown; of a stopped or paused one, why its disk is not saved, or that its container is gone. */
  readonly reason?: string;
  /** Absent while none is set. */
  readonly policy?: Policy;
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** Every replicaSet by name, also one whose first version is still being made. */
export const replicaSetList = (state: State): ReplicaSetListEntry[] => [...replicaSetRows(state)];

/** The same one by one. */
export function* replicaSetRows(state: State): Generator<ReplicaSetListEntry, void, undefined> {
  for (const rs of [...state.replicaSets.values()].sort(byName)) {
    const version = currentVersion(rs) ?? rs.versions.at(-1);
    if (version === undefined) continue;
    yield {
      name: rs.name,
      version: version.version,
      state: shownState(rs),
      containerName: version.containerName,
      imageName: version.spec.imageName,
      gpus: rs.gpus,
      ports: Object.fromEntries(rs.ports.map((p) => [p.containerPort, p.hostPort])),
      createTime: version.createTime,
      operation: underWay(rs.operation),
      ...(rs.exitCode !== undefined && { exitCode: rs.exitCode }),
      ...reasonOf(rs),
      ...(rs.policy !== undefined && { policy: rs.policy }),
    };
  }
}

function reasonOf({ missing, state, stateReason, restarts }: ReplicaSet): { readonly reason?: string } {
  if (missing !== undefined) return { reason: `its container has not been in Docker since ${missing.since}` };
  if (restarts === undefined || (state !== 'exited' && state !== 'failed')) return stateReason === undefined ? {} : { reason: stateReason };
  const { tries, since, refused } = restarts;
  const tried = tries === 0 ? undefined : `started again ${tries === 1 ? 'once' : `${tries} times in a row`}, last ended at ${since}`;
  const waits = refused === undefined ? undefined : `waits to be started again: ${refused.message}`;
  const parts = [stateReason, tried, waits].filter((part) => part !== undefined);
  return parts.length === 0 ? {} : { reason: parts.join('; ') };
}
