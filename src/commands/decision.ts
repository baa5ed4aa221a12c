// A decider's input beside the state and the command, and its answer.
import type { NewEvent } from '../events/catalogue.ts';
import type { SealedVariable } from '../events/shapes.ts';
import { replicaSetStream, volumeStream } from '../events/stream.ts';
import type { ReplicaSet, State, Volume } from '../projections/state.ts';
import { missingSentence } from './host/absence.ts';
import type { RestartPolicy } from './host/restarts/next-try.ts';
import { roomProblem } from './host/room.ts';
import type { Room } from './outside/disk-usage.ts';
import type { GpuUser, InspectedImage } from './outside/engine.ts';
import type { SecretVariable } from './outside/secrets.ts';
import { cut } from './request/quoted.ts';

/** The reason why a command is rejected: `kind` chooses the HTTP status, `message` is a sentence that a person can act on. */
export interface Rejection {
  readonly code: number;
  readonly kind:
    | 'invalid'
    | 'not-found'
    | 'conflict'
    | 'exhausted'
    | 'impossible'
    | 'precondition'
    /** It is about a replicaSet or a volume of another host. */
    | 'misdirected'
    /** The key has no right to it, or its quota is used up. */
    | 'forbidden'
    | 'busy'
    /** Its client waits no longer, and it goes on: nothing is refused. */
    | 'late'
    | 'unavailable'
    | 'failed';
  readonly message: string;
  /** What a container that ended at once had printed last. */
  readonly output?: readonly string[];
}

export type Decision =
  | { readonly kind: 'events'; readonly events: readonly NewEvent[] }
  /** Nothing to do, nothing to log. */
  | { readonly kind: 'already' }
  | { readonly kind: 'rejected'; readonly rejection: Rejection }
  /** An operation is under way on one of these streams; decide again when it has ended. */
  | { readonly kind: 'wait'; readonly streams: readonly string[] }
  /** The facts were gathered for another state; gather again. */
  | { readonly kind: 'stale' };

export const accept = (...events: NewEvent[]): Decision => ({ kind: 'events', events });
export const already: Decision = { kind: 'already' };
/** Characters, at most: a message quotes what was sent, and is logged and retained. */
const LONGEST_MESSAGE = 1_000;

export const reject = (code: number, kind: Rejection['kind'], message: string): Decision => ({
  kind: 'rejected',
  rejection: { code, kind, message: cut(message, LONGEST_MESSAGE) },
});

/** The replicaSet that a command names, if no operation is open on it; else the decision to wait or to reject. */
export function idleReplicaSet(state: State, name: string, code: number): ReplicaSet | Decision {
  const rs = state.replicaSets.get(name);
  if (rs?.operation != null) return { kind: 'wait', streams: [replicaSetStream(name)] };
  return rs ?? reject(code, 'not-found', `replicaSet ${name} does not exist`);
}

/** The refusal of what takes room in the engine's storage; null while there is some, or where that is not known. */
export function refuseWithoutRoom({ room }: Facts, code: number): Decision | null {
  const problem = roomProblem(room);
  return problem === null ? null : reject(code, 'exhausted', problem);
}

/** As idleReplicaSet, but refused, too, while its container is missing from Docker. */
export function presentReplicaSet(state: State, name: string, code: number): ReplicaSet | Decision {
  const rs = idleReplicaSet(state, name, code);
  return isDecision(rs) || rs.missing === undefined ? rs : reject(code, 'unavailable', missingSentence(rs));
}

/** As idleReplicaSet. */
export function idleVolume(state: State, name: string, code: number): Volume | Decision {
  const volume = state.volumes.get(name);
  if (volume?.operation != null) return { kind: 'wait', streams: [volumeStream(name)] };
  return volume ?? reject(code, 'not-found', `volume ${name} does not exist`);
}

export const isDecision = (x: Decision | ReplicaSet | Volume): x is Decision => 'kind' in x;

/** A decider's questions about the outside, asked before it decides. All of them are about this host. */
export interface Needs {
  /** Host ports may have to be chosen. */
  readonly ports?: boolean;
  /** GPUs may have to be chosen. */
  readonly gpus?: boolean;
  /** Something is made that takes room in the engine's storage. */
  readonly room?: boolean;
  readonly image?: string;
  /** The name that a new image is to have. */
  readonly newImage?: string;
  readonly volumes?: readonly string[];
  readonly hostPaths?: readonly string[];
  /** Host paths that must exist. */
  readonly presentPaths?: readonly string[];
  /** The saved disk that a new version is to start from. */
  readonly disk?: string;
  /** The container whose system disk is to be saved must fit on the host's disk. */
  readonly savesDiskOf?: {
    readonly containerName: string;
    readonly name: string;
    readonly uid: string;
    readonly version: number;
    readonly id?: string;
  };
  /** Values to be sealed with the keys of this life; without `uid`: of the one that the command begins. */
  readonly seals?: { readonly uid?: string; readonly variables: readonly SecretVariable[] };
  /** Sealed variables that the new version carries on: whether this server can open them. */
  readonly opens?: { readonly uid: string; readonly variables: readonly SealedVariable[] };
  /** The volume whose users are to be known, and, where `measure`, how much is in it. */
  readonly volumeUse?: { readonly volume: string; readonly measure: boolean };
}

