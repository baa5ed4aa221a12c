// The parts of Docker's answers that are read here. Newer engines leave out fields that are not set.
import type { Labels } from './labels.ts';

interface RawState {
  readonly Pid: number;
  readonly Status: 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'dead' | 'removing';
  readonly Running: boolean;
  readonly Paused: boolean;
  readonly Restarting: boolean;
  readonly OOMKilled: boolean;
  readonly ExitCode: number;
  readonly Error?: string;
  readonly StartedAt?: string;
  readonly FinishedAt?: string;
}

interface RawMount {
  readonly Type: string;
  readonly Name?: string;
  readonly Source?: string;
  readonly Destination: string;
  readonly RW?: boolean;
}

export interface RawDeviceRequest {
  readonly Driver?: string;
  /** -1: all. */
  readonly Count?: number;
  readonly DeviceIDs?: readonly string[] | null;
  readonly Capabilities?: readonly (readonly string[])[] | null;
}

export interface RawContainer {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly State: RawState;
  /** Apparent size, bytes; present only when asked for. */
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
  readonly Created?: string;
  readonly Config: {
    /** As the create named it. */
    readonly Image?: string;
    readonly Labels?: Labels | null;
    readonly Env?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
    readonly Entrypoint?: readonly string[] | null;
    readonly WorkingDir?: string;
    readonly User?: string;
    readonly StopTimeout?: number | null;
    readonly Tty?: boolean;
  };
  readonly HostConfig: {
    readonly Binds?: readonly string[] | null;
    readonly Runtime?: string;
    readonly NetworkMode?: string;
    readonly LogConfig?: { readonly Type?: string };
    readonly DeviceRequests?: readonly RawDeviceRequest[] | null;
    readonly PortBindings?: Readonly<Record<string, readonly { readonly HostIp?: string; readonly HostPort?: string }[] | null>> | null;
    readonly RestartPolicy?: { readonly Name?: string };
    readonly Memory?: number;
    readonly NanoCpus?: number;
    readonly CpusetCpus?: string;
    readonly ShmSize?: number;
    readonly StorageOpt?: Readonly<Record<string, string>> | null;
    readonly Privileged?: boolean;
    readonly CapAdd?: readonly string[] | null;
    readonly Devices?: readonly { readonly PathOnHost?: string }[] | null;
    readonly SecurityOpt?: readonly string[] | null;
    readonly PidMode?: string;
    readonly IpcMode?: string;
    readonly UTSMode?: string;
    readonly UsernsMode?: string;
  };
  readonly Mounts?: readonly RawMount[];
  readonly NetworkSettings?: { readonly Networks?: Readonly<Record<string, unknown>> | null };
}

export interface RawContainerSummary {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly State: RawState['Status'];
  readonly Labels?: Labels | null;
  readonly Mounts?: readonly RawMount[];
}

interface RawImageConfig {
  readonly Env?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Entrypoint?: readonly string[] | null;
  readonly WorkingDir?: string;
  readonly User?: string;
  readonly StopSignal?: string;
  readonly Healthcheck?: Readonly<Record<string, unknown>> | null;
  readonly Labels?: Labels | null;
  readonly Volumes?: Readonly<Record<string, unknown>> | null;
}

export interface RawImage {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly Created?: string;
  readonly Comment?: string;
  readonly Architecture?: string;
  readonly Os?: string;
  readonly Variant?: string;
  readonly Config?: RawImageConfig | null;
  readonly RootFS?: { readonly Layers?: readonly string[] | null };
  /** Of all layers, bytes. */
  readonly Size?: number;
  /** '' where there is none. */
  readonly Parent?: string;
}

export interface RawImageSummary {
  readonly Id: string;
  /** '' where there is none. */
  readonly ParentId?: string;
  /** Of all layers, bytes. */
  readonly Size?: number;
  /** Of layers that other images have as well, bytes; -1: not counted. */
  readonly SharedSize?: number;
  readonly Created: number;
  readonly RepoTags?: readonly string[] | null;
  readonly Labels?: Labels | null;
}

export interface RawVolume {
  readonly Name: string;
  readonly Mountpoint: string;
  readonly Driver?: string;
  readonly CreatedAt?: string;
  readonly Labels?: Labels | null;
  readonly Options?: Readonly<Record<string, string>> | null;
}

/** Sizes in bytes. */
export interface RawDiskUsage {
  readonly Images?: readonly RawImageSummary[] | null;
  readonly Containers?: readonly { readonly Id: string; readonly Labels?: Labels | null; readonly SizeRw?: number }[] | null;
  readonly Volumes?: readonly { readonly Name: string; readonly UsageData?: { readonly Size?: number } | null }[] | null;
}

export interface RawNetwork {
  readonly Id: string;
  readonly Name: string;
  readonly Created?: string;
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly Labels?: Labels | null;
}

export interface RawInfo {
  readonly ID?: string;
  readonly ServerVersion: string;
  readonly Driver: string;
  readonly DriverStatus?: readonly (readonly [string, string])[] | null;
  readonly DockerRootDir: string;
  /** The log driver of containers that name none. */
  readonly LoggingDriver?: string;
  readonly PidsLimit?: boolean;
  readonly BridgeNfIptables?: boolean;
}
