// The numbers of /metrics, and the service as the doors see it: with its commands counted and its rejections noted.

import { type AnyCommand, streamOf } from '../../commands/command.ts';
import type { Rejection } from '../../commands/decision.ts';
import { lostDisks } from '../../commands/host/saved-disks.ts';
import type { Room } from '../../commands/outside/disk-usage.ts';
import type { Clock, Ids } from '../../commands/outside/host.ts';
import type { Logger } from '../../commands/outside/logger.ts';
import type { CommandOutcome, ExecuteOutcome, Origin, PlanOutcome, Service } from '../../commands/service.ts';
import type { EtcdStatus } from '../etcd/kv.ts';
import type { Committer } from '../runtime/committer.ts';
import type { HostService } from '../runtime/host-service.ts';
import { EventLoopLag } from './event-loop-lag.ts';
import { type Counter, Metrics } from './metrics.ts';
import { Rejections } from './rejections.ts';

export interface ObservabilityDeps {
  readonly committer: Committer;
  /** The clients that follow the events. */
  readonly streams: { readonly clients: number; readonly cutOff: number };
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly host: string;
  /** Whether rejected mutations become events. */
  readonly auditRejections: boolean;
  readonly version: string;
  readonly etcd?: { readonly status: () => Promise<EtcdStatus>; readonly quotaBytes: number | null };
}

const PREFIX = 'gpu_docker_api_';

/** The part of the host's service that the doors use. */
export type HostParts = Pick<
  HostService,
  | 'state'
  | 'readiness'
  | 'isReady'
  | 'absence'
  | 'foreignGpus'
  | 'room'
  | 'disks'
  | 'queue'
  | 'execRunner'
  | 'outputs'
  | 'raiseLogLevel'
  | 'changeKey'
  | 'acceptLoss'
  | 'acceptRestore'
  | 'adopt'
  | 'isRestored'
  | 'operations'
  | 'undo'
  | 'restarts'
>;

/**
 * Observes the service:
 *
 *     const observability = new Observability({ committer, streams, ... });
 *     const app = createApp({ service: observability.over(host), ... });
 *     console.log(await observability.metrics.text());
 *
 * Promises that every command that passes through `over` is counted, and that every rejected one is noted. A command that began and then
 * failed is not noted: its failure is in the log.
 */
export class Observability {
  readonly rejections: Rejections;
  readonly metrics = new Metrics();
  readonly #requests: Counter;
  readonly #commands: Counter;
  #executing = 0;

  constructor(deps: ObservabilityDeps) {
    const { committer, clock, ids, logger, host } = deps;
    this.rejections = new Rejections({ clock, ...(deps.auditRejections && { audit: { committer, ids, host, logger } }) });
    this.#requests = this.metrics.counter(`${PREFIX}http_requests_total`, 'HTTP requests that were answered, by route and status.');
    this.#commands = this.metrics.counter(`${PREFIX}commands_total`, 'Commands by what came of them.');
    this.#measure(deps);
  }

  over(host: HostParts): Service {
    const { queue, execRunner } = host;
    this.metrics.read(
      'gauge',
      `${PREFIX}gpus_foreign`,
      'GPUs of this host that containers outside this log use.',
      () => host.foreignGpus().size,
    );
    this.metrics.read(
      'gauge',
      `${PREFIX}operations_stalled`,
      'Operations under way that make no progress.',
      () => host.operations().filter(({ stalled }) => stalled !== undefined).length,
    );
    this.metrics.read(
      'gauge',
      `${PREFIX}names_missing`,
      'Containers and volumes that are missing from Docker.',
      () => host.absence().missing.length,
    );
    this.metrics.read('gauge', `${PREFIX}restore_unsettled`, '1 while the log is a restored one with which Docker does not agree.', () =>
      host.isRestored() ? 1 : 0,
    );
    const room = (name: string, help: string, read: (room: Room) => number): void =>
      this.metrics.read('gauge', PREFIX + name, help, () => {
        const found = host.room();
        return found === null ? null : read(found);
      });
    room('docker_root_used_ratio', 'Share of the file system of Docker’s data root that is in use.', ({ usedRatio }) => usedRatio);
    room('docker_root_free_bytes', 'Bytes free in Docker’s data root.', ({ free }) => free);
    this.metrics.read('counter', `${PREFIX}restarts_total`, 'Tries to start a dead container again, by outcome.', () =>
      Object.entries(host.restarts).map(([outcome, count]) => [{ outcome }, count] as const),
    );
    return {
      state: () => host.state(),
      readiness: () => host.readiness(),
      isReady: () => host.isReady(),
      foreignGpus: () => host.foreignGpus(),
      disks: () => host.disks.measure(),
      submit: async (command, origin, precondition, patience) =>
        this.#noted(command, origin, await queue.submit(command, origin, precondition, patience)),
      plan: (command, origin, precondition, patience) => queue.plan(command, origin, precondition, patience),
      raiseLogLevel: async (command, origin, dryRun) => {
        const outcome = await host.raiseLogLevel(command, origin, dryRun);
        return dryRun ? outcome : this.#noted(command, origin, outcome);
      },
      changeKey: async (command, origin, dryRun) => {
        const outcome = await host.changeKey(command, origin, dryRun);
        return dryRun ? outcome : this.#noted(command, origin, outcome);
      },
      acceptLoss: (name, origin, dryRun) => host.acceptLoss(name, origin, dryRun),
      adopt: (what, name, origin, dryRun) => host.adopt(what, name, origin, dryRun),
      acceptRestore: (name, origin, dryRun) => host.acceptRestore(name, origin, dryRun),
      operations: (then) => host.operations(then),
      undo: (id, origin) => host.undo(id, origin),
      output: (asked, origin, signal) => host.outputs.read(asked, origin, signal),
      execute: async (command, origin, signal) => {
        this.#executing++;
        try {
          return this.#noted(command, origin, await execRunner.run(command, origin, signal));
        } finally {
          this.#executing--;
        }
      },
    };
  }

