// apply(state, event) → state: one applier per event type, in one map; an unknown type stops the replay.
import { enableMapSet, produce } from 'immer';
import { type Event, type EventOf, type EventType, isEventType, type NewEvent } from '../events/catalogue.ts';
import type { CommandMeta } from '../events/envelope.ts';
import { LogCorruptError } from '../events/log.ts';
import { hostAppliers } from './apply-host.ts';
import { operationAppliers } from './apply-operation.ts';
import { replicaSetAppliers } from './apply-replica-set.ts';
import { volumeAppliers } from './apply-volume.ts';
import type { Operation, ReplicaSet, State, Volume } from './state.ts';

enableMapSet();

/** Changes the draft in place. */
export type Applier<K extends EventType> = (state: State, event: EventOf<K>) => void;
export type Appliers = { readonly [K in EventType]: Applier<K> };

const appliers: Appliers = { ...hostAppliers, ...operationAppliers, ...replicaSetAppliers, ...volumeAppliers };

function applyTo(state: State, event: Event): void {
  if (!isEventType(event.type)) throw new LogCorruptError(event.seq, `unknown event type ${String(event.type)}`);
  (appliers[event.type] as Applier<EventType>)(state, event);
  const aggregate = aggregateOf(state, event.stream);
  if (aggregate !== undefined) {
    aggregate.seq = event.seq;
    noteStep(aggregate.operation, event);
  }
  state.head = { seq: event.seq, hash: event.hash };
  state.time = event.time;
}

/** The replicaSet or volume that a stream is about, if it exists. */
export function aggregateOf(state: State, stream: string): ReplicaSet | Volume | undefined {
  if (stream.startsWith('replicaSet/')) return state.replicaSets.get(stream.slice(11));
  if (stream.startsWith('volume/')) return state.volumes.get(stream.slice(7));
  return undefined;
}

function noteStep(operation: Operation | null, event: Event): void {
  if (operation !== null && operation.id === event.command.id && event.type !== 'OperationStarted') operation.done.push(event.type);
}

/** The state after these events, which must follow on the state's head. One immer `produce` for all of them. */
export function applyAll(state: State, events: readonly Event[]): State {
  return produce(state, (draft) => {
    for (const event of events) applyTo(draft as State, event);
  });
}

/** The state as these events would leave it, without sealing them: for deciders that look one step ahead. */
export function pretend(state: State, events: readonly NewEvent[], command: CommandMeta, host: string): State {
  if (events.length === 0) return state;
  const { seq } = state.head;
  return applyAll(
    state,
    events.map((e, i) => ({ ...e, seq: seq + 1 + i, schema: 1, time: state.time, host, command, prev: '', hash: '' }) as Event),
  );
}
