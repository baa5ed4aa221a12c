// The container engine over Docker: puts the parts of this folder together.
import {
  type ContainerEngine,
  type ContainerFacts,
  type ContainerRef,
  type CreateContainer,
  EngineError,
  type EngineInfo,
  type ExecRequest,
  type ExecResult,
  type Owner,
  type StartResult,
  type VolumeFacts,
} from '../../commands/outside/engine.ts';
import type { AnonymousVolume, BaseImage, Disk } from '../../events/shapes.ts';
import type { Deadlines, DockerApi } from './connection/api.ts';
import { connect } from './connection/connect.ts';
import {
  containerId,
  createContainer,
  inspectContainer,
  listContainers,
  removeContainer,
  startContainer,
  stopContainer,
} from './containers/containers.ts';
import { exec } from './containers/exec.ts';
import { ringOnChange } from './events.ts';
import { NOT_OURS } from './labels.ts';
import { copyTree } from './storage/copy.ts';
import { type Storage, storageOf } from './storage/disk-space.ts';
import { checkDiskSpace, commitFor, type DiskOptions, listDisks, removeDisk, removeDisks, saveDisk } from './storage/disks.ts';
import { baseImage, Images, parseImageName, pullImage } from './storage/images.ts';
import { bytesOnDisk } from './storage/tree.ts';
import { createVolume, inspectVolume, listVolumes, removeAnonymousVolumes, removeVolume, volumeUsers } from './storage/volumes.ts';

export interface DockerEngineOptions {
  /** `unix:///path`, `tcp://host:port` or `https://host:port`. */
  readonly dockerHost: string;
  readonly deadlines?: Partial<Deadlines>;
  readonly disk?: Partial<DiskOptions>;
  /** Asked right before each call that could change something; throws when this process must not, which ends the call as unavailable. */
  readonly mayChange?: () => void;
}

const DEADLINES: Deadlines = { quickMs: 30_000, slowMs: 120_000, silenceMs: 30_000 };
const DISK: DiskOptions = { layerLimit: 100 };
const NOT_REACHABLE = 'the files of volumes cannot be reached from here: run the service on the Docker host itself, as root';

export class DockerEngine implements ContainerEngine {
  readonly #api: DockerApi;
  readonly #images: Images;
  readonly #disk: DiskOptions;
  #storage: Promise<Storage> | null = null;

  private constructor(api: DockerApi, disk: DiskOptions) {
    this.#api = api;
    this.#images = new Images(api);
    this.#disk = disk;
  }

  /** Throws EngineError: unavailable (nobody answers), refused (the host is not understood). */
  static async connect(options: DockerEngineOptions): Promise<DockerEngine> {
    const api = await connect(options.dockerHost, { ...DEADLINES, ...options.deadlines }, options.mayChange);
    return new DockerEngine(api, { ...DISK, ...options.disk });
  }

  async info(): Promise<EngineInfo> {
    this.#storage = null;
    const [version, { info, dataRoot }] = await Promise.all([
      this.#api.call<{ ApiVersion: string }>('version', { path: '/version' }),
      this.#stored(),
    ]);
    return {
      version: info.ServerVersion,
      apiVersion: version.ApiVersion,
      storageDriver: info.Driver,
      ...(dataRoot === undefined ? {} : { dataRoot }),
    };
  }

  async inspectImage(reference: string): Promise<BaseImage | null> {
    const image = await this.#images.inspect(reference);
    return image === null ? null : baseImage(image);
  }

