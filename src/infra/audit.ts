// What lets others look into the service: its events, the mutations that were refused, and its numbers.

import type { Clock, Ids } from '../commands/ports.ts';
import type { Service } from '../commands/service.ts';
import { EventStreams } from '../http/sse.ts';
import { Audited } from './audited.ts';
import type { EtcdStatus } from './etcd/kv.ts';
import { EventQueries } from './event-queries.ts';
import type { History } from './event-records.ts';
import type { Journal } from './journal.ts';
import type { Logger } from './logger.ts';
import { type Counter, Metrics } from './metrics.ts';
import { Rejections } from './rejections.ts';
import type { WholeLog } from './whole-log.ts';

export interface AuditDeps {
  readonly journal: Journal;
  /** The whole log, also what is archived. */
  readonly history: History;
  readonly whole: WholeLog;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly host: string;
  readonly maxSse: number;
  /** Refused mutations become events. */
  readonly auditRejections: boolean;
  readonly version: string;
  readonly etcd?: { readonly status: () => Promise<EtcdStatus>; readonly quotaBytes: number | null };
  readonly heartbeatMs?: number;
  readonly slowMs?: number;
  readonly patienceMs?: number;
}

const PREFIX = 'gpu_docker_api_';

/** Made before the journal is first read. */
export class Audit {
  readonly events: EventQueries;
  readonly streams: EventStreams;
  readonly rejections: Rejections;
  readonly metrics = new Metrics();
  readonly #requests: Counter;
  readonly #commands: Counter;
  #audited: Audited | null = null;

  constructor(deps: AuditDeps) {
    const { journal, clock, ids, logger, host } = deps;
    this.events = new EventQueries(deps);
    this.streams = new EventStreams({ ...deps, events: this.events, most: deps.maxSse });
    this.rejections = new Rejections({ clock, ...(deps.auditRejections && { audit: { journal, ids, host, logger } }) });
    this.#requests = this.metrics.counter(`${PREFIX}http_requests_total`, 'HTTP requests that were answered, by route and status.');
    this.#commands = this.metrics.counter(`${PREFIX}commands_total`, 'Commands by what came of them.');
    this.#measure(deps);
  }

  /** The service whose commands are counted and whose refusals are noted. */
  over(service: Service): Service {
    this.#audited = new Audited(service, this.rejections, (command, outcome) => this.#commands.add({ command, outcome }));
    return this.#audited;
  }

  /** `route` as the route table has it. */
  request(method: string, route: string, status: number): void {
    this.#requests.add({ method, route, status: String(status) });
  }

  /** Ends every stream. */
  stop(): void {
    this.streams.stop();
  }

  #measure({ journal, clock, host, version, etcd }: AuditDeps): void {
    const { metrics } = this;
    const gauge = (name: string, help: string, read: () => number | null): void => metrics.read('gauge', PREFIX + name, help, read);
    const aggregates = () => [...journal.state.replicaSets.values(), ...journal.state.volumes.values()];
    const here = () => journal.state.hosts.get(host);
    metrics.read('counter', `${PREFIX}rejections_total`, 'Mutations that were refused, by code.', () =>
      [...this.rejections.byCode].map(([code, count]) => [{ code: String(code) }, count] as const),
    );
    metrics.read('gauge', `${PREFIX}info`, 'The version that runs.', () => [[{ version, host }, 1]]);
    gauge('operations_open', 'Operations under way.', () => aggregates().filter(({ operation }) => operation !== null).length);
    gauge('gpus', 'GPUs of this host.', () => here()?.gpus.filter(({ present }) => present).length ?? 0);
    gauge('gpus_held', 'GPUs of this host that are leased.', () => here()?.gpus.filter(({ holder }) => holder !== null).length ?? 0);
    gauge('ports_held', 'Host ports that are leased.', () => here()?.ports.size ?? 0);
    gauge('replica_sets', 'ReplicaSets that exist.', () => journal.state.replicaSets.size);
    gauge('volumes', 'Volumes that exist.', () => journal.state.volumes.size);
    gauge('sse_clients', 'Clients that follow the events.', () => this.streams.clients);
    metrics.read('counter', `${PREFIX}sse_cut_off_total`, 'Readers of events that were too slow.', () => this.streams.cutOff);
    gauge('executions_running', 'Commands being executed in containers.', () => this.#audited?.executing ?? 0);
    metrics.read('counter', `${PREFIX}events_total`, 'Events in the log.', () => journal.state.head.seq || null);
    gauge('log_head', 'The last sequence of the log.', () => journal.state.head.seq);
    gauge('log_seconds_since_commit', 'Age of the last event.', () =>
      journal.state.time === '' ? null : Math.max(0, clock.now() - Date.parse(journal.state.time)) / 1_000,
    );
    if (etcd === undefined) return;
    metrics.readLater('gauge', `${PREFIX}etcd_db_bytes`, 'Size of etcd’s database, on disk and in use.', async () => {
      const { dbSize, dbSizeInUse } = await etcd.status();
      return [
        [{ of: 'disk' }, dbSize],
        [{ of: 'use' }, dbSizeInUse],
      ];
    });
    gauge('etcd_quota_bytes', 'Where etcd stops taking writes.', () => etcd.quotaBytes);
  }
}
