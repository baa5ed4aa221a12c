// The operations that are under way, as an operator sees them, and the order to undo one.
import { Code } from '../../../commands/api-codes.ts';
import { byOf, roleProblem } from '../../../commands/request/keys/rights.ts';
import type { OperationInfo, Origin, UndoOutcome } from '../../../commands/service.ts';
import { replicaSetStream, volumeStream } from '../../../events/stream.ts';
import { type Operation, openOperations, type State } from '../../../projections/state.ts';
import { rejected } from '../rejected.ts';
import type { OperationRunner } from './operation-runner.ts';

/** Oldest first. `runner`: null while this server does not lead, and so does not know what holds one up. */
export function operationsOf(state: State, host: string, runner: OperationRunner | null): OperationInfo[] {
  const found = openOperations(state).map(({ name, kind, host: its, operation }) => {
    const stream = kind === 'replicaSet' ? replicaSetStream(name) : volumeStream(name);
    return infoOf(stream, operation, its === host ? runner : null);
  });
  return found.sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
}

function infoOf(
  stream: string,
  { id, kind, phase, since, command, done, failure }: Operation,
  runner: OperationRunner | null,
): OperationInfo {
  const at = runner?.stepOf(stream);
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
    ...('since' in stall && { stalled: stall }),
    ...(waiting !== undefined && { waiting }),
    ...(failure !== undefined && { failure }),
  };
}

/** `now` in ms since the epoch. Answers at once: the operation goes back as soon as the step that is under way, if one is, has come to an end. */
export function orderUndo(
  { state, host, now }: { readonly state: State; readonly host: string; readonly now: number },
  runner: OperationRunner | null,
  id: string,
  origin: Origin,
): UndoOutcome {
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
