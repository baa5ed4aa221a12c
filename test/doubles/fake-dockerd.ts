// The raw API of Docker over the engine in memory: one request, its effect and its answer at one moment, in dockerd's own words. What
// src/infra/docker makes of it is the product's own.
import { Readable } from 'node:stream';
import type { CreateContainer, Owner } from '../../src/commands/outside/engine.ts';
import { containerLabels, diskLabels, LABEL, type Labels, ownerOf, volumeLabels } from '../../src/infra/docker/connection/labels.ts';
import type { RawContainer, RawContainerSummary, RawImage, RawImageSummary, RawVolume } from '../../src/infra/docker/connection/raw.ts';
import type { FakeEngine } from './fake-engine.ts';
import { bytesOf, depthOf, type FakeContainer, type FakeImage, type FakeVolume, fateOf, filesOf } from './fake-host.ts';
import { isRunning } from './fake-machine.ts';

export interface RawRequest {
  readonly method: string;
  /** Without a version, and without a query. */
  readonly path: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: object;
  readonly file?: unknown;
}

/** An answer that says no, as docker-modem rejects with it. */
export class RawRefusal extends Error {
  readonly statusCode: number;
  readonly json: { readonly message: string };
  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
    this.json = { message };
  }
}

interface CreateBody {
  readonly Image: string;
  readonly Env?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Labels: Labels;
  readonly HostConfig: { readonly PortBindings?: Readonly<Record<string, readonly { readonly HostPort: string }[]>> };
}

const COMMENT = 'gpu-docker-api ';
const isoOf = (ms: number): string => new Date(ms).toISOString();
const noContainer = (name: string): RawRefusal => new RawRefusal(404, `No such container: ${name}`);

export class FakeDockerd {
  readonly #engine: FakeEngine;

  constructor(engine: FakeEngine) {
    this.#engine = engine;
  }

  /** The parsed answer, or a stream. Throws RawRefusal. `made`: the request of the port behind a create, which containers remember. */
  answer({ method, path, query, body, file }: RawRequest, made?: CreateContainer): unknown {
    const { host } = this.#engine;
    const [, kind, ...rest] = path.split('/').map(decodeURIComponent);
    const last = rest.at(-1) ?? '';
    const name = rest.slice(0, -1).join('/');
    switch (kind) {
      case 'info':
        return { ID: host.engineId, ServerVersion: 'fake', Driver: 'memory', DriverStatus: [], DockerRootDir: '/fake' };
      case '_ping':
        return 'OK';
      case 'commit':
        return this.#commit(query, body as { Labels?: Labels });
      case 'containers':
        if (path === '/containers/json') return this.#list(query);
        if (path === '/containers/create') return this.#create(String(query['name']), body as CreateBody, made);
        if (method === 'DELETE') return this.#remove(this.#container(last), query);
        return this.#onContainer(this.#container(name), last, query);
      case 'images':
        if (path === '/images/json') return this.#listImages(query);
        if (path === '/images/create') return this.#import(query, file);
        if (method === 'DELETE') return this.#removeImage(rest.join('/'));
        return this.#rawImage(this.#image(name));
      case 'volumes':
        if (path === '/volumes')
          return { Volumes: [...host.volumes.values()].map(rawVolume).filter(({ Labels }) => matches(Labels, query)) };
        if (path === '/volumes/create') return this.#createVolume(body as { Name: string; DriverOpts: { size?: string }; Labels: Labels });
        return method === 'DELETE' ? this.#removeVolume(this.#volume(last)) : rawVolume(this.#volume(last));
      default:
        throw new RawRefusal(501, `the fake does not know ${method} ${path}`);
    }
  }

  // ---- containers

