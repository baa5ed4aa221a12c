// The machine of the fake engine: changes that an operator makes by hand, owners of containers, and the bells that ring on a change.
import type { ContainerRef, Owner } from '../../src/commands/outside/engine.ts';
import { EngineError } from '../../src/commands/outside/engine-error.ts';
import { NONE_UNLABELLED, type Unlabelled } from '../../src/commands/outside/unlabelled.ts';
import type { BaseImage } from '../../src/events/shapes.ts';
import { type FakeContainer, FakeHost, type FakeImage, type FakeVolume } from './fake-host.ts';

export interface FakeImageSpec extends Omit<BaseImage, 'id' | 'env'> {
  readonly env?: readonly string[];
  readonly volumes?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}

export type OwnerId = Omit<Owner, 'operation'>;

export const isOwner = (a: OwnerId | undefined, b: OwnerId): boolean =>
  a?.log === b.log && a.name === b.name && a.uid === b.uid && a.version === b.version;
export const isRunning = ({ state }: FakeContainer): boolean => ['running', 'paused', 'restarting'].includes(state);

export class FakeMachine {
  readonly host = new FakeHost();
  /** As of the real engine. */
  unlabelled: Unlabelled = NONE_UNLABELLED;
  protected readonly bells = new Set<{ readonly log: string; readonly ring: () => void }>();

  addImage(name: string, { env = [], volumes = [], files = {}, ...config }: FakeImageSpec = {}): FakeImage {
    return this.host.addImage(
      { parent: null, layer: new Map(Object.entries(files)), config: { ...config, env: [...env] }, volumes },
      name.includes(':') ? name : `${name}:latest`,
    );
  }

  /** A running container that the service did not make. `log`: another log's. */
  addForeignContainer(
    containerName: string,
    image: string,
    {
      hostPorts = [],
      gpus,
      log,
      labels,
    }: { hostPorts?: readonly number[]; gpus?: readonly string[] | 'all'; log?: string; labels?: Owner } = {},
  ): FakeContainer {
    const found = this.host.imageBy(image);
    if (found === undefined) throw new Error(`no image ${image}`);
    const owner = log === undefined ? labels : { log, name: containerName, uid: 'theirs', version: 1, operation: 'theirs' };
    const theirs = { ...(gpus !== undefined && { gpus }), ...(owner !== undefined && { owner }) };
    const argv = [...(found.config.entrypoint ?? []), ...(found.config.cmd ?? [])];
    return this.add({ containerName, image: found, env: [], argv, mounts: new Map(), hostPorts, ...theirs }, 'running');
  }

  addForeignVolume(name: string): void {
    this.host.volumes.set(name, { name, anonymous: false, files: new Map() });
  }

  /** The process of a container ends by itself. */
  die(containerName: string, exitCode: number, oomKilled = false): void {
    const container = this.host.containerBy(containerName);
    if (container === undefined) throw new Error(`no container ${containerName}`);
    this.end(container, exitCode, oomKilled);
  }

  /** The engine ends with all its containers, and comes up again at `now`, ms. Those of others have Docker's own restart policy: they run on. */
  restartEngine(now: number): void {
    this.host.startedAt = now;
    for (const container of this.host.containers.values()) {
      if (!isRunning(container) || container.request === undefined) continue;
      container.ran = { from: now - 20, to: now - 10 };
      this.end(container, 137);
    }
  }

  /** An operator starts a container by hand. False when Docker would refuse. */
  startByHand(containerName: string): boolean {
    const container = this.host.containerBy(containerName);
    if (container === undefined || isRunning(container) || container.hostPorts.some((port) => this.host.holds(port, container)))
      return false;
    container.state = 'running';
    this.ring(container);
    return true;
  }

  /** `docker pause` or `unpause`. Nothing where it does not run. */
  freezeByHand(container: FakeContainer, state: 'running' | 'paused'): void {
    if (!isRunning(container)) return;
    container.state = state;
    this.ring(container);
  }

