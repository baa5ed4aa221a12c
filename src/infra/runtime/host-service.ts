// The service of one host without its doors. The server puts HTTP in front of it, the simulation a scheduler behind it.
import { Code } from '../../commands/api-codes.ts';
import type { RaiseLogLevel } from '../../commands/command.ts';
import type { Settings } from '../../commands/decision.ts';
import { absenceWarning, knownAbsence } from '../../commands/host/absence.ts';
import type { ForeignGpus } from '../../commands/host/foreign.ts';
import { refusalToLead } from '../../commands/host/identity.ts';
import { otherLogsReason } from '../../commands/host/other-logs.ts';
import { decideStart, decideUnknownExecution, type HostFacts, openExecutions } from '../../commands/host/reconcile.ts';
import { type ContainerEngine, EngineError } from '../../commands/outside/engine.ts';
import type { Clock, GpuInventory, Ids } from '../../commands/outside/host.ts';
import type { Logger } from '../../commands/outside/logger.ts';
import { messageOf } from '../../commands/outside/message-of.ts';
import type { LossOutcome, Origin, PlanOutcome, Readiness } from '../../commands/service.ts';
import { LEVEL } from '../../events/catalogue.ts';
import { ClockHeldError, type EventLog, FencedError, LogHeldError } from '../../events/log.ts';
import type { State } from '../../projections/state.ts';
import { retry } from '../async/retry.ts';
import { untilAborted } from '../async/time.ts';
import { DOUBT_MS, type DoubtDeps } from './absence/absences.ts';
import { acceptLoss } from './absence/accept-loss.ts';
import { MissingSteps } from './absence/missing-steps.ts';
import type { Committer } from './committer.ts';
import { type ExecLimits, ExecRunner } from './exec-runner.ts';
import type { FactSources } from './gather-facts.ts';
import { GpuObservation } from './gpu-observation.ts';
import { OperationRunner } from './operation-runner.ts';
import { CommandQueue, type QueueLimits } from './queue/command-queue.ts';
import { raiseLogLevel } from './raise-log-level.ts';
import { Reconciler } from './reconciler.ts';
import { rejected } from './rejected.ts';

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
  readonly factSources: Omit<FactSources, 'engine' | 'logId' | 'foreignGpus'>;
  readonly logger: Logger;
  readonly portRange: { readonly start: number; readonly end: number };
  readonly about: { readonly pid: number; readonly version: string };
  readonly machine: MachineOfHost;
  /** Interval at which Docker is compared with the log, ms. Docker's events cause further comparisons in between. */
  readonly reconcileEveryMs: number;
  /** The doubt about what is missing from Docker; absent: this machine's clock and the usual time. */
  readonly doubt?: DoubtDeps;
  /** The operator's word at this start: what is missing from Docker then is lost. */
  readonly acceptLoss?: boolean;
  /** The state of a snapshot to begin at; null: read the log from its beginning. */
  readonly restore?: () => Promise<State | null>;
  /** The host is led beside containers and volumes of another log on the same engine. */
  readonly ignoreOtherLogs?: boolean;
  /** Whether there is room for more events: a warning of a problem to come, and the problem once it has. */
  readonly space?: { readonly warning: string | null; readonly problem: string | null };
}

/** The machine as it is known without Docker, and what an operator said of it. */
export interface MachineOfHost {
  readonly hostId: string;
  /** The machine's name now. */
  readonly name: string;
  readonly machineId: string;
  /** Who said that this machine is the host; null while nobody had to. */
  adoptedBy(): string | null;
  /** The log says it, too. */
  adopted(): void;
}

/** This machine is not the host that the log knows. The message says how it differs, and how to mend it. */
export class NotThisHostError extends Error {
  override readonly name = 'NotThisHostError';
}

/** Pause between two looks at a machine that may not lead, ms. */
const REFUSED_MS = 2_000;
type AskedFacts = Omit<HostFacts, 'pid' | 'version' | 'portRange'>;