  #container(name: string): FakeContainer {
    const { host } = this.#engine;
    const found = host.containers.get(name) ?? host.containerBy(name);
    if (found === undefined) throw noContainer(name);
    return found;
  }

  #onContainer(container: FakeContainer, what: string, query: RawRequest['query']): unknown {
    switch (what) {
      case 'json':
        return rawContainer(container, query['size'] === true);
      case 'start':
        return this.#start(container);
      case 'stop':
        if (!isRunning(container)) throw new RawRefusal(304, 'container already stopped');
        this.#engine.end(container, 0);
        return '';
      case 'pause':
        if (!isRunning(container)) throw new RawRefusal(409, `Container ${container.id} is not running`);
        if (container.state === 'paused') throw new RawRefusal(409, `Container ${container.id} is already paused`);
        container.state = 'paused';
        this.#engine.ring(container);
        return '';
      case 'unpause':
        if (container.state !== 'paused') throw new RawRefusal(500, `Container ${container.id} is not paused`);
        container.state = 'running';
        this.#engine.ring(container);
        return '';
      case 'export': {
        const { image, layer } = container;
        const files = filesOf({ ...image, layer, parent: image });
        return Object.assign(Readable.from([]), { files });
      }
      default:
        throw new RawRefusal(501, `configured logging driver does not support reading`);
    }
  }

  #create(name: string, body: CreateBody, made: CreateContainer | undefined): { Id: string } {
    const { host } = this.#engine;
    const image = host.images.get(body.Image);
    if (image === undefined) throw new RawRefusal(404, `No such image: ${body.Image}`);
    const existing = host.containerBy(name);
    if (existing !== undefined)
      throw new RawRefusal(409, `Conflict. The container name "/${name}" is already in use by container "${existing.id}"`);
    const its = ownerOf(body.Labels, 'container');
    if (made === undefined || its === undefined) throw new RawRefusal(400, 'the fake makes containers of ours alone');
    const owner: Owner = { ...its, operation: body.Labels[LABEL.operation] ?? '' };
    const env = (body.Env ?? []).filter((entry) => entry.includes('='));
    const argv = [...(body.Entrypoint ?? image.config.entrypoint ?? []), ...(body.Cmd ?? image.config.cmd ?? [])];
    const hostPorts = Object.values(body.HostConfig.PortBindings ?? {}).flatMap((to) => to.map(({ HostPort }) => Number(HostPort)));
    const { mounts } = host.mount(made, image);
    const labels = body.Labels;
    const added = this.#engine.add({ containerName: name, owner, labels, request: made, image, env, argv, mounts, hostPorts }, 'created');
    return { Id: added.id };
  }

  #start(container: FakeContainer): string {
    const { host } = this.#engine;
    if (container.state === 'paused') throw new RawRefusal(409, 'cannot start a paused container, try unpause instead');
    if (isRunning(container)) throw new RawRefusal(304, 'container already started');
    const taken = container.hostPorts.find((port) => host.holds(port, container));
    if (taken !== undefined)
      throw new RawRefusal(500, `driver failed programming: Bind for 0.0.0.0:${taken} failed: port is already allocated`);
    const { missing, exit } = fateOf(container.argv, filesOf(container.image));
    if (missing !== undefined) throw new RawRefusal(400, missing);
    container.state = 'running';
    container.exitCode = 0;
    this.#engine.ring(container);
    if (exit !== undefined) this.#engine.end(container, exit);
    return '';
  }

  #remove(container: FakeContainer, query: RawRequest['query']): string {
    if (isRunning(container) && query['force'] !== true)
      throw new RawRefusal(409, `cannot remove container "/${container.containerName}": container is running`);
    this.#engine.remove(container, query['v'] === true);
    return '';
  }

  #list(query: RawRequest['query']): RawContainerSummary[] {
    const [volume] = (query['filters'] as { volume?: readonly string[] } | undefined)?.volume ?? [];
    return [...this.#engine.host.containers.values()].flatMap((container) => {
      const labels = labelsOf(container);
      if (!matches(labels, query) || (query['all'] !== true && !isRunning(container))) return [];
      if (volume !== undefined && ![...container.mounts.values()].includes(volume)) return [];
      const { id, containerName, state } = container;
      return [{ Id: id, Names: [`/${containerName}`], State: state, Labels: labels, Mounts: mountsOf(container) }];
    });
  }

  // ---- images

  #image(reference: string): FakeImage {
    const found = this.#engine.host.imageBy(reference);
    if (found === undefined) throw new RawRefusal(404, `No such image: ${reference}`);
    return found;
  }

  #rawImage(image: FakeImage): RawImage {
    const { env, cmd, entrypoint, workingDir, user, stopSignal, healthcheck } = image.config;
    return {
      Id: image.id,
      RepoTags: [...image.tags],
      Created: isoOf(image.created),
      ...(image.commitOperation !== undefined && { Comment: COMMENT + image.commitOperation }),
      Config: {
        Env: env,
        Cmd: cmd ?? null,
        Entrypoint: entrypoint ?? null,
        ...(workingDir !== undefined && { WorkingDir: workingDir }),
        ...(user !== undefined && { User: user }),
        ...(stopSignal !== undefined && { StopSignal: stopSignal }),
        ...(healthcheck !== undefined && { Healthcheck: healthcheck }),
        Labels: imageLabels(image),
        Volumes: Object.fromEntries(image.volumes.map((path) => [path, {}])),
      },
      RootFS: { Layers: Array.from({ length: depthOf(image) }, (_, i) => String(i)) },
    };
  }

  #listImages(query: RawRequest['query']): RawImageSummary[] {
    return [...this.#engine.host.images.values()].flatMap((image) => {
      const labels = imageLabels(image);
      if (!matches(labels, query)) return [];
      return [{ Id: image.id, ParentId: image.parent?.id ?? '', Created: image.created, RepoTags: [...image.tags], Labels: labels }];
    });
  }

  #commit(query: RawRequest['query'], { Labels }: { Labels?: Labels }): { Id: string } {
    const container = this.#container(String(query['container']));
    const disk = diskOf(Labels);
    const comment = typeof query['comment'] === 'string' ? query['comment'] : undefined;
    const cmd = disk === undefined ? container.request?.spec.cmd : undefined;
    const config = { ...container.image.config, env: [...container.env], ...(cmd !== undefined && { cmd: [...cmd] }) };
    const image = {
      parent: container.image,
      layer: new Map(container.layer),
      config,
      volumes: container.image.volumes,
      ...(disk !== undefined && { disk }),
      ...(comment !== undefined && { commitOperation: comment.slice(COMMENT.length) }),
      ...(Labels?.[LABEL.committedFrom] && { committedFrom: Labels[LABEL.committedFrom] }),
      ...(Labels?.[LABEL.committedBy] && { committedBy: Labels[LABEL.committedBy] }),
    };
    return { Id: this.#engine.host.addImage(image, `${String(query['repo'])}:${String(query['tag'])}`).id };
  }

  /** An import has the files and the labels, and nothing else of the container. */
  #import(query: RawRequest['query'], file: unknown): Readable {
    const changes = (query['changes'] ?? []) as readonly string[];
    const pairs = changes.map((change) => /^LABEL ([^=]+)=(.*)$/.exec(change)).filter((match) => match !== null);
    const labels = Object.fromEntries(pairs.map(([, key = '', value = '""']) => [key, String(JSON.parse(value))]));
    const disk = diskOf(labels);
    const { files } = file as { files: Map<string, string | null> };
    const image = { parent: null, layer: new Map(files), config: { env: [] }, volumes: [], ...(disk !== undefined && { disk }) };
    const { id } = this.#engine.host.addImage(image, `${String(query['repo'])}:${String(query['tag'])}`);
    return Readable.from([`${JSON.stringify({ status: id })}\n`]);
  }

  /** By a tag it is untagged, and goes where nothing is left that needs it. */
  #removeImage(reference: string): unknown {
    const { host } = this.#engine;
    const image = this.#image(reference);
    const user = [...host.containers.values()].find((container) => container.image === image);
    const isByTag = image.tags.has(reference);
    const others = image.tags.size - (isByTag ? 1 : 0);
    if (others > 0 && !isByTag)
      throw new RawRefusal(409, 'conflict: unable to delete (must be forced) - image is referenced in multiple repositories');
    if (others === 0 && user !== undefined) throw new RawRefusal(409, `conflict: container ${user.id} is using its referenced image`);
    image.tags.delete(reference);
    if (others > 0) return [];
    const isBase = [...host.images.values()].some(({ parent }) => parent === image);
    if (isBase && !isByTag) throw new RawRefusal(409, 'conflict: unable to delete (cannot be forced) - image has dependent child images');
    if (!isBase) host.images.delete(image.id);
    return [];
  }

  // ---- volumes

  #volume(name: string): FakeVolume {
    const found = this.#engine.host.volumes.get(name);
    if (found === undefined) throw new RawRefusal(404, `get ${name}: no such volume`);
    return found;
  }

  /** One that exists is given back as it is. */
  #createVolume({ Name: name, DriverOpts: { size }, Labels }: { Name: string; DriverOpts: { size?: string }; Labels: Labels }): RawVolume {
    const { host, enforcesSizes } = this.#engine;
    const existing = host.volumes.get(name);
    if (existing !== undefined) return rawVolume(existing);
    if (size !== undefined && !enforcesSizes) throw new RawRefusal(500, `create ${name}: quota size requested but no quota support`);
    const its = ownerOf(Labels, 'volume');
    const owner = its === undefined ? {} : { owner: { ...its, operation: Labels[LABEL.operation] ?? '' } };
    const volume: FakeVolume = { name, anonymous: false, files: new Map(), ...owner, ...(size !== undefined && { size }) };
    host.volumes.set(name, volume);
    return rawVolume(volume);
  }

  #removeVolume({ name }: FakeVolume): string {
    const { host } = this.#engine;
    const [user] = host.usersOf(name);
    if (user !== undefined) throw new RawRefusal(409, `remove ${name}: volume is in use - [${user.id}]`);
    host.volumes.delete(name);
    return '';
  }
}

