// The server's own checkpoints: signs where the log ends, and thins what was signed long ago.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../commands/outside/host.ts';
import { EMPTY_HEAD, type Head } from '../../../events/envelope.ts';
import type { EventLog } from '../../../events/log.ts';
import { isMissing } from '../../host/files.ts';

export interface CheckpointOptions {
  readonly dataDir: string;
  readonly checkpointFile: string;
  /** The private key; one in the data directory unless told. */
  readonly checkpointKey?: string;
  readonly host: string;
}

/** Where the log ends, as the state has it. */
export interface LogEnd {
  readonly logId: string;
  readonly head: Head;
}

/** One a minute for a week and one an hour for a year take 6 MB. */
const LARGE_BYTES = 8 * 2 ** 20;

export class CheckpointWriter {
  readonly #log: Pick<EventLog, 'read'>;
  readonly #clock: Clock;
  readonly #options: CheckpointOptions;
  #last: Head = EMPTY_HEAD;
  /** Whoever writes the file waits for whoever does already: the schedule, a stop and a thinning may come together. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Below this the file is left alone. */
  #large = LARGE_BYTES;

  constructor(log: Pick<EventLog, 'read'>, clock: Clock, options: CheckpointOptions) {
    this.#log = log;
    this.#clock = clock;
    this.#options = options;
  }

  /** Appends a checkpoint, unless the last one is of the same event. */
  sign(end: LogEnd): Promise<void> {
    return this.#inTurn(() => this.#signNow(end));
  }

  async #signNow({ head, logId }: LogEnd): Promise<void> {
    if (head.seq === this.#last.seq) return;
    const { dataDir, checkpointFile, checkpointKey, host } = this.#options;
    const [{ signingKey }, { appendCheckpoint }] = await Promise.all([import('./key.ts'), import('./checkpoint.ts')]);
    const key = signingKey(dataDir, checkpointKey);
    const time = new Date(this.#clock.now()).toISOString();
    await appendCheckpoint(checkpointFile, { logId, seq: head.seq, hash: head.hash, time, host }, key);
    this.#last = head;
  }

  /** Thins the file when it has grown large; gives how many checkpoints went. What takes long does not keep any from being signed. */
  async thin({ head, logId }: LogEnd, signal: AbortSignal): Promise<number> {
    const { dataDir, checkpointFile: path } = this.#options;
    if ((await sizeOf(path)) < this.#large) return 0;
    const [{ PUBLIC_KEY, publicKeys }, { dropLines, superfluous }] = await Promise.all([import('./key.ts'), import('./thinning.ts')]);
    const keys = publicKeys(join(dataDir, PUBLIC_KEY));
    const drop = await superfluous(path, { log: this.#log, id: logId, head, keys, now: this.#clock.now() }, signal);
    try {
      if (drop.size > 0) await this.#inTurn(() => dropLines(path, drop));
    } finally {
      // With many of the last week, or where it cannot be written anew, it is large all the same: it is read again once it has grown.
      this.#large = Math.max(LARGE_BYTES, (await sizeOf(path)) * 1.25);
    }
    return drop.size;
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