/** The answers. An entry that is missing was not asked for: the decision is stale. */
export interface Facts {
  /** Ports that somebody listens on; null: not asked. */
  readonly busyPorts: ReadonlySet<number> | null;
  /**
   * The containers outside this log that use GPUs; null: not asked. A decision judges by the GPUs that it knows which of them they use: one
   * may have come back since they were asked for.
   */
  readonly gpuUsers: readonly GpuUser[] | null;
  /** The room in the engine's storage; null: not known, or not asked. */
  readonly room: Room | null;
  /** Reference → the image's configuration, or null when it is not on the host. */
  readonly images: ReadonlyMap<string, InspectedImage | null>;
  /** Name of a new image → the image that has it already, or null. */
  readonly imageNames: ReadonlyMap<string, InspectedImage | null>;
  /** Volume name → whose volume Docker has by it. */
  readonly volumes: ReadonlyMap<string, VolumeSeen>;
  /** Path → its target when all links are followed, as far as it exists; null where the server cannot look. */
  readonly hostPaths: ReadonlyMap<string, string | null>;
  /** Of the paths that must exist, those that do not; none where Docker is remote. */
  readonly absentPaths: ReadonlySet<string>;
  /** Docker's own directory on the host, which no bind may reach either. Asked together with host paths; absent where Docker is remote. */
  readonly dataRoot?: string;
  /** Container name → the reason why its system disk cannot be saved; null when it can. */
  readonly diskProblems: ReadonlyMap<string, string | null>;
  /** Volume name → bytes used (or why that is not known), and who mounts it, managed or not. */
  readonly volumeUse: ReadonlyMap<string, VolumeUse>;
  /** The values to be sealed, in their order, and the life whose keys sealed them; absent: not asked for. */
  readonly sealed?: { readonly uid: string; readonly variables: readonly SealedVariable[] };
  /** Sealed text → whether this server can open it. */
  readonly canOpen: ReadonlyMap<string, boolean>;
}
/** A volume that this log made, one that an operator has marked as to be mounted, or any other one. */
export type VolumeSeen = 'none' | 'ours' | 'marked' | 'other';

export interface VolumeUse {
  /** Absent when it was not measured. */
  readonly usedBytes?: number | { readonly problem: string };
  readonly users: readonly { readonly containerName: string; readonly running: boolean }[];
}

export const noFacts: Facts = {
  busyPorts: new Set(),
  gpuUsers: [],
  room: null,
  images: new Map(),
  imageNames: new Map(),
  volumes: new Map(),
  hostPaths: new Map(),
  absentPaths: new Set(),
  diskProblems: new Map(),
  volumeUse: new Map(),
  canOpen: new Map(),
};

/** The server's own settings that deciders and operations go by. */
export interface Settings {
  readonly host: string;
  /** Seconds from SIGTERM to SIGKILL when a version is replaced. */
  readonly replaceGrace: number;
  /** Seconds from SIGTERM to SIGKILL on stop and pause. */
  readonly stopTimeout: number;
  /** The longest such time that a request may ask for, seconds. A longer one in the log is cut to it when it is carried out. */
  readonly maxStopTimeout: number;
  /** Milliseconds for which a new container is watched before it counts as running. */
  readonly settleMs: number;
  readonly strictVolumes: boolean;
  /** Versions of a name that are retained, the current one included, where its policy does not say; 0 or absent: all. */
  readonly keepVersions?: number;
  /** Whether a container that died is started again, where its name has no policy: `always`, `no`, or `on-failure:N`. */
  readonly restart: RestartPolicy;
  /** False: GPUs are simulated and Docker is not asked for devices. */
  readonly requestDevices: boolean;
  /** Roots of the host paths that binds may name; empty: none may be named. */
  readonly allowBind: readonly string[];
  /** Directories of the system, which hand the host over: an allowed root above one does not cover it. */
  readonly forbiddenPaths: readonly string[];
  /** Paths of Docker and of this service: no bind may name, hold or lie in one, whatever is allowed. */
  readonly protectedPaths: readonly string[];
  /** Docker may make a host path that does not exist. */
  readonly createBinds: boolean;
  /** The volumes that binds may name: those of this log and those that an operator marked, or any. */
  readonly allowVolumes: 'managed' | 'any';
  /** Registries that an image which is not on the host is pulled from, as `isFrom` takes them; absent or empty: nothing is pulled. */
  readonly pullFrom?: readonly string[];
}

/** Who orders a command, and when. */
export interface By {
  readonly actor: string;
  /** The name of his API key; absent where none was needed: then every right is there while there are no keys, and no quota. */
  readonly key?: string;
  /** Which of that name's keys it is: a new one gives no right to what the one before it was used for. */
  readonly keyId?: string;
  /** Ms since the epoch, by the clock of this machine. */
  readonly now: number;
}

/** A decider's whole input beside the state and the command. */
export interface Context {
  readonly settings: Settings;
  readonly facts: Facts;
  /** The command's id, which becomes the operation's. */
  readonly id: string;
  /** Absent where the service itself decides. */
  readonly by?: By;
}