/** Whether what has these labels passes the query's filter. */
function matches(labels: Labels | null | undefined, query: RawRequest['query']): boolean {
  const wanted = (query['filters'] as { label?: readonly string[] } | undefined)?.label ?? [];
  return wanted.every((pair) => {
    const at = pair.indexOf('=');
    return labels?.[pair.slice(0, at)] === pair.slice(at + 1);
  });
}

const NO_LABELS: Labels = {};
/** Of a container: its owner never changes. */
const LABELS = new WeakMap<FakeContainer, Labels>();

export function labelsOf(container: FakeContainer): Labels {
  if (container.labels !== undefined) return container.labels;
  if (container.owner === undefined) return NO_LABELS;
  const known = LABELS.get(container) ?? containerLabels(container.owner, '', '', []);
  LABELS.set(container, known);
  return known;
}

function imageLabels({ disk, parent, committedFrom, committedBy = '' }: FakeImage): Labels {
  if (committedFrom !== undefined) return { [LABEL.committedFrom]: committedFrom, [LABEL.committedBy]: committedBy };
  if (disk === undefined) return NO_LABELS;
  return { ...diskLabels(disk, disk.operation), ...(parent === null && { [LABEL.flattened]: '1' }) };
}

function diskOf(labels: Labels | undefined): FakeImage['disk'] {
  const owner = ownerOf(labels, 'disk');
  return owner === undefined ? undefined : { ...owner, operation: labels?.[LABEL.diskOperation] ?? '' };
}

