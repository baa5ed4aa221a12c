// Folds how often a container died in a row and how often it was started again, so that back-off and limits outlive the server.
import type { EventOf } from '../events/catalogue.ts';
import type { OperationKind } from '../events/operation.ts';
import type { Operation, ReplicaSet, Restarts } from './state.ts';

/** The actor of the operations that start a dead container again. */
export const RESTART_ACTOR = 'system:restart';

/** Length of a run, ms, from which on the deaths before it no longer count. */
const RAN_WELL_MS = 600_000;

export function noteStart(rs: ReplicaSet, { time, seq }: { readonly time: string; readonly seq: number }): void {
  rs.began = { time, seq };
}

export function noteDeath(rs: ReplicaSet, { time, data: { message, exitCode, cause } }: EventOf<'ContainerDied'>): void {
  const ranWell = rs.began !== undefined && Date.parse(time) - Date.parse(rs.began.time) >= RAN_WELL_MS;
  // Tries outlive a death with the host: what takes Docker or the machine down, or only seems to, is not started at once for ever.
  const { exits, tries }: Pick<Restarts, 'exits' | 'tries'> =
    rs.restarts === undefined || ranWell
      ? { exits: 0, tries: 0 }
      : { exits: cause === 'host' ? 0 : rs.restarts.exits, tries: rs.restarts.tries };
  delete rs.began;
  // A container that Docker refused to start never ran, so this is no exit of its own.
  const own = cause === undefined && (message === undefined || exitCode !== undefined) ? 1 : 0;
  rs.restarts = { exits: exits + own, tries, since: time, ...(cause === 'host' && { withHost: true as const }) };
}

/** These leave the container as it is. */
const touchesNothing: ReadonlySet<OperationKind> = new Set(['commit', 'setPolicy', 'removeVersion', 'freeze', 'thaw']);

/** Any other order of a client begins the count anew. One of the service does not. */
export function noteOperation(rs: ReplicaSet, { kind, command }: Operation, time: string): void {
  if (command.actor !== RESTART_ACTOR) {
    if (!touchesNothing.has(kind) && !command.actor.startsWith('system:')) delete rs.restarts;
    return;
  }
  const { refused: _, ...before }: Restarts = rs.restarts ?? { exits: 0, tries: 0, since: time };
  rs.restarts = { ...before, tries: before.tries + 1 };
}

export function noteFailure(rs: ReplicaSet, { time, command, data: { message, refused } }: EventOf<'OperationFailed'>): void {
  if (command.actor !== RESTART_ACTOR || rs.restarts === undefined) return;
  if (refused === true) {
    rs.restarts.tries--;
    rs.restarts.refused = { message, since: time };
  } else rs.restarts.since = time;
}
