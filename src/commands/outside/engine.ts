// The port to the container engine. infra/ has one over Docker and one in memory; one contract test runs over both.
// Every call that changes something is safe to repeat: "already so" is success.

import type { AnonymousVolume, BaseImage, Bind, ContainerSpec, Disk, SealedVariable } from '../../events/shapes.ts';
import type { ContainerFacts, ContainerSeen } from './container-facts.ts';
import type { DiskUsage, Room, SavedDisk } from './disk-usage.ts';
import type { EngineErrorKind } from './engine-error.ts';
import type { EngineInfo } from './engine-info.ts';
import type { MadeAs, Owned, UnlabelledFound } from './owned.ts';
import type { OnProgress, Progress } from './progress.ts';
import type { OpenedSecrets } from './secrets.ts';

export type { ContainerFacts, ContainerSeen } from './container-facts.ts';
export type { EngineIds, EngineInfo } from './engine-info.ts';

/**
 * The labels on everything that we make in Docker. A thing without all of them, or with another log's id, is never stopped or removed, but for what the
 * log has taken in without (unlabelled.ts).
 */
export interface Owner {
  /** The id of the log (LogCreated). */
  readonly log: string;
  /** The replicaSet's or volume's name. */
  readonly name: string;
  readonly uid: string;
  readonly version: number;
  /** The operation that makes it: its command's id. */
  readonly operation: string;
}

/** A container of ours: its Docker name and whose it is; by `id` where it is known. */
export interface ContainerRef {
  readonly containerName: string;
  readonly owner: Omit<Owner, 'operation'>;
  readonly id?: string;
}

export interface CreateContainer {
  readonly containerName: string;
  readonly owner: Owner;
  /** The base image's id, or the id of a saved disk. */
  readonly image: string;
  /** True when `image` is a saved disk: the configuration that the commit baked into it is undone against `base`. */
  readonly fromDisk: boolean;
  readonly base: BaseImage;
  /**
   * The client's spec, without the fields from which something was chosen: the image, the GPUs and the host ports stand beside it. Of a bind,
   * `resolved` is mounted where there is one, never `src`.
   */
  readonly spec: Omit<ContainerSpec, 'imageName' | 'gpuCount' | 'containerPorts'>;
  /** Noted on the container, for a log that has lost it. */
  readonly madeAs?: MadeAs;
  /** Anonymous volumes of the version before, mounted by name. */
  readonly anonymousVolumes: readonly AnonymousVolume[];
  /** Empty: no device request is sent and NVIDIA_VISIBLE_DEVICES is set to void. */
  readonly gpus: readonly string[];
  /** False for simulated GPUs: nothing about GPUs is sent to Docker. */
  readonly requestDevices: boolean;
  readonly ports: readonly { readonly containerPort: string; readonly hostPort: number }[];
}

/** The container as one inspect after the start saw it. */
export type StartResult =
  | { readonly started: true; readonly exitCode?: number }
  /** Somebody else listens on the host port (`hostPort` where the engine's message says which). */
  | { readonly started: false; readonly why: 'port-taken'; readonly hostPort?: number; readonly message: string }
  | {
      readonly started: false;
      readonly why: 'failed';
      /** Absent where it never ran. */
      readonly exitCode?: number;
      readonly message: string;
      /** Its last lines of output, without secret values; absent where there are none, or none may be shown. */
      readonly output?: readonly string[];
    };

export interface CommitHow {
  /** The name whose image it is: nobody else runs it by its name. Absent: everybody's. */
  readonly committer?: string;
  /** It is frozen, and stays so. */
  readonly frozen?: boolean;
}

