// The parts of a simulated server that work with its data directory, put together as src/infra/log/open-log.ts does.
import type { Clock } from '../../src/commands/outside/host.ts';
import type { Logger } from '../../src/commands/outside/logger.ts';
import type { EtcdKv } from '../../src/infra/etcd/kv.ts';
import type { EtcdLog } from '../../src/infra/etcd/log.ts';
import { readMarker } from '../../src/infra/log/archive/marker.ts';
import { FullLog } from '../../src/infra/log/full-log.ts';
import { HoleCheck } from '../../src/infra/log/holes.ts';
import { Upkeep } from '../../src/infra/log/upkeep.ts';
import { PROJECTION_VERSION } from '../../src/projections/version.ts';
import { type DataDir, SimulatedSegments, SimulatedSnapshots } from './archive.ts';

/** Events from one snapshot to the next. */
const SNAPSHOT_EVERY = 60;
/** Events in etcd above which the beginning is archived. */
const MOST_EVENTS = 160;
/** Events at the head that are never archived. A server whose append gets no answer for a while must find its record. */
const ALWAYS_IN_ETCD = 80;

interface Deps {
  readonly data: DataDir;
  readonly process: { readonly alive: boolean; kill(): void };
  readonly kv: EtcdKv;
  readonly log: EtcdLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly host: string;
  /** It is of the release before, whose snapshots are of other projections. */
  readonly isBefore: boolean;
}

export interface Kept {
  readonly log: FullLog;
  readonly upkeep: Upkeep;
  readonly holes: HoleCheck;
}

export function keep({ data, process, kv, log: etcdLog, clock, logger, host, isBefore }: Deps): Kept {
  const { world } = data;
  const segments = new SimulatedSegments(data, process);
  const version = isBefore ? 'before' : PROJECTION_VERSION;
  const snapshots = new SimulatedSnapshots(data, { dir: data.snapshots, logger, version });
  const log = new FullLog(etcdLog, segments, () => readMarker(kv));
  const dies: EtcdKv = {
    ...kv,
    // The server may die before it knows that the records are gone.
    deleteRange: (from, to) => {
      const answer = kv.deleteRange(from, to);
      if (!world.strikes('archive', 'crash while deleting', 0.15)) return answer;
      answer.catch(() => undefined);
      process.kill();
      return new Promise(() => undefined);
    },
  };
  const upkeep = new Upkeep({
    ...{ kv: dies, log, segments, snapshots, clock, logger },
    options: {
      ...{ dataDir: data.path, checkpointFile: '', host },
      ...{ snapshotEvery: SNAPSHOT_EVERY, checkpointEveryMs: 0 },
      ...{ quotaBytes: 2 ** 31, archiveAt: 0.25, embedded: false },
    },
    bounds: { mostEvents: MOST_EVENTS, alwaysInEtcd: ALWAYS_IN_ETCD },
  });
  return { log, upkeep, holes: new HoleCheck({ kv, segments, snapshots, checkpointFile: '', tail: async () => '' }) };
}
