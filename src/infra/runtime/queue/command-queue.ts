// Takes commands in: one at a time per stream and in order, each decided on the state and the facts that it then finds.
import { Code } from '../../../commands/api-codes.ts';
import {
  decide,
  heldBack,
  type Mutation,
  misdirected,
  needsOf,
  notBegun,
  notPermitted,
  recordNoOp,
  streamOf,
} from '../../../commands/command.ts';
import { type By, type Context, type Decision, type Facts, type Rejection, reject, type Settings } from '../../../commands/decision.ts';
import { isForced } from '../../../commands/operation/overtake.ts';
import { planSteps } from '../../../commands/operation/plan.ts';
import type { Clock, Ids } from '../../../commands/outside/host.ts';
import { byOf } from '../../../commands/request/keys/rights.ts';
import type { CommandOutcome, Origin, PlanOutcome, Precondition } from '../../../commands/service.ts';
import type { CommandMeta } from '../../../events/envelope.ts';
import { upcastAll } from '../../../events/evolution/upcasters.ts';
import { volumeOfStream, volumeStream } from '../../../events/stream.ts';
import type { KeyedCommand } from '../../../projections/keys/keyed-commands.ts';
import { aggregateOf, type State } from '../../../projections/state.ts';
import type { Committer } from '../committer.ts';
import { type FactSources, gatherFacts, sealedForShow } from '../gather-facts.ts';
import { failureCodeOf, type Rejected, rejected, rejectedBy } from '../rejected.ts';
import { CommandsUnderWay, keyOfOtherRequest, type OnBegun, recordedUnderKey } from './idempotency.ts';
import { type OperationEnd, OperationWaiters } from './operation-waiters.ts';
import { Overtaking } from './overtaking.ts';
import { ENDLESS, ImpatientError, type Patience, throwIfOver, waitedFor } from './patience.ts';
import { Places } from './places.ts';
import { Sealing } from './sealing.ts';
import { Turns } from './turns.ts';

interface CommandQueueDeps {
  readonly committer: Committer;
  readonly factSources: FactSources;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly limits: QueueLimits;
  /** Names whose container Docker has, and the log, which was put back, does not know; absent: none. */
  readonly unknownNames?: () => ReadonlySet<string>;
}

/** A command with what was said of it. */
interface Order {
  readonly command: Mutation;
  readonly origin: Origin;
  readonly precondition: Precondition;
  readonly patience: Patience;
  readonly onBegun: OnBegun;
}

/** Commands that may wait for their turn, per stream and in all, shared out fairly (see Places). Beyond that one is rejected as busy at once. */
export interface QueueLimits {
  readonly maxQueuedPerStream: number;
  readonly maxQueued: number;
}

/** Attempts to decide one command. Facts that are out of date this often are a sign of two commands undoing each other's needs. */
const MAX_STALE = 50;
/** The places that one stream and one actor may take for each that is free. */
const PER_FREE = { name: 1 / 8, actor: 1 };
/** Further places, for what ends at once: one for each name, so that a full queue cannot keep its own end out. */
const FORCED = { what: 'forced stops and deletes wait', mostPerName: 1, perFree: { name: 1, actor: 1 / 4 } };

/**
 * Carries out commands:
 *
 *     const outcome = await queue.submit({ do: 'stop', name: 'foo' }, { actor: 'alice' });
 *     if (!outcome.ok) console.log(outcome.rejection.message);
 *
 * Promises that the commands of one stream are decided in the order in which they came, none of them while an operation is open on the
 * stream, and each on facts that were gathered for the state it is decided on; that `submit` resolves only when the operation which the
 * command began has ended, or the client's patience has; that a command is taken out, with nothing changed, when its patience ends before it is
 * decided, and goes on when it ends after; and that a repetition under the same Idempotency-Key gets the first one's answer.
 */
export class CommandQueue {
  readonly #deps: CommandQueueDeps;
  readonly #turns = new Turns();
  readonly #places: Places;
  readonly #forced: Places;
  readonly #operations: OperationWaiters;
  readonly #overtaking: Overtaking;
  readonly #underWay = new CommandsUnderWay<CommandOutcome>();
  /** The facts about volumes that are being gathered or decided on. An event about one of these volumes may put them out of date. */
  readonly #volumeFacts = new Set<{ readonly streams: ReadonlySet<string>; areOld: boolean }>();

