// Takes commands in: one at a time per stream and in order, each decided on the state and the facts that it then finds, and answered
// when the operation that it began has ended.
import { type Command, decide, needsOf, streamOf } from '../commands/command.ts';
import { type Context, type Decision, failureCode, type Rejection, type Settings, Code } from '../commands/decision.ts';
import { EngineError, type ContainerEngine, type ExecRequest } from '../commands/engine.ts';
import type { Clock, Ids } from '../commands/ports.ts';
import type { CommandOutcome, ExecuteOutcome, Origin } from '../commands/service.ts';
import { containerRef } from '../commands/operation/next.ts';
import type { Event } from '../events/catalogue.ts';
import type { CommandMeta } from '../events/envelope.ts';
import { replicaSetStream } from '../events/catalogue.ts';
import { FencedError, LogClosedError, LogFullError } from '../events/log.ts';
import { aggregateOf } from '../projections/apply.ts';
import { findVersion } from '../projections/state.ts';
import { gather, type Outside } from './facts.ts';
import { type Committed, type Journal, TooLargeError } from './journal.ts';

export interface DispatcherDeps {
  readonly journal: Journal;
  readonly engine: ContainerEngine;
  readonly outside: Outside;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: Settings;
  readonly limits: Limits;
}

export interface Limits {
  readonly maxExecOutputBytes: number;
  readonly execTimeoutMs: number;
  /** Commands waiting for their turn, per stream and in all: past that the answer is busy at once. */
  readonly maxQueuedPerStream: number;
  readonly maxQueued: number;
  readonly maxExecs: number;
}

type Mutation = Exclude<Command, { do: 'execute' }>;
type Execute = Extract<Command, { do: 'execute' }>;
type Ended = Extract<Event, { type: 'OperationCompleted' | 'OperationFailed' }>;

/** Facts that are out of date this often are a sign of two commands undoing each other's needs. */
const MAX_STALE = 50;

const no = (code: number, kind: Rejection['kind'], message: string): { ok: false; rejection: Rejection } => ({
  ok: false,
  rejection: { code, kind, message },
});
const codeOf = (command: Command): number => (command.do === 'execute' ? Code.executeFailed : failureCode[command.do]);

export class Dispatcher {
  readonly #deps: DispatcherDeps;
  readonly #turns = new Map<string, { tail: Promise<unknown>; waiting: number }>();
  readonly #ends = new Map<string, { resolve: (event: Ended) => void; reject: (error: Error) => void }>();
  #stopped: EngineError | null = null;
  readonly #idle = new Set<{ streams: readonly string[]; wake: () => void }>();
  #queued = 0;
  #execs = 0;

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
    deps.journal.onCommit((events) => {
      for (const event of events) {
        if (event.type !== 'OperationCompleted' && event.type !== 'OperationFailed') continue;
        this.#ends.get(event.command.id)?.resolve(event);
        for (const waiter of this.#idle) if (waiter.streams.includes(event.stream)) waiter.wake();
      }
    });
  }

