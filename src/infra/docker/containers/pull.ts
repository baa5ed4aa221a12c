// The pull of an image, with Docker's own account of how far it is.
import type { PullPace, PullRequest } from '../../../commands/outside/engine.ts';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import type { Progress } from '../../../commands/outside/progress.ts';
import { type DockerApi, jsonLines, PATIENT_MS } from '../connection/api.ts';
import { DockerRefusal } from '../connection/errors.ts';
import { parseImageName } from './images.ts';

const NOT_FOUND = /not found|manifest unknown|does not exist|no such image/i;
const NO_ACCESS = /unauthorized|denied|forbidden|invalid reference/i;

/** Characters of a registry's words, at most: Docker passes on as many as come. */
const LONGEST_WORDS = 1_000;

/** Tells failures of a registry apart by Docker's text, which is the only sign of the kind. */
function pullError(reference: string, words: string): EngineError {
  const text = words.length > LONGEST_WORDS ? `${words.slice(0, LONGEST_WORDS)}…` : words;
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
  /** Docker has not begun it: it downloads a few layers at a time, of all pulls together. */
  isQueued: boolean;
}

/** Docker says so while it does nothing. */
const IDLE = /^(Waiting|Retrying)/;
/** The last that Docker did with a layer that is still to come. */
const MISSING = /^(Pulling fs layer|Downloading)/;
const DOWNLOADED = /^(Download complete|Verifying Checksum|Extracting|Pull complete)/;

const shown = ({ status, downloaded, unpacked, isQueued }: Layer): string => `${status} ${downloaded} ${unpacked} ${isQueued}`;

/** Adds up what the lines say of each layer: with one step for each line, as an image can have any number of layers. */
export class PullProgress {
  readonly #layers = new Map<string, Layer>();
  /** Over all layers. The first three are of those whose size is known. */
  readonly #sums = { size: 0, downloaded: 0, unpacked: 0, missing: 0, queued: 0 };
  #bytes = 0;

  /** Whether the line says that the pull has come further, or has to wait. */
  note({ id = '', status = '', progressDetail: { current = 0, total = 0 } = {} }: PullLine): boolean {
    const known = this.#layers.get(id);
    if (known !== undefined) this.#count(known, -1);
    const layer = known ?? { status: '', downloaded: 0, size: 0, unpacked: 0, isQueued: false };
    const before = shown(layer);
    if (total > 0) layer.size = total;
    if (status === 'Downloading') this.#download(layer, current);
    if (DOWNLOADED.test(status)) this.#download(layer, layer.size);
    if (status === 'Extracting') layer.unpacked = current;
    if (status === 'Pull complete') layer.unpacked = layer.size;
    if (!IDLE.test(status)) layer.status = status;
    layer.isQueued = status === 'Waiting';
    this.#layers.set(id, layer);
    this.#count(layer, 1);
    return shown(layer) !== before;
  }

  #count({ status, size, downloaded, unpacked, isQueued }: Layer, times: 1 | -1): void {
    const sums = this.#sums;
    if (MISSING.test(status)) {
      sums.missing += times;
      if (isQueued) sums.queued += times;
    }
    if (size === 0) return;
    sums.size += times * size;
    sums.downloaded += times * downloaded;
    sums.unpacked += times * unpacked;
  }

  /** Of a layer that is begun again Docker counts from the beginning. */
  #download(layer: Layer, downloaded: number): void {
    this.#bytes += Math.max(0, downloaded - layer.downloaded);
    layer.downloaded = downloaded;
  }

  get pace(): PullPace {
    const { missing, queued } = this.#sums;
    return { bytes: this.#bytes, isQueued: missing > 0 && queued === missing };
  }

  /** Layers whose size is not known yet are not in it: Docker downloads a few at a time. */
  get now(): Progress {
    const { size: of, downloaded, unpacked, missing } = this.#sums;
    if (of === 0) return { doing: 'download' };
    if (downloaded < of || missing > 0) return { doing: 'download', bytes: downloaded, of };
    return { doing: 'unpack', bytes: unpacked, of };
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
        if (progress.note(line)) onProgress(progress.now, progress.pace);
      }
    } catch (error) {
      throw error instanceof DockerRefusal ? pullError(reference, error.text) : error;
    }
  });
}