  constructor(deps: CommandQueueDeps) {
    this.#deps = deps;
    const { maxQueued: most, maxQueuedPerStream: mostPerName } = deps.limits;
    this.#places = new Places({ what: 'commands wait', most, mostPerName, perFree: PER_FREE });
    this.#forced = new Places({ ...FORCED, most });
    this.#operations = new OperationWaiters(deps.committer);
    this.#overtaking = new Overtaking(deps);
    deps.committer.onEveryCommit((events) => {
      if (this.#volumeFacts.size === 0) return;
      for (const { stream } of upcastAll(events))
        if (volumeOfStream(stream) !== null) for (const facts of this.#volumeFacts) facts.areOld ||= facts.streams.has(stream);
    });
  }

  /** Commands that wait for their turn: how many, and for how long the first of them has, ms. */
  get waiting(): { readonly count: number; readonly oldestMs: number } {
    return this.#turns.waiting(this.#deps.clock.now());
  }

  /** Answers all commands that wait. An operation that is open goes on when a server starts on this host again. */
  stop(reason: string): void {
    this.#operations.stop(reason);
  }

  /**
   * A repetition of a keyed command gets the answer of the first, whether that is done, under way, or from before a restart. So it does the call of
   * `onBegun`, where that is under way.
   */
  submit(
    command: Mutation,
    origin: Origin,
    precondition: Precondition = {},
    patience: Patience = ENDLESS,
    onBegun?: OnBegun,
  ): Promise<CommandOutcome> {
    const begin = (shared: Patience, told: OnBegun): Promise<CommandOutcome> =>
      this.#takeTurn({ command, origin, precondition, patience: shared, onBegun: told });
    return this.#underWay.share(command, origin, patience, begin, onBegun);
  }

  async #takeTurn(order: Order): Promise<CommandOutcome> {
    const { command, origin, precondition, patience } = order;
    const stream = streamOf(command);
    // Before its wait is noticed by others: a forced stop cuts short what is under way.
    const rejection = notPermitted(this.#deps.committer.state, command, this.#by(origin));
    if (rejection !== null) return { ok: false, rejection };
    const place = this.#placeOf(command, origin);
    if (typeof place === 'string') return rejected(failureCodeOf(command), 'busy', `${place}: try again when they are done`);
    const waitsNoLonger = this.#overtaking.begin(command, origin, precondition);
    try {
      const done = await this.#turns.take(stream, patience, this.#deps.clock.now());
      try {
        return await this.#carryOut(order);
      } finally {
        done();
      }
    } catch (error) {
      return error instanceof ImpatientError ? takenOut(command, error) : rejectedBy(command, error);
    } finally {
      waitsNoLonger();
      place();
    }
  }

  #placeOf(command: Mutation, { actor }: Origin): (() => void) | string {
    const stream = streamOf(command);
    const place = this.#places.take(stream, actor);
    if (typeof place !== 'string' || !isForced(command)) return place;
    const forced = this.#forced.take(stream, actor);
    return typeof forced === 'string' ? place : forced;
  }

  async #carryOut(order: Order): Promise<CommandOutcome> {
    const meta: CommandMeta = { id: this.#deps.ids.next(), name: order.command.do, ...order.origin };
    const sealing = new Sealing(this.#deps, meta.id, streamOf(order.command));
    try {
      return await this.#decided(order, meta, sealing);
    } finally {
      void sealing.end();
    }
  }

  async #decided(order: Order, meta: CommandMeta, sealing: Sealing): Promise<CommandOutcome> {
    const { command, origin, precondition, patience, onBegun } = order;
    const { committer, factSources } = this.#deps;
    for (let stale = 0; stale < MAX_STALE; stale++) {
      const first = recordedUnderKey(committer.state, origin);
      if (first !== undefined) return await this.#answerOfFirst(order, first);
      // Before the wait: nobody here knows when an operation of another host ends.
      const elsewhere = await this.#elsewhere(command);
      if (elsewhere !== null) return { ok: false, rejection: elsewhere };
      await this.#operations.untilIdle([streamOf(command)], patience);
      this.#operations.throwIfStopped();
      const needs = needsOf(committer.state, command);
      const volumeFacts = { streams: new Set(needs.volumes?.map(streamOfVolume)), areOld: false };
      this.#volumeFacts.add(volumeFacts);
      const { end, forget } = this.#operations.endOf(meta.id);
      let isDecided = false;
      try {
        const sealed = await sealing.seal(needs);
        const facts = await waitedFor(gatherFacts(needs, { ...factSources, actor: origin.actor }, patience, sealed), patience);
        const committing = committer.submit(meta, (state) => {
          if (!isDecided) throwIfOver(patience); // a decision may be in the log by now
          if (volumeFacts.areOld) return { kind: 'stale' };
          const context = this.#contextOf(meta, facts);
          const decision = decideIf(state, command, context, origin, precondition);
          isDecided = decision.kind === 'events';
          return decision;
        });
        sealing.committing = committing;
        const committed = await waitedFor(committing, patience);
        if (committed.kind === 'committed') {
          const started = committed.events.find((e) => e.type === 'OperationStarted');
          if (!committed.events.some((e) => e.type === 'OperationCompleted')) onBegun(meta.id);
          return outcomeOf(await waitedFor(end, patience), started?.type === 'OperationStarted' ? started.data.to : undefined);
        }
        if (committed.kind === 'already') return { ok: true };
        if (committed.kind === 'rejected') return { ok: false, rejection: committed.rejection };
        if (committed.kind === 'wait') await this.#operations.untilIdle(committed.streams, patience);
      } catch (error) {
        if (isDecided && error instanceof ImpatientError) return goesOn(command, origin, error);
        throw error;
      } finally {
        forget();
        this.#volumeFacts.delete(volumeFacts);
      }
    }
    return keepsChanging(command);
  }

  #by(origin: Origin): By | undefined {
    return byOf(origin, this.#deps.clock.now());
  }

  #contextOf(meta: CommandMeta, facts: Facts): Context {
    const by = this.#by(meta);
    return { settings: this.#deps.settings, facts, id: meta.id, ...(by !== undefined && { by }) };
  }

  /** The refusal of a command that is not this host's: another one has it, or none has begun. */
  async #elsewhere(command: Mutation): Promise<Rejection | null> {
    const { committer, settings } = this.#deps;
    if (committer.state.head.seq === 0) await committer.catchUp();
    const { state } = committer;
    return notBegun(state, command, settings.host) ?? misdirected(state, command, settings.host) ?? this.#heldBack(command);
  }

