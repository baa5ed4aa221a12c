// A version's system disk, saved as an image: commit of the stopped container, or export and import when there are too many layers.
import { pipeline, type Readable, Transform } from 'node:stream';
import type { SavedDisk } from '../../../commands/outside/disk-usage.ts';
import { type CommitHow, type ContainerRef, imageOrigin, type Owner } from '../../../commands/outside/engine.ts';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import type { OnProgress } from '../../../commands/outside/progress.ts';
import type { Disk } from '../../../events/shapes.ts';
import { type DockerApi, isEmpty, jsonLines, PATIENT_MS } from '../connection/api.ts';
import { DockerRefusal, isStatus, unless } from '../connection/errors.ts';
import { diskLabels, LABEL, type Labels, labelFilter, NOT_OURS, ownerOf } from '../connection/labels.ts';
import { isContainerOf, secretNamesIn } from '../connection/ownership.ts';
import type { RawContainer, RawImage, RawImageSummary } from '../connection/raw.ts';
import { containerId, inspectContainer } from '../containers/containers.ts';
import { encodeName, type ImageName, type Images, parseImageName } from '../containers/images.ts';
import { commitContainer } from './commit-container.ts';
import { requireSpace, type Storage } from './disk-space.ts';

const REPOSITORY = 'gpu-docker-api/disk';
export interface DiskOptions {
  /** Number of layers at which a disk is flattened. overlay2 allows 125, those of the base image included. */
  readonly layerLimit: number;
  /** Bytes that must stay free on the host's disk. */
  readonly reserveBytes?: number;
  /** The longest that Docker may count a container's files, ms: its old version is stopped meanwhile. */
  readonly measureMs: number;
  readonly onProgress?: OnProgress;
}

/** Counting millions of files takes Docker minutes. Throws EngineError('refused') when it has not come to an end in `measureMs`. */
async function measured(api: DockerApi, ref: ContainerRef, { measureMs }: DiskOptions): Promise<RawContainer> {
  const { containerName, id, owner } = ref;
  const late = AbortSignal.timeout(measureMs);
  const look = (signal: AbortSignal): Promise<RawContainer | undefined> =>
    inspectContainer(api, id ?? containerName, { size: true, ms: PATIENT_MS, signal: AbortSignal.any([signal, late]) });
  const seen = await api.patiently(`measuring of container ${containerName}`, look).catch((error: unknown) => {
    if (!late.aborted) throw error;
    const minutes = Number((measureMs / 60_000).toFixed(1));
    const reason = `Docker has not measured the system disk of ${containerName} in ${minutes} minutes; are there very many files in it?`;
    throw new EngineError('refused', reason, { cause: error });
  });
  if (seen === undefined) throw new EngineError('not-found', `container ${containerName} is not on this host`);
  if (!isContainerOf(api, seen, owner))
    throw new EngineError('conflict', `container ${containerName} was not made for this; it is left alone`);
  return seen;
}

async function mustFlatten(images: Images, container: RawContainer, { layerLimit }: DiskOptions): Promise<boolean> {
  const image = await images.facts(container.Image);
  return image !== null && image.layers >= layerLimit;
}

const sizeOf = ({ SizeRw = 0, SizeRootFs = 0 }: RawContainer, flatten: boolean): number =>
  flatten ? Math.max(SizeRootFs, SizeRw) : SizeRw;

export async function checkDiskSpace(
  api: DockerApi,
  images: Images,
  storage: Storage,
  ref: ContainerRef,
  options: DiskOptions,
): Promise<void> {
  const container = await measured(api, ref, options);
  const size = sizeOf(container, await mustFlatten(images, container, options));
  await requireSpace(storage, ref.containerName, size, options.reserveBytes);
}

/** Whether an earlier try of the same operation made the image. A label that its release did not know is as good as an empty one. */
const isEarlierTry = (image: RawImage | null, labels: Labels): image is RawImage =>
  image !== null &&
  Object.entries(labels).every(([key, value]) => key === LABEL.flattened || (image.Config?.Labels?.[key] ?? '') === value);

/** Whether the image was made after the container last ran. */
const isAfter = (image: RawImage, { State }: RawContainer): boolean =>
  Date.parse(image.Created ?? '') >= Date.parse(State.FinishedAt ?? '');

export const diskOf = (image: RawImage, bytes: number): Disk => {
  const flattened = image.Config?.Labels?.[LABEL.flattened] === '1';
  return { image: image.Id, layers: image.RootFS?.Layers?.length ?? 0, bytes, flattened };
};

/** Bytes of the image's own layer. */
export async function ownBytes(images: Images, { Size = 0, Parent = '' }: RawImage): Promise<number> {
  const parent = Parent === '' ? null : await images.inspect(Parent);
  return Math.max(0, Size - (parent?.Size ?? 0));
}

