// Observes a service, for tests that put HTTP in front of one.

import { silent } from '../../src/commands/outside/logger.ts';
import { FullLogFeed } from '../../src/infra/past/full-log-feed.ts';
import { Committer } from '../../src/infra/runtime/committer.ts';
import { type ObserveDeps, type Observing, observe } from '../../src/serve.ts';
import { MemoryLog, type MemoryStore } from '../doubles/memory-log.ts';
import { realClock } from './core.ts';
import { HOST } from './scenario.ts';

let ids = 0;

/** Over the log in `store`, or an empty one. Call it before the log is read. */
export function auditOf(committer: Committer | null = null, store?: MemoryStore, over: Partial<ObserveDeps> = {}): Observing {
  const log = new MemoryLog(store === undefined ? {} : { store });
  const own = committer ?? new Committer({ log, clock: realClock, host: HOST });
  return observe({
    committer: own,
    history: log,
    whole: new FullLogFeed({ committer: own, source: log, clock: realClock, logger: silent }),
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