  /** Answers all who wait for an operation's end: it goes on when a server starts on this host again. */
  stop(reason: string): void {
    this.#stopped = new EngineError('unavailable', reason);
    for (const { reject } of this.#ends.values()) reject(this.#stopped);
    for (const { wake } of this.#idle) wake();
  }

  async submit(command: Mutation, origin: Origin): Promise<CommandOutcome> {
    const { limits } = this.#deps;
    const stream = streamOf(command);
    const turn = this.#turns.get(stream) ?? { tail: Promise.resolve(), waiting: 0 };
    if (turn.waiting >= limits.maxQueuedPerStream || this.#queued >= limits.maxQueued) {
      const what = turn.waiting >= limits.maxQueuedPerStream ? `${turn.waiting} commands wait for ${stream}` : `${this.#queued} commands wait`;
      return no(codeOf(command), 'busy', `${what} already: try again when they are done`);
    }
    turn.waiting++;
    this.#queued++;
    this.#turns.set(stream, turn);
    const mine = turn.tail.then(() => this.#carryOut(command, origin));
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

  async #carryOut(command: Mutation, origin: Origin): Promise<CommandOutcome> {
    const { journal, settings, outside, ids } = this.#deps;
    const meta: CommandMeta = { id: ids.next(), name: command.do, ...origin };
    for (let stale = 0; stale < MAX_STALE; stale++) {
      await this.#untilIdle([streamOf(command)]);
      if (this.#stopped !== null) throw this.#stopped;
      const facts = await gather(needsOf(journal.state, command), outside);
      const ended = new Promise<Ended>((resolve, reject) => this.#ends.set(meta.id, { resolve, reject }));
      ended.catch(() => {});
      const context: Context = { settings, facts, id: meta.id };
      try {
        const committed = await journal.submit(meta, (state) => decide(state, command, context));
        if (committed.kind === 'committed') return outcomeOf(await ended, committed);
        if (committed.kind === 'already') return { ok: true };
        if (committed.kind === 'rejected') return { ok: false, rejection: committed.rejection };
        if (committed.kind === 'wait') await this.#untilIdle(committed.streams);
      } finally {
        this.#ends.delete(meta.id);
      }
    }
    return no(codeOf(command), 'busy', 'the replicaSets and volumes it is about keep changing: try again');
  }

  /** Until no operation is open on any of these streams. */
  async #untilIdle(streams: readonly string[]): Promise<void> {
    const { journal } = this.#deps;
    while (this.#stopped === null && streams.some((stream) => aggregateOf(journal.state, stream)?.operation != null)) {
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

  /** Runs beside operations: the intent is logged before, the outcome after. */
  async execute(command: Execute, origin: Origin, signal: AbortSignal): Promise<ExecuteOutcome> {
    const { limits } = this.#deps;
    if (this.#execs >= limits.maxExecs) {
      return no(Code.executeFailed, 'busy', `${this.#execs} commands are being executed already: try again when one has ended`);
    }
    this.#execs++;
    try {
      return await this.#execute(command, origin, signal);
    } catch (error) {
      return refusal(command, error);
    } finally {
      this.#execs--;
    }
  }

  async #execute(command: Execute, origin: Origin, signal: AbortSignal): Promise<ExecuteOutcome> {
    const { journal, engine, clock, ids, limits, settings } = this.#deps;
    const meta: CommandMeta = { id: ids.next(), name: 'execute', ...origin };
    const context: Context = { settings, facts: await gather({}, this.#deps.outside), id: meta.id };
    const requested = await journal.submit(meta, (state) => decide(state, command, context));
    if (requested.kind === 'rejected') return { ok: false, rejection: requested.rejection };
    if (requested.kind !== 'committed') return no(Code.executeFailed, 'busy', 'the replicaSet is changing: try again');
    const rs = journal.state.replicaSets.get(command.name);
    const version = rs === undefined ? undefined : findVersion(rs, rs.current);
    const began = clock.now();
    const record = (data: Extract<Event, { type: 'CommandExecuted' }>['data']): Promise<Committed> =>
      journal.submit(meta, (): Decision => ({ kind: 'events', events: [{ type: 'CommandExecuted', stream: replicaSetStream(command.name), data }] }));
    const request: ExecRequest = {
      cmd: command.cmd,
      maxOutputBytes: limits.maxExecOutputBytes,
      timeoutMs: limits.execTimeoutMs,
      signal,
      ...(command.workDir !== undefined && { workDir: command.workDir }),
    };
    try {
      if (rs === undefined || version === undefined) throw new EngineError('not-found', `replicaSet ${command.name} was deleted meanwhile`);
      const result = await engine.exec(containerRef(journal.state, rs, version), request);
      const failure = result.timedOut ? 'timed out and was killed' : result.aborted ? 'the client hung up and it was killed' : undefined;
      const { exitCode, outputBytes, truncated } = result;
      await record({ exitCode, durationMs: Math.max(0, Math.round(clock.now() - began)), outputBytes, truncated, ...(failure !== undefined && { failure }) });
      return { ok: true, result };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const durationMs = Math.max(0, Math.round(clock.now() - began));
      await record({ exitCode: null, durationMs, outputBytes: 0, truncated: false, failure: error.message });
      return refusal(command, error);
    }
  }
}

function outcomeOf(ended: Ended, committed: Extract<Committed, { kind: 'committed' }>): CommandOutcome {
  if (ended.type === 'OperationFailed') {
    return no(ended.data.code, 'failed', ended.data.message);
  }
  const started = committed.events.find((e) => e.type === 'OperationStarted');
  const version = started?.type === 'OperationStarted' ? started.data.to : undefined;
  return { ok: true, ...(version !== undefined && { version }) };
}

/** An error that is nobody's fault in the request: Docker or etcd does not answer, or another server has taken over. */
function refusal(command: Command, error: unknown): { ok: false; rejection: Rejection } {
  const code = codeOf(command);
  if (error instanceof TooLargeError) return no(Code.invalidBody, 'invalid', error.message);
  if (error instanceof LogFullError) return no(code, 'unavailable', `the event log has no space left, so nothing can be changed: ${error.message}`);
  if (error instanceof FencedError || error instanceof LogClosedError) return no(code, 'unavailable', `this server is no longer in charge: ${error.message}`);
  if (!(error instanceof EngineError)) throw error;
  const kinds = { unavailable: 'unavailable', 'not-found': 'not-found', conflict: 'conflict', 'in-use': 'conflict', 'no-space': 'impossible', refused: 'impossible' } as const;
  return no(code, kinds[error.kind], error.message);
}
