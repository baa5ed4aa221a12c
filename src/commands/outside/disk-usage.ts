// The sizes of saved disks, writable layers and volumes in the engine's storage, in bytes.

/** A saved disk as the engine has it. */
export interface SavedDisk {
  readonly image: string;
  readonly name: string;
  readonly uid: string;
  readonly version: number;
  /** The image that it is built on, where the engine cannot remove that one before it. */
  readonly parent?: string;
}

/** A saved disk with all the layers that it is made of, those of the base image included. */
export interface ImageUsage extends SavedDisk {
  readonly bytes: number;
  /** In layers that another image has as well; null where the engine does not say. */
  readonly shared: number | null;
  /** In the layer that this disk adds to the one it is built on; null where the engine does not say. */
  readonly layer: number | null;
}

export interface ContainerUsage {
  readonly name: string;
  readonly uid: string;
  readonly version: number;
  /** In the writable layer. */
  readonly bytes: number;
}

export interface DiskUsage {
  readonly images: readonly ImageUsage[];
  readonly containers: readonly ContainerUsage[];
  /** By the name of the Docker volume, whoever made it. Volumes of which the engine does not know it are missing. */
  readonly volumes: ReadonlyMap<string, number>;
}

/** The file system that holds the engine's data root. */
export interface Room {
  readonly path: string;
  readonly total: number;
  /** For anyone but root. */
  readonly free: number;
  /** Share in use of what can be used, 0 to 1. */
  readonly usedRatio: number;
}
