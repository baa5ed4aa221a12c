// The service of one host without its doors. The server puts HTTP in front of it, the simulation a scheduler behind it.
import { Code } from '../../commands/api-codes.ts';
import type { KeyCommand, RaiseLogLevel } from '../../commands/command.ts';
import type { Settings } from '../../commands/decision.ts';
import { type Absence, knownAbsence } from '../../commands/host/absence.ts';
import type { ForeignGpus } from '../../commands/host/foreign.ts';
import type { HostFacts } from '../../commands/host/reconcile.ts';
import { restoredOn } from '../../commands/host/restore/mode.ts';
import type { Room } from '../../commands/outside/disk-usage.ts';
import type { ContainerEngine } from '../../commands/outside/engine.ts';
import type { Clock, GpuInventory, Ids } from '../../commands/outside/host.ts';
import type { Logger } from '../../commands/outside/logger.ts';
import { messageOf } from '../../commands/outside/message-of.ts';
import type {
  AdoptOutcome,
  LossOutcome,
  OperationInfo,
  Origin,
  PlanOutcome,
  Readiness,
  RestoreOutcome,
  Service,
  UndoOutcome,
} from '../../commands/service.ts';
import { type EventLog, FencedError } from '../../events/log.ts';
import type { State } from '../../projections/state.ts';
import { untilAborted } from '../async/time.ts';
import type { Announcement } from '../etcd/announcement.ts';
import { DOUBT_MS, type DoubtDeps } from './absence/absences.ts';
import { acceptLoss } from './absence/accept-loss.ts';
import { acceptRestore } from './absence/accept-restore.ts';
import { adopt } from './absence/adopt.ts';
import { adoptUnlabelled } from './absence/adopt-unlabelled.ts';
import { CountedDisks } from './absence/counted-disks.ts';
import { MissingSteps } from './absence/missing-steps.ts';
import { SecretSweep } from './absence/secret-sweep.ts';
import type { Committer } from './committer.ts';
import { type ExecLimits, ExecRunner } from './exec-runner.ts';
import type { FactSources } from './gather-facts.ts';
import { GpuObservation } from './gpu-observation.ts';
import { isReady, type ReadinessParts, readinessOf } from './lead/readiness.ts';
import { type MachineOfHost, MustNotLeadError, Recognition } from './lead/recognition.ts';
import { type LedTerm, type TakeOverParts, takeOver } from './lead/take-over.ts';
import { Waiting } from './lead/waiting.ts';
import { operationOn, operationsOf, orderUndo } from './operations/open-operations.ts';
import type { OperationRunner } from './operations/operation-runner.ts';
import { Pulls } from './operations/pulls.ts';
import { type SlotLimits, Slots } from './operations/slots.ts';
import type { OnStep } from './operations/timed-step.ts';
import { changeKey } from './queue/change-key.ts';
import { CommandQueue, type QueueLimits } from './queue/command-queue.ts';
import { type OutputLimits, OutputReader } from './queue/output-reader.ts';
import { raiseLogLevel } from './raise-log-level.ts';
import { rejected } from './rejected.ts';
import { type RestartCounts, Restarter } from './restarts/restarter.ts';

type OwnFactSources = Omit<FactSources, 'engine' | 'slots' | 'logId' | 'gpuUsers' | 'pulls'>;

