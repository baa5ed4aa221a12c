// The server's own checkpoints: signs where the log ends, and thins old checkpoints once their file is large.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../commands/outside/host.ts';
import { EMPTY_HEAD, type Head } from '../../../events/envelope.ts';
import type { EventLog } from '../../../events/log.ts';
import type { State } from '../../../projections/state.ts';
import { isMissing } from '../../host/files.ts';

export interface CheckpointOptions {
  readonly dataDir: string;
  readonly checkpointFile: string;
  /** Path of the private key; by default the key in the data directory. */
  readonly checkpointKey?: string;
  readonly host: string;
}

/** Size in bytes from which the file is thinned. One checkpoint a minute for a week and one an hour for a year take 6 MB. */
const LARGE_BYTES = 8 * 2 ** 20;

export class CheckpointWriter {
  readonly #log: Pick<EventLog, 'read'>;
  readonly #clock: Clock;
  readonly #options: CheckpointOptions;
  #last: Head = EMPTY_HEAD;
  /** Writes of the file run one after another: the schedule, a stop and a thinning may come together. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Size in bytes below which the file is not read. */
  #large = LARGE_BYTES;

  constructor(log: Pick<EventLog, 'read'>, clock: Clock, options: CheckpointOptions) {
    this.#log = log;
    this.#clock = clock;
    this.#options = options;
  }

  /** Appends a checkpoint of where the log ends, unless the last one is of the same event. */
  sign(end: Pick<State, 'logId' | 'head'>): Promise<void> {
    return this.#inTurn(() => this.#signNow(end));
  }

  async #signNow({ head, logId }: Pick<State, 'logId' | 'head'>): Promise<void> {
    if (head.seq === this.#last.seq) return;
    const { dataDir, checkpointFile, checkpointKey, host } = this.#options;
    const [{ signingKey }, { appendCheckpoint }] = await Promise.all([import('./key.ts'), import('./checkpoint.ts')]);
    const key = signingKey(dataDir, checkpointKey);
    const time = new Date(this.#clock.now()).toISOString();
    await appendCheckpoint(checkpointFile, { logId, seq: head.seq, hash: head.hash, time, host }, key);
    this.#last = head;
  }

  /**
   * Thins the file when it is large; returns how many checkpoints were removed. Comparing them takes long, and signing goes on meanwhile.
   */
  async thin(end: Pick<State, 'logId' | 'head'>, signal: AbortSignal): Promise<number> {
    const { dataDir, checkpointFile: path } = this.#options;
    if ((await sizeOf(path)) < this.#large) return 0;
    const [{ PUBLIC_KEY, publicKeys }, { redundantLines, removeLines }] = await Promise.all([import('./key.ts'), import('./thinning.ts')]);
    const keys = publicKeys(join(dataDir, PUBLIC_KEY));
    const redundant = await redundantLines(path, { log: this.#log, end, keys, now: this.#clock.now(), signal });
    try {
      if (redundant.size > 0) await this.#inTurn(() => removeLines(path, redundant));
    } finally {
      // The file may still be large: a busy week, or a file that cannot be rewritten. It is read again after growing by a quarter.
      this.#large = Math.max(LARGE_BYTES, (await sizeOf(path)) * 1.25);
    }
    return redundant.size;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.#turn.catch(() => undefined).then(work);
    this.#turn = mine;
    return mine;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}
