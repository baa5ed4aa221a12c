// Runs commands in containers, beside operations and without blocking any: the request is logged before, the outcome after.
import { Code } from '../../commands/api-codes.ts';
import { decide, type Execute } from '../../commands/command.ts';
import { containerRef } from '../../commands/container/steps.ts';
import { noFacts, reject, type Settings } from '../../commands/decision.ts';
import type { ContainerEngine, ExecRequest, ExecResult } from '../../commands/outside/engine.ts';
import { EngineError } from '../../commands/outside/engine-error.ts';
import type { Clock, Ids } from '../../commands/outside/host.ts';
import { byOf } from '../../commands/request/keys/rights.ts';
import type { ExecuteOutcome, Origin } from '../../commands/service.ts';
import type { EventData } from '../../events/catalogue.ts';
import type { CommandMeta } from '../../events/envelope.ts';
import { LogHeldError } from '../../events/log.ts';
import { replicaSetStream } from '../../events/stream.ts';
import type { KeyedCommand } from '../../projections/keys/keyed-commands.ts';
import { findVersion } from '../../projections/state.ts';
import { retry } from '../async/retry.ts';
import type { Committer } from './committer.ts';
import { CommandsUnderWay, keyOfOtherRequest, recordedUnderKey } from './queue/idempotency.ts';
import { Places } from './queue/places.ts';
import { rejected, rejectedBy } from './rejected.ts';

interface ExecRunnerDeps {
  readonly committer: Committer;
  readonly engine: ContainerEngine;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: Settings;
  readonly limits: ExecLimits;
  /** Whether this server carries out the host's effects. */
  readonly leads: () => boolean;
}

export interface ExecLimits {
  readonly maxExecOutputBytes: number;
  readonly execTimeoutMs: number;
  /** Commands that may run at the same time, shared out fairly (see Places). Beyond that one is rejected as busy at once. */
  readonly maxExecs: number;
}

/** Pauses before an outcome that the log could not take is submitted again, ms: the first, and the longest. */
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 5_000;
/** The places that one name and one actor may take for each that is free. */
const PER_FREE = { name: 1, actor: 3 };

/**
 * Runs the `execute` command:
 *
 *     const outcome = await execRunner.run({ do: 'execute', name: 'foo', cmd: ['nvidia-smi'] }, { actor: 'alice' }, hungUp);
 *     if (outcome.ok) console.log(outcome.result.stdout);
 *
 * Promises that a command is in the log before it runs (`CommandRequested`) and its outcome after (`CommandExecuted`), and that a command
 * under an Idempotency-Key runs once. A repetition shares the answer of the first one while that is under way. Afterwards only the exit
 * code is known: the log holds no output.
 */
export class ExecRunner {
  readonly #deps: ExecRunnerDeps;
  readonly #underWay = new CommandsUnderWay<ExecuteOutcome>();
  readonly #places: Places;

  constructor(deps: ExecRunnerDeps) {
    this.#deps = deps;
    this.#places = new Places({ what: 'commands are being executed', most: deps.limits.maxExecs, perFree: PER_FREE });
  }

  /** When the signal aborts, the command is killed. */
  run(command: Execute, origin: Origin, signal: AbortSignal): Promise<ExecuteOutcome> {
    return this.#underWay.share(command, origin, signal, (shared) => {
      const first = origin.bodyHash === undefined ? undefined : recordedUnderKey(this.#deps.committer.state, origin);
      return first === undefined ? this.#runWithinLimit(command, origin, shared) : Promise.resolve(answerOfFirst(command, first, origin));
    });
  }

  async #runWithinLimit(command: Execute, origin: Origin, signal: AbortSignal): Promise<ExecuteOutcome> {
    // Only what the leader has begun is closed by its successor. An execute of a standby that dies would stay open.
    if (!this.#deps.leads())
      return rejected(Code.executeFailed, 'unavailable', 'this server is not in charge of the host: nothing was run');
    const place = this.#places.take(command.name, origin.actor);
    if (typeof place === 'string') return rejected(Code.executeFailed, 'busy', `${place}: try again when one has ended`);
    try {
      return await this.#run(command, origin, signal);
    } catch (error) {
      return rejectedBy(command, error);
    } finally {
      place();
    }
  }

  async #run(command: Execute, origin: Origin, signal: AbortSignal): Promise<ExecuteOutcome> {
    const { committer, engine, clock, ids, limits, settings } = this.#deps;
    const meta: CommandMeta = { id: ids.next(), name: 'execute', ...origin };
    // Stale when another server, or a command of another kind, has recorded the same key meanwhile.
    // A decided command is in the log, and run: only before that does it count that the client has gone.
    let isDecided = false;
    const requested = await committer.submit(meta, (state) => {
      if (signal.aborted && !isDecided)
        return reject(Code.executeFailed, 'busy', 'the client hung up before the command was begun: nothing was run');
      isDecided = true;
      if (recordedUnderKey(state, origin) !== undefined) return { kind: 'stale' };
      const by = byOf(origin, clock.now());
      return decide(state, command, { settings, facts: noFacts, id: meta.id, ...(by !== undefined && { by }) });
    });
    const first = requested.kind === 'stale' ? recordedUnderKey(committer.state, origin) : undefined;
    if (first !== undefined) return answerOfFirst(command, first, origin);
    if (requested.kind === 'rejected') return { ok: false, rejection: requested.rejection };
    const startedAt = clock.now();
    const record = async (outcome: Omit<EventData['CommandExecuted'], 'durationMs'>): Promise<void> => {
      const data = { ...outcome, durationMs: Math.max(0, Math.round(clock.now() - startedAt)) };
      const executed = { type: 'CommandExecuted', stream: replicaSetStream(command.name), data } as const;
      await this.#untilLogHasRoom(() => committer.submit(meta, () => ({ kind: 'events', events: [executed] })));
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
      return rejectedBy(command, error);
    }
  }

  /** The command has run. If its outcome were dropped, it would count as under way for as long as this server leads. */
  #untilLogHasRoom<T>(record: () => Promise<T>): Promise<T> {
    const isPassing = (error: unknown): boolean => error instanceof LogHeldError;
    return retry(record, { clock: this.#deps.clock, firstMs: FIRST_PAUSE_MS, maxMs: MAX_PAUSE_MS, isPassing });
  }
}

const TIMED_OUT = 'timed out and was killed';
const HUNG_UP = 'the client hung up and it was killed';

const failureOf = ({ timedOut, aborted }: ExecResult): string | undefined => (timedOut ? TIMED_OUT : aborted ? HUNG_UP : undefined);

/** The answer of the first command under the same key, as far as the log holds it. */
function answerOfFirst(command: Execute, { bodyHash, outcome }: KeyedCommand, origin: Origin): ExecuteOutcome {
  if (bodyHash !== origin.bodyHash) return keyOfOtherRequest(command, origin);
  if (outcome === null || outcome === 'unknown')
    return rejected(
      Code.executeFailed,
      'conflict',
      'the command with this Idempotency-Key was begun before; whether it ended is not known',
    );
  if (!outcome.ok) return rejected(outcome.code, 'failed', outcome.message);
  const { exitCode = null, failure } = outcome;
  const [timedOut, aborted] = [failure === TIMED_OUT, failure === HUNG_UP];
  if (failure !== undefined && !timedOut && !aborted) return rejected(Code.executeFailed, 'failed', failure);
  return { ok: true, result: { exitCode, stdout: '', outputBytes: 0, truncated: true, timedOut, aborted } };
}
