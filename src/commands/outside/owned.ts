// What the engine has of one name of a log, with all that the log would have recorded of it: for a log that has lost it, or takes it in.
import type { AnonymousVolume, BaseImage, ContainerSpec, Disk, PortMapping } from '../../events/shapes.ts';
import type { ContainerFacts } from './container-facts.ts';
import type { SecretVariable } from './secrets.ts';

/** Of a container that is being made, what no engine tells afterwards. */
export interface MadeAs {
  readonly imageName: string;
  readonly reason: 'run' | 'patch' | 'rollback' | 'restart';
  /** The version whose saved disk it starts from. */
  readonly diskOf?: number;
  /** The actor who ran the replicaSet. */
  readonly owner?: string;
}

/** Of a version, by what was noted when its container was made, and by what the engine has. */
interface Described extends Partial<MadeAs> {
  /** ISO time. */
  readonly createTime: string;
  /** The environment without what the base image brings. Binds name no managed volume: whose a volume is, its labels say. */
  readonly spec: ContainerSpec;
  /** The secret variables, with the values that the engine has. None of them is in `spec.env`. */
  readonly secrets?: readonly SecretVariable[];
  /** The secret variables whose values the engine does not have: a saved disk has none. */
  readonly lostSecrets?: readonly string[];
  /** Sentences about what could not be read exactly. */
  readonly approximate: readonly string[];
}

export interface OwnedContainer extends Described {
  readonly seen: ContainerFacts;
  /** Simulated ones too. */
  readonly gpus: readonly string[];
  readonly ports: readonly PortMapping[];
  readonly image: BaseImage;
  readonly anonymousVolumes: readonly AnonymousVolume[];
}

export interface OwnedDisk extends Described {
  readonly uid: string;
  readonly version: number;
  readonly disk: Disk;
}

export interface Owned {
  readonly containers: readonly OwnedContainer[];
  /** The latest of each version. */
  readonly disks: readonly OwnedDisk[];
}

/** A container that no label marks, as it is. */
export interface UnlabelledFound {
  /** Without GPUs: those it names below. */
  readonly owned: OwnedContainer;
  /** By UUID or index, as it names them. `all` also where the engine does not say which. */
  readonly uses: readonly string[] | 'all';
  /** False: nobody asked for GPUs, and a runtime shows it these by its image's variable. */
  readonly asked: boolean;
}
