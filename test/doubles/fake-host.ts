// The contents of the engine in memory: images as layers of path → content, containers, volumes, and the ports of the host.
import { posix } from 'node:path';
import type { ContainerFacts, CreateContainer, Owner } from '../../src/commands/outside/engine.ts';
import type { AnonymousVolume, BaseImage } from '../../src/events/shapes.ts';

/** Path → content. Null marks a removed file: it hides the file in the layers below. */
type Layer = Map<string, string | null>;

export interface FakeImage {
  readonly id: string;
  readonly parent: FakeImage | null;
  readonly layer: Layer;
  readonly config: Omit<BaseImage, 'id'>;
  readonly volumes: readonly string[];
  readonly tags: Set<string>;
  /** Set on a saved disk. */
  readonly disk?: Omit<Owner, 'operation'> & { readonly operation: string };
  /** Of a saved disk: what its container was made with. */
  readonly request?: CreateContainer;
  /** The operation that committed it for a user. */
  readonly commitOperation?: string;
  /** The replicaSet that it was committed from. */
  readonly committedFrom?: string;
  /** The name of the key of scope own that it was committed with. */
  readonly committedBy?: string;
  /** Ticks. */
  readonly created: number;
}

export interface FakeContainer {
  readonly id: string;
  readonly containerName: string;
  /** Absent on a foreign container. */
  readonly owner?: Owner;
  readonly request?: CreateContainer;
  /** As its create gave them, where that came as a raw request. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly image: FakeImage;
  readonly env: readonly string[];
  readonly argv: readonly string[];
  readonly layer: Layer;
  /** Container path → volume. */
  readonly mounts: ReadonlyMap<string, string>;
  readonly hostPorts: readonly number[];
  /** Of a foreign container. */
  readonly gpus?: readonly string[] | 'all';
  /** Lines of its output; a test adds them. */
  readonly printed: string[];
  /** How many lines it had printed when it was last started. */
  printedBefore?: number;
  state: ContainerFacts['state'];
  exitCode: number;
  oomKilled: boolean;
  /** Ticks. */
  finished: number;
  /** Set on one that ended with the engine, ms. */
  ran?: { readonly from: number; readonly to: number };
}

export interface FakeVolume {
  readonly name: string;
  readonly owner?: Owner;
  readonly size?: string;
  readonly anonymous: boolean;
  readonly files: Map<string, string>;
  /** The operation whose unfinished copy it holds. */
  copying?: string;
}

/** All layers, from the image's own to its oldest. */
function* layersOf(image: FakeImage | null): Generator<Layer> {
  for (let at = image; at !== null; at = at.parent) yield at.layer;
}

export const depthOf = (image: FakeImage): number => [...layersOf(image)].length;

/** All files of an image, as a container sees them. */
export function filesOf(image: FakeImage): Layer {
  const files: Layer = new Map();
  for (const layer of [...layersOf(image)].reverse()) for (const [path, content] of layer) files.set(path, content);
  for (const [path, content] of files) if (content === null) files.delete(path);
  return files;
}

export const bytesOf = (layer: ReadonlyMap<string, string | null>): number =>
  [...layer.values()].reduce((sum, content) => sum + Buffer.byteLength(content ?? ''), 0);

/** Where a path of a container lies: in a volume, or on its own disk. */
function locate(container: FakeContainer, path: string): { readonly volume?: string; readonly path: string } {
  for (const [dest, volume] of container.mounts) if (path.startsWith(`${dest}/`)) return { volume, path: path.slice(dest.length) };
  return { path };
}

export class FakeHost {
  readonly images = new Map<string, FakeImage>();
  readonly containers = new Map<string, FakeContainer>();
  readonly volumes = new Map<string, FakeVolume>();
  /** Host ports that another program listens on. */
  readonly foreignPorts = new Set<number>();
  /** When the engine came up, ms; null: it does not say. */
  startedAt: number | null = null;
  /** The engine's own id. */
  engineId = 'FAKE:ENGINE';
  /** Containers that changed, for whoever watches: the watcher clears it. */
  readonly touched = new Set<FakeContainer>();
  /** Begins every id, where several hosts must not share any. */
  idPrefix = '';
  #count = 0;

  /** The next tick. Ticks and ids come from one counter, so that equal runs have equal ids. */
  tick(): number {
    return ++this.#count;
  }

  id(): string {
    return (
      this.idPrefix +
      this.tick()
        .toString(16)
        .padStart(64 - this.idPrefix.length, '0')
    );
  }