  #noted<O extends CommandOutcome | ExecuteOutcome | PlanOutcome>(command: AnyCommand, origin: Origin, outcome: O): O {
    const result = outcome.ok ? 'done' : kindOf(outcome.rejection.kind);
    this.#commands.add({ command: command.do, outcome: result });
    if (!outcome.ok && result === 'rejected')
      this.rejections.note({ command: command.do, stream: streamOf(command), origin, rejection: outcome.rejection });
    return outcome;
  }

  /** Counts an answer. `route` is the path as the route table has it. */
  request(method: string, route: string, status: number): void {
    this.#requests.add({ method, route, status: String(status) });
  }

  #measure({ committer, streams, clock, host, version, etcd }: ObservabilityDeps): void {
    const { metrics } = this;
    const gauge = (name: string, help: string, read: () => number | null): void => metrics.read('gauge', PREFIX + name, help, read);
    const aggregates = () => [...committer.state.replicaSets.values(), ...committer.state.volumes.values()];
    const here = () => committer.state.hosts.get(host);
    metrics.read('counter', `${PREFIX}rejections_total`, 'Mutations that were refused, by code.', () =>
      [...this.rejections.byCode].map(([code, count]) => [{ code: String(code) }, count] as const),
    );
    metrics.read('gauge', `${PREFIX}info`, 'The version that runs.', () => [[{ version, host }, 1]]);
    gauge('operations_open', 'Operations under way.', () => aggregates().filter(({ operation }) => operation !== null).length);
    gauge('gpus', 'GPUs of this host.', () => here()?.gpus.filter(({ present }) => present).length ?? 0);
    gauge('gpus_held', 'GPUs of this host that are leased.', () => here()?.gpus.filter(({ holder }) => holder !== null).length ?? 0);
    gauge('ports_held', 'Host ports that are leased.', () => here()?.ports.size ?? 0);
    gauge('replica_sets', 'ReplicaSets that exist.', () => committer.state.replicaSets.size);
    gauge('saved_disks_missing', 'Saved system disks that somebody removed from Docker.', () => lostDisks(committer.state, host));
    gauge('volumes', 'Volumes that exist.', () => committer.state.volumes.size);
    gauge('sse_clients', 'Clients that follow the events.', () => streams.clients);
    metrics.read('counter', `${PREFIX}sse_cut_off_total`, 'Readers of events that were too slow.', () => streams.cutOff);
    gauge('executions_running', 'Commands being executed in containers.', () => this.#executing);
    metrics.read('counter', `${PREFIX}events_total`, 'Events in the log.', () => committer.state.head.seq || null);
    gauge('log_head', 'The last sequence of the log.', () => committer.state.head.seq);
    gauge('log_seconds_since_commit', 'Age of the last event.', () =>
      committer.state.time === '' ? null : Math.max(0, clock.now() - Date.parse(committer.state.time)) / 1_000,
    );
    const lag = new EventLoopLag();
    metrics.read('gauge', `${PREFIX}event_loop_lag_seconds`, 'Delay of timers since the last scrape.', () => {
      const { p99, max } = lag.take();
      return [
        [{ of: 'p99' }, p99],
        [{ of: 'max' }, max],
      ];
    });
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

const kindOf = (kind: Rejection['kind']): 'failed' | 'late' | 'rejected' => (kind === 'failed' || kind === 'late' ? kind : 'rejected');
