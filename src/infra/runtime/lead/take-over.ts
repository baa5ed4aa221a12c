// The beginning of a term: Docker is compared with the log, and what an earlier server left open goes on.
import type { Settings } from '../../../commands/decision.ts';
import { decideStart, decideUnknownExecution, type HostFacts, openExecutions } from '../../../commands/host/reconcile.ts';
import { decideSettled } from '../../../commands/host/restore/agreement.ts';
import type { ContainerEngine } from '../../../commands/outside/engine.ts';
import type { Clock, GpuInventory, Ids } from '../../../commands/outside/host.ts';
import type { Logger } from '../../../commands/outside/logger.ts';
import type { DoubtDeps } from '../absence/absences.ts';
import type { MissingSteps } from '../absence/missing-steps.ts';
import type { Committer } from '../committer.ts';
import type { FactSources } from '../gather-facts.ts';
import type { GpuObservation } from '../gpu-observation.ts';
import { OperationRunner } from '../operations/operation-runner.ts';
import type { Slots } from '../operations/slots.ts';
import type { OnStep } from '../operations/timed-step.ts';
import { Reconciler } from '../reconciler.ts';
import { type AskedFacts, type MachineOfHost, MustNotLeadError, type Recognition } from './recognition.ts';
import type { Waiting } from './waiting.ts';

export interface TakeOverDeps {
  readonly committer: Committer;
  readonly engine: ContainerEngine;
  readonly inventory: GpuInventory;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: Settings;
  readonly factSources: Pick<FactSources, 'busyPorts' | 'resolvePath' | 'exists' | 'dataRoot' | 'secretKeys'>;
  readonly logger: Logger;
  readonly portRange: { readonly start: number; readonly end: number };
  readonly about: Pick<HostFacts, 'pid' | 'version' | 'bootId'>;
  readonly machine: MachineOfHost;
  readonly reconcileEveryMs: number;
  readonly onStep?: OnStep;
  /** The operator's word at this start: a restored log holds, whatever Docker has. */
  readonly acceptRestore?: boolean;
}

/** Parts of the host service that outlive a term. */
export interface TakeOverParts {
  readonly recognition: Recognition;
  readonly waiting: Waiting;
  readonly gpus: GpuObservation;
  readonly missingSteps: MissingSteps;
  readonly slots: Slots;
  readonly doubt: DoubtDeps;
  /** Called when the machine turns out not to be the host any more. */
  readonly onStranger: (error: Error) => void;
  /** Called before the operations go on. */
  readonly onRunning: (term: LedTerm) => void;
  /** The operator's word at this start, that what is missing from Docker is lost, has yet to be heeded. */
  readonly acceptsLoss: boolean;
  /** Heeds it; `met` resolves when the open operations have met what is missing to them. */
  readonly acceptLoss: (met: () => Promise<void>) => Promise<void>;
  /** The runner of the term before in this process, where it still has steps under way. */
  readonly before: OperationRunner | undefined;
}

/** Carries the host's effects out for a term. */
export interface LedTerm {
  readonly runner: OperationRunner;
  readonly reconciler: Reconciler;
}

/**
 * Resolves when the host is led: Docker has been compared with the log, the operations that were left open go on, and Docker is watched, until
 * the signal aborts. Only the names that have an open operation wait for it: the commit of a large disk, or a container that takes an hour
 * to stop, is nobody else's matter. Throws MustNotLeadError before anything is recorded or touched.
 */
export async function takeOver(deps: TakeOverDeps, parts: TakeOverParts, signal: AbortSignal): Promise<void> {
  const { committer, settings, reconcileEveryMs } = deps;
  const { recognition, waiting, gpus, missingSteps, slots, doubt } = parts;
  await committer.catchUp();
  const facts = await recognition.facts(signal);
  await recordStart(deps, waiting, facts, signal);
  if (deps.acceptRestore === true) await settleRestore(deps, waiting, signal);
  const runner = new OperationRunner({ ...deps, missingSteps, slots, before: parts.before }, signal);
  const isStillHost = async (): Promise<void> => {
    try {
      await recognition.check();
    } catch (error) {
      if (error instanceof MustNotLeadError) parts.onStranger(error);
      throw error;
    }
  };
  const isOperating = (): boolean => !runner.isIdle;
  const reconciler = new Reconciler(
    { ...deps, gpus, host: settings.host, everyMs: reconcileEveryMs, doubt, isStillHost, isOperating },
    signal,
  );
  if (facts.gpus !== null) {
    reconciler.reportUnreadable(facts.gpus);
    gpus.saw(facts.gpus.gpus);
  }
  // Before the operations go on, so that they find in the state what died meanwhile.
  await waiting.untilAnswered(() => reconciler.once(), signal);
  signal.throwIfAborted();
  parts.onRunning({ runner, reconciler });
  runner.start();
  if (parts.acceptsLoss) await parts.acceptLoss(() => haveMet(runner, missingSteps, doubt, signal));
  signal.throwIfAborted();
  reconciler.start();
}

/** Nothing is looked at before: the first comparison is then as usual. */
async function settleRestore({ committer, ids, settings }: TakeOverDeps, waiting: Waiting, signal: AbortSignal): Promise<void> {
  const meta = { id: ids.next(), name: 'acceptRestore', actor: 'system:accept-restore' };
  const settle = (): Promise<unknown> =>
    committer.submit(meta, (state) => ({ kind: 'events', events: decideSettled(state, settings.host, 'accepted', 0) }));
  await waiting.untilAnswered(settle, signal);
}

/**
 * Resolves when the open operations have made a try, and so met what is missing to them; after the time of the doubt at the latest, since a
 * step may take hours. An operation that meets it later waits for another word.
 */
function haveMet(runner: OperationRunner, missing: MissingSteps, { monotonic, doubtMs }: DoubtDeps, signal: AbortSignal): Promise<void> {
  const until = monotonic() + doubtMs;
  const haveTried = (): readonly string[] => [...missing.streams, ...runner.stalls.all().map(({ stream }) => stream)];
  return runner.idle(haveTried, () => signal.aborted || monotonic() >= until);
}

/** The operator who adopted the machine is the actor of the start: at log level 1, where HostAdopted cannot be written, that alone names him. */
async function recordStart(deps: TakeOverDeps, waiting: Waiting, facts: AskedFacts, signal: AbortSignal): Promise<void> {
  const { committer, ids, settings, about, portRange, machine } = deps;
  const { adoptedBy } = facts;
  const meta = { id: ids.next(), name: 'start', actor: 'system:start' };
  const by = adoptedBy === undefined ? meta : { ...meta, name: 'adoptHost', actor: adoptedBy };
  const record = (): Promise<unknown> =>
    committer.submit(by, (state) => ({
      kind: 'events',
      events: decideStart(state, settings.host, ids.next(), { ...about, ...facts, portRange }),
    }));
  await waiting.untilAnswered(record, signal);
  machine.adopted();
  for (const { id } of openExecutions(committer.state, settings.host)) {
    const recordUnknown = () => committer.submit(meta, (state) => ({ kind: 'events', events: decideUnknownExecution(state, id) }));
    await waiting.untilAnswered(recordUnknown, signal);
  }
}
