// What looks into a service, for tests that put HTTP in front of one.
import { Audit, type AuditDeps } from '../../src/infra/audit.ts';
import { Journal } from '../../src/infra/journal.ts';
import { silent } from '../../src/infra/logger.ts';
import { MemoryLog, type MemoryStore } from '../../src/infra/memory-log.ts';
import { WholeLog } from '../../src/infra/whole-log.ts';
import { realClock } from './core.ts';
import { HOST } from './scenario.ts';

let ids = 0;

/** Over the log in `store`, or an empty one. */
export function auditOf(journal: Journal | null = null, store?: MemoryStore, over: Partial<AuditDeps> = {}): Audit {
  const log = new MemoryLog(store === undefined ? {} : { store });
  const own = journal ?? new Journal({ log, clock: realClock, host: HOST });
  return new Audit({
    journal: own,
    history: log,
    whole: new WholeLog({ journal: own, source: log, clock: realClock, logger: silent }),
    clock: realClock,
    ids: { next: () => `audit-${++ids}` },
    logger: silent,
    host: HOST,
    maxSse: 256,
    auditRejections: false,
    version: 'test',
    ...over,
  });
}
