// Puts the server's log together: one reader over etcd and the archive, and the upkeep of both. Names the files below the data directory.
import { join } from 'node:path';
import type { Logger } from '../../commands/outside/logger.ts';
import type { EtcdKv } from '../etcd/kv.ts';
import type { EtcdLog } from '../etcd/log.ts';
import { systemClock } from '../host/clock-and-ids.ts';
import type { ServeOptions } from '../options/serve-options.ts';
import { readMarker } from './archive/marker.ts';
import { Segments } from './archive/segments.ts';
import { PUBLIC_KEY } from './checkpoints/key.ts';
import { FullLog } from './full-log.ts';
import { HoleCheck } from './holes.ts';
import { lastWritten } from './last-written.ts';
import { RecordCount } from './record-count.ts';
import type { Snapshots } from './snapshots/snapshots.ts';
import { Upkeep } from './upkeep.ts';

/** Below the data directory; the documentation and the subcommands use the same names. */
export const SEGMENTS_DIR = 'segments';
export const INDEX_DIR = 'index';
export const SNAPSHOTS_DIR = 'snapshots';
export const CHECKPOINT_FILE = 'checkpoints.jsonl';
const COUNT_FILE = 'records.json';

/**
 * Bytes that etcd may hold. Our own gets the most that etcd advises; another one has etcd's default of 2 GiB unless an option says more.
 */
const QUOTA = { embedded: 8 * 2 ** 30, other: 2 * 2 ** 30 };
export const quotaOf = ({ etcd, etcdQuota }: Pick<ServeOptions, 'etcd' | 'etcdQuota'>): number =>
  etcdQuota ?? (etcd.length === 0 ? QUOTA.embedded : QUOTA.other);

interface FullLogDeps {
  readonly kv: EtcdKv;
  readonly log: EtcdLog;
  readonly snapshots: Snapshots;
  readonly dataDir: string;
  /** The host's name in the log. */
  readonly host: string;
  readonly options: ServeOptions;
  readonly logger: Logger;
}

interface FullLogParts {
  readonly history: FullLog;
  readonly upkeep: Upkeep;
  readonly holes: HoleCheck;
  /** For the metrics. */
  readonly lastWritten: () => ReturnType<typeof lastWritten>;
}

/** Nothing is read or written yet: see Upkeep. */
export function openFullLog({ kv, log, snapshots, dataDir, host, options, logger }: FullLogDeps): FullLogParts {
  const segmentsDir = options.archiveDir ?? join(dataDir, SEGMENTS_DIR);
  const snapshotsDir = join(dataDir, SNAPSHOTS_DIR);
  const segments = new Segments(segmentsDir);
  const history = new FullLog(log, segments, () => readMarker(kv));
  const checkpointFile = options.checkpointFile ?? join(dataDir, CHECKPOINT_FILE);
  const upkeep = new Upkeep({
    kv,
    log: history,
    segments,
    snapshots,
    clock: systemClock,
    logger,
    options: {
      dataDir,
      snapshotEvery: options.snapshotEvery,
      checkpointEveryMs: options.checkpointEveryMs,
      checkpointFile,
      ...(options.checkpointKey !== undefined && { checkpointKey: options.checkpointKey }),
      quotaBytes: quotaOf(options),
      archiveAt: options.archiveAt,
      embedded: options.etcd.length === 0,
      host,
    },
  });
  const counts = new RecordCount(kv, join(dataDir, COUNT_FILE));
  const publicKeys = join(dataDir, PUBLIC_KEY);
  const holes = new HoleCheck({ kv, segments, snapshots, checkpointFile, publicKeys, counts });
  return { history, upkeep, holes, lastWritten: () => lastWritten({ dataDir, checkpointFile, snapshotsDir, segmentsDir }) };
}
