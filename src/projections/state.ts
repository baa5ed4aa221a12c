// The state that the log folds to. It is all that the service knows: every view is rendered from it.
import { type EventType, LEVEL, levelOf, SECRETS_LEVEL } from '../events/catalogue.ts';
import type { CommandMeta, Head } from '../events/envelope.ts';
import { EMPTY_HEAD } from '../events/envelope.ts';
import type { Gpu } from '../events/host.ts';
import type { OperationKind } from '../events/operation.ts';
import type { AnonymousVolume, BaseImage, ContainerSpec, Disk, Policy, PortMapping } from '../events/shapes.ts';
import { replicaSetOfStream, volumeOfStream } from '../events/stream.ts';
import type { ApiKey, GpuTime, Owned } from './keys/api-keys.ts';
import { KeyedCommands } from './keys/keyed-commands.ts';

/** planned → created → running → exited → removed; `created` may go back to `planned` when a host port was taken. */
type ContainerState = 'planned' | 'created' | 'running' | 'exited' | 'removed';

export interface ContainerVersion {
  version: number;
  containerName: string;
  /** ISO time of ContainerVersionCreated. */
  createTime: string;
  reason: 'run' | 'patch' | 'rollback' | 'restart';
  /** The version whose saved disk this one started from. */
  diskOf?: number;
  spec: ContainerSpec;
  /** The GPUs that it was given. They are held now only if the replicaSet's `gpus` has them. */
  gpus: string[];
  ports: PortMapping[];
  container: ContainerState;
  containerId?: string;
  /** It is running, and its processes stand still. */
  frozen?: true;
  disk?: Disk;
  /** The saved disk that its container was made from, where that disk's version was removed, or has another disk, meanwhile. */
  madeFrom?: string;
  /** One per path: the ones of the version whose disk it started from, also where a bind hides one, and the ones that Docker made for it. */
  anonymousVolumes: AnonymousVolume[];
  /** The image of `disk` is not in Docker any more: somebody removed it. */
  diskLost?: true;
  /** The container was started after `disk` was saved: what it has written since is not in it. */
  diskStale?: true;
  /** Why it never ran. Such a version is dropped when the operation that made it has been undone. */
  failed?: string;
  /** Its container carries no label of ours: it is known by its id alone. */
  unlabelled?: true;
}

/** Not in Docker since that event (ISO time): it may come back, and holds what it holds. */
interface Missing {
  since: string;
  seq: number;
}

/** The deaths of a container in a row, and the tries of the service to start it again. */
export interface Restarts {
  /** Deaths of its own, the first included. */
  exits: number;
  /** Tries that began, whatever their outcome. */
  tries: number;
  /** ISO time of the last death, or of the last try that failed. */
  since: string;
  /** The last death came with the machine or with Docker. */
  withHost?: true;
  /** Why the next try cannot begin; `since` (ISO time) is when that was recorded. */
  refused?: { message: string; since: string };
}

/** `failed`: the container is gone or cannot be started. */
export type ReplicaSetState = 'starting' | 'running' | 'paused' | 'stopped' | 'exited' | 'failed';

/** A command under way, from its first event to its end. Folded from its events, so that a restart knows which step comes now. */
export interface Operation {
  id: string;
  kind: OperationKind;
  command: CommandMeta;
  /** ISO time of its first event. */
  since: string;
  from?: number;
  to?: number;
  imageName?: string;
  /** Seconds from SIGTERM to SIGKILL that a stop's request gave. */
  stopTimeout?: number;
  /** Its stop has no grace period any more. */
  cutShort?: true;
  /** The replicaSet's state when the operation began: an undo restores it. */
  before: ReplicaSetState;
  /** Leases when the operation began: an undo releases all others. */
  held: { gpus: string[]; ports: PortMapping[] };
  phase: 'forward' | 'undo';
  /** The outcomes of its steps so far, in the order of the log. */
  done: EventType[];
  /** Host ports that turned out to be taken when a container was started. */
  conflicts: number[];
  /** The last of them, from PortConflictFound until the new container is removed to be made again. */
  conflict?: number;
  /** Why an undo could not start the old container again. */
  restoreFailed?: string;
  /** `output`: what a container that ended at once had printed last. */
  failure?: { step: string; message: string; output?: string[] };
}

