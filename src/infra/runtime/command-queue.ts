// Takes commands in: one at a time per stream and in order, each decided on the state and the facts that it then finds, and answered
// when the operation that it began has ended.
import { type Command, decide, needsOf, recordNoOp, streamOf } from '../../commands/command.ts';
import { type Context, type Decision, reject, type Settings } from '../../commands/decision.ts';
import { planSteps } from '../../commands/operation/plan.ts';
import { EngineError } from '../../commands/outside/engine.ts';
import type { Ids } from '../../commands/outside/host.ts';
import type { CommandOutcome, Origin, PlanOutcome, Precondition } from '../../commands/service.ts';
import type { Event } from '../../events/catalogue.ts';
import type { CommandMeta } from '../../events/envelope.ts';
import { parseStream } from '../../events/stream.ts';
import { aggregateOf, type KeyedCommand, type State } from '../../projections/state.ts';
import type { Committer } from './committer.ts';
import { gather, type Outside } from './gather-facts.ts';
import { codeOf, no, otherBody, refusal } from './refusal.ts';

export interface CommandQueueDeps {
  readonly committer: Committer;
  readonly outside: Outside;
  readonly ids: Ids;
  readonly settings: Settings;
  readonly limits: QueueLimits;
}

/** Commands waiting for their turn, per stream and in all: past that the answer is busy at once. */
export interface QueueLimits {
  readonly maxQueuedPerStream: number;
  readonly maxQueued: number;
}

type Mutation = Exclude<Command, { do: 'execute' }>;
type Ended = Extract<Event, { type: 'OperationCompleted' | 'OperationFailed' }>;

/** Facts that are out of date this often are a sign of two commands undoing each other's needs. */
const MAX_STALE = 50;

export class CommandQueue {
  readonly #deps: CommandQueueDeps;
  readonly #turns = new Map<string, { tail: Promise<unknown>; waiting: number }>();
  /** Who waits for the end of a command's operation. */
  readonly #ends = new Map<string, Set<{ resolve: (event: Ended) => void; reject: (error: Error) => void }>>();
  readonly #idle = new Set<{ streams: readonly string[]; wake: () => void }>();
  /** Commands with an Idempotency-Key that wait for their turn or are under way. */
  readonly #keyed = new Map<string, { bodyHash: string; outcome: Promise<CommandOutcome> }>();
  #stopped: EngineError | null = null;
  #queued = 0;
  /** Sequence of the last event about any volume: what Docker said of volumes before it may be out of date. */
  #volumesMoved = 0;