/** The steps of operations: each is a single call of the engine that is harmless to repeat. */
interface StepRequests {
  readonly createContainer: { readonly version: number; readonly request: CreateContainer };
  readonly startContainer: {
    readonly version: number;
    readonly container: ContainerRef;
    readonly settleMs: number;
    /** The host paths that it mounts: right before the start they are looked at again. */
    readonly hostBinds?: readonly Bind[];
    /** Secret variables whose values its output may hold. */
    readonly secretEnv?: readonly SealedVariable[];
  };
  readonly stopContainer: { readonly version: number; readonly container: ContainerRef; readonly graceSeconds: number };
  readonly freezeContainer: { readonly version: number; readonly container: ContainerRef };
  readonly thawContainer: { readonly version: number; readonly container: ContainerRef };
  readonly saveDisk: { readonly version: number; readonly container: ContainerRef; readonly operation: string };
  readonly removeContainer: {
    readonly version: number;
    readonly container: ContainerRef;
    readonly anonymous: boolean;
    /** Volumes that are known to have been made for it: they go even when somebody else removed the container and left them. */
    readonly anonymousVolumes?: readonly string[];
  };
  readonly discardDisk: { readonly version: number; readonly image: string };
  readonly removeDisks: { readonly owner: Pick<Owner, 'log' | 'name' | 'uid'>; readonly anonymousVolumes: readonly string[] };
  readonly commitImage: {
    readonly version: number;
    readonly container: ContainerRef;
    readonly imageName: string;
    readonly operation: string;
  } & CommitHow;
  readonly createVolume: {
    readonly version: number;
    readonly volume: string;
    readonly owner: Owner;
    readonly size: string;
    readonly bytes: number;
    readonly strict: boolean;
  };
  readonly copyVolume: {
    readonly from: string;
    readonly to: string;
    readonly fromVersion: number;
    readonly toVersion: number;
    readonly operation: string;
  };
  readonly removeVolume: { readonly version: number; readonly volume: string; readonly owner: Omit<Owner, 'operation'> };
}

/** The findings of a step that went well; a step that is not here finds nothing. */
interface StepFindings {
  readonly createContainer: { readonly containerId: string; readonly anonymousVolumes: AnonymousVolume[] };
  readonly startContainer: { readonly start: StartResult };
  readonly stopContainer: { readonly exitCode: number };
  readonly removeContainer: { readonly found: boolean };
  readonly saveDisk: { readonly disk: Disk };
  readonly commitImage: { readonly imageId: string };
  readonly createVolume: { readonly enforced: boolean };
  readonly copyVolume: { readonly entries: number; readonly bytes: number };
}

export type StepName = keyof StepRequests;
export type StepOf<K extends StepName> = { [P in K]: { readonly do: P } & StepRequests[P] }[K];
export type Step = StepOf<StepName>;

type Findings<K extends StepName> = K extends keyof StepFindings ? StepFindings[K] : unknown;
export type StepResultOf<K extends StepName> = { [P in K]: { readonly ok: true; readonly do: P } & Findings<P> }[K];
export interface StepFailure {
  readonly ok: false;
  readonly do: StepName;
  readonly error: { readonly kind: Exclude<EngineErrorKind, 'unavailable'>; readonly message: string };
}
/** The engine's answer. `unavailable` never comes here: the step is tried again until there is an answer. */
export type StepResult = StepResultOf<StepName> | StepFailure;

/** A container with our labels. */
export interface LabelledContainer extends Omit<Owner, 'operation'> {
  readonly id: string;
}

/** A running container outside of this log that uses GPUs. */
export interface GpuUser {
  readonly containerName: string;
  /** The log that it carries the labels of; null where it carries none of ours. */
  readonly log: string | null;
  /** Each by UUID or by index, as the container names it. `all` also where the engine does not say which. */
  readonly gpus: readonly string[] | 'all';
}

/** A log of which this engine has containers or volumes, by their names. */
export interface OtherLog {
  readonly log: string;
  readonly containers: readonly string[];
  readonly volumes: readonly string[];
}