export interface ReplicaSet {
  name: string;
  host: string;
  /** The actor who ran it. */
  owner: string;
  uid: string;
  image: BaseImage;
  /** Ascending by number. Versions that failed or were removed are missing from it. */
  versions: ContainerVersion[];
  /** The highest number that a version of this life of the name had. */
  lastVersion: number;
  /** Names of anonymous volumes that only removed versions named: they may still be in Docker. */
  leftVolumes: string[];
  /** The version that the client sees; 0 while the first is being made. */
  current: number;
  state: ReplicaSetState;
  /** Why it is exited or failed; of a stopped or paused one, why its disk is not saved, or where its container is. */
  stateReason?: string;
  exitCode?: number;
  gpus: string[];
  ports: PortMapping[];
  /** Absent until one was set: the server's options hold. */
  policy?: Policy;
  /** Set while the current version's container is missing; `state` is then the one before. */
  missing?: Missing;
  /** When the current container last began to run, as far as the log knows. */
  began?: { time: string; seq: number };
  /** Absent while it has not died since it last ran well, or since a client last changed it. */
  restarts?: Restarts;
  operation: Operation | null;
  /** Sequence of the stream's last event. */
  seq: number;
}

export interface VolumeVersion {
  version: number;
  volumeName: string;
  createTime: string;
  size: string;
  bytes: number;
  from?: number;
  state: 'planned' | 'ready' | 'retired' | 'removed' | 'failed' | 'vanished';
  enforced?: boolean;
  /** It carries no label of ours. */
  unlabelled?: true;
}

/** The version of a name that a thing in Docker without labels of ours is. */
export interface UnlabelledAt {
  name: string;
  version: number;
}

export interface Volume {
  name: string;
  host: string;
  /** The actor who made it. */
  owner: string;
  uid: string;
  /** Ascending by number. Versions that failed are missing from it. */
  versions: VolumeVersion[];
  /** The highest number that a version of this life of the name had. */
  lastVersion: number;
  current: number;
  /** Set while the current version is missing. */
  missing?: Missing;
  operation: Operation | null;
  seq: number;
}

interface GpuState extends Gpu {
  /** False: the driver does not report it any more. */
  present: boolean;
  /** The name of the replicaSet that holds it. */
  holder: string | null;
  /** ISO time since when it is held; absent while it is free. */
  since?: string;
}

/** The machine and the Docker that the host was last bound to, by a start or an adoption; '' for what the machine has never said. */
export interface HostBinding {
  hostId: string;
  machineId: string;
  engineId: string;
  dataRoot: string;
  storageDriver: string;
}

/** The log was put back to an earlier moment by that event, and Docker was not found to agree with it since. */
export interface Restored {
  seq: number;
  /** ISO time; later than every event before it. */
  time: string;
  by: string;
  /** Events that are lost at least. */
  lost: number;
}

export interface Host {
  /** The host's name in the log, given at its first start: a key that never changes. */
  name: string;
  /** The machine's name now, where it is another than the one in the log. */
  label?: string;
  /** Absent until a server that knows of ids has started on it. */
  identity?: HostBinding;
  gpus: GpuState[];
  portRange: { start: number; end: number } | null;
  /** Held host ports, each with the name of the replicaSet that holds it. */
  ports: Map<number, string>;
  /** The highest log level that its server reads, as that one said when it last started. */
  reads: number;
  /** The machine's boot, and the sequence of the event that first named it; 0 for the first boot that the log knows. */
  boot?: { id: string; seq: number };
  /** While it is set, nothing is given or started on the host. */
  restored?: Restored;
}