interface HostServiceDeps {
  readonly log: EventLog;
  /** The committer of that log, from which nothing has been read yet. */
  readonly committer: Committer;
  readonly engine: ContainerEngine;
  readonly inventory: GpuInventory;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: Settings;
  readonly limits: QueueLimits & ExecLimits & OutputLimits & { readonly pullStallMs: number };
  readonly factSources: OwnFactSources;
  readonly logger: Logger;
  readonly portRange: { readonly start: number; readonly end: number };
  readonly about: Pick<HostFacts, 'pid' | 'version' | 'bootId' | 'limits'>;
  readonly machine: MachineOfHost;
  /** Interval at which Docker is compared with the log, ms. Docker's events cause further comparisons in between. */
  readonly reconcileEveryMs: number;
  /** The doubt about what is missing from Docker; absent: this machine's clock and the usual time. */
  readonly doubt?: DoubtDeps;
  /** The operator's word at this start: what is missing from Docker then is lost. */
  readonly acceptLoss?: boolean;
  /** The operator's word at this start: a restored log holds, whatever Docker has. */
  readonly acceptRestore?: boolean;
  /** The state of a snapshot to begin at; null: read the log from its beginning. */
  readonly restore?: () => Promise<State | null>;
  /** Whether the engine answers at all, asked more often than it is compared with; absent: the comparisons alone tell. */
  readonly pulse?: { trouble(): { readonly reason: string } | null };
  /** How much of each kind is done in Docker at the same time; absent: the usual limits. */
  readonly slots?: SlotLimits;
  readonly onStep?: OnStep;
  /** The servers that follow the log, standbys among them. */
  readonly announced?: () => Promise<readonly Announcement[]>;
  /** The host is led beside containers and volumes of another log on the same engine. */
  readonly ignoreOtherLogs?: boolean;
  /** The sentence about events that etcd should have, and has not; absent: it has all. */
  readonly missing?: () => Promise<string | null>;
  /** Whether there is room for more events: a warning of a problem to come, and the problem once it has. */
  readonly space?: { readonly warning: string | null; readonly problem: string | null };
}

/**
 * Follows the log, and leads the host while it may:
 *
 *     await host.follow(signal);     // from here on reads are answered
 *     await host.lead(term.lost);    // from here on it is ready
 *     await host.queue.submit({ do: 'stop', name: 'foo' }, { actor: 'alice' });
 *
 * Promises that effects are carried out only between `lead` and the abort of its signal; that it is ready only when
 * Docker has been compared with the log; and that `readiness` names everything in the way.
 */
export class HostService {
  readonly queue: CommandQueue;
  readonly execRunner: ExecRunner;
  readonly outputs: OutputReader;
  readonly pulls: Pulls;
  readonly disks: CountedDisks;
  readonly #deps: HostServiceDeps;
  readonly #gpus: GpuObservation;
  readonly #waiting: Waiting;
  readonly #recognition: Recognition;
  /** The term under way, or the last one. */
  #term: LedTerm | null = null;
  #restarter: Restarter | null = null;
  readonly #factSources: FactSources;
  /** Outcomes of the tries to start dead containers again, since this process began. */
  readonly restarts: RestartCounts = { done: 0, failed: 0, refused: 0 };
  readonly #missingSteps: MissingSteps;
  readonly #secretSweep: SecretSweep;
  /** They outlive a term: a step of the one before may still be under way. */
  readonly #slots: Slots;
  readonly #doubt: DoubtDeps;
  /** Made once, as it is asked at each request whether the host is ready. */
  readonly #readinessParts: ReadinessParts;
  /** Whether the operator's word at this start has yet to be heeded. */
  #acceptsLoss: boolean;