export interface ExecRequest {
  readonly cmd: readonly string[];
  readonly workDir?: string;
  /** Bytes of output to return at most; the rest is dropped and `truncated` set. */
  readonly maxOutputBytes: number;
  /** After this many ms the command and all its children are killed. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface ExecResult {
  /** Null when the command was cut off and its end was not seen. */
  readonly exitCode: number | null;
  /** stdout and stderr as they came, decoded as UTF-8 (bad bytes replaced). */
  readonly stdout: string;
  readonly outputBytes: number;
  readonly truncated: boolean;
  readonly timedOut: boolean;
  readonly aborted: boolean;
}

/** Which part of a container's output is wanted. */
export interface OutputRequest {
  /** Goes on until the container has ended. */
  readonly follow: boolean;
  /** Lines from the end; absent: all. */
  readonly tail?: number;
  /** Nothing that was printed before it, ms since the epoch. */
  readonly sinceMs?: number;
  /** Nothing that was printed before its last start, by the engine's clock. */
  readonly sinceStart?: true;
  /** Each line begins with the time at which it was printed. */
  readonly timestamps: boolean;
  /** Ends the reading. */
  readonly signal: AbortSignal;
}

/** What a pull has got, and whether it can get more. */
export interface PullPace {
  /** Bytes that were downloaded so far; those of a layer that is begun again count again. */
  readonly bytes: number;
  /** Of the layers that are missing the engine has begun none: downloads of others come first. */
  readonly isQueued: boolean;
}

export interface PullRequest {
  /** Ends the pull. */
  readonly signal?: AbortSignal;
  /** Called whenever the pull has come further, or has to wait. */
  readonly onProgress?: (progress: Progress, pace: PullPace) => void;
}

/** An image that Docker has, with its origin as its labels tell it. */
export interface InspectedImage extends BaseImage {
  /** It is the saved system disk of a replicaSet, of this log or another. */
  readonly savedDisk?: true;
  /** The replicaSet that it was committed from, as `imageOrigin` writes it. */
  readonly committedFrom?: string;
  /** The name of the key of scope own that it was committed with. */
  readonly committedBy?: string;
}

/** One life of a replicaSet, as the label of the images that are committed from it has it. */
export const imageOrigin = ({ log, name, uid }: Pick<Owner, 'log' | 'name' | 'uid'>): string => `${log}/${name}/${uid}`;

/**
 * The variables by which an NVIDIA runtime is asked for devices. They are the allocator's alone. The last four ask for devices of the host that all
 * tenants share: NVSwitch, InfiniBand, GPUDirect Storage, GDRCopy.
 */
export const GPU_VARIABLES = [
  ...['NVIDIA_VISIBLE_DEVICES', 'NVIDIA_MIG_CONFIG_DEVICES', 'NVIDIA_MIG_MONITOR_DEVICES', 'NVIDIA_IMEX_CHANNELS'],
  ...['NVIDIA_NVSWITCH', 'NVIDIA_MOFED', 'NVIDIA_GDS', 'NVIDIA_GDRCOPY'],
];

/** The label, with the value `true`, by which an operator lets a volume of his own be mounted. */
export const ALLOW_LABEL = 'gpu-docker-api.allow';

export interface VolumeFacts {
  readonly name: string;
  /** An operator has marked it with ALLOW_LABEL. */
  readonly marked?: true;
  /** Set when the volume carries our labels, or the log has taken it in without. */
  readonly owner?: Omit<Owner, 'operation'>;
  /** The directory of its files on the host; undefined when they cannot be reached from here. */
  readonly mountpoint?: string;
  /** The engine's own size option, as given at creation. */
  readonly sizeOption?: string;
  /** These two of one with our labels: as it was asked for (absent on one of an earlier release), and in bytes. */
  readonly size?: string;
  readonly bytes?: number;
  /** When it was made, or its files last changed at the top, ISO time. */
  readonly createTime?: string;
  /** Its files are somewhere else, and at its mountpoint only while a container has it mounted. */
  readonly special?: true;
}

/** `unfinished`: a copy into it was begun and has not come to its end. */
export type VolumeContent = 'unfinished' | 'empty' | 'filled';

