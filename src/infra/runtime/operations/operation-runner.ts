// Drives every open operation of this host to its end, one step at a time.
import { setMaxListeners } from 'node:events';
import { hostPathsOf, rulesFor, targetsOf, whyNotStart } from '../../../commands/container/host-paths.ts';
import type { Settings } from '../../../commands/decision.ts';
import { isHeld } from '../../../commands/host/restore/mode.ts';
import { next } from '../../../commands/operation/next.ts';
import { closing, decideOutcome } from '../../../commands/operation/outcome.ts';
import type { ContainerEngine, Step, StepResult } from '../../../commands/outside/engine.ts';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import type { Clock, Ids } from '../../../commands/outside/host.ts';
import type { Logger } from '../../../commands/outside/logger.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import { upcastAll } from '../../../events/evolution/upcasters.ts';
import { LogHeldError } from '../../../events/log.ts';
import { replicaSetStream, volumeStream } from '../../../events/stream.ts';
import { aggregateOf, type ReplicaSet, type Volume } from '../../../projections/state.ts';
import { pause } from '../../async/time.ts';
import type { MissingSteps } from '../absence/missing-steps.ts';
import type { Committer } from '../committer.ts';
import { type FactSources, lookAtPaths } from '../gather-facts.ts';
import { Interruptions, StepInterruptedError } from './interruptions.ts';
import { type LookAtBinds, perform } from './perform-step.ts';
import { type Slots, type SlotWait, slotOf } from './slots.ts';
import { Stalls } from './stalls.ts';
import { StepProgress } from './step-progress.ts';
import { type OnStep, timedStep } from './timed-step.ts';

interface OperationRunnerDeps {
  readonly committer: Committer;
  readonly engine: ContainerEngine;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: Settings;
  readonly factSources: Pick<FactSources, 'busyPorts' | 'resolvePath' | 'exists' | 'dataRoot' | 'secretKeys'>;
  readonly missingSteps: MissingSteps;
  readonly slots: Slots;
  readonly logger: Logger;
  readonly onStep?: OnStep;
  /** The runner of the term before in this process: a step that it has under way is waited for, on that stream alone. */
  readonly before?: OperationRunner | undefined;
}

/** First pause before a step is tried again, ms. */
const FIRST_PAUSE_MS = 50;
/** Longest such pause, ms. */
const MAX_PAUSE_MS = 5_000;
/** First and longest pause after an error that nobody foresaw, ms. */
const FIRST_UNFORESEEN_MS = 1_000;
const MAX_UNFORESEEN_MS = 60_000;
/** Interval of the looks whether all operations that are under way wait for something that may never come, ms. */
const LOOK_MS = 250;
const NO_PORTS: ReadonlySet<number> = new Set();

/** Steps that an order to undo does not stop: the operation has done its work, and they take away what is left over. */
const PAST_UNDO: ReadonlySet<Step['do']> = new Set(['removeContainer', 'discardDisk', 'removeDisks', 'removeVolume']);

/**
 * Carries operations out:
 *
 *     const runner = new OperationRunner(deps, term.lost);
 *     runner.start();
 *     await runner.idle();   // operations that a dead server left open have ended
 *
 * All it knows it reads from the state, so a new server goes on where a dead one stopped. Promises that per stream one step at a time is
 * carried out and its outcome recorded before the next one; that whatever fails is tried again, with `stalls` saying why, until there is an
 * outcome; and that no step begins after the signal has aborted.
 */
export class OperationRunner {
  readonly stalls: Stalls;
  readonly progress: StepProgress;
  readonly interruptions: Interruptions;
  readonly #deps: Omit<OperationRunnerDeps, 'before'>;
  readonly #signal: AbortSignal;
  readonly #running = new Map<string, Promise<void>>();
  #earlier: OperationRunner | undefined;
  #stopListening: () => void = () => {};

