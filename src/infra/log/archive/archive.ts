// Archiving moves the beginning of the log out of etcd. The order makes a crash at any point harmless, and lets the next try go on: write
// the segment, read it back, write its manifest; then delete its records from etcd, oldest first; then compact.
import { hostname } from 'node:os';
import type { Envelope } from '../../../events/envelope.ts';
import { LogCorruptError, MAX_EVENTS_PER_RECORD } from '../../../events/log.ts';
import { type EtcdKv, EtcdRefusedError } from '../../etcd/kv.ts';
import { HEAD_KEY, headOf, recordKey } from '../../etcd/log.ts';
import { writeMarker } from './marker.ts';
import { readRecords, type StoredRecord } from './raw-records.ts';
import type { Manifest } from './segment.ts';
import type { Segments } from './segments.ts';

interface ArchiveOptions {
  readonly kv: EtcdKv;
  readonly segments: Segments;
  /** Events before this sequence are moved. A record that also holds later events stays. */
  readonly before: number;
  /** The etcd serves only this log: it is defragmented when its file is large, which stops it for a moment. */
  readonly embedded?: boolean;
  readonly signal?: AbortSignal;
  /** For tests: in place of ALWAYS_IN_ETCD. */
  readonly alwaysInEtcd?: number;
  /** For tests: called before each step. An error that it throws ends the archiving there, as a crash would. */
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

/** Events per segment: about 10 MB of text, held in memory while it is written and verified. */
const PER_SEGMENT = 20_000;
/** Bytes: etcd is defragmented when its file is larger. */
const SHRINK_OVER = 128 * 2 ** 20;
/** Sequences deleted in one request. */
const PER_DELETE = 1_000;
/** Events at the head that are never archived: a writer whose append got no answer looks there for its record. */
const ALWAYS_IN_ETCD = MAX_EVENTS_PER_RECORD;

/** Throws LogCorruptError when the chain is broken (nothing is deleted then), ArchiveBusyError, and etcd's errors. */
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

/** Writes the events up to `before` that are not archived yet, as segments. */
async function seal(options: ArchiveOptions): Promise<readonly Manifest[]> {
  const { kv, segments, before, alwaysInEtcd = ALWAYS_IN_ETCD } = options;
  const written: Manifest[] = [];
  const limit = Math.min(before - 1, headOf(await kv.get(HEAD_KEY)).seq - alwaysInEtcd);
  let events: Envelope[] = [];
  let lastRecord = 0;
  const flush = async (): Promise<void> => {
    const [first, last] = [events[0], events.at(-1)];
    if (first === undefined || last === undefined) return;
    await step(options, { do: 'write', first: first.seq, last: last.seq });
    written.push(await segments.add(events, lastRecord));
    events = [];
  };
  for await (const record of withoutHole(readRecords(kv, segments.head.seq + 1, limit), segments.head.seq + 1)) {
    if ((record.events.at(-1)?.seq ?? 0) > limit) break;
    events.push(...record.events);
    lastRecord = record.first;
    if (events.length >= PER_SEGMENT) await flush();
  }
  await flush();
  return written;
}

/** Throws at a hole: sealing over it would lose the events after it for every reader. The hashes are checked by each segment. */
async function* withoutHole(records: AsyncIterable<StoredRecord>, from: number): AsyncGenerator<StoredRecord, void, undefined> {
  let next = from;
  for await (const record of records) {
    if (record.first !== next) throw new LogCorruptError(next, 'is missing in the log');
    next += record.events.length;
    yield record;
  }
}

/** Deletes the archived records from etcd, oldest first, after verifying each segment once more. */
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

/** etcd reads its whole file at a start, free pages included. Little is left to copy after archiving: this takes a fraction of a second. */
async function shrink(kv: EtcdKv): Promise<void> {
  if ((await kv.status()).dbSize > SHRINK_OVER) await kv.defragment();
}

/** Frees the space of deleted records for new ones. Nobody needs etcd's history of keys: the log is its own history. */
export async function compact(kv: EtcdKv): Promise<void> {
  const { revision } = await kv.status();
  await kv.compact(revision).catch((error: unknown) => {
    if (!(error instanceof EtcdRefusedError) || !error.message.includes('compacted')) throw error;
  });
}
