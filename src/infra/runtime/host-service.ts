// The service without its doors: log, engine and clock in, commands and views out. The server puts HTTP in front of it, the
// simulation a scheduler behind it.

import type { Command } from '../../commands/command.ts';
import type { Settings } from '../../commands/decision.ts';
import { decideStart, decideUnknownExecutions, type HostFacts } from '../../commands/host/reconcile.ts';
import { type ContainerEngine, EngineError } from '../../commands/outside/engine.ts';
import type { Clock, GpuInventory, Ids } from '../../commands/outside/host.ts';
import type { Logger } from '../../commands/outside/logger.ts';
import type { CommandOutcome, ExecuteOutcome, Origin, PlanOutcome, Precondition, Readiness, Service } from '../../commands/service.ts';
import { type EventLog, FencedError, LogFullError } from '../../events/log.ts';
import type { State } from '../../projections/state.ts';
import { FullLogFeed } from '../past/full-log-feed.ts';
import { Past } from '../past/past.ts';
import type { StateBefore } from '../past/state-at.ts';
import { CommandQueue, type QueueLimits } from './command-queue.ts';
import { Committer } from './committer.ts';
import { type ExecLimits, ExecRunner } from './exec-runner.ts';
import type { Outside } from './gather-facts.ts';
import { OperationRunner } from './operation-runner.ts';
import { Reconciler } from './reconciler.ts';

export interface HostServiceDeps {
  readonly log: EventLog;
  readonly engine: ContainerEngine;
  readonly inventory: GpuInventory;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: Settings;
  readonly limits: QueueLimits & ExecLimits;
  readonly outside: Omit<Outside, 'engine' | 'logId'>;
  readonly logger: Logger;
  readonly portRange: { readonly start: number; readonly end: number };
  readonly about: { readonly pid: number; readonly version: string };
  /** How often Docker is compared with the log when nothing rings, in ms. */
  readonly reconcileEveryMs: number;
  /** A state to begin with, so that not all of the log need be read; null: from the beginning. */
  readonly restore?: () => Promise<State | null>;
  /** Kept states for looking back; see StateAtOptions. */
  readonly stateBefore?: StateBefore;
  /** Whether there is room for more events: what will be a problem, and what is one. */
  readonly space?: { readonly warning: string | null; readonly problem: string | null };
}

/** How long etcd may be silent before the server calls itself unready, in ms: a restart of it takes about 200. */
const SILENCE_MS = 1_000;
const RETRY_MS = 500;

export class HostService implements Service {
  readonly #deps: HostServiceDeps;
  readonly committer: Committer;
  readonly whole: FullLogFeed;
  readonly past: Past;
  readonly #dispatcher: CommandQueue;
  readonly #executions: ExecRunner;
  #phase: string | null = 'the event log has not been read yet';
  #reconciler: Reconciler | null = null;
  #executor: OperationRunner | null = null;

