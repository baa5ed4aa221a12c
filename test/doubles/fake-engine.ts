// A container engine in memory, for tests and for the simulation: no timers, no randomness, every answer on the microtask queue. One
// contract test runs over it and over the real engine (test/infra/docker/contract.test.ts).
import { posix } from 'node:path';
import type { DiskUsage, Room, SavedDisk } from '../../src/commands/outside/disk-usage.ts';
import {
  type CommitHow,
  type ContainerEngine,
  type ContainerFacts,
  type ContainerRef,
  type ContainerSeen,
  type CreateContainer,
  type EngineInfo,
  type ExecRequest,
  type ExecResult,
  type GpuUser,
  type InspectedImage,
  imageOrigin,
  type LabelledContainer,
  type OtherLog,
  type OutputRequest,
  type Owner,
  type PullRequest,
  type StartResult,
  type VolumeContent,
  type VolumeFacts,
} from '../../src/commands/outside/engine.ts';
import { EngineError } from '../../src/commands/outside/engine-error.ts';
import type { Owned, UnlabelledFound } from '../../src/commands/outside/owned.ts';
import type { OnProgress } from '../../src/commands/outside/progress.ts';
import type { OpenedSecrets } from '../../src/commands/outside/secrets.ts';
import type { AnonymousVolume, Disk } from '../../src/events/shapes.ts';
import { CopyDiffers } from '../../src/infra/docker/storage/compare.ts';
import { type Ask, type CopyTrees, copyOnce } from '../../src/infra/docker/storage/copy-once.ts';
import { fakeDiskUsage } from './fake-disk-usage.ts';
import { execIn } from './fake-exec.ts';
import { bytesOf, depthOf, type FakeContainer, type FakeImage, type FakeVolume, fateOf, filesOf, printedBy } from './fake-host.ts';
import { type FakeImageSpec, FakeMachine, isOwner, isRunning, type OwnerId } from './fake-machine.ts';
import { fakeOwned, fakeUnlabelled } from './fake-owned.ts';

/** Runs before or after the effect of a call. If it throws, the call fails at that point: without its effect, or with it. */
type Hook = (call: keyof ContainerEngine, args: readonly unknown[]) => Promise<void>;

const GPU_VARIABLE = 'NVIDIA_VISIBLE_DEVICES';
const withoutOperation = ({ log, name, uid, version }: OwnerId): OwnerId => ({ log, name, uid, version });

export class FakeEngine extends FakeMachine implements ContainerEngine {
  before: Hook | undefined;
  after: Hook | undefined;
  /** Whether volumes get the size they ask for. */
  enforcesSizes = true;
  /** Bytes that saved disks and volume copies may still take. */
  freeBytes = Number.POSITIVE_INFINITY;
  layerLimit = 100;
  roomLeft: Room | null = null;
  /** Sentences on the limits that this engine cannot hold. */
  limitsMissed: readonly string[] = [];
  /** Images that a pull finds, by name. */
  readonly registry = new Map<string, FakeImageSpec>();

