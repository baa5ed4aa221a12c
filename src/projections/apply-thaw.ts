// The state as a replay changes it: plain objects in place of immer's drafts. Looking at a draft costs several times as much as looking at
// an object, and a replay looks hundreds of thousands of times a second.
import { createDraft, finishDraft, freeze, isDraft, isDraftable } from 'immer';
import type { Envelope } from '../events/envelope.ts';
import { aggregateOf, isReplicaSet, type State, versionsBefore } from './state.ts';

/** Fields whose values appliers replace and never change. They stay frozen, so an applier that changed one would throw. */
const NEVER_CHANGED: ReadonlySet<string> = new Set(['spec', 'image', 'command', 'identity']);

export interface Thawed {
  /**
   * Appliers may change it in place, as they change a draft: its hosts, and those of its replicaSets and volumes that the events are about.
   * Their versions are frozen until `changeableVersion` is asked for one.
   */
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
  const streams = new Set(events.map(({ stream }) => stream));
  for (const stream of streams) {
    const known = aggregateOf(before, stream);
    if (known === undefined) continue;
    if (isReplicaSet(known)) state.replicaSets.set(known.name, copyOf(known));
    else state.volumes.set(known.name, copyOf(known));
  }
  const frozen = (): State => {
    for (const stream of streams) harden(aggregateOf(state, stream));
    // A look at each of all names would make every batch cost as much as the state holds.
    freeze(state.replicaSets);
    freeze(state.volumes);
    for (const [field, value] of Object.entries(state))
      if (isDraft(value)) Object.assign(state, { [field]: finishDraft(value) });
      else if (isDraftable(value)) harden(value); // a structure with a class of its own is never changed in place
    return freeze(state);
  };
  return { state, frozen };
}

/**
 * The version for an applier to change. No applier may change one that it found otherwise: in a thawed state it is frozen until it is asked
 * for here, so that a batch costs the versions that it changes and not all that there are.
 */
export function changeableVersion<V extends { version: number }>(of: { readonly versions: V[] }, version: number): V | undefined {
  const at = versionsBefore(of, version);
  const found = of.versions[at];
  if (found?.version !== version) return undefined;
  if (!Object.isFrozen(found)) return found; // no draft is
  const copy = copyOf(found);
  of.versions[at] = copy;
  return copy;
}

/** A copy of plain data and maps that may be changed, but for the versions in it and the fields that are never changed. */
function copyOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (value instanceof Map) return new Map([...value].map(([key, entry]) => [key, copyOf(entry)])) as T;
  const copy = { ...value } as Record<string, unknown>;
  for (const key in copy) {
    const field = copy[key];
    if (typeof field !== 'object' || field === null || NEVER_CHANGED.has(key)) continue;
    copy[key] = key === 'versions' && Array.isArray(field) ? [...field] : copyOf(field);
  }
  return copy as T;
}

/** As immer's deep freeze, in a third of the time. */
function harden(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  if (value instanceof Map) {
    for (const entry of value.values()) harden(entry);
    freeze(value);
    return;
  }
  Object.freeze(value);
  for (const field of Array.isArray(value) ? value : Object.values(value)) harden(field);
}