/** The same bytes, counted as they pass where somebody wants to know. */
function counted(from: Readable, tell: ((bytes: number) => void) | undefined): Readable {
  if (tell === undefined) return from;
  let bytes = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      tell(bytes);
      done(null, chunk);
    },
  });
  return pipeline(from, counter, () => {});
}

/** Makes an image of one layer with all files. The configuration is lost; a create from a disk sends all of it anyway. */
function flatten(
  api: DockerApi,
  containerName: string,
  id: string,
  { repo, tag }: ImageName,
  labels: Labels,
  tell: ((bytes: number) => void) | undefined,
): Promise<string> {
  const what = `save of the system disk of container ${containerName} as one layer`;
  return api.patiently(what, async (signal) => {
    const tar = await api.stream(what, { path: `/containers/${id}/export`, ms: PATIENT_MS, signal });
    const changes = Object.entries(labels).map(([key, value]) => `LABEL ${key}=${JSON.stringify(value)}`);
    const query = { fromSrc: '-', repo, tag, changes };
    const answer = await api.stream(what, {
      method: 'POST',
      path: '/images/create',
      query,
      file: counted(tar, tell),
      ms: PATIENT_MS,
      signal,
      makes: true,
    });
    let image = '';
    for await (const { status, error } of jsonLines<{ status?: string; error?: string }>(answer)) {
      if (error !== undefined) throw new DockerRefusal(what, 500, error);
      if (status?.startsWith('sha256:')) image = status;
    }
    if (image === '') throw new EngineError('unavailable', `${what}: Docker's answer was cut off`);
    return image;
  });
}

export async function saveDisk(
  api: DockerApi,
  images: Images,
  storage: Storage,
  ref: ContainerRef,
  operation: string,
  options: DiskOptions,
): Promise<Disk> {
  const { containerName } = ref;
  const labels = diskLabels(ref.owner, operation);
  const tag = `${REPOSITORY}:${containerName}`;
  const [container, tagged] = await Promise.all([
    measured(api, ref, options).catch((error: unknown) => {
      if (error instanceof EngineError && error.kind === 'not-found') return error;
      throw error;
    }),
    // Where the container is there, the worst is that it is saved once more.
    images.inspect(tag, { isAbsenceHarmless: true }),
  ]);
  if (container instanceof EngineError) {
    // Somebody has removed the container after an earlier try, whose answer was lost: what that saved is the only copy.
    const saved = tagged ?? (await images.inspect(tag));
    if (isEarlierTry(saved, labels)) return diskOf(saved, await ownBytes(images, saved));
    throw container;
  }
  if (container.State.Running)
    throw new EngineError(
      'refused',
      `container ${containerName} is ${container.State.Status}: its system disk is saved when it has stopped`,
    );
  const name = { repo: REPOSITORY, tag: containerName };
  const disk = (image: RawImage | null): Disk => {
    if (image === null) throw new EngineError('unavailable', `the saved disk of ${containerName} was removed at once`);
    return diskOf(image, container.SizeRw ?? 0);
  };
  if (isEarlierTry(tagged, labels) && isAfter(tagged, container)) return disk(tagged);
  const secretNames = secretNamesIn(api, container);
  const ofContainer = {
    [LABEL.made]: container.Config.Labels?.[LABEL.made] ?? '',
    [LABEL.secretEnv]: secretNames.length > 0 ? JSON.stringify(secretNames) : '',
  };
  const { onProgress } = options;
  const saveFlattened = async (): Promise<Disk> => {
    const of = sizeOf(container, true);
    await requireSpace(storage, containerName, of, options.reserveBytes);
    // An import has no labels but these.
    const all = { ...labels, ...ofContainer, [LABEL.flattened]: '1' };
    const tell = onProgress && ((bytes: number): void => onProgress({ doing: 'write', bytes: Math.min(bytes, of), of }));
    return disk(await images.inspect(await flatten(api, containerName, container.Id, name, all, tell)));
  };
  if (await mustFlatten(images, container, options)) return saveFlattened();
  await requireSpace(storage, containerName, sizeOf(container, false), options.reserveBytes);
  // Of a commit Docker says nothing until it is done.
  onProgress?.({ doing: 'write', of: sizeOf(container, false) });
  try {
    const what = `save of the system disk of container ${containerName}`;
    // A commit hands the container's labels down, and one of ours without labels has none.
    const request = { what, container, name, options: { pause: false }, labels: { ...labels, ...ofContainer }, onTheWay: labels };
    return disk(await images.inspect(await commitContainer(api, images, storage, request)));
  } catch (error) {
    const isRefused =
      error instanceof DockerRefusal && (/max depth exceeded/i.test(error.text) || (secretNames.length > 0 && error.kind === 'refused'));
    if (isRefused) return saveFlattened();
    throw error;
  }
}