  pullImage(reference: string): Promise<void> {
    return pullImage(this.#api, reference);
  }

  createContainer(request: CreateContainer): Promise<{ containerId: string; anonymousVolumes: AnonymousVolume[] }> {
    return createContainer(this.#api, this.#images, request);
  }

  startContainer(container: ContainerRef, settleMs: number): Promise<StartResult> {
    return startContainer(this.#api, container, settleMs);
  }

  stopContainer(container: ContainerRef, graceSeconds: number): Promise<{ exitCode: number }> {
    return stopContainer(this.#api, container, graceSeconds);
  }

  removeContainer(container: ContainerRef, anonymous: boolean): Promise<void> {
    return removeContainer(this.#api, container, anonymous);
  }

  async saveDisk(container: ContainerRef, operation: string): Promise<Disk> {
    return saveDisk(this.#api, this.#images, await this.#stored(), container, operation, this.#disk);
  }

  async checkDiskSpace(container: ContainerRef): Promise<void> {
    return checkDiskSpace(this.#api, this.#images, await this.#stored(), container, this.#disk);
  }

  removeDisk(image: string): Promise<void> {
    return removeDisk(this.#api, this.#images, image);
  }

  removeDisks(owner: Pick<Owner, 'log' | 'name' | 'uid'>): Promise<void> {
    return removeDisks(this.#api, this.#images, owner);
  }

  listDisks(
    log: string,
  ): Promise<readonly { readonly image: string; readonly name: string; readonly uid: string; readonly version: number }[]> {
    return listDisks(this.#api, log);
  }

  async commitImage(container: ContainerRef, imageName: string, operation: string): Promise<{ imageId: string }> {
    const { repo, tag } = parseImageName(imageName);
    if (repo === '' || repo.includes('@') || imageName.endsWith(':'))
      throw new EngineError('refused', `"${imageName}" is not a valid image name: repository or repository:tag`);
    const id = await containerId(this.#api, container);
    const what = `commit of container ${container.containerName}`;
    const seen = await inspectContainer(this.#api, id);
    if (seen === undefined) throw new EngineError('not-found', `container ${container.containerName} is not on this host`);
    if (seen.State.Paused) await this.#api.call(what, { method: 'POST', path: `/containers/${id}/unpause` });
    return { imageId: await commitFor(this.#api, this.#images, id, { repo, tag: tag === '' ? 'latest' : tag }, operation, NOT_OURS) };
  }

  async exec(container: ContainerRef, request: ExecRequest): Promise<ExecResult> {
    return exec(this.#api, container, request, (await this.#stored()).dataRoot !== undefined);
  }

  listContainers(log: string): Promise<readonly ContainerFacts[]> {
    return listContainers(this.#api, log);
  }

  async inspectVolume(name: string): Promise<VolumeFacts | null> {
    return inspectVolume(this.#api, name, await this.#reachable());
  }

  volumeUsers(name: string): Promise<readonly { readonly containerName: string; readonly running: boolean }[]> {
    return volumeUsers(this.#api, name);
  }

  createVolume(name: string, owner: Owner, size: string, bytes: number, strict: boolean): Promise<{ enforced: boolean }> {
    return createVolume(this.#api, name, owner, size, bytes, strict);
  }

  async volumeUsage(name: string): Promise<number> {
    const { mountpoint } = await this.#volume(name);
    try {
      return await bytesOnDisk(mountpoint);
    } catch (error) {
      throw new EngineError('refused', `volume ${name}: ${NOT_REACHABLE} (${error instanceof Error ? error.message : String(error)})`, {
        cause: error,
      });
    }
  }

  async copyVolume(from: string, to: string): Promise<{ entries: number; bytes: number }> {
    if (from === to) throw new EngineError('refused', `volume ${from} cannot be copied onto itself`);
    const [source, target] = [await this.#volume(from), await this.#volume(to)];
    if (target.owner === undefined) throw new EngineError('conflict', `volume ${to} was not made for this; it is left alone`);
    const user = (await this.volumeUsers(to)).find(({ running }) => running);
    if (user !== undefined) throw new EngineError('in-use', `volume ${to} is used by the running container ${user.containerName}`);
    return copyTree(source.mountpoint, target.mountpoint);
  }

  removeVolume(name: string, owner: Omit<Owner, 'operation'>): Promise<void> {
    return removeVolume(this.#api, name, owner);
  }

  removeAnonymousVolumes(names: readonly string[]): Promise<void> {
    return removeAnonymousVolumes(this.#api, names);
  }

  async listVolumes(log: string): Promise<readonly VolumeFacts[]> {
    return listVolumes(this.#api, log, await this.#reachable());
  }

  onChange(log: string, ring: () => void, signal: AbortSignal): void {
    void ringOnChange(this.#api, log, ring, signal);
  }

  /** A volume whose files can be reached. Throws not-found or refused. */
  async #volume(name: string): Promise<VolumeFacts & { readonly mountpoint: string }> {
    const volume = await this.inspectVolume(name);
    if (volume === null) throw new EngineError('not-found', `volume ${name} is not on this host`);
    const { mountpoint } = volume;
    if (mountpoint === undefined) throw new EngineError('refused', `volume ${name}: ${NOT_REACHABLE}`);
    return { ...volume, mountpoint };
  }

  /** Asked once: it changes only with the daemon's configuration. */
  #stored(): Promise<Storage> {
    this.#storage ??= storageOf(this.#api).catch((error: unknown) => {
      this.#storage = null;
      throw error;
    });
    return this.#storage;
  }

  async #reachable(): Promise<boolean> {
    return (await this.#stored()).dataRoot !== undefined;
  }
}