  /** The signal ends it. A step that is under way then is finished; its outcome is left to the next server that leads. */
  constructor({ before, ...deps }: OperationRunnerDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#earlier = before;
    this.#signal = signal;
    // Every stream with a pause listens to it.
    setMaxListeners(0, signal);
    this.stalls = new Stalls(deps.clock);
    this.progress = new StepProgress(deps.clock);
    const { engine, clock, logger } = deps;
    this.interruptions = new Interruptions({ engine, clock, logger, before: () => this.#before()?.interruptions }, signal);
  }

  start(): void {
    this.#stopListening = this.#deps.committer.onCommit((stored) => {
      const events = upcastAll(stored);
      for (const stream of new Set(events.map((e) => e.stream))) this.#drive(stream);
      for (const { type, stream, data } of events) if (type === 'StopCutShort') this.#cutShort(stream, data.version);
      if (events.some((e) => e.type === 'RestoreSettled')) this.#driveAll();
      else if (events.some((e) => e.type === 'ContainerRemoved' || e.type === 'ContainerVanished')) this.#driveVolumes();
    });
    this.#signal.addEventListener('abort', this.#stopListening, { once: true });
    this.#driveAll();
  }

  #driveAll(): void {
    for (const name of this.#deps.committer.state.replicaSets.keys()) this.#drive(replicaSetStream(name));
    this.#driveVolumes();
  }

  /** Volumes may have retired versions that are to be removed without an operation. */
  #driveVolumes(): void {
    for (const name of this.#deps.committer.state.volumes.keys()) this.#drive(volumeStream(name));
  }