  /** While the log is one that was put back. To delete a name whose container the log does not know would take the disks that this was made from. */
  #heldBack(command: Mutation): Rejection | null {
    const { committer, settings, unknownNames } = this.#deps;
    if (command.do === 'delete' && unknownNames?.().has(command.name) === true) {
      const way = `adopt it first, with gpu-docker-api adopt ${command.name}`;
      return {
        code: failureCodeOf(command),
        kind: 'conflict',
        message: `Docker has a container of ${command.name} that the log does not know: ${way}`,
      };
    }
    return heldBack(committer.state, command, settings.host);
  }

  /** The events and steps that the command would cause now. Decides as `submit` does, and appends nothing. */
  async plan(command: Mutation, origin: Origin, precondition: Precondition = {}, patience: Patience = ENDLESS): Promise<PlanOutcome> {
    const { committer, settings, factSources, ids } = this.#deps;
    const meta: CommandMeta = { id: ids.next(), name: command.do, ...origin };
    // Before anything is looked at for it, and before its precondition, which tells the state of the name.
    const rejection = notPermitted(committer.state, command, this.#by(origin));
    if (rejection !== null) return { ok: false, rejection };
    try {
      for (let stale = 0; stale < MAX_STALE; stale++) {
        const elsewhere = await this.#elsewhere(command);
        if (elsewhere !== null) return { ok: false, rejection: elsewhere };
        const needs = needsOf(committer.state, command);
        const facts = await waitedFor(
          gatherFacts(needs, { ...factSources, pullFrom: [] }, patience, sealedForShow(needs, meta.id)),
          patience,
        );
        const { state } = committer;
        const context = this.#contextOf(meta, facts);
        const decision = decideIf(state, command, context, { actor: origin.actor }, precondition);
        if (decision.kind === 'stale') continue;
        if (decision.kind === 'rejected') return { ok: false, rejection: decision.rejection };
        if (decision.kind === 'wait') {
          const streams = decision.streams.join(', ');
          return rejected(failureCodeOf(command), 'busy', `an operation is under way on ${streams}: plan again when it has ended`);
        }
        const stream = streamOf(command);
        const events = decision.kind === 'events' ? decision.events : [];
        const steps = planSteps(state, events, meta, settings);
        return { ok: true, plan: { stream, etag: aggregateOf(state, stream)?.seq ?? null, events, steps } };
      }
    } catch (error) {
      if (error instanceof ImpatientError) return rejected(failureCodeOf(command), 'busy', `${error.message}: nothing was planned`);
      return rejectedBy(command, error);
    }
    return keepsChanging(command);
  }

  /** The answer that the first command under the same key got, or will get. */
  async #answerOfFirst({ command, origin, patience, onBegun }: Order, first: KeyedCommand): Promise<CommandOutcome> {
    if (first.bodyHash !== origin.bodyHash) return keyOfOtherRequest(command, origin);
    const { end, forget } = this.#operations.endOf(first.id);
    try {
      // Read again now that its end is listened for: an end in between is not missed.
      const { outcome } = recordedUnderKey(this.#deps.committer.state, origin) ?? first;
      if (outcome === null) onBegun(first.id);
      if (outcome === null || outcome === 'unknown') return outcomeOf(await waitedFor(end, patience), first.version); // only an execute's is ever unknown
      if (!outcome.ok) return rejected(outcome.code, 'failed', outcome.message);
      return doneWith(first.version, outcome.warning);
    } catch (error) {
      if (error instanceof ImpatientError) return goesOn(command, origin, error);
      throw error;
    } finally {
      forget();
    }
  }
}

