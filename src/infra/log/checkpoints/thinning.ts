// Old checkpoints are thinned, so that their file stays small for as long as the log lives. Each of them vouches for all events before it,
// so that a later one says what an earlier one said, but for when. What does not agree with the log is evidence, and stays.
import type { KeyObject } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import type { Head } from '../../../events/envelope.ts';
import type { EventLog } from '../../../events/log.ts';
import { writeWhole } from '../../host/files.ts';
import { type Checkpoint, compareCheckpoints, parseCheckpoint } from './checkpoint.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Of the last week every checkpoint is kept, up to a year the last one of each hour, beyond it the last one of each day (UTC). */
const ALL_MS = 7 * DAY_MS;
const HOURLY_MS = 366 * DAY_MS;

/** Events that lie closer than this are read in one go. */
const NEAR = 2_000;
/** Lines and signatures between two turns of the event loop. */
const AT_ONCE = 200;

export interface KnownLog {
  readonly log: Pick<EventLog, 'read'>;
  readonly id: string;
  readonly head: Head;
  readonly keys: ReadonlyMap<string, KeyObject>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

interface Line {
  readonly text: string;
  readonly checkpoint: Checkpoint;
}

/** Those that share an hour or a day of which one is enough. */
function slotOf(time: string, now: number): string | null {
  const at = Date.parse(time);
  if (Number.isNaN(at) || now - at <= ALL_MS) return null;
  const each = now - at <= HOURLY_MS ? HOUR_MS : DAY_MS;
  return `${each} ${Math.floor(at / each)}`;
}

/**
 * The lines of the file that may go: checkpoints that are signed and that the log still keeps, each with a later such one in its hour or day.
 * The last line, what is no checkpoint, and what is not as the log, are never among them. Throws what the log throws.
 */
export async function superfluous(path: string, known: KnownLog, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const slots = new Map<string, Line[]>();
  for (const [i, text] of (await readFile(path, 'utf8')).split('\n').entries()) {
    if (i % AT_ONCE === 0) await next(signal);
    const checkpoint = parseCheckpoint(text);
    const slot = checkpoint === null ? null : slotOf(checkpoint.time, known.now);
    if (checkpoint === null || slot === null) continue;
    const lines = slots.get(slot);
    if (lines === undefined) slots.set(slot, [{ text, checkpoint }]);
    else lines.push({ text, checkpoint });
  }
  const crowded = [...slots.values()].filter(({ length }) => length > 1);
  const seqs = crowded.flatMap((lines) => lines.map(({ checkpoint }) => checkpoint.seq));
  const log = { id: known.id, head: known.head, hashAt: await hashesAt(known.log, seqs, signal) };
  const drop = new Set<string>();
  let checked = 0;
  for (const lines of crowded) {
    const kept: string[] = [];
    for (const { text, checkpoint } of lines) {
      if (checked++ % AT_ONCE === 0) await next(signal);
      if (compareCheckpoints([checkpoint], known.keys, log) === null) kept.push(text);
    }
    const last = kept.pop();
    for (const text of kept) if (text !== last) drop.add(text);
  }
  return drop;
}

async function next(signal: AbortSignal): Promise<void> {
  await turn();
  signal.throwIfAborted();
}

async function hashesAt(log: KnownLog['log'], seqs: readonly number[], signal: AbortSignal): Promise<ReadonlyMap<number, string>> {
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
 * Writes the file without these lines; all others stay as they are. A crash leaves the old file or the new one. Nobody else in this process
 * may append meanwhile; throws, with the file untouched, when somebody outside of it did.
 */
export async function dropLines(path: string, drop: ReadonlySet<string>): Promise<void> {
  // A link stays one, and who may read the file may go on to.
  const file = await realpath(path);
  const { mode, uid, gid } = await stat(file);
  const old = await readFile(file);
  const kept = old
    .toString()
    .split('\n')
    .filter((text) => !drop.has(text))
    .join('\n');
  await writeWhole(file, async (draft) => {
    await draft.chown(uid, gid);
    await draft.chmod(mode & 0o777);
    await draft.writeFile(kept);
    if ((await stat(file)).size !== old.length) throw new Error(`somebody else wrote to ${file} meanwhile`);
  });
}
