// Drives every open operation of this host to its end, one step at a time.
import type { Settings } from '../../commands/decision.ts';
import { next } from '../../commands/operation/next.ts';
import { closing, decideOutcome } from '../../commands/operation/outcome.ts';
import { type ContainerEngine, EngineError, type Step, type StepResult } from '../../commands/outside/engine.ts';
import type { Clock, Ids } from '../../commands/outside/host.ts';
import type { Logger } from '../../commands/outside/logger.ts';
import { messageOf } from '../../commands/outside/message-of.ts';
import { upcastAll } from '../../events/evolution/upcasters.ts';
import { LogHeldError } from '../../events/log.ts';
import { replicaSetStream, volumeStream } from '../../events/stream.ts';
import { aggregateOf, type ReplicaSet, type Volume } from '../../projections/state.ts';
import { retry } from '../async/retry.ts';
import { pause } from '../async/time.ts';
import type { MissingSteps } from './absence/missing-steps.ts';
import type { Committer } from './committer.ts';
import { perform } from './perform-step.ts';

interface OperationRunnerDeps {
  readonly committer: Committer;
  readonly engine: ContainerEngine;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: Settings;
  readonly busyPorts: () => Promise<ReadonlySet<number>>;
  readonly missingSteps: MissingSteps;
  readonly logger: Logger;
}

/** First pause before a step is tried again, ms. */
const FIRST_PAUSE_MS = 50;
/** Longest such pause, ms. */
const MAX_PAUSE_MS = 5_000;
/** Interval of the looks whether all operations that are under way wait for something that may never come, ms. */
const LOOK_MS = 250;
const NO_PORTS: ReadonlySet<number> = new Set();

/**
 * Carries operations out:
 *
 *     const runner = new OperationRunner(deps, term.lost);
 *     runner.start();
 *     await runner.idle();   // operations that a dead server left open have ended
 *
 * All it knows it reads from the state, so a new server goes on where a dead one stopped. Promises that per stream one step at a time is
 * carried out and its outcome recorded before the next one; that a step without an answer is repeated until there is one; and that no step
 * begins after the signal has aborted.
 */
export class OperationRunner {
  readonly #deps: OperationRunnerDeps;
  readonly #signal: AbortSignal;
  readonly #running = new Map<string, Promise<void>>();
  #stopListening: () => void = () => {};

  /** The signal ends it. A step that is under way then is finished; its outcome is left to the next server that leads. */
  constructor(deps: OperationRunnerDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  start(): void {
    this.#stopListening = this.#deps.committer.onCommit((stored) => {
      const events = upcastAll(stored);
      for (const stream of new Set(events.map((e) => e.stream))) this.#drive(stream);
      if (events.some((e) => e.type === 'ContainerRemoved' || e.type === 'ContainerVanished')) this.#driveVolumes();
    });
    this.#signal.addEventListener('abort', this.#stopListening, { once: true });
    const { state } = this.#deps.committer;
    for (const rs of state.replicaSets.values()) this.#drive(replicaSetStream(rs.name));
    this.#driveVolumes();
  }

  /** Volumes may have retired versions that are to be removed without an operation. */
  #driveVolumes(): void {
    for (const name of this.#deps.committer.state.volumes.keys()) this.#drive(volumeStream(name));
  }

  /** Resolves when no operation is under way but on the streams that `but` then gives, which may wait for ever. */
  async idle(but: () => readonly string[] = () => []): Promise<void> {
    for (;;) {
      const waiting = new Set(but());
      const running = [...this.#running].flatMap(([stream, run]) => (waiting.has(stream) ? [] : [run]));
      if (running.length === 0) return;
      const enough = new AbortController();
      await Promise.race([Promise.all(running), pause(this.#deps.clock, LOOK_MS, enough.signal)]);
      enough.abort();
    }
  }

  #drive(stream: string): void {
    if (this.#signal.aborted || this.#running.has(stream) || !this.#isDue(stream)) return;
    const running = this.#run(stream)
      .catch((error: unknown) => {
        if (!this.#signal.aborted)
          this.#deps.logger.error({ stream, err: error }, 'an operation cannot be driven; it is taken up again at the next start');
      })
      .finally(() => {
        this.#running.delete(stream);
      });
    this.#running.set(stream, running);
  }

  #isDue(stream: string): boolean {
    const { committer, settings } = this.#deps;
    const aggregate = aggregateOf(committer.state, stream);
    if (aggregate === undefined || aggregate.host !== settings.host) return false;
    return aggregate.operation !== null || next(committer.state, aggregate, settings) !== null;
  }

  async #run(stream: string): Promise<void> {
    const { committer, engine, settings, ids, logger, missingSteps } = this.#deps;
    const housekeeping = { id: ids.next(), name: 'housekeeping', actor: 'system:housekeeping' };
    while (!this.#signal.aborted && this.#isDue(stream)) {
      const { state } = committer;
      const aggregate = aggregateOf(state, stream);
      if (aggregate === undefined) return;
      const meta = aggregate.operation?.command ?? housekeeping;
      const step = next(state, aggregate, settings);
      if (step === null) {
        await this.#untilAnswered(() => committer.submit(meta, (s) => ({ kind: 'events', events: closing(s, stream, settings) })));
        continue;
      }
      const startedAt = this.#deps.clock.now();
      const result = await this.#untilAnswered(async () => missingSteps.believed(stream, step, await perform(step, engine)));
      logStep(logger, stream, step, result, this.#deps.clock.now() - startedAt);
      // Asked only where another port is to be chosen: the kernel takes 2–10 ms to list them, as long as a whole append.
      const busyPorts = hasPortConflict(aggregate) ? await this.#deps.busyPorts() : NO_PORTS;
      if (this.#signal.aborted) return;
      const recorded = await this.#untilAnswered(() =>
        committer.submit(meta, (s) => ({ kind: 'events', events: decideOutcome(s, stream, { step, result, busyPorts }, settings) })),
      );
      // Nothing to record: housekeeping has to wait (a retired volume is in use), or another server has recorded the step.
      if (recorded.kind === 'already' && aggregate.operation === null) return;
    }
  }

  /** Tries again for as long as Docker gives no answer or the log has no room. */
  #untilAnswered<T>(task: () => Promise<T>): Promise<T> {
    const { clock, logger } = this.#deps;
    return retry(task, {
      clock,
      signal: this.#signal,
      firstMs: FIRST_PAUSE_MS,
      maxMs: MAX_PAUSE_MS,
      isPassing: (error) => (error instanceof EngineError && error.kind === 'unavailable') || error instanceof LogHeldError,
      onPause: (error, retryInMs) => logger.warn({ err: messageOf(error), retryInMs }, 'a step got no answer and is tried again'),
    });
  }
}

const hasPortConflict = ({ operation }: ReplicaSet | Volume): boolean => operation?.conflict !== undefined;

function logStep(logger: Logger, stream: string, step: Step, result: StepResult, ms: number): void {
  const fields = { stream, step: step.do, ms, ...('version' in step && { version: step.version }) };
  if (result.ok) logger.debug(fields, 'step done');
  else logger.warn({ ...fields, error: result.error.message }, 'step failed');
}
