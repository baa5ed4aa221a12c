// The service of one host without its doors. The server puts HTTP in front of it, the simulation a scheduler behind it.
import type { Settings } from '../../commands/decision.ts';
import { decideStart, decideUnknownExecutions, type HostFacts } from '../../commands/host/reconcile.ts';
import { type ContainerEngine, EngineError } from '../../commands/outside/engine.ts';
import type { Clock, GpuInventory, Ids } from '../../commands/outside/host.ts';
import type { Logger } from '../../commands/outside/logger.ts';
import { messageOf } from '../../commands/outside/message-of.ts';
import type { Readiness } from '../../commands/service.ts';
import { type EventLog, FencedError, LogFullError } from '../../events/log.ts';
import type { State } from '../../projections/state.ts';
import { retry } from '../async/retry.ts';
import { untilAborted } from '../async/time.ts';
import { CommandQueue, type QueueLimits } from './command-queue.ts';
import type { Committer } from './committer.ts';
import { type ExecLimits, ExecRunner } from './exec-runner.ts';
import type { FactSources } from './gather-facts.ts';
import { OperationRunner } from './operation-runner.ts';
import { Reconciler } from './reconciler.ts';

interface HostServiceDeps {
  readonly log: EventLog;
  /** The committer of that log, from which nothing has been read yet. */
  readonly committer: Committer;
  readonly engine: ContainerEngine;
  readonly inventory: GpuInventory;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: Settings;
  readonly limits: QueueLimits & ExecLimits;
  readonly factSources: Omit<FactSources, 'engine' | 'logId'>;
  readonly logger: Logger;
  readonly portRange: { readonly start: number; readonly end: number };
  readonly about: { readonly pid: number; readonly version: string };
  /** Interval at which Docker is compared with the log, ms. Docker's events cause further comparisons in between. */
  readonly reconcileEveryMs: number;
  /** The state of a snapshot to begin at; null: read the log from its beginning. */
  readonly restore?: () => Promise<State | null>;
  /** Whether there is room for more events: a warning of a problem to come, and the problem once it has. */
  readonly space?: { readonly warning: string | null; readonly problem: string | null };
}

/** Grace period of etcd, ms: silence beyond it makes the server unready. A restart of etcd takes about 200. */
const SILENCE_MS = 1_000;
/** Pause between two attempts to take the host over, ms. */
const RETRY_MS = 500;

/**
 * Follows the log, and leads the host while it may:
 *
 *     await host.follow(signal);     // from here on reads are answered
 *     await host.lead(term.lost);    // from here on it is ready
 *     await host.queue.submit({ do: 'stop', name: 'foo' }, { actor: 'alice' });
 *
 * Promises that effects are carried out only between `lead` and the abort of its signal; that it is ready only when every operation that an
 * earlier server left open has ended and Docker has been compared with the log; and that `readiness` names everything in the way.
 */
export class HostService {
  readonly queue: CommandQueue;
  readonly execRunner: ExecRunner;
  readonly #deps: HostServiceDeps;
  /** Why the host is not led; null while it is. */
  #phase: string | null = 'the event log has not been read yet';
  #reconciler: Reconciler | null = null;
  #runner: OperationRunner | null = null;