/** Commits for a user. The image's comment names the operation, so that a repeated commit finds the image of the first. */
export async function commitImage(
  api: DockerApi,
  images: Images,
  storage: Storage,
  ref: ContainerRef,
  imageName: string,
  operation: string,
  { committer = '', frozen = false }: CommitHow = {},
): Promise<{ imageId: string }> {
  const { repo, tag } = parseImageName(imageName);
  if (repo === '' || repo.includes('@') || imageName.endsWith(':'))
    throw new EngineError('refused', `"${imageName}" is not a valid image name: repository or repository:tag`);
  const id = await containerId(api, ref);
  const container = await inspectContainer(api, id);
  if (container === undefined) throw new EngineError('not-found', `container ${ref.containerName} is not on this host`);
  if (container.State.Paused && !frozen)
    await api.call(`commit of container ${ref.containerName}`, { method: 'POST', path: `/containers/${id}/unpause` });
  const name = { repo, tag: tag === '' ? 'latest' : tag };
  const comment = `gpu-docker-api ${operation}`;
  const earlier = await images.inspect(`${name.repo}:${name.tag}`).catch((error: unknown) => {
    // For a bad name the commit gives the reason in Docker's own words.
    if (error instanceof DockerRefusal && error.kind !== 'unavailable') return null;
    throw error;
  });
  if (earlier?.Comment === comment) return { imageId: earlier.Id };
  const origin = imageOrigin(ref.owner);
  if (earlier !== null && earlier.Config?.Labels?.[LABEL.committedFrom] !== origin)
    throw new EngineError('conflict', `${imageName} is the name of another image (${earlier.Id}), which keeps it`);
  const what = `commit of container ${ref.containerName} as ${imageName}`;
  const labels = { ...NOT_OURS, [LABEL.committedFrom]: origin, [LABEL.committedBy]: committer };
  const request = { what, container, name, options: { pause: true, comment }, labels, onTheWay: diskLabels(ref.owner, operation) };
  return { imageId: await commitContainer(api, images, storage, request) };
}

/** Removes our tags, and with them the image, unless it is used or carries a user's tag. True when the image is gone. */
async function removeImage(api: DockerApi, image: RawImageSummary | RawImage): Promise<boolean> {
  const tags = image.RepoTags?.filter((tag) => tag !== '<none>:<none>') ?? [];
  const ours = tags.filter((tag) => tag.startsWith(`${REPOSITORY}:`));
  if (ours.length < tags.length) return false;
  for (const reference of ours.length > 0 ? ours : [image.Id]) {
    try {
      // noprune: an untagged parent may be the disk of another version, or a user's image.
      const request = {
        method: 'DELETE',
        path: `/images/${encodeName(reference)}`,
        query: { noprune: true },
        ms: api.deadlines.slowMs,
      } as const;
      await unless(api.call(`removal of image ${reference}`, request), 404);
    } catch (error) {
      if (isStatus(error, 409)) return false;
      if (!isGoing(error)) throw error;
    }
  }
  return true;
}

/** Docker's word for an image that another call removes at this moment: a prune, say. */
const isGoing = (error: unknown): boolean => error instanceof DockerRefusal && /unrecognized image ID/i.test(error.text);

/** Whether the image is gone. Docker untags an image that others are built on, and removes it once they are gone. */
export async function removeDisk(api: DockerApi, images: Images, id: string): Promise<boolean> {
  const image = await images.inspect(id);
  if (image === null) return true;
  if (ownerOf(image.Config?.Labels, 'disk') === undefined) return false;
  const isRemoved = await removeImage(api, image);
  images.forget(id);
  return isRemoved && (image.RepoTags?.length === 0 || (await images.inspect(id)) === null);
}

export async function listRaw(api: DockerApi, owner: Partial<Owner>): Promise<readonly RawImageSummary[]> {
  // all: includes untagged images that others are built on.
  const query = { all: true, filters: { label: labelFilter('disk', owner) } };
  return api.call<readonly RawImageSummary[]>('list of saved disks', { path: '/images/json', query, isDoubtful: isEmpty });
}

export async function removeDisks(api: DockerApi, images: Images, { log, name, uid }: Pick<Owner, 'log' | 'name' | 'uid'>): Promise<void> {
  // An image can be removed only after the images built on it: youngest first, and again as long as that removes any.
  for (let left = await listRaw(api, { log, name, uid }); left.length > 0; ) {
    for (const image of [...left].sort((a, b) => b.Created - a.Created)) {
      await removeImage(api, image);
      images.forget(image.Id);
    }
    const now = await listRaw(api, { log, name, uid });
    if (now.length >= left.length) return;
    left = now;
  }
}

export async function listDisks(api: DockerApi, log: string): Promise<readonly SavedDisk[]> {
  return (await listRaw(api, { log })).flatMap((image) => {
    const owner = ownerOf(image.Labels, 'disk');
    if (owner === undefined) return [];
    const { Id, ParentId = '' } = image;
    return [{ image: Id, name: owner.name, uid: owner.uid, version: owner.version, ...(ParentId !== '' && { parent: ParentId }) }];
  });
}