  imageBy(reference: string): FakeImage | undefined {
    const name = reference.lastIndexOf(':') > reference.lastIndexOf('/') ? reference : `${reference}:latest`;
    const known = this.images.get(reference);
    if (known !== undefined) return known;
    for (const image of this.images.values()) if (image.tags.has(name)) return image;
    return undefined;
  }

  /** Moves a tag to the image: a tag is on one image at a time. */
  tag(image: FakeImage, name: string): void {
    for (const { tags } of this.images.values()) tags.delete(name);
    image.tags.add(name);
  }

  addImage(image: Omit<FakeImage, 'id' | 'created' | 'tags'>, name: string): FakeImage {
    const added: FakeImage = { ...image, id: `sha256:${this.id()}`, created: this.tick(), tags: new Set() };
    this.images.set(added.id, added);
    this.tag(added, name);
    return added;
  }

  containerBy(name: string): FakeContainer | undefined {
    for (const container of this.containers.values()) if (container.containerName === name) return container;
    return undefined;
  }

  usersOf(volume: string): readonly FakeContainer[] {
    return [...this.containers.values()].filter(({ mounts }) => [...mounts.values()].includes(volume));
  }

  /** Whether another running container, or another program, has the port. */
  holds(port: number, except: FakeContainer): boolean {
    if (this.foreignPorts.has(port)) return true;
    for (const other of this.containers.values())
      if (other !== except && other.state === 'running' && other.hostPorts.includes(port)) return true;
    return false;
  }

  /** The mounts of a new container. Binds of host paths are ignored. Like Docker, it makes a volume that does not exist. */
  mount(request: CreateContainer, image: FakeImage): { mounts: Map<string, string>; anonymous: AnonymousVolume[] } {
    const mounts = new Map<string, string>();
    const anonymous: AnonymousVolume[] = [];
    const make = (name: string, isAnonymous: boolean): void => {
      if (!this.volumes.has(name)) this.volumes.set(name, { name, anonymous: isAnonymous, files: new Map() });
    };
    const bound = new Set(request.spec.binds.map(({ dest }) => posix.resolve(dest)));
    for (const { src, dest } of request.spec.binds) {
      if (src.startsWith('/')) continue;
      make(src, false);
      mounts.set(posix.resolve(dest), src);
    }
    for (const volume of request.anonymousVolumes.filter(({ dest }) => !bound.has(dest))) {
      make(volume.name, true);
      mounts.set(volume.dest, volume.name);
      anonymous.push({ ...volume });
    }
    for (const dest of image.volumes.filter((path) => !bound.has(path) && !mounts.has(path))) {
      const name = this.id();
      make(name, true);
      mounts.set(dest, name);
      anonymous.push({ name, dest });
    }
    return { mounts, anonymous };
  }

  read(container: FakeContainer, path: string): string | undefined {
    const at = locate(container, path);
    if (at.volume !== undefined) return this.volumes.get(at.volume)?.files.get(at.path);
    const written = container.layer.get(path);
    return (written === undefined ? filesOf(container.image).get(path) : written) ?? undefined;
  }

  /** Null as the content removes the file. */
  write(container: FakeContainer, path: string, content: string | null): void {
    const at = locate(container, path);
    if (at.volume === undefined) container.layer.set(path, content);
    else if (content === null) this.volumes.get(at.volume)?.files.delete(at.path);
    else this.volumes.get(at.volume)?.files.set(at.path, content);
  }
}

/** The fate of a main process: it runs on, ends at once, or cannot be started. Understands `sh -c "exit 3"` and missing absolute paths. */
export function fateOf(argv: readonly string[], files: Layer): { readonly exit?: number; readonly missing?: string } {
  const [program = ''] = argv;
  if (program === '') return { missing: 'No command specified' };
  if (program.startsWith('/') && program !== '/bin/sh' && !files.has(program))
    return { missing: `exec: "${program}": stat ${program}: no such file or directory` };
  const exit = /(?:^|; )exit (\d+)$/.exec(argv.at(-1) ?? '');
  return exit?.[1] === undefined ? {} : { exit: Number(exit[1]) };
}

/** What its script prints: of `echo one; echo $NAME; exit 3` two lines, as a terminal ends them. */
export function printedBy({ argv, env }: Pick<FakeContainer, 'argv' | 'env'>): string {
  const values = new Map(env.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
  const echoes = (argv.at(-1) ?? '').split('; ').filter((part) => part.startsWith('echo '));
  return echoes.map((part) => `${part.slice(5).replaceAll(/\$(\w+)/g, (_, name: string) => values.get(name) ?? '')}\r\n`).join('');
}