export interface ContainerEngine {
  info(): Promise<EngineInfo>;
  /** The time at which the engine came up, ms since the epoch by its own clock; null where it does not say. */
  startedAt(): Promise<number | null>;

  /** The image's configuration and origin; null when it is not there. */
  inspectImage(reference: string): Promise<InspectedImage | null>;
  /** Pulls, however long it takes; throws EngineError('not-found') when the registry does not have it. */
  pullImage(reference: string, request?: PullRequest): Promise<void>;

  /**
   * 409 with our own labels and operation is success (a `created` one is reused); with others EngineError('conflict'). `secrets`: the values of
   * the request's secretEnv.
   */
  createContainer(request: CreateContainer, secrets?: OpenedSecrets): Promise<{ containerId: string; anonymousVolumes: AnonymousVolume[] }>;
  /**
   * Starts and looks: after `settleMs` (0: at once) it must run, or have exited with 0. Already running is success, frozen or not. `hostPaths`: where its
   * binds of host paths lead; one that has mounted something else in the place of any is stopped, where the engine's containers can be seen
   * from here.
   */
  startContainer(container: ContainerRef, settleMs: number, hostPaths?: readonly string[]): Promise<StartResult>;
  /**
   * The end of what it has printed: 50 lines or more, or all of it, and 256 KiB at most; '' where it cannot be read. Secret values may be in it, and
   * whatever else a program prints.
   */
  lastOutput(container: ContainerRef): Promise<string>;
  /** Sentences on what of the limits of new containers does not hold on this engine. Makes the network for them where it is missing. */
  limitProblems(): Promise<readonly string[]>;
  /** Not running is success; a frozen one gets its signal, and goes on until it has ended. Throws EngineError('not-found') when it is gone. */
  stopContainer(container: ContainerRef, graceSeconds: number): Promise<{ exitCode: number }>;
  /** Its processes stand still from here on. Frozen already is success. Throws conflict when it does not run, and not-found when it is gone. */
  freezeContainer(container: ContainerRef): Promise<void>;
  /** Its processes go on. Not frozen is success. Throws as freezeContainer. */
  thawContainer(container: ContainerRef): Promise<void>;
  /**
   * Gone is success, `found` false. `anonymous`: also the anonymous volumes that Docker made for it. A running one is killed; with
   * `onlyIfNeverRan` one that was ever started is left alone, and EngineError('conflict') thrown.
   */
  removeContainer(container: ContainerRef, anonymous: boolean, onlyIfNeverRan?: boolean): Promise<{ found: boolean }>;
  /**
   * Saves the system disk of a stopped container as an image, tagged `gpu-docker-api/disk:<containerName>`. Made once per
   * operation: repeating finds it by its labels. Throws EngineError('no-space') before anything is written when the changes may
   * not fit. Flattens when the chain of layers nears the engine's limit. The image holds no value of a secret variable.
   */
  saveDisk(container: ContainerRef, operation: string, onProgress?: OnProgress): Promise<Disk>;
  /** Throws EngineError('no-space') when the container's system disk would not fit on the host's disk if it were saved now. */
  checkDiskSpace(container: ContainerRef): Promise<void>;
  /** Removes one saved disk of ours. True when it is gone; false when it is in use, or others are built on it: left for later. */
  removeDisk(image: string): Promise<boolean>;
  /** Removes all saved disks of one life of a name, newest first. */
  removeDisks(owner: Pick<Owner, 'log' | 'name' | 'uid'>): Promise<void>;
  /** The saved disks of this log: image ids with whose they are. */
  listDisks(log: string): Promise<readonly SavedDisk[]>;
  /** Counts the bytes of all that this log has here; slow where there is much, and not twice at the same time. */
  diskUsage(log: string): Promise<DiskUsage>;
  /** The room where the engine's data root is; null where that is not known from here. */
  room(): Promise<Room | null>;
  /**
   * Commits as a user's image, which is none of ours: it has no label but its origin and its committer, and no value of a secret variable. Throws
   * EngineError('conflict') where the name is on an image of another origin. A paused one that is not `frozen` by order was left so by an earlier try:
   * it is unpaused first. Gives the image's id.
   */
  commitImage(container: ContainerRef, imageName: string, operation: string, how?: CommitHow): Promise<{ imageId: string }>;
  exec(container: ContainerRef, request: ExecRequest): Promise<ExecResult>;
  /**
   * stdout and stderr of a container as they came, whether it runs or not. Throws EngineError('refused') where its log driver cannot be read. The
   * iteration throws where the output breaks off before its end.
   */
  readOutput(container: ContainerRef, request: OutputRequest): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Every container that carries our labels with this log's id, running or not. `known` gives the facts of those that need not be asked for: all
   * others cost a request each.
   */
  listContainers(log: string, known?: (seen: ContainerSeen) => ContainerFacts | undefined): Promise<readonly ContainerFacts[]>;
  /**
   * All that the engine has of a name of this log, whichever life of it: containers, and saved disks. `looksSecret`: whether a variable of this name
   * is secret, though nothing says that it was given as one.
   */
  inspectOwned(log: string, name: string, looksSecret: (variable: string) => boolean): Promise<Owned>;
  /**
   * A container of that name that carries no log's labels, told as one of `owner`'s; null where there is none of the name. Throws conflict where it
   * carries labels.
   */
  inspectUnlabelled(containerName: string, owner: Omit<Owner, 'operation'>): Promise<UnlabelledFound | null>;
  /** The GPUs that running containers use which are not of this log, whoever made them, and those of it that it does not know; it knows all when left out. */
  listGpuUse(log: string, isKnown?: (container: LabelledContainer) => boolean): Promise<readonly GpuUser[]>;
  /** The logs other than this one that have containers, running or not, or volumes here. */
  listOtherLogs(log: string): Promise<readonly OtherLog[]>;

