// Events of the streams `replicaSet/<name>`.
import Type from 'typebox';
import {
  AnonymousVolume,
  BaseImage,
  ContainerSpec,
  closed,
  Disk,
  GpuUuid,
  HostPort,
  LastOutput,
  Policy,
  PortMapping,
  Version,
} from './shapes.ts';

const Reason = Type.Union([Type.Literal('run'), Type.Literal('patch'), Type.Literal('rollback'), Type.Literal('restart')]);

const Freezing = Type.Union([Type.Literal('operation'), Type.Literal('outside')]);

export const replicaSetEvents = {
  /**
   * Intent: version `version` is to run with these GPUs and host ports. `diskOf` is the version whose system disk it
   * starts from (absent: the base image's). `uid` tells successive lives of one name apart.
   */
  ContainerVersionCreated: Type.Object(
    {
      uid: Type.String(),
      version: Version,
      reason: Reason,
      diskOf: Type.Optional(Version),
      spec: ContainerSpec,
      gpus: Type.Array(GpuUuid),
      ports: Type.Array(PortMapping),
      /** On `run` only. */
      image: Type.Optional(BaseImage),
      /** Docker volumes that did not exist: Docker makes them at create, on purpose and without a limit. */
      createsVolumes: Type.Optional(Type.Array(Type.String())),
    },
    closed,
  ),
  GpuAllocated: Type.Object({ version: Version, gpus: Type.Array(GpuUuid, { minItems: 1 }) }, closed),
  PortAllocated: Type.Object({ version: Version, ports: Type.Array(PortMapping, { minItems: 1 }) }, closed),
  /** Docker made the container; it has not been started. */
  ContainerCreated: Type.Object({ version: Version, containerId: Type.String(), anonymousVolumes: Type.Array(AnonymousVolume) }, closed),
  /** One inspect after the start saw it running (or ended with exit code 0). `reason`: operation, undo, outside. */
  ContainerStarted: Type.Object(
    { version: Version, reason: Type.Union([Type.Literal('operation'), Type.Literal('undo'), Type.Literal('outside')]) },
    closed,
  ),
  /** The start was refused because someone else listens on this host port; another one is allocated next. */
  PortConflictFound: Type.Object({ version: Version, hostPort: HostPort, message: Type.String() }, closed),
  /** `step` is the step that failed; the operation is undone from here. `output`: what a container that ended at once had printed last. */
  ContainerVersionFailed: Type.Object(
    { version: Version, step: Type.String(), message: Type.String(), output: Type.Optional(LastOutput) },
    closed,
  ),
  /** Seen to have ended. `reason`: stop, replace (by a new version), continue (to be started again), unleased (by reconcile). */
  ContainerStopped: Type.Object(
    {
      version: Version,
      reason: Type.Union([Type.Literal('stop'), Type.Literal('replace'), Type.Literal('continue'), Type.Literal('unleased')]),
      exitCode: Type.Optional(Type.Integer()),
    },
    closed,
  ),
  /**
   * The stop under way has no grace period from here on: the container is killed. The command is the one that did not wait for it, a delete or a
   * stop with stopTimeout 0; the operation goes on.
   */
  StopCutShort: Type.Object({ version: Version }, closed),
  /** Stopped in Docker; GPUs and ports stay held. */
  ContainerPaused: Type.Object({ version: Version }, closed),
  ContainerContinued: Type.Object({ version: Version }, closed),
  /**
   * All its processes stand still, by the kernel's freezer (docker pause), and it holds what it holds. It runs on with the next of ContainerThawed,
   * or ends as any other container does. `reason`: outside (found so by reconcile).
   */
  ContainerFrozen: Type.Object({ version: Version, reason: Freezing }, closed),
  /** Its processes have gone on where they stood still. */
  ContainerThawed: Type.Object({ version: Version, reason: Freezing }, closed),
  SystemDiskSaved: Type.Object({ version: Version, disk: Disk }, closed),
  /** A saved copy that is stale: the version runs on after it was saved (an undo, a continue), or its disk is saved anew, which the next event says. */
  SystemDiskDiscarded: Type.Object({ version: Version, image: Type.String() }, closed),
  /** Somebody removed the image of a saved disk: the version cannot be rolled back to. Missing at two looks. */
  SystemDiskLost: Type.Object({ version: Version, image: Type.String() }, closed),
  /** The image of a disk that was lost is in Docker again. */
  SystemDiskReappeared: Type.Object({ version: Version, image: Type.String() }, closed),
  /** Seen to be gone from Docker. */
  ContainerRemoved: Type.Object({ version: Version }, closed),
  GpuReleased: Type.Object({ version: Version, gpus: Type.Array(GpuUuid, { minItems: 1 }) }, closed),
  PortReleased: Type.Object({ version: Version, ports: Type.Array(PortMapping, { minItems: 1 }) }, closed),
  /** The current version was committed as a user's image. */
  ContainerCommitted: Type.Object({ version: Version, imageName: Type.String(), imageId: Type.String() }, closed),
  /** Intent of an execute. Its id is the command's id. */
  CommandRequested: Type.Object({ version: Version, cmd: Type.Array(Type.String()), workDir: Type.Optional(Type.String()) }, closed),
  /** Outcome of an execute: never the output, only its size in bytes. `failure` is set when it could not be run or was cut off. */
  CommandExecuted: Type.Object(
    {
      exitCode: Type.Union([Type.Integer(), Type.Null()]),
      durationMs: Type.Integer(),
      outputBytes: Type.Integer(),
      truncated: Type.Boolean(),
      failure: Type.Optional(Type.String()),
    },
    closed,
  ),
  /** Found open after a crash: whether and how the command ended is not known. */
  CommandOutcomeUnknown: Type.Object({ execution: Type.String() }, closed),
  /**
   * The process ended by itself, or could not be started again. GPUs and ports stay held: the lease is the client's. `cause`: it ended with a
   * restart or crash of the machine or of Docker, which is none of its own doing. `output`: of one that a client's order had started, and that ended
   * at once.
   */
  ContainerDied: Type.Object(
    {
      version: Version,
      exitCode: Type.Optional(Type.Integer()),
      oomKilled: Type.Optional(Type.Boolean()),
      message: Type.Optional(Type.String()),
      cause: Type.Optional(Type.Literal('host')),
      output: Type.Optional(LastOutput),
    },
    closed,
  ),
  /** Not in Docker at one look: it may come back, so nothing is given up. */
  ContainerMissing: Type.Object({ version: Version }, closed),
  /**
   * Found again as Docker has it. After ContainerMissing it is as it was; after ContainerVanished, which gave up all it held, its
   * replicaSet is stopped. One whose place another version has taken changes nothing about its replicaSet: its disk is saved, and it is
   * removed.
   */
  ContainerReappeared: Type.Object(
    {
      version: Version,
      state: Type.Union([Type.Literal('created'), Type.Literal('running'), Type.Literal('exited')]),
      exitCode: Type.Optional(Type.Integer()),
    },
    closed,
  ),
  /**
   * Given up as removed from Docker by someone else: still missing at a later look, or by an operator's word. If its system disk had been saved
   * when it was stopped or paused, nothing is lost, and its replicaSet is stopped; otherwise failed.
   */
  ContainerVanished: Type.Object({ version: Version }, closed),
  /**
   * An operator had the log take in a container of ours that Docker has and the log did not know: it was made after the backup that the log was
   * restored from. It is the current version from here on, as read from Docker, and holds what the next events allocate; an operation that was open
   * on the name has ended with this event. `gone`: versions whose container Docker does not have any more. `approximate`: sentences about what could not
   * be read exactly.
   */
  ContainerAdopted: Type.Object(
    {
      uid: Type.String(),
      version: Version,
      reason: Reason,
      diskOf: Type.Optional(Version),
      /** The actor who ran it, where Docker tells; absent: whoever adopts it. */
      owner: Type.Optional(Type.String()),
      /** When Docker made it. */
      createTime: Type.String(),
      containerId: Type.String(),
      state: Type.Union([Type.Literal('running'), Type.Literal('exited')]),
      exitCode: Type.Optional(Type.Integer()),
      spec: ContainerSpec,
      gpus: Type.Array(GpuUuid),
      ports: Type.Array(PortMapping),
      image: BaseImage,
      anonymousVolumes: Type.Array(AnonymousVolume),
      gone: Type.Array(Version),
      approximate: Type.Array(Type.String()),
      /** It was there before the log and carries no label of ours: it is known by its id alone. */
      unlabelled: Type.Optional(Type.Literal(true)),
    },
    closed,
  ),
  /** With ContainerAdopted: an earlier version that the log did not know. Without `disk` nothing is left of it but what is said here. */
  VersionAdopted: Type.Object(
    {
      version: Version,
      reason: Reason,
      diskOf: Type.Optional(Version),
      createTime: Type.String(),
      spec: ContainerSpec,
      disk: Type.Optional(Disk),
    },
    closed,
  ),
  /** The name's rules from then on, whole: what is absent goes by the server's option. */
  PolicySet: Type.Object({ policy: Policy }, closed),
  /**
   * An old version is given up: nothing can be rolled back to it, and its number is not given again. Its saved disk, and anonymous volumes
   * that no version names any more, are removed after this. `keepVersions`: more versions are retained than the name's policy or the server
   * allows.
   */
  VersionRemoved: Type.Object({ version: Version, reason: Type.Union([Type.Literal('requested'), Type.Literal('keepVersions')]) }, closed),
  /** Anonymous volumes that only removed versions named are gone from Docker. */
  AnonymousVolumesRemoved: Type.Object({ volumes: Type.Array(Type.String(), { minItems: 1 }) }, closed),
  /** Container, disks and anonymous volumes are gone; the name is free. */
  ReplicaSetDeleted: Type.Object({ uid: Type.String() }, closed),
} as const;
