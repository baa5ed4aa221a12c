// apply(state, event) → state, with one applier per event type in one map. Stored events are upcast on the way; an unknown type stops the
// replay.
import { enableMapSet, produce } from 'immer';
import { type Event, type EventType, type NewEvent, schemaVersionOf } from '../events/catalogue.ts';
import type { CommandMeta, Envelope } from '../events/envelope.ts';
import { areCurrent, isCurrent, upcast } from '../events/evolution/upcasters.ts';
import type { Applier, Appliers } from './applier.ts';
import { hostAppliers } from './apply-host.ts';
import { logAppliers } from './apply-log.ts';
import { operationAppliers } from './apply-operation.ts';
import { replicaSetAppliers } from './apply-replica-set.ts';
import { thaw } from './apply-thaw.ts';
import { volumeAppliers } from './apply-volume.ts';
import { keyAppliers } from './keys/apply-api-key.ts';
import { noteCommand } from './keys/apply-command.ts';
import { chargeOf, noteOwned } from './keys/owned.ts';
import { aggregateOf, type Operation, type State } from './state.ts';

enableMapSet();

/** Events at a time from which thawing the state pays off. Only a replay has so many. */
const MANY = 100;

const appliers: Appliers = {
  ...logAppliers,
  ...hostAppliers,
  ...keyAppliers,
  ...operationAppliers,
  ...replicaSetAppliers,
  ...volumeAppliers,
};

function applyTo(state: State, event: Event): void {
  const before = chargeOf(state, event);
  (appliers[event.type] as Applier<EventType>)(state, event);
  if (before !== null) noteOwned(state, event, before);
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

/** The state after these stored events, which must follow the state's head. Throws LogCorruptError. */
export function applyAll(state: State, events: readonly Envelope[]): State {
  const last = events.at(-1);
  if (last === undefined) return state;
  const end = (draft: State): void => {
    draft.head = { seq: last.seq, hash: last.hash };
    draft.time = last.time;
  };
  // An older event may stand for some that are about other streams, which only its upcaster tells: those are applied to a draft.
  if (events.length >= MANY && areCurrent(events)) {
    const thawed = thaw(state, events);
    for (const event of events) applyTo(thawed.state, event);
    end(thawed.state);
    return thawed.frozen();
  }
  return produce(state, (draft) => {
    for (const stored of events) {
      if (isCurrent(stored)) applyTo(draft, stored);
      else for (const event of upcast(stored, draft.release)) applyTo(draft, event);
    }
    end(draft);
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