interface Execution {
  id: string;
  replicaSet: string;
  version: number;
  startedAt: string;
  /** The key of its command in `commands`, if it was sent with an Idempotency-Key. */
  key?: string;
}

export interface State {
  head: Head;
  /** Time of the last event, '' on an empty log. */
  time: string;
  logId: string;
  /** Event types of higher levels must not be written yet. An empty log has the level of this release, which creates it. */
  logLevel: number;
  /** The latest release that the log names; '' while it names none. */
  release: string;
  /** The last LogRestored: a host that the log does not know yet is restored by it, too. */
  restored?: Restored;
  hosts: Map<string, Host>;
  replicaSets: Map<string, ReplicaSet>;
  volumes: Map<string, Volume>;
  /** By unlabelledKey; without those that Docker has no more. */
  unlabelled: Map<string, UnlabelledAt>;
  /** Executes that have no outcome yet. */
  executions: Map<string, Execution>;
  /** By keyOf. */
  commands: KeyedCommands;
  /** API keys by name, the revoked ones too. */
  keys: Map<string, ApiKey>;
  /** By owner; who owns nothing is not in it. */
  owned: Map<string, Owned>;
  gpuTime: GpuTime;
}

export const initialState: State = {
  head: EMPTY_HEAD,
  time: '',
  logId: '',
  logLevel: LEVEL,
  release: '',
  hosts: new Map(),
  replicaSets: new Map(),
  volumes: new Map(),
  unlabelled: new Map(),
  executions: new Map(),
  commands: KeyedCommands.none,
  keys: new Map(),
  owned: new Map(),
  gpuTime: { month: '', ms: new Map() },
};

/** Whether the log may hold events of this type. While it may not, what would need one is not done. */
export const writable = (state: Pick<State, 'logLevel'>, type: EventType): boolean => levelOf(type) <= state.logLevel;

/** Whether the log may hold sealed variables. While it may not, names that look secret are recorded as any others. */
export const sealsSecrets = ({ logLevel }: Pick<State, 'logLevel'>): boolean => logLevel >= SECRETS_LEVEL;

/**
 * The number of versions whose number is lower. While none is missing a version stands where its number points, and the current one is mostly
 * the last; otherwise it is found by halving: a draft of immer costs something for each element that is looked at.
 */