  constructor(deps: HostServiceDeps) {
    this.#deps = deps;
    this.#waiting = new Waiting(deps);
    this.#recognition = new Recognition(deps, deps.settings.host, this.#waiting);
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
    this.#slots = new Slots(deps.clock, deps.slots);
    this.#missingSteps = new MissingSteps({ ...doubt, engine, host: settings.host, state: () => committer.state });
    this.#gpus = new GpuObservation({ engine, state: () => committer.state, host: settings.host, logger });
    const { secretKeys } = deps.factSources;
    this.#secretSweep = new SecretSweep({ ...deps, secretKeys, host: settings.host, everyMs: deps.reconcileEveryMs });
    this.disks = new CountedDisks({ ...deps, logId: () => committer.state.logId });
    this.pulls = new Pulls({ ...deps, stallMs: deps.limits.pullStallMs });
    this.#factSources = {
      ...deps.factSources,
      engine,
      slots: this.#slots,
      pulls: this.pulls,
      logId: () => committer.state.logId,
      gpuUsers: () => this.#gpus.look(),
    };
    const unknownNames = (): ReadonlySet<string> => this.#term?.reconciler.restore.names ?? new Set();
    this.queue = new CommandQueue({ ...deps, factSources: this.#factSources, unknownNames });
    this.execRunner = new ExecRunner({ ...deps, leads: () => this.#waiting.reason === null });
    this.outputs = new OutputReader(deps);
    const term = (): LedTerm | null => this.#term;
    this.#readinessParts = {
      ...{ ...deps, waiting: this.#waiting },
      get term() {
        return term();
      },
    };
  }

  state(): State {
    return this.#deps.committer.state;
  }

  /** The GPUs of this host that containers outside this log used when last looked at. */
  foreignGpus(): ForeignGpus {
    return this.#gpus.foreign();
  }

  /** The room in Docker's data root when last looked at; null where that is not known, or not looked at by this server. */
  room(): Room | null {
    return this.#term?.reconciler.room ?? null;
  }

  /** Another Docker than the host's seems to answer: Docker is compared with the log now, which ends the term where that is so. */
  compareAtOnce(): void {
    this.#term?.reconciler.ring();
  }

  /** Makes the service unready for this reason, until it leads. */
  waitFor(reason: string): void {
    this.#waiting.reason = reason;
  }

  /** As `readiness` says, without what it takes to say more. */
  isReady(): boolean {
    return isReady(this.#readinessParts);
  }

  /** What is missing from this host's Docker, as far as this server knows. */
  absence(): Absence {
    return this.#term?.reconciler.absence ?? knownAbsence(this.state(), this.#deps.settings.host);
  }

  readiness(): Readiness {
    return readinessOf(this.#readinessParts, {
      host: this.#deps.settings.host,
      absence: this.absence(),
      room: this.room(),
      gpus: this.#gpus,
      missingSteps: this.#missingSteps,
      secretSweep: this.#secretSweep,
      slots: this.#slots,
      restarter: this.#restarter,
    });
  }

  /** Resolves when the level is in the log. It waits for no turn: it is about no replicaSet and no volume. */
  raiseLogLevel(command: RaiseLogLevel, origin: Origin, dryRun: boolean): Promise<PlanOutcome> {
    return raiseLogLevel(this.#deps, command, origin, dryRun);
  }

  /** Resolves when the change of the key is in the log. */
  changeKey(command: KeyCommand, origin: Origin, dryRun: boolean): Promise<PlanOutcome> {
    return changeKey(this.#deps, command, origin, dryRun);
  }

  operations(then?: State): readonly OperationInfo[] {
    return operationsOf(then === undefined ? this.#look() : { state: then, host: this.#deps.settings.host, runner: null });
  }

  operationOn(stream: string): OperationInfo | null {
    return operationOn(this.#look(), stream);
  }

  undo(id: string, origin: Origin): UndoOutcome {
    return orderUndo(this.#look(), id, origin);
  }

  #look() {
    const { settings, clock } = this.#deps;
    return { state: this.state(), host: settings.host, runner: this.#leading(), now: clock.now() };
  }

  isLeading(): boolean {
    return this.#leading() !== null;
  }

  /** The runner of the term under way. */
  #leading(): OperationRunner | null {
    return this.#waiting.reason === null ? (this.#term?.runner ?? null) : null;
  }

  /** Reads the log to its head and goes on following it until the signal aborts. A standby does so, too, and answers reads. */
  async follow(signal: AbortSignal): Promise<void> {
    const { committer, log, logger, restore } = this.#deps;
    const snapshot = (await restore?.()) ?? null;
    if (snapshot !== null) committer.restore(snapshot);
    await committer.catchUp();
    this.#secretSweep.start(signal);
    let said = '';
    log.onMoved(() => {
      committer.catchUp().catch((error: unknown) => {
        if (!signal.aborted && said !== messageOf(error)) logger.error({ err: error }, 'the event log cannot be read on');
        said = messageOf(error);
      });
    }, signal);
  }

  /**
   * Carries out the host's effects until the signal (the end of the lease's term) aborts. Resolves when the service is ready: Docker
   * has been compared with the log, and operations that a dead server left open go on. Rejects with the signal's reason, with
   * MustNotLeadError for a machine that must not lead (then nothing was recorded or touched), or with an error that no retry gets past.
   * Should the machine turn out later not to be the host any more (another engine answers), `onStranger` is called, and has to end the
   * term.
   */
  async lead(signal: AbortSignal, onStranger: (error: Error) => void): Promise<void> {
    const onAbort = (): void => {
      // Readiness goes on saying how to mend it after the lease has been given back.
      if (!(signal.reason instanceof MustNotLeadError)) this.waitFor('this server is not in charge of the host any more');
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await takeOver(this.#deps, this.#parts(signal, onStranger), signal);
      signal.throwIfAborted();
      this.#restarter = new Restarter({ ...this.#deps, factSources: this.#factSources, counts: this.restarts }, signal);
      this.#restarter.start();
      this.#waiting.reason = null;
    } catch (error) {
      if (error instanceof MustNotLeadError) signal.removeEventListener('abort', onAbort);
      // Deposed before it noticed: the term ends as soon as the lease is asked about.
      if (error instanceof FencedError) await untilAborted(signal);
      signal.throwIfAborted();
      throw error;
    }
  }

  #parts(signal: AbortSignal, onStranger: (error: Error) => void): TakeOverParts {
    return {
      recognition: this.#recognition,
      waiting: this.#waiting,
      gpus: this.#gpus,
      missingSteps: this.#missingSteps,
      slots: this.#slots,
      doubt: this.#doubt,
      onStranger,
      onRunning: (term) => {
        this.#term = term;
        this.#missingSteps.forget(...this.#missingSteps.streams);
        this.#missingSteps.acceptAll(this.#acceptsLoss);
      },
      acceptsLoss: this.#acceptsLoss,
      acceptLoss: async (met) => {
        await met();
        await this.#acceptLossAtStart(signal);
      },
      before: this.#term?.runner.isIdle === false ? this.#term.runner : undefined,
    };
  }

  /** Looks until this machine may lead. Called without the lease: one that must not lead must not hold it, or the right one could not have it. */
  untilRecognised(signal: AbortSignal): Promise<void> {
    return this.#recognition.until(signal);
  }

  /** Gives up what is missing from Docker by the operator's word, or with `dryRun` lists it. */
  async acceptLoss(host: string, origin: Origin, dryRun: boolean): Promise<LossOutcome> {
    const { settings } = this.#deps;
    if (this.#term === null)
      return rejected(Code.acceptLossFailed, 'unavailable', `host ${host} is not led by this server yet: GET /readyz says why`);
    const parts = { ...this.#deps, host: settings.host, reconciler: this.#term.reconciler, missingSteps: this.#missingSteps };
    return acceptLoss(parts, host, origin, dryRun);
  }

  /** Whether the log is one that was put back, and Docker was not found to agree with it since. */
  isRestored(): boolean {
    return restoredOn(this.state(), this.#deps.settings.host) !== undefined;
  }

  /** Settles a restored log by the operator's word, or with `dryRun` lists what differs. */
  async acceptRestore(host: string, origin: Origin, dryRun: boolean): Promise<RestoreOutcome> {
    const { committer, clock, ids, settings } = this.#deps;
    if (this.#term === null)
      return rejected(Code.acceptRestoreFailed, 'unavailable', `host ${host} is not led by this server yet: GET /readyz says why`);
    return acceptRestore({ committer, clock, ids, host: settings.host, reconciler: this.#term.reconciler }, host, origin, dryRun);
  }

  /** Takes back a container or a volume that the log does not know, or with `dryRun` says what that would be. */
  async adopt(...[what, name, origin, dryRun, unlabelled]: Parameters<Service['adopt']>): Promise<AdoptOutcome> {
    const { settings } = this.#deps;
    const { reconciler } = this.#term ?? {};
    if (reconciler === undefined || this.#leading() === null)
      return rejected(Code.adoptFailed, 'unavailable', `host ${settings.host} is not led by this server: GET /readyz says why`);
    const deps = { ...this.#deps, host: settings.host, ring: () => reconciler.ring() };
    if (unlabelled !== undefined) return adoptUnlabelled(deps, what, name, origin, dryRun, unlabelled);
    return adopt(deps, what, name, origin, dryRun);
  }

  /** The word that came with the start holds for this take-over alone. */
  async #acceptLossAtStart(signal: AbortSignal): Promise<void> {
    const { settings, logger } = this.#deps;
    const outcome = await this.#waiting.untilAnswered(() => this.acceptLoss(settings.host, { actor: 'system:accept-loss' }, false), signal);
    if (outcome.ok) logger.warn({ ...outcome.loss }, 'what was missing from Docker is given up, as --accept-loss says');
    else logger.error({ err: outcome.rejection.message }, 'the loss could not be accepted: use gpu-docker-api hosts accept-loss');
    this.#acceptsLoss = false;
    this.#missingSteps.acceptAll(false);
  }

  /** Answers all commands that wait. An operation that is open goes on when a server starts on this host again. */
  stop(reason: string): void {
    this.waitFor(reason);
    this.pulls.stop(reason);
    this.queue.stop(reason);
  }
}