  /** The volume, or null. */
  inspectVolume(name: string): Promise<VolumeFacts | null>;
  /** Names of all containers that mount the volume, ours and foreign. */
  volumeUsers(name: string): Promise<readonly { readonly containerName: string; readonly running: boolean }[]>;
  /**
   * Makes a volume of `bytes`. With an engine that cannot enforce it: `strict` throws EngineError('refused') with how to get
   * quota, otherwise it is made without. Existing with our labels and operation is success, with others EngineError('conflict').
   */
  createVolume(name: string, owner: Owner, size: string, bytes: number, strict: boolean): Promise<{ enforced: boolean }>;
  /** Bytes that its content uses on disk. Throws EngineError('refused') when its files cannot be reached from here. */
  volumeUsage(name: string): Promise<number>;
  /** What is in it; null where its files cannot be reached from here. Throws EngineError('not-found'). */
  volumeContent(name: string): Promise<VolumeContent | null>;
  /**
   * Makes `to` an exact copy of `from`, compares both, and has it on disk before it answers. Starts over when repeated. Throws
   * EngineError('conflict') when `to` has files in it that this operation did not put there, not-found when `from` has gone.
   */
  copyVolume(from: string, to: string, operation: string, onProgress?: OnProgress): Promise<{ entries: number; bytes: number }>;
  /** Only with our labels. Gone is success; EngineError('in-use') when a container still names it. */
  removeVolume(name: string, owner: Omit<Owner, 'operation'>): Promise<void>;
  /** Removes anonymous volumes by name, and gives the names of those that are gone; the others are in use, or not anonymous. */
  removeAnonymousVolumes(names: readonly string[]): Promise<readonly string[]>;
  /** The volumes that carry our labels with this log's id. */
  listVolumes(log: string): Promise<readonly VolumeFacts[]>;

  /** Calls `ring` when a container of this log may have changed, and after every reconnect; a doorbell. Ends with the signal. */
  onChange(log: string, ring: () => void, signal: AbortSignal): void;
}
