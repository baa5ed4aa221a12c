// The commit of a container as an image, without the values of its secret variables. Docker bakes the container's whole environment into the
// image, twice: as the image's own configuration, which a commit can overwrite, and (but for the containerd store) as that of the container it
// was made from, which no request can. So the image is described anew, by the same layers, and takes the first one's place.
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import { type DockerApi, jsonLines, PATIENT_MS } from '../connection/api.ts';
import { DockerRefusal } from '../connection/errors.ts';
import type { Labels } from '../connection/labels.ts';
import { secretNamesIn } from '../connection/ownership.ts';
import type { RawContainer, RawImage } from '../connection/raw.ts';
import type { ImageName, Images } from '../containers/images.ts';
import type { Storage } from './disk-space.ts';

export interface CommitRequest {
  /** Names the call for a person. */
  readonly what: string;
  readonly container: RawContainer;
  readonly name: ImageName;
  readonly options: { readonly pause: boolean; readonly comment?: string };
  /** A commit can overwrite labels of the image, but not remove them. */
  readonly labels: Labels;
  /** Of the image that is made on the way, where one is: those of a saved disk, so that it is swept away should this process die here. */
  readonly onTheWay: Labels;
}

/** Resolves with the image's id. */
export async function commitContainer(api: DockerApi, images: Images, storage: Storage, request: CommitRequest): Promise<string> {
  const { what, container, name, options, labels, onTheWay } = request;
  const names = secretNamesIn(api, container);
  if (names.length === 0) return commit(api, what, container.Id, { ...name, ...options }, { Labels: labels });
  const emptied = names.map((variable) => `${variable}=`);
  // The containerd store makes an image of the one configuration alone, and has each layer in every archive.
  if (storage.copies === 2) return commit(api, what, container.Id, { ...name, ...options }, { Labels: labels, Env: emptied });
  const first = await commit(api, what, container.Id, options, { Labels: onTheWay, Env: emptied });
  try {
    const image = await images.inspect(first);
    if (image === null) throw new EngineError('unavailable', `the image ${first} of container ${container.Id} was removed at once`);
    return await describeAnew(api, image, names, request);
  } finally {
    const path = `/images/${first}`;
    const removal = { method: 'DELETE', path, query: { noprune: true }, ms: api.deadlines.slowMs } as const;
    // One that Docker does not remove now has the labels of a disk that no version names: the disk sweep does.
    await api.call(`removal of image ${first}`, removal).catch(() => undefined);
    images.forget(first);
  }
}

function commit(api: DockerApi, what: string, container: string, options: object, config: object): Promise<string> {
  return api.patiently(what, async (signal) => {
    const query = { container, ...options };
    const request = { method: 'POST', path: '/commit', query, body: config, ms: PATIENT_MS, signal } as const;
    return (await api.call<{ Id: string }>(what, request)).Id;
  });
}

/** Loads an archive without layers: Docker has them all, and takes only the description from it. */
async function describeAnew(
  api: DockerApi,
  image: RawImage,
  secret: readonly string[],
  { name, options, labels }: CommitRequest,
): Promise<string> {
  const { Architecture, Os, Variant, Created, Config, RootFS } = image;
  const layers = RootFS?.Layers ?? [];
  const env = (Config?.Env ?? []).filter((entry) => !secret.includes(entry.split('=', 1)[0] ?? ''));
  const description = JSON.stringify({
    architecture: Architecture,
    os: Os,
    ...(Variant ? { variant: Variant } : {}),
    created: Created,
    ...(options.comment === undefined ? {} : { comment: options.comment }),
    config: { ...Config, Env: env, Labels: { ...Config?.Labels, ...labels } },
    rootfs: { type: 'layers', diff_ids: layers },
  });
  const digest = createHash('sha256').update(description).digest('hex');
  const file = `${digest}.json`;
  const manifest = JSON.stringify([{ Config: file, RepoTags: [`${name.repo}:${name.tag}`], Layers: layers.map((_, i) => `${i}.tar`) }]);
  const archive = tarOf([
    [file, description],
    ['manifest.json', manifest],
  ]);
  const what = `load of image ${name.repo}:${name.tag}`;
  await api.patiently(what, async (signal) => {
    const request = {
      method: 'POST',
      path: '/images/load',
      query: { quiet: true },
      file: Readable.from([archive]),
      ms: PATIENT_MS,
      signal,
      makes: true,
    } as const;
    for await (const { error } of jsonLines<{ error?: string }>(await api.stream(what, request)))
      if (error !== undefined) throw new DockerRefusal(what, 500, error);
  });
  return `sha256:${digest}`;
}

const BLOCK = 512;

/** A tar archive (ustar) of small files, whose names are short. */
function tarOf(files: readonly (readonly [string, string])[]): Buffer {
  const parts = files.flatMap(([name, text]) => {
    const content = Buffer.from(text, 'utf8');
    const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
    return [headerOf(name, content.length), content, padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function headerOf(name: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number): void => {
    header.write(`${value.toString(8).padStart(digits, '0')}\0`, at, 'latin1');
  };
  header.write(name, 0, 'latin1');
  octal(0o644, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(0, 136, 11);
  header.write('        0', 148, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