  /** Resolves when no operation is under way but on the streams that `but` then gives, which may wait for ever; and when it `isEnough`. */
  async idle(but: () => readonly string[] = () => [], isEnough: () => boolean = () => false): Promise<void> {
    while (!isEnough()) {
      const waiting = new Set(but());
      const running = [...this.#running].flatMap(([stream, run]) => (waiting.has(stream) ? [] : [run]));
      if (running.length === 0) return;
      const enough = new AbortController();
      await Promise.race([Promise.all(running), pause(this.#deps.clock, LOOK_MS, enough.signal)]);
      enough.abort();
    }
  }

  /**
   * The last runner before it that has something under way. Those without are let go, as their terms are over and they begin nothing: on a host where
   * something is always under way, each would keep all before it.
   */
  #before(): OperationRunner | undefined {
    while (this.#earlier !== undefined && this.#earlier.#running.size === 0) this.#earlier = this.#earlier.#earlier;
    return this.#earlier;
  }

  /** Resolves when nothing is under way on the stream. */
  async ended(stream: string): Promise<void> {
    await this.#before()?.ended(stream);
    await this.#running.get(stream);
  }

  /** Whether neither it nor a runner before it has a step under way. */
  get isIdle(): boolean {
    return this.#running.size === 0 && this.#before() === undefined;
  }

  /** The step that an operation is at, and whether an order to undo it would be followed. */
  stepOf(stream: string): { readonly step: Step['do'] | null; readonly undoable: boolean } {
    const { committer, settings } = this.#deps;
    const aggregate = aggregateOf(committer.state, stream);
    const step = aggregate === undefined ? null : next(committer.state, aggregate, settings);
    if (step === null) return { step: null, undoable: false };
    return { step: step.do, undoable: aggregate?.operation?.phase === 'forward' && !PAST_UNDO.has(step.do) };
  }

  /** The slot that the stream waits for, and since when; undefined where it waits for none. */
  slotWaitOf(stream: string): SlotWait | undefined {
    return this.#deps.slots.waitOf(stream);
  }

  #drive(stream: string): void {
    if (this.#signal.aborted || this.#running.has(stream) || !this.#mayBeDue(stream)) return;
    const running = this.#run(stream).finally(() => {
      this.#running.delete(stream);
      this.stalls.ended(stream);
      if (!this.#signal.aborted) this.#deps.missingSteps.forget(stream);
    });
    this.#running.set(stream, running);
  }

  /** As `isDue`. An operation that nobody can judge is taken up, so that the error is seen and tried again. */
  #mayBeDue(stream: string): boolean {
    try {
      return this.#isDue(stream);
    } catch {
      return true;
    }
  }

  #isDue(stream: string): boolean {
    const { committer, settings } = this.#deps;
    const aggregate = aggregateOf(committer.state, stream);
    if (aggregate === undefined || aggregate.host !== settings.host || isHeld(committer.state, aggregate)) return false;
    return aggregate.operation !== null || next(committer.state, aggregate, settings) !== null;
  }

  /** Never rejects: an error that nobody foresaw is logged, and what it struck is tried again. */
  async #run(stream: string): Promise<void> {
    const { logger } = this.#deps;
    for (let pauseMs = FIRST_UNFORESEEN_MS; !this.#signal.aborted; pauseMs = Math.min(pauseMs * 2, MAX_UNFORESEEN_MS)) {
      try {
        if (!this.#isDue(stream)) return;
        this.#cutShortBefore(stream);
        await this.#before()?.ended(stream);
        await this.#carryOut(stream);
        return;
      } catch (error) {
        if (this.#signal.aborted) return;
        this.stalls.failed(stream, messageOf(error));
        logger.error({ stream, err: error, retryInMs: pauseMs }, 'an operation met an error that was not foreseen, and is tried again');
        await this.stalls.pause(stream, pauseMs, this.#signal);
      }
    }
  }

  async #carryOut(stream: string): Promise<void> {
    const { committer, settings, ids, logger } = this.#deps;
    const housekeeping = { id: ids.next(), name: 'housekeeping', actor: 'system:housekeeping' };
    while (!this.#signal.aborted && this.#isDue(stream)) {
      const { state } = committer;
      const aggregate = aggregateOf(state, stream);
      if (aggregate === undefined) return;
      const meta = aggregate.operation?.command ?? housekeeping;
      const step = next(state, aggregate, settings);
      if (step === null) {
        await this.#untilAnswered(stream, () => committer.submit(meta, (s) => ({ kind: 'events', events: closing(s, stream, settings) })));
        continue;
      }
      const startedAt = this.#deps.clock.now();
      const result = await this.#resultOf(stream, aggregate, step);
      if (result === null) continue;
      logStep(logger, stream, step, result, this.#deps.clock.now() - startedAt);
      // Asked only where another port is to be chosen: the kernel takes 2–10 ms to list them, as long as a whole append.
      const busyPorts = hasPortConflict(aggregate) ? await this.#deps.factSources.busyPorts() : NO_PORTS;
      if (this.#signal.aborted) return;
      const outcome = { operation: aggregate.operation?.id ?? null, step, result, busyPorts };
      const recorded = await this.#untilAnswered(stream, () =>
        committer.submit(meta, (s) => ({ kind: 'events', events: decideOutcome(s, stream, outcome, settings) })),
      );
      this.stalls.gotOn(stream);
      // Nothing to record: housekeeping has to wait (a retired volume is in use), or another server has recorded the step. An operation that
      // has begun meanwhile goes on here: nobody else drives the stream.
      const isIdle = outcome.operation === null && aggregateOf(committer.state, stream)?.operation == null;
      if (recorded.kind === 'already' && isIdle) return;
    }
  }

  /**
   * The engine's answer, or a refusal where an operator orders the undo: from there on the operation goes back as after any other. Null where
   * the wait for a slot was interrupted: the step has not begun, and another may be due by now.
   */
  async #resultOf(stream: string, { operation }: ReplicaSet | Volume, step: Step): Promise<StepResult | null> {
    const { missingSteps } = this.#deps;
    const ordered = (): StepResult | undefined => {
      if (operation === null || operation.phase === 'undo' || PAST_UNDO.has(step.do)) return undefined;
      const by = this.stalls.orderedBy(stream, operation.id);
      if (by === undefined) return undefined;
      const why = this.stalls.of(stream)?.reason;
      const message = `undone by order of ${by}, instead of the step ${step.do}${why === undefined ? '' : `, which failed before: ${why}`}`;
      return { ok: false, do: step.do, error: { kind: 'refused', message } };
    };
    try {
      return await this.#untilAnswered(stream, async () => missingSteps.believed(stream, step, await this.#perform(stream, step)), ordered);
    } catch (error) {
      if (error instanceof StepInterruptedError) return null;
      throw error;
    }
  }

  /** A stop that is under way, waits for its slot, or pauses between two attempts is gone on with as the log has it now: without a grace period. */
  #cutShort(stream: string, version: number): void {
    this.interruptions.cutShort(stream, version);
    this.stalls.wake(stream);
  }

  /** So is one that a term before has under way, where the log is still at it. */
  #cutShortBefore(stream: string): void {
    const { committer, settings } = this.#deps;
    const aggregate = aggregateOf(committer.state, stream);
    if (aggregate?.operation?.cutShort !== true) return;
    const step = next(committer.state, aggregate, settings);
    if (step?.do === 'stopContainer') this.interruptions.cutShort(stream, step.version);
  }

