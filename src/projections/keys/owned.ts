// What each owner has, counted event by event: a quota is judged without a look at all names.
import type { Event, EventType } from '../../events/catalogue.ts';
import { aggregateOf, currentVolumeVersion, findVersion, isReplicaSet, type ReplicaSet, type State, type Volume } from '../state.ts';
import type { Owned } from './api-keys.ts';

/** The events that can change what somebody owns. */
const CHANGING: ReadonlySet<EventType> = new Set<EventType>([
  'OperationStarted',
  'OperationCompleted',
  'OperationFailed',
  'ReplicaSetDeleted',
  'VolumeVersionCreated',
  'VolumeProvisioned',
  'VolumeResized',
  'VolumeDeleted',
  'ContainerAdopted',
  'VolumeAdopted',
]);

interface Charge extends Owned {
  readonly owner: string;
}

const NOTHING: Charge = { owner: '', containers: 0, volumeBytes: 0 };

/** The size that a volume counts with: the larger one while it is resized. */
export function volumeBytesOf(volume: Volume): number {
  const { operation } = volume;
  const made = operation?.to === undefined ? undefined : findVersion(volume, operation.to);
  return Math.max(currentVolumeVersion(volume)?.bytes ?? 0, made?.bytes ?? 0);
}

function chargeFor(aggregate: ReplicaSet | Volume | undefined): Charge {
  if (aggregate === undefined) return NOTHING;
  const { owner } = aggregate;
  return isReplicaSet(aggregate)
    ? { owner, containers: 1, volumeBytes: 0 }
    : { owner, containers: 0, volumeBytes: volumeBytesOf(aggregate) };
}

/** What the event's replicaSet or volume counts for before it is applied; null for an event that changes nothing of that. */
export const chargeOf = (state: State, event: Event): Charge | null =>
  CHANGING.has(event.type) ? chargeFor(aggregateOf(state, event.stream)) : null;

/** Call it when the event has been applied, with the charge from before. */
export function noteOwned(state: State, event: Event, before: Charge): void {
  const after = chargeFor(aggregateOf(state, event.stream));
  const owner = after.owner === '' ? before.owner : after.owner;
  const containers = after.containers - before.containers;
  const volumeBytes = after.volumeBytes - before.volumeBytes;
  if (containers === 0 && volumeBytes === 0) return;
  const had = state.owned.get(owner) ?? NOTHING;
  const has: Owned = { containers: had.containers + containers, volumeBytes: had.volumeBytes + volumeBytes };
  if (has.containers === 0 && has.volumeBytes === 0) state.owned.delete(owner);
  else state.owned.set(owner, has);
}

/** `time` is an ISO time. */
const monthOf = (time: string): string => time.slice(0, 7);
const beginOf = (month: string): number => Date.parse(`${month}-01T00:00:00.000Z`);

/** A GPU that was held from `since` to `until` (ISO times) is given back. */
export function noteGpuTime(state: State, owner: string, since: string | undefined, until: string): void {
  // Actors without a key are whatever clients claim, and as many.
  if (since === undefined || !state.keys.has(owner)) return;
  const month = monthOf(until);
  if (state.gpuTime.month !== month) state.gpuTime = { month, ms: new Map() };
  const { ms } = state.gpuTime;
  const held = Date.parse(until) - Math.max(Date.parse(since), beginOf(month));
  ms.set(owner, (ms.get(owner) ?? 0) + Math.max(0, held));
}

export interface GpuUse {
  /** GPUs that are held now. */
  gpus: number;
  /** GPU time in the calendar month of `now` (UTC) up to now, ms. */
  monthMs: number;
}

/**
 * GPUs and GPU time by owner; of all who hold any, or have any GPU time. `wall` in ms since the epoch: a clock that is behind the log, of another
 * server or set back, must not give the month before anew.
 */
export function gpuUse(state: State, wall: number): ReadonlyMap<string, GpuUse> {
  const now = Math.max(wall, state.time === '' ? 0 : Date.parse(state.time));
  const month = monthOf(new Date(now).toISOString());
  const found = new Map<string, GpuUse>();
  if (state.gpuTime.month === month) for (const [owner, ms] of state.gpuTime.ms) found.set(owner, { gpus: 0, monthMs: ms });
  for (const { gpus } of state.hosts.values())
    for (const { holder, since } of gpus) {
      const owner = holder === null ? undefined : state.replicaSets.get(holder)?.owner;
      if (owner === undefined) continue;
      const use = found.get(owner) ?? { gpus: 0, monthMs: 0 };
      const held = since === undefined ? 0 : now - Math.max(Date.parse(since), beginOf(month));
      found.set(owner, { gpus: use.gpus + 1, monthMs: use.monthMs + Math.max(0, held) });
    }
  return found;
}
