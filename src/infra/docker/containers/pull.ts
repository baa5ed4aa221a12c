// The pull of an image, with Docker's own account of how far it is.
import type { PullRequest } from '../../../commands/outside/engine.ts';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import type { Progress } from '../../../commands/outside/progress.ts';
import { type DockerApi, jsonLines, PATIENT_MS } from '../connection/api.ts';
import { DockerRefusal } from '../connection/errors.ts';
import { parseImageName } from './images.ts';

const NOT_FOUND = /not found|manifest unknown|does not exist|no such image/i;
const NO_ACCESS = /unauthorized|denied|forbidden|invalid reference/i;

/** Tells failures of a registry apart by Docker's text, which is the only sign of the kind. */
function pullError(reference: string, text: string): EngineError {
  const kind = NOT_FOUND.test(text)
    ? 'not-found'
    : NO_ACCESS.test(text)
      ? 'refused'
      : /no space left/i.test(text)
        ? 'no-space'
        : 'unavailable';
  return new EngineError(kind, `pull of ${reference}: ${text}`);
}

/** One line of Docker's answer. `id`: of the layer that it is about. */
export interface PullLine {
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly error?: string;
}

interface Layer {
  status: string;
  downloaded: number;
  /** Bytes of its archive; 0 while Docker has not said. */
  size: number;
  /** Bytes of the archive that are unpacked. */
  unpacked: number;
}

/** Docker says so while it does nothing. */
const IDLE = /^(Waiting|Retrying)/;
const DOWNLOADED = /^(Download complete|Verifying Checksum|Extracting|Pull complete)/;

/** Adds up what the lines say of each layer. */
export class PullProgress {
  readonly #layers = new Map<string, Layer>();

  /** Whether the line says that the pull has come further. */
  note({ id = '', status = '', progressDetail: { current = 0, total = 0 } = {} }: PullLine): boolean {
    const layer = this.#layers.get(id) ?? { status: '', downloaded: 0, size: 0, unpacked: 0 };
    const before = `${layer.status} ${layer.downloaded} ${layer.unpacked}`;
    if (total > 0) layer.size = total;
    if (status === 'Downloading') layer.downloaded = current;
    if (DOWNLOADED.test(status)) layer.downloaded = layer.size;
    if (status === 'Extracting') layer.unpacked = current;
    if (status === 'Pull complete') layer.unpacked = layer.size;
    if (!IDLE.test(status)) layer.status = status;
    this.#layers.set(id, layer);
    return `${layer.status} ${layer.downloaded} ${layer.unpacked}` !== before;
  }

  /** Layers whose size is not known yet are not in it: Docker downloads a few at a time. */
  get now(): Progress {
    const layers = [...this.#layers.values()].filter(({ size }) => size > 0);
    if (layers.length === 0) return { doing: 'download' };
    const sum = (count: (layer: Layer) => number): number => layers.reduce((all, layer) => all + count(layer), 0);
    const of = sum(({ size }) => size);
    const downloaded = sum(({ downloaded }) => downloaded);
    if (downloaded < of) return { doing: 'download', bytes: downloaded, of };
    return { doing: 'unpack', bytes: sum(({ unpacked }) => unpacked), of };
  }
}

/**
 * Ends with Docker's answer, or with the signal: Docker stops a pull that nobody listens to. Throws EngineError: not-found (the registry does not have
 * it), refused (no access), no-space, unavailable (the network).
 */
export async function pullImage(api: DockerApi, reference: string, { signal, onProgress = () => {} }: PullRequest = {}): Promise<void> {
  const { repo, tag } = reference.includes('@') ? { repo: reference, tag: '' } : parseImageName(reference);
  const what = `pull of ${reference}`;
  await api.patiently(what, async (over) => {
    // Without a tag Docker would pull every tag.
    const query = reference.includes('@') ? { fromImage: repo } : { fromImage: repo, tag: tag === '' ? 'latest' : tag };
    const ended = signal === undefined ? over : AbortSignal.any([over, signal]);
    try {
      const request = { method: 'POST', path: '/images/create', query, signal: ended, ms: PATIENT_MS, makes: true } as const;
      const progress = new PullProgress();
      for await (const line of jsonLines<PullLine>(await api.stream(what, request))) {
        if (line.error !== undefined) throw pullError(reference, line.error);
        if (progress.note(line)) onProgress(progress.now);
      }
    } catch (error) {
      throw error instanceof DockerRefusal ? pullError(reference, error.text) : error;
    }
  });
}