  async #call<T>(call: keyof ContainerEngine, args: readonly unknown[], work: () => T): Promise<T> {
    await this.before?.(call, args);
    const result = work();
    await this.after?.(call, args);
    return result;
  }

  // ---- the port

  info(): Promise<EngineInfo> {
    return this.#call('info', [], () => ({
      version: 'fake',
      apiVersion: '1.41',
      storageDriver: 'memory',
      id: this.host.engineId,
      root: '/fake',
    }));
  }

  async startedAt(): Promise<number | null> {
    return this.host.startedAt;
  }

  inspectImage(reference: string): Promise<InspectedImage | null> {
    return this.#call('inspectImage', [reference], () => {
      const image = this.host.imageBy(reference);
      if (image === undefined) return null;
      const { id, config, disk, committedFrom, committedBy } = image;
      return {
        id,
        ...config,
        env: [...config.env],
        ...(disk && { savedDisk: true }),
        ...(committedFrom && { committedFrom }),
        ...(committedBy && { committedBy }),
      };
    });
  }

  pullImage(reference: string, request: PullRequest = {}): Promise<void> {
    return this.#call('pullImage', [reference, request], () => {
      const found = this.registry.get(reference);
      if (found === undefined) throw new EngineError('not-found', `pull of ${reference}: manifest unknown`);
      this.addImage(reference, found);
    });
  }

  createContainer(
    request: CreateContainer,
    secrets: OpenedSecrets = new Map(),
  ): Promise<{ containerId: string; anonymousVolumes: AnonymousVolume[] }> {
    return this.#call('createContainer', [request], () => {
      const image = this.host.images.get(request.image);
      if (image === undefined) throw new EngineError('not-found', `image ${request.image} is not on this host`);
      const { containerName, owner } = request;
      const existing = this.host.containerBy(containerName);
      if (existing !== undefined) {
        if (!isOwner(existing.owner, owner) || existing.owner?.operation !== owner.operation) throw this.foreign(containerName);
        if (JSON.stringify(existing.request) === JSON.stringify(request)) {
          const bound = new Set(request.spec.binds.map(({ dest }) => posix.resolve(dest)));
          const anonymousVolumes = [...existing.mounts].flatMap(([dest, name]) => (bound.has(dest) ? [] : [{ name, dest }]));
          return { containerId: existing.id, anonymousVolumes };
        }
        if (existing.state !== 'created') {
          const why = 'was started meanwhile with another configuration: it is not made anew';
          throw new EngineError('conflict', `container ${containerName} of this operation ${why}`);
        }
        this.remove(existing, true);
      }
      const { mounts, anonymous } = this.host.mount(request, image);
      const { base, fromDisk } = request;
      const cmd = request.spec.cmd ?? (fromDisk ? base.cmd : image.config.cmd) ?? [];
      const argv = [...((fromDisk ? base.entrypoint : image.config.entrypoint) ?? []), ...cmd];
      const hostPorts = request.ports.map(({ hostPort }) => hostPort);
      const container = this.add(
        { containerName, owner, request, image, env: environment(request, secrets), argv, mounts, hostPorts },
        'created',
      );
      return { containerId: container.id, anonymousVolumes: anonymous };
    });
  }

  startContainer(ref: ContainerRef, settleMs: number): Promise<StartResult> {
    return this.#call('startContainer', [ref, settleMs], (): StartResult => {
      const container = this.find(ref);
      if (isRunning(container)) return { started: true };
      const taken = container.hostPorts.find((port) => this.host.holds(port, container));
      if (taken !== undefined)
        return {
          started: false,
          why: 'port-taken',
          hostPort: taken,
          message: `Bind for 0.0.0.0:${taken} failed: port is already allocated`,
        };
      const fate = fateOf(container.argv, filesOf(container.image));
      if (fate.missing !== undefined) return { started: false, why: 'failed', message: fate.missing };
      container.state = 'running';
      container.exitCode = 0;
      container.printedBefore = container.printed.length;
      this.ring(container);
      if (fate.exit === undefined) return { started: true };
      this.end(container, fate.exit);
      if (fate.exit === 0) return { started: true, exitCode: 0 };
      return { started: false, why: 'failed', exitCode: fate.exit, message: `the container is exited, exit code ${fate.exit}` };
    });
  }

  lastOutput(ref: ContainerRef): Promise<string> {
    return this.#call('lastOutput', [ref], () => {
      const container = this.find(ref);
      return container.state === 'created' ? '' : printedBy(container);
    });
  }

  stopContainer(ref: ContainerRef, graceSeconds: number): Promise<{ exitCode: number }> {
    return this.#call('stopContainer', [ref, graceSeconds], () => {
      const container = this.find(ref);
      if (isRunning(container)) this.end(container, 0);
      return { exitCode: container.exitCode };
    });
  }

  removeContainer(ref: ContainerRef, anonymous: boolean, onlyIfNeverRan = false): Promise<{ found: boolean }> {
    return this.#call('removeContainer', [ref, anonymous, onlyIfNeverRan], () => {
      const container = ref.id === undefined ? this.host.containerBy(ref.containerName) : this.host.containers.get(ref.id);
      const found = container !== undefined && (ref.id !== undefined || isOwner(container.owner, ref.owner));
      if (found && onlyIfNeverRan && container.state !== 'created')
        throw new EngineError('conflict', `container ${ref.containerName} has been started: it is left alone`);
      if (found) this.remove(container, anonymous);
      return { found };
    });
  }

  saveDisk(ref: ContainerRef, operation: string): Promise<Disk> {
    return this.#call('saveDisk', [ref, operation], () => {
      const name = `gpu-docker-api/disk:${ref.containerName}`;
      const diskOf = (image: FakeImage, bytes: number): Disk => ({
        image: image.id,
        layers: depthOf(image),
        bytes,
        flattened: image.parent === null,
      });
      const tagged = this.host.imageBy(name);
      const earlier = isOwner(tagged?.disk, ref.owner) && tagged?.disk?.operation === operation ? tagged : undefined;
      if (earlier !== undefined && !this.has(ref)) return diskOf(earlier, bytesOf(earlier.layer));
      const container = this.find(ref);
      if (isRunning(container))
        throw new EngineError(
          'refused',
          `container ${ref.containerName} is ${container.state}: its system disk is saved when it has stopped`,
        );
      const bytes = bytesOf(container.layer);
      if (earlier !== undefined && earlier.created >= container.finished) return diskOf(earlier, bytes);
      this.#requireSpace(container);
      const disk = { ...withoutOperation(ref.owner), operation };
      const flatten = depthOf(container.image) >= this.layerLimit;
      const layer = new Map(container.layer);
      if (flatten) for (const [path, content] of filesOf({ ...container.image, layer, parent: container.image })) layer.set(path, content);
      if (flatten) for (const [path, content] of layer) if (content === null) layer.delete(path);
      const config = { ...container.image.config, env: envOfImage(container) };
      const made = container.request === undefined ? {} : { request: container.request };
      return diskOf(
        this.host.addImage(
          { parent: flatten ? null : container.image, layer, config, volumes: container.image.volumes, disk, ...made },
          name,
        ),
        bytes,
      );
    });
  }

  checkDiskSpace(ref: ContainerRef): Promise<void> {
    return this.#call('checkDiskSpace', [ref], () => this.#requireSpace(this.find(ref)));
  }

  removeDisk(image: string): Promise<boolean> {
    return this.#call('removeDisk', [image], () => {
      const found = this.host.images.get(image);
      if (found?.disk !== undefined) this.#removeImage(found);
      return !this.host.images.has(image);
    });
  }

  removeDisks(owner: Pick<Owner, 'log' | 'name' | 'uid'>): Promise<void> {
    return this.#call('removeDisks', [owner], () => {
      const { log, name, uid } = owner;
      const disks = [...this.host.images.values()].filter(({ disk }) => disk?.log === log && disk.name === name && disk.uid === uid);
      for (const image of disks.sort((a, b) => b.created - a.created)) this.#removeImage(image);
    });
  }

  listDisks(log: string): Promise<readonly SavedDisk[]> {
    return this.#call('listDisks', [log], () =>
      [...this.host.images.values()].flatMap(({ id, parent, disk }) => {
        if (disk?.log !== log) return [];
        return [{ image: id, name: disk.name, uid: disk.uid, version: disk.version, ...(parent !== null && { parent: parent.id }) }];
      }),
    );
  }

  diskUsage(log: string): Promise<DiskUsage> {
    return this.#call('diskUsage', [log], () => fakeDiskUsage(this.host, log));
  }

  room(): Promise<Room | null> {
    return this.#call('room', [], () => this.roomLeft);
  }

  /** Not recorded as a call: it is asked beside every comparison. */
  async limitProblems(): Promise<readonly string[]> {
    return this.limitsMissed;
  }

  freezeContainer(ref: ContainerRef): Promise<void> {
    return this.#call('freezeContainer', [ref], () => this.#setFrozen(ref, 'paused'));
  }

  thawContainer(ref: ContainerRef): Promise<void> {
    return this.#call('thawContainer', [ref], () => this.#setFrozen(ref, 'running'));
  }

  #setFrozen(ref: ContainerRef, state: 'running' | 'paused'): void {
    const container = this.find(ref);
    if (!isRunning(container))
      throw new EngineError('conflict', `container ${ref.containerName} is ${container.state}: its processes have ended`);
    this.freezeByHand(container, state);
  }

  commitImage(
    ref: ContainerRef,
    imageName: string,
    operation: string,
    { committer: committedBy = '', frozen = false }: CommitHow = {},
  ): Promise<{ imageId: string }> {
    return this.#call('commitImage', [ref, imageName, operation], () => {
      if (!/^[a-z0-9][a-z0-9._:/-]*(:[\w][\w.-]*)?$/.test(imageName) || imageName.endsWith(':'))
        throw new EngineError('refused', `"${imageName}" is not a valid image name: invalid reference format`);
      const container = this.find(ref);
      if (container.state === 'paused' && !frozen) container.state = 'running';
      const name = imageName.lastIndexOf(':') > imageName.lastIndexOf('/') ? imageName : `${imageName}:latest`;
      const earlier = this.host.imageBy(name);
      if (earlier?.commitOperation === operation) return { imageId: earlier.id };
      const committedFrom = imageOrigin(ref.owner);
      if (earlier !== undefined && earlier.committedFrom !== committedFrom)
        throw new EngineError('conflict', `${imageName} is the name of another image`);
      const config = {
        ...container.image.config,
        env: envOfImage(container),
        ...(container.request?.spec.cmd === undefined ? {} : { cmd: [...container.request.spec.cmd] }),
      };
      const image = {
        parent: container.image,
        layer: new Map(container.layer),
        config,
        volumes: container.image.volumes,
        commitOperation: operation,
        committedFrom,
        ...(committedBy !== '' && { committedBy }),
      };
      return { imageId: this.host.addImage(image, name).id };
    });
  }

  exec(ref: ContainerRef, request: ExecRequest): Promise<ExecResult> {
    return this.#call('exec', [ref, request], () => {
      const container = this.find(ref);
      if (container.state !== 'running')
        throw new EngineError('refused', `container ${ref.containerName} is ${container.state}: a command needs it running`);
      return execIn(this.host, container, request);
    });
  }

  async readOutput(ref: ContainerRef, { follow, tail, sinceStart, signal }: OutputRequest): Promise<AsyncIterable<Uint8Array>> {
    await this.before?.('readOutput', [ref]);
    const container = this.find(ref);
    const text = (line: string): Uint8Array => Buffer.from(`${line}\n`);
    const { host } = this;
    return (async function* () {
      const lines = container.printed;
      const from = sinceStart === true ? (container.printedBefore ?? 0) : 0;
      for (let at = tail === undefined ? from : Math.max(from, lines.length - tail); ; ) {
        for (; at < lines.length; at++) yield text(lines[at] ?? '');
        if (!follow || !isRunning(container) || !host.containers.has(container.id)) return;
        signal.throwIfAborted();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
  }

  listContainers(
    log: string,
    known: (seen: ContainerSeen) => ContainerFacts | undefined = () => undefined,
  ): Promise<readonly ContainerFacts[]> {
    return this.#call('listContainers', [log], () =>
      [...this.host.containers.values()].flatMap((container): ContainerFacts[] => {
        const owner = this.ownerOf(container);
        if (owner?.log !== log) return [];
        const { id, containerName, state, exitCode, oomKilled, hostPorts, ran } = container;
        const gpus = gpusIn(container);
        const seen = { id, containerName, name: owner.name, uid: owner.uid, version: owner.version, state };
        return [known(seen) ?? { ...seen, exitCode, oomKilled, gpus, hostPorts, ...(ran !== undefined && { ran }) }];
      }),
    );
  }

  listOtherLogs(log: string): Promise<readonly OtherLog[]> {
    return this.#call('listOtherLogs', [log], () => {
      const containers = [...this.host.containers.values()].filter(({ owner }) => owner !== undefined && owner.log !== log);
      const volumes = [...this.host.volumes.values()].filter(({ owner }) => owner !== undefined && owner.log !== log);
      const logs = new Set([...containers, ...volumes].flatMap(({ owner }) => owner?.log ?? []));
      return [...logs].map((id) => ({
        log: id,
        containers: containers.filter(({ owner }) => owner?.log === id).map(({ containerName }) => containerName),
        volumes: volumes.filter(({ owner }) => owner?.log === id).map(({ name }) => name),
      }));
    });
  }

  inspectOwned(log: string, name: string, looksSecret: (variable: string) => boolean): Promise<Owned> {
    return this.#call('inspectOwned', [log, name], () => fakeOwned(this.host, log, name, looksSecret));
  }

  inspectUnlabelled(containerName: string, owner: OwnerId): Promise<UnlabelledFound | null> {
    return this.#call('inspectUnlabelled', [containerName, owner], () => {
      const container = this.host.containerBy(containerName);
      if (container === undefined) return null;
      const isBare = container.owner === undefined || (container.labels !== undefined && Object.keys(container.labels).length === 0);
      if (!isBare) throw new EngineError('conflict', `container ${containerName} carries labels`);
      return fakeUnlabelled(container, owner);
    });
  }

  listGpuUse(log: string, isKnown: (container: LabelledContainer) => boolean = () => true): Promise<readonly GpuUser[]> {
    return this.#call('listGpuUse', [log], () =>
      [...this.host.containers.values()].flatMap((container): GpuUser[] => {
        const { containerName, request, gpus = request?.requestDevices === true ? request.gpus : [] } = container;
        const owner = this.ownerOf(container);
        if (!isRunning(container) || gpus.length === 0 || (owner?.log === log && isKnown({ ...withoutOperation(owner), id: container.id })))
          return [];
        return [{ containerName, log: owner?.log ?? null, gpus }];
      }),
    );
  }

  inspectVolume(name: string): Promise<VolumeFacts | null> {
    return this.#call('inspectVolume', [name], () => {
      const volume = this.host.volumes.get(name);
      return volume === undefined ? null : this.#volumeFacts(volume);
    });
  }

  volumeUsers(name: string): Promise<readonly { readonly containerName: string; readonly running: boolean }[]> {
    return this.#call('volumeUsers', [name], () =>
      this.host.usersOf(name).map((user) => ({ containerName: user.containerName, running: isRunning(user) })),
    );
  }

  createVolume(name: string, owner: Owner, size: string, bytes: number, strict: boolean): Promise<{ enforced: boolean }> {
    return this.#call('createVolume', [name, owner, size, bytes, strict], () => {
      const existing = this.host.volumes.get(name);
      if (existing !== undefined) {
        if (isOwner(existing.owner, owner) && existing.owner?.operation === owner.operation)
          return { enforced: existing.size !== undefined };
        throw new EngineError(
          'conflict',
          `a volume named ${name} is on this host already that was not made for this; it is left alone: remove it or use another name`,
        );
      }
      if (!this.enforcesSizes && strict) throw new EngineError('refused', `volume ${name}: this engine cannot limit the size of a volume`);
      this.host.volumes.set(name, { name, owner, anonymous: false, files: new Map(), ...(this.enforcesSizes ? { size } : {}) });
      return { enforced: this.enforcesSizes };
    });
  }

  volumeUsage(name: string): Promise<number> {
    return this.#call('volumeUsage', [name], () => bytesOf(this.#volume(name).files));
  }

  volumeContent(name: string): Promise<VolumeContent> {
    return this.#call('volumeContent', [name], () => {
      const { copying, files } = this.#volume(name);
      if (copying !== undefined) return 'unfinished';
      return files.size === 0 ? 'empty' : 'filled';
    });
  }

  async copyVolume(from: string, to: string, operation: string, onProgress?: OnProgress): Promise<{ entries: number; bytes: number }> {
    await this.before?.('copyVolume', [from, to, operation]);
    const of = bytesOf(this.#volume(from).files);
    onProgress?.({ doing: 'copy', bytes: Math.floor(of / 2), of });
    const copied = await copyOnce(this.copyTrees(from, to), operation, () => {});
    await this.after?.('copyVolume', [from, to, operation]);
    return copied;
  }

  /** A copy is many acts, not one: `pause` comes before each look and each act, `acts` with each act. */
  copyTrees(from: string, to: string, pause: () => Promise<void> = async () => {}, acts: () => void = () => {}): CopyTrees {
    if (from === to) throw new EngineError('refused', `volume ${from} cannot be copied onto itself`);
    const [source, target] = [this.#volume(from), this.#volume(to)];
    if (target.owner === undefined) throw new EngineError('conflict', `volume ${to} was not made for this; it is left alone`);
    const user = this.host.usersOf(to).find(isRunning);
    if (user !== undefined) throw new EngineError('in-use', `volume ${to} is used by the running container ${user.containerName}`);
    const look = async <T>(what: () => T): Promise<T> => {
      await pause();
      return what();
    };
    const act = async (ask: Ask, what: () => void): Promise<void> => {
      await pause();
      ask();
      acts();
      what();
    };
    return {
      target: to,
      requireSource: () => look(() => void this.#volume(from)),
      mark: () => look(() => target.copying ?? null),
      setMark: (copying, ask) => act(ask, () => void Object.assign(target, { copying })),
      clearMark: (ask) => act(ask, () => void delete target.copying),
      isEmpty: () => look(() => target.files.size === 0),
      empty: async (ask) => {
        for (const path of [...target.files.keys()]) await act(ask, () => target.files.delete(path));
      },
      copy: async (ask) => {
        let free = this.freeBytes;
        for (const [path, content] of [...source.files]) {
          await act(ask, () => {
            free -= Buffer.byteLength(content);
            if (free < 0) throw new EngineError('no-space', 'copying failed: No space left on device');
            target.files.set(path, content);
          });
        }
      },
      compare: () =>
        look(() => {
          const odd = [...new Set([...source.files.keys(), ...target.files.keys()])].find(
            (path) => source.files.get(path) !== target.files.get(path),
          );
          if (odd !== undefined) throw new CopyDiffers(Buffer.from(odd), 'content');
          return { entries: source.files.size + 1, bytes: bytesOf(source.files) };
        }),
    };
  }

  removeVolume(name: string, owner: OwnerId): Promise<void> {
    return this.#call('removeVolume', [name, owner], () => {
      const volume = this.host.volumes.get(name);
      if (volume === undefined) return;
      if (!isOwner(this.volumeOwner(volume), owner))
        throw new EngineError('conflict', `volume ${name} was not made for this; it is left alone`);
      const users = this.host.usersOf(name).map(({ containerName }) => containerName);
      if (users.length > 0) throw new EngineError('in-use', `volume ${name} is used by ${users.join(', ')}`);
      this.host.volumes.delete(name);
    });
  }

  removeAnonymousVolumes(names: readonly string[]): Promise<readonly string[]> {
    return this.#call('removeAnonymousVolumes', [names], () => {
      const gone = names.filter((name) => this.host.usersOf(name).length === 0 && this.host.volumes.get(name)?.anonymous !== false);
      for (const name of gone) this.host.volumes.delete(name);
      return gone;
    });
  }

  listVolumes(log: string): Promise<readonly VolumeFacts[]> {
    return this.#call('listVolumes', [log], () =>
      [...this.host.volumes.values()].filter((volume) => this.volumeOwner(volume)?.log === log).map((volume) => this.#volumeFacts(volume)),
    );
  }

  // ---- inside

  /** An image that a container uses is left alone. One that another image is built on only loses its tags. */
  #removeImage(image: FakeImage): void {
    const ours = [...image.tags].filter((tag) => tag.startsWith('gpu-docker-api/disk:'));
    if (ours.length < image.tags.size) return;
    if ([...this.host.containers.values()].some((container) => container.image === image)) return;
    image.tags.clear();
    if (![...this.host.images.values()].some(({ parent }) => parent === image)) this.host.images.delete(image.id);
  }

  #requireSpace(container: FakeContainer): void {
    const needed = bytesOf(container.layer);
    if (needed > this.freeBytes)
      throw new EngineError(
        'no-space',
        `the system disk of ${container.containerName} may take ${needed} bytes, where ${this.freeBytes} are free`,
      );
  }

  #volumeFacts(volume: FakeVolume): VolumeFacts {
    const { name, size } = volume;
    const owner = this.volumeOwner(volume);
    return {
      name,
      ...(owner === undefined ? {} : { owner: withoutOperation(owner) }),
      ...(size === undefined ? {} : { sizeOption: size }),
    };
  }

  #volume(name: string): FakeVolume {
    const volume = this.host.volumes.get(name);
    if (volume === undefined) throw new EngineError('not-found', `volume ${name} is not on this host`);
    return volume;
  }
}

/** UUIDs, as its create gave them. */
function gpusIn({ request, gpus }: FakeContainer): readonly string[] {
  if (request !== undefined) return request.requestDevices ? request.gpus : [];
  return gpus === undefined || gpus === 'all' ? [] : gpus;
}

/** An image that is made from the container has no values of its secret variables. */
const envOfImage = ({ env, request }: FakeContainer): string[] => {
  const secret = (request?.spec.secretEnv ?? []).map(({ name }) => name);
  return env.filter((entry) => !secret.includes(entry.split('=', 1)[0] ?? ''));
};

function environment(
  { base, spec: { env: plain, secretEnv = [] }, gpus, requestDevices }: CreateContainer,
  secrets: OpenedSecrets,
): readonly string[] {
  const env = [...secretEnv.map(({ name }) => `${name}=${secrets.get(name)?.reveal() ?? ''}`), ...plain];
  const wanted = new Map(
    [...base.env, ...env].filter((entry) => entry.includes('=')).map((entry) => [entry.split('=', 1)[0] ?? '', entry]),
  );
  if (requestDevices) wanted.set(GPU_VARIABLE, `${GPU_VARIABLE}=${gpus.length === 0 ? 'void' : gpus.join(',')}`);
  return [...wanted.values()];
}
