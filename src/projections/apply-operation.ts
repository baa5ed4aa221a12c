import type { Event } from '../events/catalogue.ts';
import { LogCorruptError } from '../events/log.ts';
import { isOperationKind, type operationEvents } from '../events/operation.ts';
import { replicaSetOfStream, replicaSetStream, volumeOfStream } from '../events/stream.ts';
import type { Appliers } from './applier.ts';
import { noteFailure, noteOperation } from './note-restarts.ts';
import { aggregateOf, isReplicaSet, type Operation, type ReplicaSet, type State, type Volume } from './state.ts';

/** The replicaSet or volume of an event that needs one. Throws LogCorruptError. */
function requireAggregate(state: State, event: Event): ReplicaSet | Volume {
  const found = aggregateOf(state, event.stream);
  if (found === undefined) throw new LogCorruptError(event.seq, `${event.type} on ${event.stream}, which does not exist`);
  return found;
}

export const operationAppliers: Pick<Appliers, keyof typeof operationEvents> = {
  OperationStarted: (state, event) => {
    const { kind, from, to, imageName, stopTimeout } = event.data;
    if (!isOperationKind(kind)) {
      const unknown: string = kind;
      throw new LogCorruptError(
        event.seq,
        `an operation of kind ${JSON.stringify(unknown)} on ${event.stream}: this program does not know it`,
      );
    }
    const known = aggregateOf(state, event.stream);
    const name = replicaSetOfStream(event.stream) ?? volumeOfStream(event.stream) ?? '';
    const operation: Operation = {
      id: event.command.id,
      kind,
      command: event.command,
      since: event.time,
      before: known !== undefined && isReplicaSet(known) ? known.state : 'starting',
      held:
        known !== undefined && isReplicaSet(known)
          ? { gpus: [...known.gpus], ports: known.ports.map((p) => ({ ...p })) }
          : { gpus: [], ports: [] },
      phase: 'forward',
      done: [],
      conflicts: [],
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(imageName !== undefined && { imageName }),
      ...(stopTimeout !== undefined && { stopTimeout }),
    };
    if (known !== undefined && isReplicaSet(known)) noteOperation(known, operation, event.time);
    if (known !== undefined) known.operation = operation;
    else if (kind === 'run') state.replicaSets.set(name, emptyReplicaSet(name, event.host, event.command.actor, operation.id, operation));
    else if (kind === 'createVolume') {
      state.volumes.set(name, {
        name,
        host: event.host,
        owner: event.command.actor,
        uid: operation.id,
        versions: [],
        lastVersion: 0,
        current: 0,
        operation,
        seq: event.seq,
      });
    } else throw new LogCorruptError(event.seq, `${kind} on ${event.stream}, which does not exist`);
  },
  CommandRejected: () => {},
  OperationCompleted: (state, event) => {
    // When the operation deleted the name, the aggregate is already gone.
    const aggregate = aggregateOf(state, event.stream);
    if (aggregate === undefined) return;
    aggregate.operation = null;
    if (isReplicaSet(aggregate) && event.data.warning !== undefined) aggregate.stateReason = event.data.warning;
  },
  OperationFailed: (state, event) => {
    const aggregate = requireAggregate(state, event);
    if (isReplicaSet(aggregate)) noteFailure(aggregate, event);
    dropUnmade(aggregate);
    aggregate.operation = null;
    // The first version was never made, so the name is free again.
    if (aggregate.current !== 0) return;
    if (event.stream === replicaSetStream(aggregate.name)) state.replicaSets.delete(aggregate.name);
    else state.volumes.delete(aggregate.name);
  },
};

/** Nothing is left of a version that an undone operation was making; its number is not given again. It is the last one. */
function dropUnmade({ versions, current, operation }: ReplicaSet | Volume): void {
  if (operation?.to !== undefined && operation.to !== current && versions.at(-1)?.version === operation.to) versions.pop();
}

export function emptyReplicaSet(name: string, host: string, owner: string, uid: string, operation: Operation | null): ReplicaSet {
  return {
    name,
    host,
    owner,
    uid,
    image: { id: '', env: [] },
    versions: [],
    lastVersion: 0,
    leftVolumes: [],
    current: 0,
    state: 'starting',
    gpus: [],
    ports: [],
    operation,
    seq: 0,
  };
}