function rawVolume({ name, owner, size }: FakeVolume): RawVolume {
  return {
    Name: name,
    Mountpoint: '',
    Labels: owner === undefined ? NO_LABELS : { ...volumeLabels(owner, size ?? '', 0), [LABEL.operation]: owner.operation },
    Options: size === undefined ? null : { size },
  };
}

const mountsOf = ({ mounts }: FakeContainer): { Type: string; Name: string; Destination: string }[] =>
  [...mounts].map(([dest, name]) => ({ Type: 'volume', Name: name, Destination: dest }));

/** With its size it tells when it ended by the clock of the images, which counts ticks; without, by the engine's own. */
function rawContainer(container: FakeContainer, size: boolean): RawContainer {
  const { id, containerName, image, state, exitCode, oomKilled, ran, finished, request, gpus = request?.gpus ?? [] } = container;
  const devices = gpus === 'all' ? { Count: -1 } : { DeviceIDs: gpus };
  return {
    Id: id,
    Name: `/${containerName}`,
    Image: image.id,
    State: {
      Status: state,
      Running: isRunning(container),
      Paused: state === 'paused',
      Restarting: state === 'restarting',
      OOMKilled: oomKilled,
      ExitCode: exitCode,
      Pid: isRunning(container) ? 1 : 0,
      ...(size ? { FinishedAt: isoOf(finished) } : ran !== undefined && { StartedAt: isoOf(ran.from), FinishedAt: isoOf(ran.to) }),
    },
    ...(size && { SizeRw: bytesOf(container.layer), SizeRootFs: bytesOf(container.layer) }),
    Config: { Labels: labelsOf(container), Env: container.env },
    HostConfig: {
      DeviceRequests: request?.requestDevices === false ? [] : [{ Driver: 'nvidia', ...devices, Capabilities: [['gpu']] }],
      PortBindings: Object.fromEntries(container.hostPorts.map((port) => [`${port}/tcp`, [{ HostPort: String(port) }]])),
    },
    Mounts: mountsOf(container),
  };
}
