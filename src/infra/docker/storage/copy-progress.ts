// How far a copy is: by what the kernel says that cp has written, beside the size of the source, which is counted meanwhile.
import { readFile } from 'node:fs/promises';
import type { OnProgress } from '../../../commands/outside/progress.ts';
import { bytesOnDisk } from './tree.ts';

/** Interval of the looks, ms. The source is counted from the first one on: a copy that ends before costs nothing more. */
const LOOK_MS = 1_000;

/** Counts what one copy of a directory has done, and tells it. */
export class CopyProgress {
  readonly #from: string;
  readonly #tell: OnProgress;
  #of: number | undefined;
  #compared = 0;

  constructor(from: string, tell: OnProgress) {
    this.#from = from;
    this.#tell = tell;
  }

  /** Follows the process until the function that it gives is called. */
  follow(pid: number | undefined): () => void {
    const over = new AbortController();
    let isCounting = false;
    const timer = setInterval(() => {
      if (!isCounting) void this.#count(over.signal);
      isCounting = true;
      void written(pid).then((bytes) => {
        if (!over.signal.aborted) this.#say('copy', bytes);
      });
    }, LOOK_MS);
    return () => {
      clearInterval(timer);
      over.abort(new Error('the copy has ended'));
    };
  }

  readonly compared = (bytes: number): void => {
    this.#compared += bytes;
    this.#say('compare', this.#compared);
  };

  async #count(signal: AbortSignal): Promise<void> {
    // Without it the copy shows what it has done, and not of how much.
    this.#of = await bytesOnDisk(this.#from, signal).catch(() => undefined);
  }

  /** The size is counted in blocks, what is done in bytes. */
  #say(doing: 'copy' | 'compare', bytes: number | undefined): void {
    const [done, of] = [bytes, this.#of];
    this.#tell({
      doing,
      ...(done !== undefined && { bytes: of === undefined ? done : Math.min(done, of) }),
      ...(of !== undefined && { of }),
    });
  }
}

/** Bytes that the process has written; undefined where the kernel does not say. */
async function written(pid: number | undefined): Promise<number | undefined> {
  const found = /^wchar: (\d+)$/m.exec(await readFile(`/proc/${pid}/io`, 'utf8').catch(() => ''));
  return found === null ? undefined : Number(found[1]);
}