/** Grace period of etcd, ms: silence beyond it makes the server unready. A restart of etcd takes about 200. */
const SILENCE_MS = 1_000;
/** Interval of the looks for another log's containers and volumes while they are in the way, ms. */
const OTHER_LOGS_EVERY_MS = 3_000;
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
  readonly #gpus: GpuObservation;
  /** Why the host is not led; null while it is. */
  #phase: string | null = 'the event log has not been read yet';
  #reconciler: Reconciler | null = null;
  #runner: OperationRunner | null = null;
  readonly #missingSteps: MissingSteps;
  readonly #doubt: DoubtDeps;
  /** Whether the operator's word at this start has yet to be heeded. */
  #acceptsLoss: boolean;

  constructor(deps: HostServiceDeps) {
    this.#deps = deps;
    const {
      committer,
      engine,
      settings,
      logger,
      doubt = { monotonic: () => deps.clock.boot(), doubtMs: DOUBT_MS },
      acceptLoss = false,
    } = deps;
    this.#doubt = doubt;
    this.#acceptsLoss = acceptLoss;
    this.#missingSteps = new MissingSteps({ ...doubt, engine, host: settings.host, state: () => committer.state });
    this.#gpus = new GpuObservation({ engine, state: () => committer.state, host: settings.host, logger });
    this.queue = new CommandQueue({
      ...deps,
      factSources: { ...deps.factSources, engine, logId: () => committer.state.logId, foreignGpus: () => this.#gpus.look() },
    });
    this.execRunner = new ExecRunner({ ...deps, leads: () => this.#phase === null });
  }

  state(): State {
    return this.#deps.committer.state;
  }

  /** The GPUs of this host that containers outside this log used when last looked at. */
  foreignGpus(): ForeignGpus {
    return this.#gpus.foreign();
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
    const clock = this.#deps.committer.clockTrouble;
    if (clock.problem !== null) reasons.push(clock.problem);
    const { host } = this.#deps.settings;
    const missing = absenceWarning(knownAbsence(this.state(), host), host);
    if (reasons.length > 0) return { ready: false, reasons: missing === null ? reasons : [...reasons, missing] };
    const unreadable = (this.#reconciler?.unreadable ?? []).map((line) => `a GPU cannot be read; its driver says: ${line}`);
    const hints = [
      warning,
      clock.warning,
      this.#levelWarning(),
      ...unreadable,
      ...this.#gpus.warnings(),
      missing,
      ...(this.#reconciler?.warnings ?? []),
    ];
    const warnings = hints.filter((text) => text !== null);
    return { ready: true, ...(warnings.length > 0 && { warnings }) };
  }

  #levelWarning(): string | null {
    const { logLevel } = this.#deps.committer.state;
    if (logLevel >= LEVEL) return null;
    return `the log is at level ${logLevel}, and what this release records at level ${LEVEL} is left undone: raise it with \`gpu-docker-api log raise\` once no older release is to read this log again`;
  }

  /** Resolves when the level is in the log. It waits for no turn: it is about no replicaSet and no volume. */
  raiseLogLevel(command: RaiseLogLevel, origin: Origin, dryRun: boolean): Promise<PlanOutcome> {
    return raiseLogLevel(this.#deps, command, origin, dryRun);
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
   * with NotThisHostError for a machine that must not lead (then nothing was recorded or touched), or with an error that no retry gets past.
   */
  async lead(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.waitFor('this server is not in charge of the host any more');
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await this.#takeOver(signal);
    } catch (error) {
      // Readiness goes on saying how to mend it after the lease has been given back.
      if (error instanceof NotThisHostError) signal.removeEventListener('abort', onAbort);
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
    await this.#untilAlone(signal);
    const facts = await this.#recognised(signal);
    const meta = { id: ids.next(), name: 'start', actor: 'system:start' };
    const recordStart = (): Promise<unknown> =>
      committer.submit(meta, (state) => ({
        kind: 'events',
        events: decideStart(state, settings.host, ids.next(), { ...about, ...facts, portRange }),
      }));
    await this.#untilAnswered(recordStart, signal);
    if (facts.adoptedBy !== undefined) this.#deps.machine.adopted();
    for (const { id } of openExecutions(committer.state, settings.host)) {
      const recordUnknown = () => committer.submit(meta, (state) => ({ kind: 'events', events: decideUnknownExecution(state, id) }));
      await this.#untilAnswered(recordUnknown, signal);
    }
    const missingSteps = this.#missingSteps;
    const runner = new OperationRunner({ ...this.#deps, busyPorts: factSources.busyPorts, missingSteps }, signal);
    const reconciler = new Reconciler(
      { ...this.#deps, gpus: this.#gpus, host: settings.host, everyMs: reconcileEveryMs, doubt: this.#doubt },
      signal,
    );
    if (facts.gpus !== null) {
      reconciler.reportUnreadable(facts.gpus);
      this.#gpus.saw(facts.gpus.gpus);
    }
    const open = [...committer.state.replicaSets.values(), ...committer.state.volumes.values()].filter((a) => a.operation !== null).length;
    if (open > 0) this.waitFor(`${open} operation(s) that the server before left open are being finished or undone`);
    // Before the operations go on, so that they find in the state what died meanwhile.
    await this.#untilAnswered(() => reconciler.once(), signal);
    signal.throwIfAborted();
    this.#runner = runner;
    this.#reconciler = reconciler;
    missingSteps.acceptAll(this.#acceptsLoss);
    runner.start();
    await runner.idle();
    signal.throwIfAborted();
    await this.#untilAnswered(() => reconciler.once(), signal);
    if (this.#acceptsLoss) await this.#acceptLossAtStart(signal);
    reconciler.start();
    this.#phase = null;
  }

  /** Waits for as long as another log has containers or volumes on this engine, unless that is meant to be so. */
  async #untilAlone(signal: AbortSignal): Promise<void> {
    const { engine, committer, clock, logger, ignoreOtherLogs = false } = this.#deps;
    for (let told = ''; !ignoreOtherLogs; ) {
      const others = await this.#untilAnswered(() => engine.listOtherLogs(committer.state.logId), signal);
      if (others.length === 0) return;
      const reason = otherLogsReason(others);
      this.waitFor(reason);
      if (reason !== told) logger.error({ logs: others.map(({ log }) => log) }, reason);
      told = reason;
      await clock.sleep(OTHER_LOGS_EVERY_MS, signal);
    }
  }

  /** Gives up what is missing from Docker by the operator's word, or with `dryRun` lists it. */
  async acceptLoss(host: string, origin: Origin, dryRun: boolean): Promise<LossOutcome> {
    const { committer, ids, settings } = this.#deps;
    const reconciler = this.#reconciler;
    if (reconciler === null) return rejected(Code.acceptLossFailed, 'unavailable', `host ${host} is not led by this server yet`);
    return acceptLoss({ committer, ids, host: settings.host, reconciler, missingSteps: this.#missingSteps }, host, origin, dryRun);
  }

  /** The word that came with the start holds for this take-over alone. */
  async #acceptLossAtStart(signal: AbortSignal): Promise<void> {
    const { settings, logger } = this.#deps;
    const outcome = await this.#untilAnswered(() => this.acceptLoss(settings.host, { actor: 'system:accept-loss' }, false), signal);
    if (outcome.ok) logger.warn({ ...outcome.loss }, 'what was missing from Docker is given up, as --accept-loss says');
    else logger.error({ err: outcome.rejection.message }, 'the loss could not be accepted: use gpu-docker-api hosts accept-loss');
    this.#acceptsLoss = false;
    this.#missingSteps.acceptAll(false);
  }

  /**
   * Looks at the machine until it is the host of the log, or an operator says so. Called without the lease: a machine that may not
   * lead must not hold it, or the right one could not have it.
   */
  async untilRecognised(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    for (;;) {
      try {
        await this.#recognised(signal);
        return;
      } catch (error) {
        if (!(error instanceof NotThisHostError)) throw error;
      }
      await clock.sleep(REFUSED_MS, signal);
    }
  }

  /** Throws NotThisHostError when this machine must not lead. Records nothing and touches nothing. */
  async #recognised(signal: AbortSignal): Promise<AskedFacts> {
    const { committer, logger, machine, settings } = this.#deps;
    const facts = await this.#untilAnswered(() => this.#askHost(), signal);
    await committer.catchUp();
    const adoptedBy = machine.adoptedBy();
    const refusal = refusalToLead(committer.state, facts.machine, settings.host, adoptedBy !== null);
    if (refusal === null) return { ...facts, ...(adoptedBy !== null && { adoptedBy }) };
    const reason = `${refusal.differs}. This server does not lead and changes nothing. To mend it: ${refusal.mend}`;
    if (this.#phase !== reason) logger.error({ host: refusal.host, ...facts.machine }, reason);
    this.#phase = reason;
    throw new NotThisHostError(reason);
  }

  async #askHost(): Promise<AskedFacts> {
    const { engine, inventory, logger, machine } = this.#deps;
    const [info, gpus] = await Promise.all([
      engine.info(),
      inventory.list().catch((error: unknown) => {
        logger.warn({ err: messageOf(error) }, 'the GPU driver does not answer; the GPUs known so far are left unchanged');
        return null;
      }),
    ]);
    const { hostId, name, machineId } = machine;
    const identity = { hostId, name, machineId, engineId: info.id, dataRoot: info.root, storageDriver: info.storageDriver };
    return { engine: info.version, storageDriver: info.storageDriver, gpuMode: inventory.mode, gpus, machine: identity };
  }

  /** Tries again for as long as Docker gives no answer or the log has no room. Readiness says why. */
  #untilAnswered<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, logger } = this.#deps;
    return retry(task, {
      clock,
      signal,
      firstMs: RETRY_MS,
      maxMs: RETRY_MS,
      isPassing: (error) => error instanceof EngineError || error instanceof LogHeldError,
      onPause: (error) => {
        const reason = reasonOf(error);
        if (this.#phase !== reason) logger.warn({ err: messageOf(error) }, 'the host cannot be taken over yet; tried again until it can');
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

function reasonOf(error: unknown): string {
  // Readiness says itself what both clocks show.
  if (error instanceof ClockHeldError) return 'the clock of this machine is not believed';
  return error instanceof LogHeldError ? error.message : `Docker does not answer: ${messageOf(error)}`;
}
