// The records in etcd as they are stored. Nothing is checked, so that `log verify` can say what is wrong; nothing is upcast, so that an
// archived or exported event keeps its hash.
import type { Envelope } from '../../../events/envelope.ts';
import { LogCorruptError } from '../../../events/log.ts';
import type { EtcdKv, KeyValue } from '../../etcd/kv.ts';
import { LOG_PREFIX, recordKey } from '../../etcd/log.ts';
import { storedEvents } from '../../etcd/record.ts';

export interface StoredRecord {
  /** The sequence in its key. */
  readonly first: number;
  readonly events: readonly Envelope[];
}

/** Sequences per request. */
const PAGE = 1_000;

/** The records whose keys lie in from..to. Throws LogCorruptError for a text that is not a record, and for a record under another's key. */
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
  // Thrown last: the events themselves tell `log verify` more about what was done.
  if (misplaced !== null) throw misplaced;
}