  constructor(deps: HostServiceDeps) {
    this.#deps = deps;
    const { committer, engine } = deps;
    this.queue = new CommandQueue({
      ...deps,
      factSources: { ...deps.factSources, engine, logId: () => committer.state.logId },
    });
    this.execRunner = new ExecRunner({ ...deps, leads: () => this.#phase === null });
  }

  state(): State {
    return this.#deps.committer.state;
  }

  /** Makes the service unready for this reason, until it leads. */
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

  /** Reads the log to its head and goes on following it until the signal aborts. A standby does so, too, and answers reads. */
  async follow(signal: AbortSignal): Promise<void> {
    const { committer, log, logger, restore } = this.#deps;
    const snapshot = (await restore?.()) ?? null;
    if (snapshot !== null) committer.restore(snapshot);
    await committer.catchUp();
    log.onMoved(() => {
      committer.catchUp().catch((error: unknown) => {
        if (!signal.aborted) logger.error({ err: error }, 'the event log cannot be read on');
      });
    }, signal);
  }

  /**
   * Carries out the host's effects until the signal (the end of the lease's term) aborts. Resolves when the service is ready: operations
   * that a dead server left open have been finished or undone, and Docker has been compared with the log. Rejects with the signal's reason,
   * or with an error that no retry gets past.
   */
  async lead(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.waitFor('this server is not in charge of the host any more');
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await this.#takeOver(signal);
    } catch (error) {
      // Deposed before it noticed: the term ends as soon as the lease is asked about.
      if (error instanceof FencedError) await untilAborted(signal);
      signal.throwIfAborted();
      throw error;
    }
  }

  async #takeOver(signal: AbortSignal): Promise<void> {
    const { committer, ids, settings, about, portRange, factSources, reconcileEveryMs } = this.#deps;
    // The runner of an earlier term must have ended: one step of an operation at a time.
    await this.#runner?.idle();
    await committer.catchUp();
    const facts = await this.#untilAnswered(() => this.#askHost(), signal);
    const meta = { id: ids.next(), name: 'start', actor: 'system:start' };
    const recordStart = (): Promise<unknown> =>
      committer.submit(meta, (state) => ({
        kind: 'events',
        events: [
          ...decideStart(state, settings.host, ids.next(), { ...about, ...facts, portRange }),
          ...decideUnknownExecutions(state, settings.host),
        ],
      }));
    await this.#untilAnswered(recordStart, signal);
    const runner = new OperationRunner({ ...this.#deps, busyPorts: factSources.busyPorts }, signal);
    const reconciler = new Reconciler({ ...this.#deps, host: settings.host, everyMs: reconcileEveryMs }, signal);
    const open = [...committer.state.replicaSets.values(), ...committer.state.volumes.values()].filter((a) => a.operation !== null).length;
    if (open > 0) this.waitFor(`${open} operation(s) that the server before left open are being finished or undone`);
    // Before the operations go on, so that they find in the state what died meanwhile.
    await this.#untilAnswered(() => reconciler.once(), signal);
    signal.throwIfAborted();
    this.#runner = runner;
    runner.start();
    await runner.idle();
    signal.throwIfAborted();
    await this.#untilAnswered(() => reconciler.once(), signal);
    reconciler.start();
    this.#reconciler = reconciler;
    this.#phase = null;
  }

  async #askHost(): Promise<Omit<HostFacts, 'pid' | 'version' | 'portRange'>> {
    const { engine, inventory, logger } = this.#deps;
    const [info, gpus] = await Promise.all([
      engine.info(),
      inventory.list().catch((error: unknown) => {
        logger.warn({ err: messageOf(error) }, 'the GPU driver does not answer; the GPUs known so far are kept');
        return null;
      }),
    ]);
    return { engine: info.version, storageDriver: info.storageDriver, gpuMode: inventory.mode, gpus };
  }

  /** Tries again for as long as Docker gives no answer or the log has no room. Readiness says why. */
  #untilAnswered<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, logger } = this.#deps;
    return retry(task, {
      clock,
      signal,
      firstMs: RETRY_MS,
      maxMs: RETRY_MS,
      isPassing: (error) => error instanceof EngineError || error instanceof LogFullError,
      onPause: (error) => {
        const message = messageOf(error);
        const reason = error instanceof LogFullError ? message : `Docker does not answer: ${message}`;
        if (this.#phase !== reason) logger.warn({ err: message }, 'the host cannot be taken over yet; tried again until it can');
        this.#phase = reason;
      },
    });
  }

  /** Answers all commands that wait. An operation that is open goes on when a server starts on this host again. */
  stop(reason: string): void {
    this.waitFor(reason);
    this.queue.stop(reason);
  }
}
