// Moves the beginning of the log out of etcd. In this order, so that a crash at any point loses nothing and the next try goes on:
// write the segment, read it back, write its manifest; then delete its records from etcd, oldest first; then compact.
import { hostname } from 'node:os';
import type { Envelope } from '../../../events/envelope.ts';
import { LogCorruptError, MAX_EVENTS_PER_RECORD } from '../../../events/log.ts';
import { type EtcdKv, EtcdRefusedError } from '../../etcd/kv.ts';
import { HEAD_KEY, headOf, recordKey } from '../../etcd/log.ts';
import { readRecords, type StoredRecord, writeMarker } from './raw-records.ts';
import type { Manifest } from './segment.ts';
import type { Segments } from './segments.ts';

export interface ArchiveOptions {
  readonly kv: EtcdKv;
  readonly segments: Segments;
  /** Events before this sequence are moved; a record that holds also later ones stays. */
  readonly before: number;
  /** The etcd is ours alone: its file is made smaller when most of it is free, which stops it for a moment. */
  readonly embedded?: boolean;
  readonly signal?: AbortSignal;
  /** Told before each step; what it throws ends the archiving there. Tests crash here. */
  readonly onStep?: (step: ArchiveStep) => void | Promise<void>;
}

export type ArchiveStep =
  | { readonly do: 'write' | 'check'; readonly first: number; readonly last: number }
  | { readonly do: 'delete'; readonly from: number; readonly to: number }
  | { readonly do: 'mark' | 'compact' };

export interface Archived {
  /** Segments written now. */
  readonly written: readonly Manifest[];
  /** The last archived sequence; 0: nothing is archived. */
  readonly through: number;
  /** Records deleted from etcd now. */
  readonly deleted: number;
}

/** Events a segment: about 10 MB of text, so that one event in it is found in a tenth of a second. */
const PER_SEGMENT = 20_000;
const SHRINK_OVER = 128 * 2 ** 20;
/** Sequence numbers deleted in one request. */
const PER_DELETE = 1_000;
/** The last events stay where a writer, which does not know yet whether its append was done, looks for it. */
export const ALWAYS_KEPT = MAX_EVENTS_PER_RECORD;

/** Throws LogCorruptError when the chain is broken (nothing is deleted then), ArchiveBusyError, and what etcd throws. */
export async function archive(options: ArchiveOptions): Promise<Archived> {
  const unlock = options.segments.lock();
  try {
    options.segments.refresh();
    const written = await seal(options);
    const { seq: through, hash } = options.segments.head;
    if (through === 0) return { written, through, deleted: 0 };
    const marker = { seq: through, hash, host: hostname(), dir: options.segments.dir };
    await step(options, { do: 'mark' });
    const marked = await writeMarker(options.kv, marker);
    const deleted = await deleteArchived(options);
    await step(options, { do: 'compact' });
    await compact(options.kv);
    if (options.embedded === true && deleted > 0) await shrink(options.kv);
    if (!marked) await writeMarker(options.kv, marker);
    return { written, through, deleted };
  } finally {
    unlock();
  }
}

async function step({ onStep, signal }: ArchiveOptions, step: ArchiveStep): Promise<void> {
  signal?.throwIfAborted();
  await onStep?.(step);
}

/** Writes what is not archived yet, up to `before`. */
async function seal(options: ArchiveOptions): Promise<readonly Manifest[]> {
  const { kv, segments, before } = options;
  const written: Manifest[] = [];
  const limit = Math.min(before - 1, headOf(await kv.get(HEAD_KEY)).seq - ALWAYS_KEPT);
  let events: Envelope[] = [];
  let lastRecord = 0;
  const flush = async (): Promise<void> => {
    const [first, last] = [events[0], events.at(-1)];
    if (first === undefined || last === undefined) return;
    await step(options, { do: 'write', first: first.seq, last: last.seq });
    written.push(await segments.add(events, lastRecord));
    events = [];
  };
  for await (const record of whole(readRecords(kv, segments.head.seq + 1, limit), segments.head.seq + 1)) {
    if ((record.events.at(-1)?.seq ?? 0) > limit) break;
    events.push(...record.events);
    lastRecord = record.first;
    if (events.length >= PER_SEGMENT) await flush();
  }
  await flush();
  return written;
}

/** A hole must not be sealed over: what comes after it would be lost for a reader. Each segment checks the hashes themselves. */
async function* whole(records: AsyncIterable<StoredRecord>, from: number): AsyncGenerator<StoredRecord, void, undefined> {
  let next = from;
  for await (const record of records) {
    if (record.first !== next) throw new LogCorruptError(next, 'is missing in the log');
    next += record.events.length;
    yield record;
  }
}

/** Deletes what the segments hold from etcd, oldest first, after another look at each segment. */
async function deleteArchived(options: ArchiveOptions): Promise<number> {
  const { kv, segments } = options;
  const all = segments.list();
  let start = all.length;
  while (start > 0 && (await kv.get(recordKey(all[start - 1]?.lastRecord ?? 0))) !== null) start--;
  let deleted = 0;
  for (const manifest of all.slice(start)) {
    await step(options, { do: 'check', first: manifest.first, last: manifest.last });
    await segments.check(manifest);
    for (let from = manifest.first; from <= manifest.last; from += PER_DELETE) {
      const to = Math.min(from + PER_DELETE - 1, manifest.last);
      await step(options, { do: 'delete', from, to });
      deleted += await kv.deleteRange(recordKey(from), recordKey(to + 1));
    }
  }
  return deleted;
}

/** etcd reads its whole file at a start, free pages too. What is left to copy is little, so this takes a fraction of a second. */
async function shrink(kv: EtcdKv): Promise<void> {
  if ((await kv.status()).dbSize > SHRINK_OVER) await kv.defragment();
}

/** Frees what was deleted for new events. The history of keys serves nobody: the log is its own. */
export async function compact(kv: EtcdKv): Promise<void> {
  const { revision } = await kv.status();
  await kv.compact(revision).catch((error: unknown) => {
    if (!(error instanceof EtcdRefusedError) || !error.message.includes('compacted')) throw error;
  });
}