  /** An operator removes a container by hand. */
  vanish(containerName: string): void {
    const container = this.host.containerBy(containerName);
    if (container === undefined) return;
    this.host.containers.delete(container.id);
    this.ring(container);
  }

  /** `docker rename`. False where another container has the name. */
  renameByHand(container: FakeContainer, containerName: string): boolean {
    if (this.host.containerBy(containerName) !== undefined) return false;
    Object.assign(container, { containerName });
    this.ring(container);
    return true;
  }

  /** The saved disks that `docker image rm` would remove: no container uses them, and no image is built on them. */
  unusedImages(): readonly FakeImage[] {
    const used = new Set<FakeImage | null>([...this.host.images.values()].map(({ parent }) => parent));
    for (const { image } of this.host.containers.values()) used.add(image);
    return [...this.host.images.values()].filter((image) => image.disk !== undefined && !used.has(image));
  }

  onChange(log: string, ring: () => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    const bell = { log, ring };
    this.bells.add(bell);
    signal.addEventListener('abort', () => this.bells.delete(bell), { once: true });
    queueMicrotask(() => this.bells.has(bell) && ring());
  }

  add(
    container: Omit<FakeContainer, 'id' | 'layer' | 'printed' | 'state' | 'exitCode' | 'oomKilled' | 'finished'>,
    state: FakeContainer['state'],
  ): FakeContainer {
    const added: FakeContainer = {
      ...container,
      id: this.host.id(),
      layer: new Map(),
      printed: [],
      state,
      exitCode: 0,
      oomKilled: false,
      finished: 0,
    };
    this.host.containers.set(added.id, added);
    this.ring(added);
    return added;
  }

  protected ownerOf({ id, owner }: FakeContainer): OwnerId | undefined {
    return owner ?? this.unlabelled.container(id)?.owner;
  }

  protected volumeOwner({ name, owner }: FakeVolume): OwnerId | undefined {
    return owner ?? this.unlabelled.volume(name);
  }

  /** The container. Throws not-found, or conflict for a foreign one. */
  protected find(ref: ContainerRef): FakeContainer {
    const container = this.#at(ref);
    if (container === undefined) throw new EngineError('not-found', `container ${ref.containerName} is not on this host`);
    if (ref.id === undefined && !isOwner(this.ownerOf(container), ref.owner)) throw this.foreign(ref.containerName);
    return container;
  }

  /** Whether there is a container where the reference leads, ours or not. */
  protected has = (ref: ContainerRef): boolean => this.#at(ref) !== undefined;

  #at({ id, containerName }: ContainerRef): FakeContainer | undefined {
    return id === undefined ? this.host.containerBy(containerName) : this.host.containers.get(id);
  }

  protected foreign(name: string): EngineError {
    return new EngineError(
      'conflict',
      `a container named ${name} is on this host that was not made for this; it is left alone: rename or remove it`,
    );
  }

  end(container: FakeContainer, exitCode: number, oomKilled = false): void {
    Object.assign(container, { state: 'exited', exitCode, oomKilled, finished: this.host.tick() });
    this.ring(container);
  }

  /** With `anonymous` the volumes that were made for it are removed, too. As in Docker, volumes that were mounted by name stay. */
  remove(container: FakeContainer, anonymous: boolean): void {
    this.host.containers.delete(container.id);
    const carried = new Set(container.request?.anonymousVolumes.map(({ name }) => name));
    for (const name of anonymous ? container.mounts.values() : []) {
      if (this.host.volumes.get(name)?.anonymous === true && !carried.has(name) && this.host.usersOf(name).length === 0)
        this.host.volumes.delete(name);
    }
    this.ring(container);
  }

  ring(container: FakeContainer): void {
    const owner = this.ownerOf(container);
    this.host.touched.add(container);
    for (const bell of this.bells) if (bell.log === owner?.log) queueMicrotask(() => this.bells.has(bell) && bell.ring());
  }
}
