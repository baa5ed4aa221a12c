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

/** Every hash is computed again, and each reading goes on where the last one ended. */
export class LogReader {
  readonly endpoint: string;
  #prev = GENESIS;
  readonly #events: Event[] = [];
  #state: State = initialState;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(endpoint: string) {
    this.endpoint = endpoint;
  }

  /** Throws when a sequence is missing, a hash is wrong, or the events cannot be applied: a GPU given twice shows here too. */
  read(): Promise<{ readonly events: readonly Event[]; readonly state: State }> {
    const read = this.#reading.catch(() => {}).then(() => this.#readOn());
    this.#reading = read;
    return read;
  }

  async #readOn(): Promise<{ readonly events: readonly Event[]; readonly state: State }> {
    const kv = connectEtcd({ endpoints: [this.endpoint] });
    const log = new EtcdLog({ kv, clock: systemClock, ids: systemIds });
    try {
      for await (const record of log.read(this.#events.length + 1)) for (const event of record) this.#add(event as Event);
      return { events: this.#events, state: this.#state };
    } finally {
      log.close();
      kv.close();
    }
  }

  #add(event: Event): void {
    if (event.seq !== this.#events.length + 1) throw new Error(`event ${event.seq} follows ${this.#events.length}`);
    if (event.prev !== this.#prev || hashOf(event) !== event.hash) throw new Error(`the hash chain breaks at ${event.seq} (${event.type})`);
    this.#state = applyAll(this.#state, [event]);
    this.#prev = event.hash;
    this.#events.push(event);
  }
}

export const readLog = (endpoint: string): ReturnType<LogReader['read']> => new LogReader(endpoint).read();
