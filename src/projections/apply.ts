// apply(state, event) → state, with one applier per event type in one map. Stored events are upcast on the way; an unknown type stops the
// replay.
import { enableMapSet, produce } from 'immer';
import { type Event, type EventType, type NewEvent, schemaVersionOf } from '../events/catalogue.ts';
import type { CommandMeta, Envelope } from '../events/envelope.ts';
import { isCurrent, upcast } from '../events/evolution/upcasters.ts';
import type { Applier, Appliers } from './applier.ts';
import { noteCommand } from './apply-command.ts';
import { hostAppliers } from './apply-host.ts';
import { logAppliers } from './apply-log.ts';
import { operationAppliers } from './apply-operation.ts';
import { replicaSetAppliers } from './apply-replica-set.ts';
import { volumeAppliers } from './apply-volume.ts';
import { aggregateOf, isReplicaSet, type Operation, type State } from './state.ts';

enableMapSet();

/** Events at a time from which looking for busy streams pays off. */
const MANY = 100;

const appliers: Appliers = { ...logAppliers, ...hostAppliers, ...operationAppliers, ...replicaSetAppliers, ...volumeAppliers };

function applyTo(state: State, event: Event): void {
  (appliers[event.type] as Applier<EventType>)(state, event);
  const aggregate = aggregateOf(state, event.stream);
  noteCommand(state, event);
  if (aggregate !== undefined) {
    // An execute changes nothing that a client reads, so the ETag stays.
    if (!event.type.startsWith('Command')) aggregate.seq = event.seq;
    noteStep(aggregate.operation, event);
  }
}

function noteStep(operation: Operation | null, event: Event): void {
  if (operation !== null && operation.id === event.command.id && event.type !== 'OperationStarted') operation.done.push(event.type);
}

/**
 * Replaces the replicaSets and volumes that have more of these events than versions by plain copies: immer does not draft a plain object
 * that was put into a draft, and changing it costs a fifth of changing a draft. Only a replay has so many events at once.
 */
function copyBusy(draft: State, state: State, events: readonly Envelope[]): void {
  const counts = new Map<string, number>();
  for (const { stream } of events) counts.set(stream, (counts.get(stream) ?? 0) + 1);
  for (const [stream, count] of counts) {
    const known = aggregateOf(state, stream);
    if (known === undefined || count <= known.versions.length) continue;
    if (isReplicaSet(known)) draft.replicaSets.set(known.name, copyOf(known));
    else draft.volumes.set(known.name, copyOf(known));
  }
}

/** A deep copy of plain data. */
function copyOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf) as T;
  const copy: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) copy[key] = copyOf(field);
  return copy as T;
}

/** The state after these stored events, which must follow the state's head. All are applied in one immer `produce`. Throws LogCorruptError. */
export function applyAll(state: State, events: readonly Envelope[]): State {
  const last = events.at(-1);
  if (last === undefined) return state;
  return produce(state, (draft) => {
    if (events.length >= MANY) copyBusy(draft, state, events);
    for (const stored of events) {
      if (isCurrent(stored)) applyTo(draft, stored);
      else for (const event of upcast(stored, draft.release)) applyTo(draft, event);
    }
    draft.head = { seq: last.seq, hash: last.hash };
    draft.time = last.time;
  });
}

/** The state that these events would lead to, without sealing them: for deciders that look one step ahead. */
export function pretend(state: State, events: readonly NewEvent[], command: CommandMeta, host: string): State {
  if (events.length === 0) return state;
  const { seq } = state.head;
  return applyAll(
    state,
    events.map((e, i) => ({
      ...e,
      seq: seq + 1 + i,
      schema: schemaVersionOf(e.type),
      time: state.time,
      host,
      command,
      prev: '',
      hash: '',
    })),
  );
}
