// The log as it lies in etcd, read past the server: every hash computed again, and folded to the state that the server must show.
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '../../src/events/catalogue.ts';
import { GENESIS } from '../../src/events/envelope.ts';
import { hashOf } from '../../src/events/hash.ts';
import { connectEtcd } from '../../src/infra/etcd/client.ts';
import { EtcdLog } from '../../src/infra/etcd/log.ts';
import { runDirFor } from '../../src/infra/etcd/run-dir.ts';
import { systemClock, systemIds } from '../../src/infra/host/clock-and-ids.ts';
import { applyAll } from '../../src/projections/apply.ts';
import { initialState, type State } from '../../src/projections/state.ts';

/** Where the etcd that a server runs itself listens. */
export const embeddedEndpoint = (dataDir: string): string => `unix:${join(runDirFor(realpathSync(dataDir)), 'c.sock:0')}`;

/** Throws when a sequence is missing, a hash is wrong, or the events cannot be applied: a GPU given twice shows here too. */
export async function readLog(endpoint: string): Promise<{ readonly events: readonly Event[]; readonly state: State }> {
  const kv = connectEtcd({ endpoints: [endpoint] });
  const log = new EtcdLog({ kv, clock: systemClock, ids: systemIds });
  try {
    const events: Event[] = [];
    let prev = GENESIS;
    for await (const record of log.read(1)) {
      for (const event of record) {
        if (event.seq !== events.length + 1) throw new Error(`event ${event.seq} follows ${events.length}`);
        if (event.prev !== prev || hashOf(event) !== event.hash) throw new Error(`the hash chain breaks at ${event.seq} (${event.type})`);
        prev = event.hash;
        events.push(event as Event);
      }
    }
    return { events, state: applyAll(initialState, events) };
  } finally {
    log.close();
    kv.close();
  }
}
