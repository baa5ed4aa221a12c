// Drives every open operation of this host, one step at a time, to its end. Everything it knows it reads from the state, so a new
// server goes on where a dead one stopped.
import type { Settings } from '../../commands/decision.ts';
import { next } from '../../commands/operation/next.ts';
import { closing, decideOutcome } from '../../commands/operation/outcome.ts';
import { type ContainerEngine, EngineError, type Step, type StepResult } from '../../commands/outside/engine.ts';
import type { Clock, Ids } from '../../commands/outside/host.ts';
import type { Logger } from '../../commands/outside/logger.ts';
import { LogFullError } from '../../events/log.ts';
import { replicaSetStream, volumeStream } from '../../events/stream.ts';
import { aggregateOf, type ReplicaSet, type Volume } from '../../projections/state.ts';
import type { Committer } from './committer.ts';
import { perform } from './perform-step.ts';

export interface OperationRunnerDeps {
  readonly committer: Committer;
  readonly engine: ContainerEngine;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: Settings;
  readonly busyPorts: () => Promise<ReadonlySet<number>>;
  readonly logger: Logger;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;
const NO_PORTS: ReadonlySet<number> = new Set();

export class OperationRunner {
  readonly #deps: OperationRunnerDeps;
  readonly #signal: AbortSignal;
  readonly #driving = new Map<string, Promise<void>>();
  #stopListening: () => void = () => {};

  /** Acts until the signal aborts; a step that is under way then is finished, its outcome is left to whoever comes next. */
  constructor(deps: OperationRunnerDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  start(): void {
    this.#stopListening = this.#deps.committer.onCommit((events) => {
      for (const stream of new Set(events.map((e) => e.stream))) this.#drive(stream);
      if (events.some((e) => e.type === 'ContainerRemoved' || e.type === 'ContainerVanished')) this.driveVolumes();
    });
    this.#signal.addEventListener('abort', this.#stopListening, { once: true });
    const { state } = this.#deps.committer;
    for (const rs of state.replicaSets.values()) this.#drive(replicaSetStream(rs.name));
    this.driveVolumes();
  }

  /** Volumes may have retired versions to remove without an operation. */
  driveVolumes(): void {
    for (const name of this.#deps.committer.state.volumes.keys()) this.#drive(volumeStream(name));
  }

  /** Resolves when no operation is being driven. */
  async idle(): Promise<void> {
    while (this.#driving.size > 0) await Promise.all(this.#driving.values());
  }

  #drive(stream: string): void {
    if (this.#signal.aborted || this.#driving.has(stream) || !this.#due(stream)) return;
    const run = this.#run(stream)
      .catch((error: unknown) => {
        if (!this.#signal.aborted)
          this.#deps.logger.error({ stream, err: error }, 'an operation cannot be driven; it is taken up again at the next start');
      })
      .finally(() => {
        this.#driving.delete(stream);
      });
    this.#driving.set(stream, run);
  }

  #due(stream: string): boolean {
    const { committer, settings } = this.#deps;
    const aggregate = aggregateOf(committer.state, stream);
    if (aggregate === undefined || aggregate.host !== settings.host) return false;
    return aggregate.operation !== null || next(committer.state, aggregate, settings) !== null;
  }

  async #run(stream: string): Promise<void> {
    const { committer, settings, ids, logger } = this.#deps;
    const housekeeping = { id: ids.next(), name: 'housekeeping', actor: 'system:housekeeping' };
    while (!this.#signal.aborted && this.#due(stream)) {
      const { state } = committer;
      const aggregate = aggregateOf(state, stream);
      if (aggregate === undefined) return;
      const meta = aggregate.operation?.command ?? housekeeping;
      const step = next(state, aggregate, settings);
      if (step === null) {
        await this.#insist(() => committer.submit(meta, (s) => ({ kind: 'events', events: closing(s, stream, settings) })));
        continue;
      }
      const began = this.#deps.clock.now();
      const result = await this.#insist(() => perform(step, this.#deps.engine));
      logStep(logger, stream, step, result, this.#deps.clock.now() - began);
      // Asked only where another port is to be chosen: the kernel takes 2–10 ms to list them, as long as a whole append.
      const busyPorts = conflict(aggregate) ? await this.#deps.busyPorts() : NO_PORTS;
      if (this.#signal.aborted) return;
      const recorded = await this.#insist(() =>
        committer.submit(meta, (s) => ({ kind: 'events', events: decideOutcome(s, stream, { step, result, busyPorts }, settings) })),
      );
      // Nothing to record: housekeeping that has to wait (a retired volume in use), or a step that somebody else recorded.
      if (recorded.kind === 'already' && aggregate.operation === null) return;
    }
  }

  /** Tries again for as long as the engine gives no answer or the log has no room. */
  async #insist<T>(task: () => Promise<T>): Promise<T> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        return await task();
      } catch (error) {
        const passing = (error instanceof EngineError && error.kind === 'unavailable') || error instanceof LogFullError;
        if (!passing || this.#signal.aborted) throw error;
        this.#deps.logger.warn({ err: error.message, retryInMs: pause }, 'a step got no answer and is tried again');
        await this.#deps.clock.sleep(pause, this.#signal);
      }
    }
  }
}

const conflict = ({ operation }: ReplicaSet | Volume): boolean => operation?.conflict !== undefined;

function logStep(logger: Logger, stream: string, step: Step, result: StepResult, ms: number): void {
  const fields = { stream, step: step.do, ms, ...('version' in step && { version: step.version }) };
  if (result.ok) logger.debug(fields, 'step done');
  else logger.warn({ ...fields, error: result.error.message }, 'step failed');
}