/** The stream of the managed volume that a volume in Docker is a version of, or would be called like: `bar-7` and `bar` are of `volume/bar`. */
const streamOfVolume = (volumeName: string): string => volumeStream(volumeName.replace(/-\d+$/, ''));

/**
 * Like `decide`, but stale where another server has recorded the same key meanwhile, and rejected where the client decided on another
 * state than this one.
 */
function decideIf(
  state: State,
  command: Mutation,
  context: Context,
  origin: Pick<Origin, 'actor' | 'idempotencyKey'>,
  { ifMatch }: Precondition,
): Decision {
  if (recordedUnderKey(state, origin) !== undefined) return { kind: 'stale' };
  if (ifMatch !== undefined) {
    const stream = streamOf(command);
    const aggregate = aggregateOf(state, stream);
    if (aggregate?.operation != null) return { kind: 'wait', streams: [stream] };
    if (aggregate?.seq !== ifMatch) {
      const why =
        aggregate === undefined
          ? 'does not exist: it was deleted, or the name is another; leave If-Match out to make it'
          : `is at "${aggregate.seq}": someone else changed it; read it again`;
      return reject(Code.preconditionFailed, 'precondition', `If-Match is "${ifMatch}", but ${stream.replace('/', ' ')} ${why}`);
    }
  }
  const decision = decide(state, command, context);
  return decision.kind === 'already' && origin.idempotencyKey !== undefined ? recordNoOp(state, command) : decision;
}

function outcomeOf({ event, output }: OperationEnd, version: number | undefined): CommandOutcome {
  if (event.type === 'OperationFailed') return rejected(event.data.code, 'failed', event.data.message, output);
  return doneWith(version, event.data.warning);
}

const doneWith = (version?: number, warning?: string): CommandOutcome => ({
  ok: true,
  ...(version !== undefined && { version }),
  ...(warning !== undefined && { warning }),
});

const keepsChanging = (command: Mutation): Rejected =>
  rejected(failureCodeOf(command), 'busy', 'the replicaSets and volumes it is about keep changing: try again');

const LOOK = 'GET /api/v1/operations shows what is under way';

const takenOut = (command: Mutation, { message }: ImpatientError): Rejected =>
  rejected(failureCodeOf(command), 'busy', `${message}: the command waited for its turn and is taken out, nothing was changed; ${LOOK}`);

function goesOn(command: Mutation, { idempotencyKey }: Origin, { message }: ImpatientError): Rejected {
  const again =
    idempotencyKey === undefined ? 'do not send it again' : 'sent again under the same Idempotency-Key, it waits for the answer';
  return rejected(failureCodeOf(command), 'late', `${message}: the command goes on; ${again}; ${LOOK}`);
}
