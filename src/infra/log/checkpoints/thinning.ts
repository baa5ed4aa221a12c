// Thinning of old checkpoints. The need: an auditor hands one file to `log verify` for as long as the log lives, and unthinned, at one
// checkpoint a minute, it would hold 1.7 GB and five million signatures after ten years. A checkpoint vouches for all events before it, so
// a later one says everything that an earlier one said, except when. A checkpoint that disagrees with the log is evidence, and stays.
import type { KeyObject } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import type { EventLog } from '../../../events/log.ts';
import type { State } from '../../../projections/state.ts';
import { writeWhole } from '../../host/files.ts';
import { type Checkpoint, compareCheckpoints, parseCheckpoint } from './checkpoint.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Age in ms up to which every checkpoint stays. */
const ALL_MS = 7 * DAY_MS;
/** Age in ms up to which the last checkpoint of each hour stays; of older ones the last of each day (UTC). */
const HOURLY_MS = 366 * DAY_MS;

/** Distance in sequences: checkpointed events closer than this are read with one request. */
const NEAR = 2_000;
/** Lines or signatures handled before the event loop runs. */
const SLICE = 200;

interface Line {
  readonly text: string;
  readonly checkpoint: Checkpoint;
}

/** The log that the checkpoints are compared with, and the keys to trust. */
interface Comparison {
  readonly log: Pick<EventLog, 'read'>;
  /** The end of the log. */
  readonly end: Pick<State, 'logId' | 'head'>;
  /** Trusted public keys by id. */
  readonly keys: ReadonlyMap<string, KeyObject>;
  /** ms since the epoch. */
  readonly now: number;
  readonly signal: AbortSignal;
}

/** Names the hour or day of which one checkpoint is enough; null for a checkpoint that stays in any case. */
function slotOf(time: string, now: number): string | null {
  const at = Date.parse(time);
  if (Number.isNaN(at) || now - at <= ALL_MS) return null;
  const length = now - at <= HOURLY_MS ? HOUR_MS : DAY_MS;
  return `${length} ${Math.floor(at / length)}`;
}

/**
 * The lines of the file that may be removed: checkpoints that are validly signed and agree with the log, and are followed by another such
 * checkpoint in the same hour or day.
 * Never returned: the last line, lines that do not parse, checkpoints that disagree with the log, and those of a restoration. Throws the log's errors.
 */
export async function redundantLines(path: string, { log, end, keys, now, signal }: Comparison): Promise<ReadonlySet<string>> {
  const slots = new Map<string, Line[]>();
  for (const [i, text] of (await readFile(path, 'utf8')).split('\n').entries()) {
    if (i % SLICE === 0) await pause(signal);
    const checkpoint = parseCheckpoint(text);
    const slot = checkpoint === null || checkpoint.restored !== undefined ? null : slotOf(checkpoint.time, now);
    if (checkpoint === null || slot === null) continue;
    const lines = slots.get(slot);
    if (lines === undefined) slots.set(slot, [{ text, checkpoint }]);
    else lines.push({ text, checkpoint });
  }
  const crowded = [...slots.values()].filter(({ length }) => length > 1);
  const seqs = crowded.flatMap((lines) => lines.map(({ checkpoint }) => checkpoint.seq));
  const found = { id: end.logId, head: end.head, hashAt: await hashesAt(log, seqs, signal) };
  const redundant = new Set<string>();
  let compared = 0;
  for (const lines of crowded) {
    const agreeing: string[] = [];
    for (const { text, checkpoint } of lines) {
      if (compared++ % SLICE === 0) await pause(signal);
      if (compareCheckpoints([checkpoint], keys, found) === null) agreeing.push(text);
    }
    const last = agreeing.pop();
    // An equal line would be removed together with the last one.
    for (const text of agreeing) if (text !== last) redundant.add(text);
  }
  return redundant;
}

async function pause(signal: AbortSignal): Promise<void> {
  await turn();
  signal.throwIfAborted();
}

async function hashesAt(log: Comparison['log'], seqs: readonly number[], signal: AbortSignal): Promise<ReadonlyMap<number, string>> {
  const wanted = new Set(seqs);
  const sorted = [...wanted].sort((a, b) => a - b);
  const hashAt = new Map<number, string>();
  for (let from = 0; from < sorted.length; ) {
    let to = from;
    while (to + 1 < sorted.length && (sorted[to + 1] ?? 0) - (sorted[to] ?? 0) <= NEAR) to++;
    for await (const events of log.read(sorted[from] ?? 0, sorted[to])) {
      signal.throwIfAborted();
      for (const { seq, hash } of events) if (wanted.has(seq)) hashAt.set(seq, hash);
    }
    from = to + 1;
  }
  return hashAt;
}

/**
 * Writes the file anew without these lines. A crash leaves the old file or the new one. The caller lets nobody else in this process append
 * meanwhile; throws, with the file unchanged, when another process did.
 */
export async function removeLines(path: string, lines: ReadonlySet<string>): Promise<void> {
  // The target of a symbolic link is rewritten, and its owner and mode are unchanged: an auditor may read it as before.
  const file = await realpath(path);
  const { mode, uid, gid } = await stat(file);
  const old = await readFile(file);
  const remaining = old
    .toString()
    .split('\n')
    .filter((text) => !lines.has(text))
    .join('\n');
  await writeWhole(file, async (draft) => {
    await draft.chown(uid, gid);
    await draft.chmod(mode & 0o777);
    await draft.writeFile(remaining);
    if ((await stat(file)).size !== old.length) throw new Error(`somebody else wrote to ${file} meanwhile`);
  });
}
