// Runs commands in containers, beside operations and blocking none: the intent is logged before, the outcome after.
import { Code } from '../../commands/api-codes.ts';
import { type Command, decide } from '../../commands/command.ts';
import { containerRef } from '../../commands/container/steps.ts';
import { noFacts, type Settings } from '../../commands/decision.ts';
import { type ContainerEngine, EngineError, type ExecRequest, type ExecResult } from '../../commands/outside/engine.ts';
import type { Clock, Ids } from '../../commands/outside/host.ts';
import type { ExecuteOutcome, Origin } from '../../commands/service.ts';
import type { EventData } from '../../events/catalogue.ts';
import type { CommandMeta } from '../../events/envelope.ts';
import { replicaSetStream } from '../../events/stream.ts';
import { findVersion, type KeyedCommand } from '../../projections/state.ts';
import { earlier } from './command-queue.ts';
import type { Committer } from './committer.ts';
import { no, otherBody, refusal } from './refusal.ts';

export interface ExecRunnerDeps {
  readonly committer: Committer;
  readonly engine: ContainerEngine;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: Settings;
  readonly limits: ExecLimits;
}

export interface ExecLimits {
  readonly maxExecOutputBytes: number;
  readonly execTimeoutMs: number;
  /** At once; past that the answer is busy. */
  readonly maxExecs: number;
}

type Execute = Extract<Command, { do: 'execute' }>;

export class ExecRunner {
  readonly #deps: ExecRunnerDeps;
  readonly #keyed = new Map<string, { bodyHash: string; outcome: Promise<ExecuteOutcome> }>();
  #running = 0;

  constructor(deps: ExecRunnerDeps) {
    this.#deps = deps;
  }

  /** A repetition with the same Idempotency-Key shares the first one's answer; once that has been given, only its exit code is known. */
  run(command: Execute, origin: Origin, signal: AbortSignal): Promise<ExecuteOutcome> {
    const { idempotencyKey: key, bodyHash } = origin;
    if (key === undefined || bodyHash === undefined) return this.#bounded(command, origin, signal);
    const underWay = this.#keyed.get(key);
    if (underWay !== undefined) return underWay.bodyHash === bodyHash ? underWay.outcome : Promise.resolve(otherBody(command, key));
    const before = earlier(this.#deps.committer.state, origin);
    if (before !== undefined) return Promise.resolve(again(command, before, origin));
    const outcome = this.#bounded(command, origin, signal).finally(() => this.#keyed.delete(key));
    this.#keyed.set(key, { bodyHash, outcome });
    return outcome;
  }

  async #bounded(command: Execute, origin: Origin, signal: AbortSignal): Promise<ExecuteOutcome> {
    if (this.#running >= this.#deps.limits.maxExecs) {
      return no(Code.executeFailed, 'busy', `${this.#running} commands are being executed already: try again when one has ended`);
    }
    this.#running++;
    try {
      return await this.#run(command, origin, signal);
    } catch (error) {
      return refusal(command, error);
    } finally {
      this.#running--;
    }
  }

  async #run(command: Execute, origin: Origin, signal: AbortSignal): Promise<ExecuteOutcome> {
    const { committer, engine, clock, ids, limits, settings } = this.#deps;
    const meta: CommandMeta = { id: ids.next(), name: 'execute', ...origin };
    // Not when another server, or a command of another kind, has taken the same key meanwhile.
    const requested = await committer.submit(meta, (state) =>
      earlier(state, origin) !== undefined ? { kind: 'stale' } : decide(state, command, { settings, facts: noFacts, id: meta.id }),
    );
    const before = requested.kind === 'stale' ? earlier(committer.state, origin) : undefined;
    if (before !== undefined) return again(command, before, origin);
    if (requested.kind === 'rejected') return { ok: false, rejection: requested.rejection };
    const began = clock.now();
    const record = async (outcome: Omit<EventData['CommandExecuted'], 'durationMs'>): Promise<void> => {
      const data = { ...outcome, durationMs: Math.max(0, Math.round(clock.now() - began)) };
      await committer.submit(meta, () => ({
        kind: 'events',
        events: [{ type: 'CommandExecuted', stream: replicaSetStream(command.name), data }],
      }));
    };
    const request: ExecRequest = {
      cmd: command.cmd,
      maxOutputBytes: limits.maxExecOutputBytes,
      timeoutMs: limits.execTimeoutMs,
      signal,
      ...(command.workDir !== undefined && { workDir: command.workDir }),
    };
    try {
      const rs = committer.state.replicaSets.get(command.name);
      const version = rs === undefined ? undefined : findVersion(rs, rs.current);
      if (rs === undefined || version === undefined) throw new EngineError('not-found', `replicaSet ${command.name} was deleted meanwhile`);
      const result = await engine.exec(containerRef(committer.state, rs, version), request);
      const { exitCode, outputBytes, truncated } = result;
      const failure = failureOf(result);
      await record({ exitCode, outputBytes, truncated, ...(failure !== undefined && { failure }) });
      return { ok: true, result };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      await record({ exitCode: null, outputBytes: 0, truncated: false, failure: error.message });
      return refusal(command, error);
    }
  }
}

const TIMED_OUT = 'timed out and was killed';
const HUNG_UP = 'the client hung up and it was killed';

const failureOf = ({ timedOut, aborted }: ExecResult): string | undefined => (timedOut ? TIMED_OUT : aborted ? HUNG_UP : undefined);

/** The first answer as far as the log holds it. */
function again(command: Execute, { bodyHash, outcome }: KeyedCommand, origin: Origin): ExecuteOutcome {
  if (bodyHash !== origin.bodyHash) return otherBody(command, origin.idempotencyKey ?? '');
  if (outcome === null)
    return no(Code.executeFailed, 'conflict', 'the command with this Idempotency-Key was begun before; whether it ended is not known');
  if (!outcome.ok) return no(outcome.code, 'failed', outcome.message);
  const { exitCode = null, failure } = outcome;
  const [timedOut, aborted] = [failure === TIMED_OUT, failure === HUNG_UP];
  if (failure !== undefined && !timedOut && !aborted) return no(Code.executeFailed, 'failed', failure);
  return { ok: true, result: { exitCode, stdout: '', outputBytes: 0, truncated: true, timedOut, aborted } };
}