export function versionsBefore({ versions }: { readonly versions: readonly { readonly version: number }[] }, version: number): number {
  if (versions[version - 1]?.version === version) return version - 1;
  let low = 0;
  let high = versions.length;
  if (versions[high - 1]?.version === version) return high - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((versions[middle]?.version ?? version) < version) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function findVersion<V extends { version: number }>(of: { readonly versions: readonly V[] }, version: number): V | undefined {
  const found = of.versions[versionsBefore(of, version)];
  return found?.version === version ? found : undefined;
}

/** The key in `unlabelled` of a version that carries no label: its container's id, or its volume's name; undefined for all others. */
export function unlabelledKey(version: ContainerVersion | VolumeVersion): string | undefined {
  if (version.unlabelled !== true) return undefined;
  return 'volumeName' in version ? volumeKey(version.volumeName) : version.containerId;
}

/** Of a volume by its name in Docker; no container's id has a slash. */
export const volumeKey = (volumeName: string): string => `${VOLUME}${volumeName}`;
const VOLUME = 'volume/';
export const isVolumeKey = (key: string): boolean => key.startsWith(VOLUME);

/** It was removed: what has its volume's name from now on is another's, and nothing without labels is looked for on its account. */
export function forgetUnlabelled(state: State, version: ContainerVersion | VolumeVersion | undefined): void {
  const key = version && unlabelledKey(version);
  if (key !== undefined) state.unlabelled.delete(key);
}

/** Whether its current container runs and its processes stand still. */
export const isFrozen = (rs: ReplicaSet): boolean => rs.state === 'running' && currentVersion(rs)?.frozen === true;

/** The state that the client sees. */
export function shownState(rs: ReplicaSet): ReplicaSetState | 'frozen' | 'unknown' {
  if (rs.missing !== undefined) return 'unknown';
  return isFrozen(rs) ? 'frozen' : rs.state;
}

/** The version's saved disk, where it can be used. */
export const usableDisk = ({ disk, diskLost }: ContainerVersion): Disk | undefined => (diskLost === true ? undefined : disk);

/** The version's saved disk, where it can be used and has all that the version wrote. */
export const completeDisk = (version: ContainerVersion): Disk | undefined => (version.diskStale === true ? undefined : usableDisk(version));

/** The version that the client sees; undefined while the first is being made. */
export const currentVersion = (rs: ReplicaSet): ContainerVersion | undefined => findVersion(rs, rs.current);
export const currentVolumeVersion = (volume: Volume): VolumeVersion | undefined => findVersion(volume, volume.current);

/** The anonymous volumes that a version begins with: the ones of the version whose disk it starts from. */
export const anonymousVolumesBefore = (rs: ReplicaSet, diskOf: number | undefined): readonly AnonymousVolume[] =>
  (diskOf === undefined ? undefined : findVersion(rs, diskOf))?.anonymousVolumes ?? [];

/** Names of the anonymous volumes that only this version has. The version whose disk it started from may be gone, so all others are asked. */
export function anonymousVolumesOf(rs: ReplicaSet, { version, anonymousVolumes }: ContainerVersion): string[] {
  const only = new Set(anonymousVolumes.map(({ name }) => name));
  for (const other of rs.versions) {
    if (only.size === 0) break;
    if (other.version !== version) for (const { name } of other.anonymousVolumes) only.delete(name);
  }
  return [...only];
}

/** Names of the anonymous volumes of all versions, and of versions that were removed where the volumes may still be there. */
export const allAnonymousVolumes = (rs: ReplicaSet): string[] => [
  ...new Set([...rs.leftVolumes, ...rs.versions.flatMap(({ anonymousVolumes }) => anonymousVolumes.map(({ name }) => name))]),
];

/** The next version's number. A number is never used twice in one life of the name, also when its version is gone. */
export const nextVersion = ({ lastVersion }: { readonly lastVersion: number }): number => lastVersion + 1;

/** The host's part of the state; it is added when there is none yet. */
export function hostOf(state: State, name: string): Host {
  let host = state.hosts.get(name);
  if (host === undefined) {
    const { restored } = state;
    state.hosts.set(name, {
      name,
      gpus: [],
      portRange: null,
      ports: new Map(),
      reads: 1,
      ...(restored !== undefined && { restored: { ...restored } }),
    });
    host = state.hosts.get(name) as Host;
  }
  return host;
}

/** The replicaSet or volume that a stream is about; undefined when it does not exist. */
export function aggregateOf(state: State, stream: string): ReplicaSet | Volume | undefined {
  const replicaSet = replicaSetOfStream(stream);
  if (replicaSet !== null) return state.replicaSets.get(replicaSet);
  const volume = volumeOfStream(stream);
  return volume === null ? undefined : state.volumes.get(volume);
}

interface OpenOperation {
  readonly kind: 'replicaSet' | 'volume';
  readonly name: string;
  readonly host: string;
  readonly operation: Operation;
}

/** The operations that are under way, on all hosts. */
export function openOperations(state: State): OpenOperation[] {
  const open: OpenOperation[] = [];
  for (const { name, host, operation } of state.replicaSets.values())
    if (operation !== null) open.push({ kind: 'replicaSet', name, host, operation });
  for (const { name, host, operation } of state.volumes.values())
    if (operation !== null) open.push({ kind: 'volume', name, host, operation });
  return open;
}

export const isReplicaSet = (x: ReplicaSet | Volume): x is ReplicaSet => 'gpus' in x;
