// The numbers of /metrics, and the service as the doors see it: with its commands counted and its rejections noted.

import { type AnyCommand, streamOf } from '../../commands/command.ts';
import type { Clock, Ids } from '../../commands/outside/host.ts';
import type { Logger } from '../../commands/outside/logger.ts';
import type { CommandOutcome, ExecuteOutcome, Origin, PlanOutcome, Service } from '../../commands/service.ts';
import type { Committer } from '../runtime/committer.ts';
import { EventLoopLag } from './event-loop-lag.ts';
import type { HostParts } from './host-parts.ts';
import { measureHost, measureState } from './metrics/host.ts';
import { type LogSources, measureLog } from './metrics/log.ts';
import { Meters } from './metrics/meters.ts';
import { Rejections } from './rejections.ts';

export interface ObservabilityDeps extends Pick<LogSources, 'etcd' | 'lastWritten'> {
  readonly committer: Committer;
  /** Of the calls that were made before; absent: new ones. */
  readonly meters?: Meters;
  /** The last event that the index has. */
  readonly indexed: () => number;
  /** The clients that follow the events. */
  readonly streams: { readonly clients: number; readonly cutOff: number };
  /** Whether Docker answers; absent: not known. */
  readonly pulse?: { trouble(): object | null };
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly host: string;
  /** Whether rejected mutations become events. */
  readonly auditRejections: boolean;
  readonly version: string;
}

/**
 * Observes the service:
 *
 *     const observability = new Observability({ committer, streams, ... });
 *     const app = createApp({ service: observability.over(host), ... });
 *     console.log(await observability.meters.metrics.text(true));
 *
 * Promises that every command that passes through `over` is counted, and that every rejected one is noted. A command that began and then
 * failed is not noted: its failure is in the log.
 */
export class Observability {
  readonly rejections: Rejections;
  readonly meters: Meters;
  readonly #committer: Committer;
  readonly #host: string;
  #executing = 0;

  constructor(deps: ObservabilityDeps) {
    const { committer, clock, ids, logger, host } = deps;
    this.#committer = committer;
    this.#host = host;
    this.rejections = new Rejections({ clock, ...(deps.auditRejections && { audit: { committer, ids, host, logger } }) });
    this.meters = deps.meters ?? new Meters();
    this.#measure(deps);
  }

  over(host: HostParts): Service {
    const { queue, execRunner } = host;
    measureHost(this.meters.metrics, host, this.#host);
    this.#watchOperations(host);
    return {
      state: () => host.state(),
      readiness: () => host.readiness(),
      isReady: () => host.isReady(),
      foreignGpus: () => host.foreignGpus(),
      disks: () => host.disks.measure(),
      submit: async (command, origin, precondition, patience, onBegun) =>
        this.#noted(command, origin, await queue.submit(command, origin, precondition, patience, onBegun)),
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
      adopt: (...args) => host.adopt(...args),
      acceptRestore: (name, origin, dryRun) => host.acceptRestore(name, origin, dryRun),
      operations: (then) => host.operations(then),
      pulls: (own) => host.pulls.all(own),
      operationOn: (stream) => host.operationOn(stream),
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
    const result = this.meters.work.command(command.do, outcome.ok ? null : outcome.rejection);
    if (!outcome.ok && result === 'rejected')
      this.rejections.note({ command: command.do, stream: streamOf(command), origin, rejection: outcome.rejection });
    return outcome;
  }

  /** Only the server that leads counts them, so that two that follow one log do not count them twice, nor a replay those of long ago. */
  #watchOperations(host: HostParts): void {
    let before = this.#committer.state;
    this.#committer.onCommit((events, state) => {
      if (host.isLeading()) this.meters.work.committed(events, before, this.#host);
      before = state;
    });
  }

  #measure({ committer, indexed, streams, host, version, etcd, lastWritten, pulse }: ObservabilityDeps): void {
    const { metrics } = this.meters;
    const state = () => committer.state;
    metrics.readCounter('rejections_total', 'Mutations that were refused, by code.', () =>
      [...this.rejections.byCode].map(([code, count]) => [{ code: String(code) }, count]),
    );
    metrics.gauge('info', 'The version that runs.', () => [[{ version, host }, 1]]);
    measureState(metrics, state, host);
    measureLog(metrics, { state, indexed, ...(etcd !== undefined && { etcd }), ...(lastWritten !== undefined && { lastWritten }) });
    metrics.gauge('sse_clients', 'Clients that follow the events.', () => streams.clients);
    metrics.readCounter('sse_cut_off_total', 'Readers of events that were too slow.', () => streams.cutOff);
    metrics.gauge('executions_running', 'Commands being executed in containers.', () => this.#executing);
    if (pulse !== undefined) metrics.gauge('docker_up', '1 while Docker answers a ping.', () => (pulse.trouble() === null ? 1 : 0));
    const lag = new EventLoopLag();
    metrics.gauge('event_loop_lag_seconds', 'Delay of timers since the last scrape.', () => {
      const { p99, max } = lag.take();
      return [
        [{ of: 'p99' }, p99],
        [{ of: 'max' }, max],
      ];
    });
  }
}
