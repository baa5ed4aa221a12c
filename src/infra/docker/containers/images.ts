// Images as a source of configuration. The facts of an image id never change, so they are cached.
import type { InspectedImage } from '../../../commands/outside/engine.ts';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import type { BaseImage } from '../../../events/shapes.ts';
import type { DockerApi } from '../connection/api.ts';
import { unless } from '../connection/errors.ts';
import { LABEL } from '../connection/labels.ts';
import type { RawImage } from '../connection/raw.ts';

/** The facts of an image that are needed to create a container from it. */
export interface ImageFacts {
  readonly env: readonly string[];
  /** Container paths of its VOLUME lines. */
  readonly volumes: readonly string[];
  readonly layers: number;
  readonly hasHealthcheck: boolean;
}

/** Cached images. */
const MAX_CACHED = 1_000;

export class Images {
  readonly #api: DockerApi;
  readonly #facts: Map<string, ImageFacts>;

  /** `facts`: a cache that several of these share. */
  constructor(api: DockerApi, facts = new Map<string, ImageFacts>()) {
    this.#api = api;
    this.#facts = facts;
  }

  /** `isAbsenceHarmless`: see DockerApi. */
  async inspect(reference: string, doubt: { readonly isAbsenceHarmless?: true } = {}): Promise<RawImage | null> {
    if (!isPath(reference)) throw new EngineError('refused', `${JSON.stringify(reference)} is not a valid image name`);
    const image = await unless(
      this.#api.call<RawImage>(`inspect of image ${reference}`, { path: `/images/${encodeName(reference)}/json`, ...doubt }),
      404,
    );
    if (image === undefined) return null;
    this.#cache(image);
    return image;
  }

  /** Facts of an image by id, from the cache where it was seen before; null when Docker does not have it. */
  async facts(id: string): Promise<ImageFacts | null> {
    const known = this.#facts.get(id);
    if (known !== undefined) return known;
    const image = await this.inspect(id);
    return image === null ? null : factsOf(image);
  }

  forget(id: string): void {
    this.#facts.delete(id);
  }

  #cache(image: RawImage): void {
    this.#facts.delete(image.Id);
    this.#facts.set(image.Id, factsOf(image));
    const oldest = this.#facts.keys().next();
    if (this.#facts.size > MAX_CACHED && oldest.done !== true) this.#facts.delete(oldest.value);
  }
}

function factsOf(image: RawImage): ImageFacts {
  return {
    env: image.Config?.Env ?? [],
    volumes: Object.keys(image.Config?.Volumes ?? {}),
    layers: image.RootFS?.Layers?.length ?? 0,
    hasHealthcheck: (image.Config?.Healthcheck ?? null) !== null,
  };
}

/** False for `..` and the like: Docker answers `/images/../x/json` with a redirect, which docker-modem would follow to another host. */
const isPath = (reference: string): boolean => reference.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

/** Encodes a reference for a path. Its slashes and colons are part of the route. */
export const encodeName = (reference: string): string =>
  encodeURIComponent(reference).replace(/%2F/g, '/').replace(/%3A/g, ':').replace(/%40/g, '@');

/** The configuration of an image as events hold it, and its origin; null when Docker does not have it. */
export async function inspectBaseImage(images: Images, reference: string): Promise<InspectedImage | null> {
  const image = await images.inspect(reference);
  if (image === null) return null;
  const { [LABEL.kind]: kind, [LABEL.committedFrom]: committedFrom, [LABEL.committedBy]: committedBy } = image.Config?.Labels ?? {};
  return {
    ...baseImage(image),
    ...(kind === 'disk' && { savedDisk: true }),
    ...(committedFrom && { committedFrom }),
    ...(committedBy && { committedBy }),
  };
}

export function baseImage(image: RawImage): BaseImage {
  const { Env, Cmd, Entrypoint, WorkingDir, User, StopSignal, Healthcheck } = image.Config ?? {};
  return {
    id: image.Id,
    env: [...(Env ?? [])],
    ...(Cmd ? { cmd: [...Cmd] } : {}),
    ...(Entrypoint ? { entrypoint: [...Entrypoint] } : {}),
    ...(WorkingDir ? { workingDir: WorkingDir } : {}),
    ...(User ? { user: User } : {}),
    ...(StopSignal ? { stopSignal: StopSignal } : {}),
    ...(Healthcheck ? { healthcheck: { ...Healthcheck } } : {}),
  };
}

export interface ImageName {
  readonly repo: string;
  /** Empty where the name has none. */
  readonly tag: string;
}

/** `registry:5000/repo:tag` into its parts: a colon before the last slash is the registry's port. */
export function parseImageName(name: string): ImageName {
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? { repo: name.slice(0, colon), tag: name.slice(colon + 1) } : { repo: name, tag: '' };
}
