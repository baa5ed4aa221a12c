// The state as a replay changes it: plain objects in place of immer's drafts. Looking at a draft costs several times as much as looking at
// an object, and a replay looks hundreds of thousands of times a second.
import { createDraft, finishDraft, freeze, isDraft, isDraftable } from 'immer';
import type { Envelope } from '../events/envelope.ts';
import { aggregateOf, isReplicaSet, type ReplicaSet, type State, type Volume } from './state.ts';

type Aggregate = ReplicaSet | Volume;

/**
 * Versions of a replicaSet or volume for which one event pays: up to so many a plain copy of it is cheaper than a draft. One with a long
 * history that is changed little is drafted, so that no event costs a copy of all versions.
 */
const VERSIONS_PER_EVENT = 4;
/** Fields whose values appliers replace and never change. They are frozen, so an applier that did would throw. */
const NEVER_CHANGED: ReadonlySet<string> = new Set(['spec', 'image', 'command', 'identity']);

export interface Thawed {
  /** Appliers may change it in place, as they change a draft. Of its replicaSets and volumes only those that the events are about. */
  readonly state: State;
  /** Call it once, after the last change: the frozen state. */
  frozen(): State;
}

/** `events`: the ones that will be applied, all of today's schemas. The given state stays as it is. */
export function thaw(before: State, events: readonly Envelope[]): Thawed {
  const { hosts, replicaSets, volumes, ...others } = before;
  const drafted: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(others))
    if (typeof value === 'object' && isDraftable(value)) drafted[field] = createDraft<object>(value);
  const state: State = { ...before, ...drafted, hosts: copyOf(hosts), replicaSets: new Map(replicaSets), volumes: new Map(volumes) };
  const streams = new Map<string, number>();
  for (const { stream } of events) streams.set(stream, (streams.get(stream) ?? 0) + 1);
  const drafts = new Map<string, Aggregate>();
  for (const [stream, count] of streams) {
    const known = aggregateOf(before, stream);
    if (known === undefined) continue;
    const isBusy = known.versions.length <= count * VERSIONS_PER_EVENT;
    const thawed: Aggregate = isBusy ? copyOf(known) : createDraft(known);
    if (!isBusy) drafts.set(stream, thawed);
    put(state, thawed);
  }
  const frozen = (): State => {
    for (const stream of streams.keys()) {
      const now = aggregateOf(state, stream);
      if (now === undefined) continue;
      // A name that was deleted and made again is another object than its draft.
      if (drafts.get(stream) === now) put(state, finishDraft(now));
      else freeze(now, true);
    }
    // A look at each of all names would make a replay's batches cost what the state holds.
    freeze(state.replicaSets);
    freeze(state.volumes);
    for (const [field, value] of Object.entries(state))
      if (isDraft(value)) Object.assign(state, { [field]: finishDraft(value) });
      else freeze(value, true);
    return freeze(state);
  };
  return { state, frozen };
}

function put(state: State, aggregate: Aggregate): void {
  if (isReplicaSet(aggregate)) state.replicaSets.set(aggregate.name, aggregate);
  else state.volumes.set(aggregate.name, aggregate);
}

/** A deep copy of plain data and maps, but for the fields that are never changed. */
function copyOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (value instanceof Map) return new Map([...value].map(([key, entry]) => [key, copyOf(entry)])) as T;
  const copy = { ...value };
  for (const key in copy) {
    const field = copy[key];
    if (typeof field === 'object' && field !== null && !NEVER_CHANGED.has(key)) copy[key] = copyOf(field);
  }
  return copy;
}
