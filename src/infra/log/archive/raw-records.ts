// The log as it stands in etcd, record by record: nothing is checked, so that `log verify` can say what is wrong, and nothing is upcast,
// so that what is archived or exported keeps its hash.
import type { Envelope } from '../../../events/envelope.ts';
import { LogCorruptError } from '../../../events/log.ts';
import { type EtcdKv, EtcdNoSpaceError, type KeyValue } from '../../etcd/kv.ts';
import { LOG_PREFIX, recordKey } from '../../etcd/log.ts';
import { storedEvents } from '../../etcd/record.ts';

export interface StoredRecord {
  /** The sequence in its key. */
  readonly first: number;
  readonly events: readonly Envelope[];
}

const PAGE = 1_000;

/** The records whose keys lie in from..to. Throws LogCorruptError for what is no record, or stands under another's key. */
export async function* readRecords(kv: EtcdKv, from: number, to: number): AsyncGenerator<StoredRecord, void, undefined> {
  const page = (at: number): Promise<readonly KeyValue[]> => kv.range(recordKey(at), recordKey(Math.min(at + PAGE, to + 1)));
  let misplaced: LogCorruptError | null = null;
  let ahead = from <= to ? page(from) : null;
  for (let at = from + PAGE; ahead !== null; at += PAGE) {
    const found: readonly KeyValue[] = await ahead;
    ahead = at <= to ? page(at) : null;
    ahead?.catch(() => undefined); // thrown where it is awaited
    for (const { key, value } of found) {
      const first = Number(key.slice(LOG_PREFIX.length));
      const events = storedEvents(first, value);
      yield { first, events };
      if (events[0]?.seq !== first) misplaced ??= new LogCorruptError(first, `its key holds event ${String(events[0]?.seq)}`);
    }
  }
  // Said last: the events themselves tell more of what was done.
  if (misplaced !== null) throw misplaced;
}

/** How far the log was archived, and where to: for whoever looks for the beginning and has not got the segments. */
export interface Marker {
  readonly seq: number;
  readonly hash: string;
  readonly host: string;
  readonly dir: string;
}

export const MARKER_KEY = '/gpu-docker-api/v1/archived';

export async function readMarker(kv: EtcdKv): Promise<Marker | null> {
  const found = await kv.get(MARKER_KEY);
  return found === null ? null : (JSON.parse(found.value) as Marker);
}

/** False: there is no room for it just now. It only helps to find things, so the archive goes on without. */
export async function writeMarker(kv: EtcdKv, marker: Marker): Promise<boolean> {
  try {
    await kv.txn({ if: [], write: [{ put: MARKER_KEY, value: JSON.stringify(marker) }] });
    return true;
  } catch (error) {
    if (error instanceof EtcdNoSpaceError) return false;
    throw error;
  }
}