  constructor(deps: CommandQueueDeps) {
    this.#deps = deps;
    deps.committer.onCommit((events) => {
      for (const event of events) {
        if (parseStream(event.stream)?.kind === 'volume') this.#volumesMoved = event.seq;
        if (event.type !== 'OperationCompleted' && event.type !== 'OperationFailed') continue;
        for (const { resolve } of this.#ends.get(event.command.id) ?? []) resolve(event);
        for (const waiter of this.#idle) if (waiter.streams.includes(event.stream)) waiter.wake();
      }
    });
  }

  /** Answers all who wait for an operation's end: it goes on when a server starts on this host again. */
  stop(reason: string): void {
    this.#stopped = new EngineError('unavailable', reason);
    for (const waiters of this.#ends.values()) for (const { reject } of waiters) reject(this.#stopped);
    for (const { wake } of this.#idle) wake();
  }

  /** With an Idempotency-Key, a repetition gets the answer of the first, whether that is done, under way or from before a restart. */
  submit(command: Mutation, origin: Origin, precondition: Precondition = {}): Promise<CommandOutcome> {
    const { idempotencyKey: key, bodyHash } = origin;
    if (key === undefined || bodyHash === undefined) return this.#queue(command, origin, precondition);
    const underWay = this.#keyed.get(key);
    if (underWay !== undefined) return underWay.bodyHash === bodyHash ? underWay.outcome : Promise.resolve(otherBody(command, key));
    const outcome = this.#queue(command, origin, precondition).finally(() => this.#keyed.delete(key));
    this.#keyed.set(key, { bodyHash, outcome });
    return outcome;
  }

  async #queue(command: Mutation, origin: Origin, precondition: Precondition): Promise<CommandOutcome> {
    const { limits } = this.#deps;
    const stream = streamOf(command);
    const turn = this.#turns.get(stream) ?? { tail: Promise.resolve(), waiting: 0 };
    if (turn.waiting >= limits.maxQueuedPerStream || this.#queued >= limits.maxQueued) {
      const what =
        turn.waiting >= limits.maxQueuedPerStream ? `${turn.waiting} commands wait for ${stream}` : `${this.#queued} commands wait`;
      return no(codeOf(command), 'busy', `${what} already: try again when they are done`);
    }
    turn.waiting++;
    this.#queued++;
    this.#turns.set(stream, turn);
    const mine = turn.tail.then(() => this.#carryOut(command, origin, precondition));
    turn.tail = mine.catch(() => {});
    try {
      return await mine;
    } catch (error) {
      return refusal(command, error);
    } finally {
      this.#queued--;
      if (--turn.waiting === 0) this.#turns.delete(stream);
    }
  }

  async #carryOut(command: Mutation, origin: Origin, precondition: Precondition): Promise<CommandOutcome> {
    const { committer, settings, outside, ids } = this.#deps;
    const meta: CommandMeta = { id: ids.next(), name: command.do, ...origin };
    for (let stale = 0; stale < MAX_STALE; stale++) {
      const before = earlier(committer.state, origin);
      if (before !== undefined) return await this.#answerOf(command, before, origin);
      await this.#untilIdle([streamOf(command)]);
      if (this.#stopped !== null) throw this.#stopped;
      const { seq } = committer.state.head;
      const needs = needsOf(committer.state, command);
      const facts = await gather(needs, outside);
      const outOfDate = (): boolean => (needs.volumes?.length ?? 0) > 0 && this.#volumesMoved > seq;
      const context: Context = { settings, facts, id: meta.id };
      const { ended, forget } = this.#endOf(meta.id);
      try {
        const committed = await committer.submit(meta, (state) =>
          outOfDate() ? { kind: 'stale' } : decideIf(state, command, context, origin, precondition),
        );
        if (committed.kind === 'committed') {
          const started = committed.events.find((e) => e.type === 'OperationStarted');
          return outcomeOf(await ended, started?.type === 'OperationStarted' ? started.data.to : undefined);
        }
        if (committed.kind === 'already') return { ok: true };
        if (committed.kind === 'rejected') return { ok: false, rejection: committed.rejection };
        if (committed.kind === 'wait') await this.#untilIdle(committed.streams);
      } finally {
        forget();
      }
    }
    return no(codeOf(command), 'busy', 'the replicaSets and volumes it is about keep changing: try again');
  }

  async plan(command: Mutation, origin: Origin, precondition: Precondition = {}): Promise<PlanOutcome> {
    const { committer, settings, outside, ids } = this.#deps;
    const meta: CommandMeta = { id: ids.next(), name: command.do, ...origin };
    try {
      for (let stale = 0; stale < MAX_STALE; stale++) {
        const facts = await gather(needsOf(committer.state, command), outside);
        const { state } = committer;
        const decision = decideIf(state, command, { settings, facts, id: meta.id }, {}, precondition);
        if (decision.kind === 'stale') continue;
        if (decision.kind === 'rejected') return { ok: false, rejection: decision.rejection };
        if (decision.kind === 'wait')
          return no(codeOf(command), 'busy', `an operation is under way on ${decision.streams.join(', ')}: plan again when it has ended`);
        const stream = streamOf(command);
        const events = decision.kind === 'events' ? decision.events : [];
        const steps = planSteps(state, events, meta, settings);
        return { ok: true, plan: { stream, etag: aggregateOf(state, stream)?.seq ?? null, events, steps } };
      }
    } catch (error) {
      return refusal(command, error);
    }
    return no(codeOf(command), 'busy', 'the replicaSets and volumes it is about keep changing: try again');
  }

  /** The answer that the first command with the same key got, or gets. */
  async #answerOf(command: Mutation, first: KeyedCommand, origin: Origin): Promise<CommandOutcome> {
    if (first.bodyHash !== origin.bodyHash) return otherBody(command, origin.idempotencyKey ?? '');
    const { ended, forget } = this.#endOf(first.id);
    try {
      // Looked at after listening, so that an end in between is not missed.
      const { outcome } = earlier(this.#deps.committer.state, origin) ?? first;
      if (outcome === null) return outcomeOf(await ended, first.version);
      if (!outcome.ok) return no(outcome.code, 'failed', outcome.message);
      return { ok: true, ...(first.version !== undefined && { version: first.version }) };
    } finally {
      forget();
    }
  }

  #endOf(id: string): { ended: Promise<Ended>; forget: () => void } {
    const waiters = this.#ends.get(id) ?? new Set();
    this.#ends.set(id, waiters);
    let forget = (): void => {};
    const ended = new Promise<Ended>((resolve, reject) => {
      const waiter = { resolve, reject };
      waiters.add(waiter);
      forget = () => {
        waiters.delete(waiter);
        if (waiters.size === 0) this.#ends.delete(id);
      };
      if (this.#stopped !== null) reject(this.#stopped);
    });
    ended.catch(() => {});
    return { ended, forget };
  }

  /** Until no operation is open on any of these streams. */
  async #untilIdle(streams: readonly string[]): Promise<void> {
    const { committer } = this.#deps;
    while (this.#stopped === null && streams.some((stream) => aggregateOf(committer.state, stream)?.operation != null)) {
      await new Promise<void>((wake) => {
        const waiter = {
          streams,
          wake: () => {
            this.#idle.delete(waiter);
            wake();
          },
        };
        this.#idle.add(waiter);
      });
    }
  }
}

/** The command that came with the same Idempotency-Key before, if there was one. */
export const earlier = (state: State, { idempotencyKey }: Origin | { idempotencyKey?: string }): KeyedCommand | undefined =>
  idempotencyKey === undefined ? undefined : state.commands.get(idempotencyKey);

/** As `decide`, but not when another server has taken the same key meanwhile, or the client decided on another state. */
function decideIf(
  state: State,
  command: Mutation,
  context: Context,
  origin: { idempotencyKey?: string },
  { ifMatch }: Precondition,
): Decision {
  if (earlier(state, origin) !== undefined) return { kind: 'stale' };
  if (ifMatch !== undefined) {
    const stream = streamOf(command);
    const aggregate = aggregateOf(state, stream);
    if (aggregate?.operation != null) return { kind: 'wait', streams: [stream] };
    if (aggregate?.seq !== ifMatch) {
      const now = aggregate === undefined ? 'does not exist' : `is at "${aggregate.seq}"`;
      return reject(
        codeOf(command),
        'precondition',
        `If-Match is "${ifMatch}", but ${stream} ${now}: someone else changed it; read it again`,
      );
    }
  }
  const decision = decide(state, command, context);
  return decision.kind === 'already' && origin.idempotencyKey !== undefined ? recordNoOp(command) : decision;
}

function outcomeOf(ended: Ended, version: number | undefined): CommandOutcome {
  if (ended.type === 'OperationFailed') return no(ended.data.code, 'failed', ended.data.message);
  return { ok: true, ...(version !== undefined && { version }) };
}