  constructor(deps: HostServiceDeps) {
    this.#deps = deps;
    const { log, clock, settings, engine, logger } = deps;
    this.committer = new Committer({ log, clock, host: settings.host });
    this.whole = new FullLogFeed({ committer: this.committer, source: log, clock, logger });
    this.past = new Past({
      committer: this.committer,
      source: log,
      whole: this.whole,
      clock,
      ...(deps.stateBefore && { stateBefore: deps.stateBefore }),
    });
    this.#dispatcher = new CommandQueue({
      ...deps,
      committer: this.committer,
      outside: { ...deps.outside, engine, logId: () => this.committer.state.logId },
    });
    this.#executions = new ExecRunner({ ...deps, committer: this.committer });
  }

  state(): State {
    return this.committer.state;
  }

  /** Says why it is not ready; set by the server while it waits for something. */
  waitFor(reason: string): void {
    this.#phase = reason;
  }

  readiness(): Readiness {
    const reasons: string[] = [];
    if (this.#phase !== null) reasons.push(this.#phase);
    const log = this.#deps.log.trouble();
    if (log !== null && this.#deps.clock.now() - log.since > SILENCE_MS) reasons.push(`the event log does not answer: ${log.reason}`);
    const docker = this.#reconciler?.trouble ?? null;
    if (docker !== null) reasons.push(`Docker does not answer: ${docker.reason}`);
    const { warning = null, problem = null } = this.#deps.space ?? {};
    if (problem !== null) reasons.push(problem);
    if (reasons.length > 0) return { ready: false, reasons };
    return { ready: true, ...(warning !== null && { warnings: [warning] }) };
  }

  submit(command: Exclude<Command, { do: 'execute' }>, origin: Origin, precondition?: Precondition): Promise<CommandOutcome> {
    return this.#dispatcher.submit(command, origin, precondition);
  }

  plan(command: Exclude<Command, { do: 'execute' }>, origin: Origin, precondition?: Precondition): Promise<PlanOutcome> {
    return this.#dispatcher.plan(command, origin, precondition);
  }

  execute(command: Extract<Command, { do: 'execute' }>, origin: Origin, signal: AbortSignal): Promise<ExecuteOutcome> {
    return this.#executions.run(command, origin, signal);
  }

  /** Reads the log to its head and goes on following it, so that reads are answered also by a standby. */
  async follow(signal: AbortSignal): Promise<void> {
    const kept = (await this.#deps.restore?.()) ?? null;
    if (kept !== null) {
      this.committer.restore(kept);
      this.past.cache(kept);
    }
    await this.committer.catchUp();
    this.whole.begin(signal);
    const { log, logger } = this.#deps;
    log.onMoved(() => {
      this.committer.catchUp().catch((error: unknown) => {
        if (!signal.aborted) logger.error({ err: error }, 'the event log cannot be read on');
      });
    }, signal);
  }

  /**
   * Carries out the host's effects until the signal (the end of the lease's term) aborts: finishes or undoes what a dead server
   * left, compares with Docker, and is then ready. Rejects only with what no retry mends, or with the signal's reason.
   */
  async lead(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.waitFor('this server is not in charge of the host any more');
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await this.#takeOver(signal);
    } catch (error) {
      // Deposed before it noticed: the term ends as soon as the lease is asked about.
      if (error instanceof FencedError) await aborted(signal);
      signal.throwIfAborted();
      throw error;
    }
  }

  async #takeOver(signal: AbortSignal): Promise<void> {
    const { committer } = this;
    const { ids, settings, about, portRange } = this.#deps;
    // What an earlier term left under way here must have ended: one step of an operation at a time.
    await this.#executor?.idle();
    await committer.catchUp();
    const seen = await this.#insist(() => this.#lookAround(), signal);
    const meta = { id: ids.next(), name: 'start', actor: 'system:start' };
    const started = (): Promise<unknown> =>
      committer.submit(meta, (state) => ({
        kind: 'events',
        events: [
          ...decideStart(state, settings.host, ids.next(), { ...about, ...seen, portRange }),
          ...decideUnknownExecutions(state, settings.host),
        ],
      }));
    await this.#insist(started, signal);
    const executor = new OperationRunner({ ...this.#deps, busyPorts: this.#deps.outside.busyPorts, committer }, signal);
    const reconciler = new Reconciler({ ...this.#deps, committer, host: settings.host, everyMs: this.#deps.reconcileEveryMs }, signal);
    const open = [...committer.state.replicaSets.values(), ...committer.state.volumes.values()].filter((a) => a.operation !== null).length;
    if (open > 0) this.waitFor(`${open} operation(s) that the server before left open are being finished or undone`);
    // Compared before the operations go on, so that they find what died meanwhile as it is.
    await this.#insist(() => reconciler.once(), signal);
    signal.throwIfAborted();
    this.#executor = executor;
    executor.start();
    await executor.idle();
    signal.throwIfAborted();
    await this.#insist(() => reconciler.once(), signal);
    reconciler.start();
    this.#reconciler = reconciler;
    this.#phase = null;
  }

  async #lookAround(): Promise<Omit<HostFacts, 'pid' | 'version' | 'portRange'>> {
    const { engine, inventory, logger } = this.#deps;
    const [info, gpus] = await Promise.all([
      engine.info(),
      inventory.list().catch((error: unknown) => {
        logger.warn(
          { err: error instanceof Error ? error.message : error },
          'the GPU driver does not answer; the GPUs known so far are kept',
        );
        return null;
      }),
    ]);
    return { engine: info.version, storageDriver: info.storageDriver, gpuMode: inventory.mode, gpus };
  }

  /** Tries again for as long as Docker gives no answer or the log has no room, and says so. */
  async #insist<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      try {
        return await task();
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof EngineError || error instanceof LogFullError)) throw error;
        const reason = error instanceof LogFullError ? error.message : `Docker does not answer: ${error.message}`;
        if (this.#phase !== reason)
          this.#deps.logger.warn({ err: error.message }, 'the host cannot be taken over yet; tried again until it can');
        this.#phase = reason;
        await this.#deps.clock.sleep(RETRY_MS, signal);
      }
    }
  }

  /** Answers all who wait; what is under way goes on when a server starts on this host again. */
  stop(reason: string): void {
    this.waitFor(reason);
    this.#dispatcher.stop(reason);
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
