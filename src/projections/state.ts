// The state that the log folds to. Nothing else in the service remembers anything: every view is rendered from this.
import type { EventType } from '../events/catalogue.ts';
import type { CommandMeta, Head } from '../events/envelope.ts';
import { EMPTY_HEAD } from '../events/envelope.ts';
import type { OperationKind } from '../events/operation.ts';
import type { AnonymousVolume, BaseImage, ContainerSpec, Disk, PortMapping } from '../events/shapes.ts';
import { parseStream } from '../events/stream.ts';

/** planned → created → running → exited → removed; `created` may go back to `planned` when a host port was taken. */
export type ContainerState = 'planned' | 'created' | 'running' | 'exited' | 'removed';

export interface ContainerVersion {
  version: number;
  containerName: string;
  /** ISO time of ContainerVersionCreated. */
  createTime: string;
  reason: 'run' | 'patch' | 'rollback' | 'restart';
  /** The version whose saved disk it started from. */
  diskOf?: number;
  spec: ContainerSpec;
  /** What it was given; held now only if the replicaSet's `gpus` says so. */
  gpus: string[];
  ports: PortMapping[];
  container: ContainerState;
  containerId?: string;
  disk?: Disk;
  /** Why it never ran: it is no version to roll back to. */
  failed?: string;
}

/** What the client sees. `failed`: its container is gone or cannot be started. */
export type ReplicaSetState = 'starting' | 'running' | 'paused' | 'stopped' | 'exited' | 'failed';

/** From a command's first event to its end; folded from its events, so a restart knows which step comes now. */
export interface Operation {
  id: string;
  kind: OperationKind;
  command: CommandMeta;
  from?: number;
  to?: number;
  imageName?: string;
  /** The old version's state when the operation began: an undo puts it back. */
  before: ReplicaSetState;
  /** What was held when the operation began: an undo gives back all else. */
  held: { gpus: string[]; ports: PortMapping[] };
  phase: 'forward' | 'undo';
  /** Steps whose outcome is in the log, in the order they ended. */
  done: EventType[];
  /** Host ports that were found taken while starting. */
  conflicts: number[];
  /** Set by PortConflictFound until the new container is removed to be made anew. */
  conflict?: number;
  /** An undo could not start the old container again. */
  restoreFailed?: string;
  failure?: { step: string; message: string };
}

export interface ReplicaSet {
  name: string;
  host: string;
  uid: string;
  image: BaseImage;
  /** Ascending; failed ones included. */
  versions: ContainerVersion[];
  /** The version that the client sees; 0 while the first is being made. */
  current: number;
  state: ReplicaSetState;
  /** Why it is exited or failed. */
  stateReason?: string;
  exitCode?: number;
  gpus: string[];
  ports: PortMapping[];
  anonymousVolumes: AnonymousVolume[];
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
}

export interface Volume {
  name: string;
  host: string;
  uid: string;
  versions: VolumeVersion[];
  current: number;
  operation: Operation | null;
  seq: number;
}

export interface GpuState {
  gpu: string;
  index: number;
  name: string;
  memoryMiB: number;
  present: boolean;
  /** The replicaSet that holds it. */
  holder: string | null;
}

export interface Host {
  name: string;
  gpus: GpuState[];
  portRange: { start: number; end: number } | null;
  /** Held host ports and the replicaSet that holds each. */
  ports: Map<number, string>;
}

export interface Execution {
  id: string;
  replicaSet: string;
  version: number;
  startedAt: string;
}

/** A command that was sent with an Idempotency-Key: what a retry is answered with. Kept for KEY_KEPT_MS. */
export interface KeyedCommand {
  id: string;
  bodyHash: string;
  stream: string;
  /** Of its first event. */
  time: string;
  /** The version that it makes. */
  version?: number;
  /** Null while it is under way. For an execute the exit code is kept, not the output, and why it was cut short or could not be begun. */
  outcome: { ok: true; exitCode?: number | null; failure?: string } | { ok: false; code: number; message: string } | null;
}

export interface State {
  head: Head;
  /** Time of the last event, '' on an empty log. */
  time: string;
  logId: string;
  hosts: Map<string, Host>;
  replicaSets: Map<string, ReplicaSet>;
  volumes: Map<string, Volume>;
  /** Executes without an outcome yet. */
  executions: Map<string, Execution>;
  /** By Idempotency-Key, oldest first. */
  commands: Map<string, KeyedCommand>;
}

export const initialState: State = {
  head: EMPTY_HEAD,
  time: '',
  logId: '',
  hosts: new Map(),
  replicaSets: new Map(),
  volumes: new Map(),
  executions: new Map(),
  commands: new Map(),
};

export const findVersion = <V extends { version: number }>(of: { readonly versions: readonly V[] }, version: number): V | undefined =>
  of.versions.find((v) => v.version === version);

/** The version that the client sees. */
export const currentVersion = (rs: ReplicaSet): ContainerVersion | undefined => findVersion(rs, rs.current);
export const currentVolumeVersion = (volume: Volume): VolumeVersion | undefined => findVersion(volume, volume.current);

/** The next version's number: never one that was used in this life of the name. */
export const nextVersion = (of: { readonly versions: readonly { readonly version: number }[] }): number =>
  (of.versions.at(-1)?.version ?? 0) + 1;

/** The host's part of the state, made where there is none yet. */
export function hostOf(state: State, name: string): Host {
  let host = state.hosts.get(name);
  if (host === undefined) {
    state.hosts.set(name, { name, gpus: [], portRange: null, ports: new Map() });
    host = state.hosts.get(name) as Host;
  }
  return host;
}

/** The replicaSet or volume that a stream is about, if it exists. */
export function aggregateOf(state: State, stream: string): ReplicaSet | Volume | undefined {
  const parsed = parseStream(stream);
  if (parsed?.kind === 'replicaSet') return state.replicaSets.get(parsed.name);
  return parsed?.kind === 'volume' ? state.volumes.get(parsed.name) : undefined;
}

export const isReplicaSet = (x: ReplicaSet | Volume): x is ReplicaSet => 'gpus' in x;
