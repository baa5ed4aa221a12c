// The operations that are under way, as an operator sees them, and the order to undo one.
import { Code } from '../../../commands/api-codes.ts';
import { byOf, roleProblem } from '../../../commands/request/keys/rights.ts';
import type { OperationInfo, Origin, UndoOutcome } from '../../../commands/service.ts';
import { replicaSetStream, volumeStream } from '../../../events/stream.ts';
import { aggregateOf, type Operation, openOperations, type State } from '../../../projections/state.ts';
import { rejected } from '../rejected.ts';
import type { OperationRunner } from './operation-runner.ts';

/** How an operation is looked at. */
interface Look {
  readonly state: State;
  readonly host: string;
  /** Null while this server does not lead, and so does not know what holds one up. */
  readonly runner: OperationRunner | null;
  /** ms since the epoch; absent: at another moment than now. */
  readonly now?: number;
}

/** Oldest first. */
export function operationsOf({ state, host, runner, now }: Look): OperationInfo[] {
  const found = openOperations(state).map(({ name, kind, host: its, operation }) => {
    const stream = kind === 'replicaSet' ? replicaSetStream(name) : volumeStream(name);
    return infoOf(stream, operation, its === host ? runner : null, now);
  });
  return found.sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
}

/** The one on that stream; null where none is under way. */
export function operationOn({ state, host, runner, now }: Look, stream: string): OperationInfo | null {
  const aggregate = aggregateOf(state, stream);
  if (aggregate === undefined || aggregate.operation === null) return null;
  return infoOf(stream, aggregate.operation, aggregate.host === host ? runner : null, now);
}

function infoOf(
  stream: string,
  { id, kind, phase, since, command, done, failure }: Operation,
  runner: OperationRunner | null,
  now?: number,
): OperationInfo {
  const at = runner?.stepOf(stream);
  const attempt = runner?.progress.of(stream);
  const { stream: _, ...stall } = runner?.stalls.of(stream) ?? {};
  const waiting = runner?.slotWaitOf(stream);
  return {
    id,
    stream,
    kind,
    phase,
    since,
    actor: command.actor,
    done,
    step: at?.step ?? null,
    undoable: at?.undoable ?? false,
    ...(now !== undefined && { elapsedMs: Math.max(0, now - Date.parse(since)) }),
    ...(attempt !== undefined && { attempt: { number: ('attempts' in stall ? stall.attempts : 0) + 1, since: attempt.since } }),
    ...(attempt?.progress !== undefined && { progress: attempt.progress }),
    ...('since' in stall && { stalled: stall }),
    ...(waiting !== undefined && { waiting }),
    ...(failure !== undefined && { failure }),
  };
}

/** Answers at once: the operation goes back as soon as the step that is under way, if one is, has come to an end. */
export function orderUndo({ state, host, runner, now }: Required<Look>, id: string, origin: Origin): UndoOutcome {
  const rejection = roleProblem(state, byOf(origin, now), 'admin');
  if (rejection !== null) return { ok: false, rejection };
  const refuse = (kind: 'not-found' | 'conflict' | 'unavailable' | 'misdirected', message: string): UndoOutcome =>
    rejected(Code.undoFailed, kind, message);
  const found = openOperations(state).find(({ operation }) => operation.id === id);
  if (found === undefined) return refuse('not-found', `no operation ${id} is under way: GET /api/v1/operations lists those that are`);
  if (found.host !== host) return refuse('misdirected', `operation ${id} is on host ${found.host}, and this is the server of host ${host}`);
  if (runner === null) return refuse('unavailable', `host ${host} is not led by this server yet: GET /readyz says why`);
  const stream = found.kind === 'replicaSet' ? replicaSetStream(found.name) : volumeStream(found.name);
  const info = infoOf(stream, found.operation, runner);
  if (info.phase === 'undo') return refuse('conflict', `operation ${id} is being undone already`);
  if (!info.undoable) {
    return refuse(
      'conflict',
      `operation ${id} has done its work, and only takes away what is left over (${info.step}): it cannot be undone any more`,
    );
  }
  runner.orderUndo(stream, id, origin.actor);
  return { ok: true, operation: info };
}