  /** Waits for its slot. A deadline of Docker's call counts from when that is sent. */
  async #perform(stream: string, step: Step): Promise<StepResult> {
    const { engine, slots, factSources, onStep } = this.#deps;
    const mayGoOn = (): void => this.#signal.throwIfAborted();
    const now = (): Promise<StepResult> =>
      timedStep(step, onStep, () =>
        this.progress.during(stream, (onProgress) => perform(step, engine, this.#lookAtBinds, mayGoOn, factSources.secretKeys, onProgress)),
      );
    const kind = slotOf(step.do);
    if (kind === null) return now();
    const { operation } = aggregateOf(this.#deps.committer.state, stream) ?? {};
    if (step.do === 'stopContainer' && step.graceSeconds > 0 && operation?.cutShort === true) throw new StepInterruptedError(stream);
    return this.interruptions.watch(stream, step, (interrupted, begin) => slots.use(kind, stream, interrupted, () => begin(now)));
  }

  /** An operator's order to undo the operation on the stream. It ends a pause between two attempts, and a wait for a slot. */
  orderUndo(stream: string, operation: string, actor: string): void {
    this.stalls.order(stream, operation, actor);
    this.interruptions.interrupt(stream);
  }

  readonly #lookAtBinds: LookAtBinds = async (binds, name) => {
    const { factSources, settings, committer } = this.#deps;
    const paths = await lookAtPaths(hostPathsOf(binds), factSources);
    // A path may take long to answer: by then another server may have led, and given the GPUs to somebody else.
    this.#signal.throwIfAborted();
    const { owner = '' } = committer.state.replicaSets.get(name) ?? {};
    const problem = whyNotStart(binds, paths, rulesFor(owner, settings)) ?? null;
    return problem === null ? { paths: targetsOf(binds, paths) } : { problem };
  };

  /** Tries again for as long as Docker gives no answer or the log has no room; `instead` may give an answer before each attempt. */
  async #untilAnswered<T>(stream: string, task: () => Promise<T>, instead: () => T | undefined = () => undefined): Promise<T> {
    const { logger } = this.#deps;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      this.#signal.throwIfAborted();
      const answer = instead();
      if (answer !== undefined) return answer;
      try {
        return await task();
      } catch (error) {
        const isPassing = (error instanceof EngineError && error.kind === 'unavailable') || error instanceof LogHeldError;
        if (!isPassing) throw error;
        this.#signal.throwIfAborted();
        this.stalls.failed(stream, messageOf(error));
        logger.warn({ err: messageOf(error), retryInMs: pauseMs }, 'a step got no answer and is tried again');
      }
      await this.stalls.pause(stream, pauseMs, this.#signal);
    }
  }
}

const hasPortConflict = ({ operation }: ReplicaSet | Volume): boolean => operation?.conflict !== undefined;

function logStep(logger: Logger, stream: string, step: Step, result: StepResult, ms: number): void {
  const fields = { stream, step: step.do, ms, ...('version' in step && { version: step.version }) };
  if (result.ok) logger.debug(fields, 'step done');
  else logger.warn({ ...fields, error: result.error.message }, 'step failed');
}
