// The log: where it ends, how far the views are behind it, the etcd that it is in, and when its safeguards were last written.
import type { State } from '../../../projections/state.ts';
import type { EtcdKv, EtcdStatus } from '../../etcd/kv.ts';
import { HEAD_KEY, headOf } from '../../etcd/log.ts';
import type { Metrics } from './metrics.ts';

/** When each of them was last written, s since 1970; 0: never. */
interface LastWritten {
  readonly checkpoint: number;
  readonly snapshot: number;
  readonly archive: number;
  /** By `gpu-docker-api log verify` and `log export`, where they found nothing amiss. */
  readonly verify: number;
  readonly backup: number;
}

export interface LogSources {
  readonly state: () => State;
  /** The last event that the index and the ledger have. */
  readonly indexed: () => number;
  readonly etcd?: { readonly kv: Pick<EtcdKv, 'status' | 'get'>; readonly quotaBytes: number | null };
  readonly lastWritten?: () => Promise<LastWritten>;
}

const WRITTEN = ['checkpoint', 'snapshot', 'archive', 'verify', 'backup'] as const satisfies readonly (keyof LastWritten)[];
const HELP: Readonly<Record<keyof LastWritten, string>> = {
  checkpoint: 'When the last signed checkpoint was written; 0: never. None is written while the log does not grow.',
  snapshot: 'When the last snapshot of the views was written; 0: never.',
  archive: 'When events were last moved from etcd to the archive; 0: never.',
  verify: 'When gpu-docker-api log verify last found the whole log untouched; 0: never.',
  backup: 'When gpu-docker-api log export last wrote out the whole log, or all that is not in the archive; 0: never.',
};

/** A question that several numbers of one answer share: it is not asked again while it is under way. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => {
    asked ??= ask().finally(() => {
      asked = null;
    });
    return asked;
  };
}

export function measureLog(metrics: Metrics, { state, indexed, etcd, lastWritten }: LogSources): void {
  metrics.gauge('log_head', 'The last sequence of the log that this server has read.', () => state().head.seq);
  metrics.gauge('log_last_commit_timestamp_seconds', 'Time of the last event.', () => {
    const { time } = state();
    return time === '' ? null : Date.parse(time) / 1_000;
  });
  metrics.gauge(
    'projection_lag_events',
    'Events that are in the log and not yet in what answers: the views, and the index with the ledger.',
    async () => {
      const { seq } = state().head;
      const index = [{ of: 'index' }, Math.max(0, seq - indexed())] as const;
      if (etcd === undefined) return [index];
      const head = await etcd.kv.get(HEAD_KEY).then(
        (found) => headOf(found).seq,
        () => null,
      );
      return head === null ? [index] : [[{ of: 'views' }, Math.max(0, head - seq)], index];
    },
  );
  if (lastWritten !== undefined) {
    const read = shared(lastWritten);
    for (const of of WRITTEN) metrics.gauge(`last_${of}_timestamp_seconds`, HELP[of], async () => (await read())[of]);
  }
  if (etcd === undefined) return;
  const status = shared(() => etcd.kv.status());
  metrics.gauge('etcd_up', '1 while etcd answers.', () =>
    status().then(
      () => 1,
      () => 0,
    ),
  );
  metrics.gauge('etcd_db_bytes', 'Size of etcd’s database, on disk and in use.', async () => {
    const { dbSize, dbSizeInUse }: EtcdStatus = await status();
    return [
      [{ of: 'disk' }, dbSize],
      [{ of: 'use' }, dbSizeInUse],
    ];
  });
  metrics.gauge('etcd_quota_bytes', 'Where etcd stops taking writes.', () => etcd.quotaBytes);
}
