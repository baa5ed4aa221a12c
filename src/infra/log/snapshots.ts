// Snapshots of the projections: a cache that saves replaying the log. Whatever is odd about one, it is left aside.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Head } from '../../events/envelope.ts';
import type { State } from '../../projections/state.ts';
import { PROJECTION_VERSION } from '../../projections/version.ts';
import type { Logger } from '../logger.ts';
import { lines } from './event-file.ts';
import { isMissing, padded, writeWhole } from './files.ts';
import { stateFromLines, stateLines } from './state-text.ts';

interface Header {
  readonly format: 1;
  readonly projection: string;
  readonly logId: string;
  readonly seq: number;
  readonly hash: string;
}

/** How long the state may be serialised without letting anything else run. */
const SLICE_MS = 10;
const NAME = /^(\d{16})\.snapshot$/;

export interface SnapshotOptions {
  readonly dir: string;
  readonly logger: Logger;
  /** How many are kept; 3 unless told. */
  readonly keep?: number;
  /** Which projections' state this is; PROJECTION_VERSION unless told. */
  readonly version?: string;
}

export class Snapshots {
  readonly #dir: string;
  readonly #logger: Logger;
  readonly #keep: number;
  readonly #version: string;

  constructor({ dir, logger, keep = 3, version = PROJECTION_VERSION }: SnapshotOptions) {
    this.#dir = dir;
    this.#logger = logger;
    this.#keep = keep;
    this.#version = version;
  }

  /** On disk when it returns; older ones than the last few are removed. Lets everything else run meanwhile. */
  async write(state: State): Promise<void> {
    const { head, logId } = state;
    const header: Header = { format: 1, projection: this.#version, logId, seq: head.seq, hash: head.hash };
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    await writeWhole(join(this.#dir, `${padded(head.seq)}.snapshot`), async (file) => {
      const sum = createHash('sha256');
      let part = `${JSON.stringify(header)}\n`;
      let since = performance.now();
      for (const line of stateLines(state)) {
        part += `${line}\n`;
        if (performance.now() - since < SLICE_MS) continue;
        sum.update(part);
        await file.writeFile(part);
        part = '';
        await turn();
        since = performance.now();
      }
      sum.update(part);
      await file.writeFile(`${part}${JSON.stringify({ sha256: sum.digest('hex') })}\n`);
    });
    const old = (await this.#names()).slice(this.#keep);
    for (const name of old) await rm(join(this.#dir, name), { force: true });
  }

  /** The newest that is whole, of these projections, and of this log: `isInLog` is asked whether the log has that event. Null: none. */
  async load(isInLog: (head: Head) => Promise<boolean>): Promise<State | null> {
    for (const name of await this.#names()) {
      const ignore = (why: string): void => this.#logger.warn({ snapshot: join(this.#dir, name) }, `a snapshot is ignored: ${why}`);
      try {
        const state = this.#parsed(await readFile(join(this.#dir, name)));
        if (await isInLog(state.head)) return state;
        ignore(`the log has no event ${state.head.seq} with its hash`);
      } catch (error) {
        if (!(error instanceof UnusableSnapshot)) throw error;
        ignore(error.message);
      }
    }
    return null;
  }

  #parsed(data: Buffer): State {
    const end = data.lastIndexOf('\n', data.length - 2) + 1;
    const body = data.subarray(0, end);
    const { sha256 } = json(data.subarray(end).toString()) as { sha256?: string };
    if (createHash('sha256').update(body).digest('hex') !== sha256) throw new UnusableSnapshot('it is broken: its SHA-256 differs');
    const text = body.toString();
    const header = json(text.slice(0, text.indexOf('\n'))) as Partial<Header>;
    if (header.format !== 1) throw new UnusableSnapshot(`it has format ${String(header.format)}`);
    if (header.projection !== this.#version) throw new UnusableSnapshot('it is of another version of the projections');
    return stateFromLines(lines(text, 1));
  }

  /** Newest first. */
  async #names(): Promise<readonly string[]> {
    try {
      return (await readdir(this.#dir))
        .filter((name) => NAME.test(name))
        .sort()
        .reverse();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }
}

class UnusableSnapshot extends Error {
  override readonly name = 'UnusableSnapshot';
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new UnusableSnapshot('it is broken');
  }
}
