// The catalogue of all event types: each schema gives the type, the validator and docs/events.md.
import type { Static } from 'typebox';
import type { Envelope } from './envelope.ts';
import { logEvents } from './evolution/log-events.ts';
import { hostEvents } from './host.ts';
import { keyEvents } from './key.ts';
import { operationEvents } from './operation.ts';
import { replicaSetEvents } from './replica-set.ts';
import { volumeEvents } from './volume.ts';

export const catalogue = { ...logEvents, ...hostEvents, ...keyEvents, ...operationEvents, ...replicaSetEvents, ...volumeEvents } as const;

export type EventType = keyof typeof catalogue;
export type EventData = { [K in EventType]: Static<(typeof catalogue)[K]> };
/** An event as it stands in the log. */
export type Event = { [K in EventType]: Envelope<K, EventData[K]> }[EventType];
/** An event as a decider gives it. Sequence, time, command and hash are added when it is committed. */
export type NewEvent = { [K in EventType]: { readonly type: K; readonly stream: string; readonly data: EventData[K] } }[EventType];
export type EventOf<K extends EventType> = Envelope<K, EventData[K]>;

/** Schema versions other than 1 that types are written with today; older ones are upcast (evolution/upcasters.ts). */
const changed: { readonly [type: string]: number } = {};
/** Every type with the schema version that it is written with today. */
export const schemas: ReadonlyMap<string, number> = new Map(Object.keys(catalogue).map((type) => [type, changed[type] ?? 1]));
export const schemaVersionOf = (type: EventType): number => schemas.get(type) ?? 1;

export const isEventType = (type: string): type is EventType => schemas.has(type);

/**
 * The log level that this release writes and reads at most. A release that brings new event types is one level higher; a log stays at the level
 * that it was created with until an operator raises it, so that the release before can still read it.
 */
export const LEVEL = 2;

/** The level that introduced a type, where it is not 1. Deciders ask `writable` (projections/state.ts) before they give one of these. */
const levels: { readonly [K in EventType]?: number } = {
  LogLevelRaised: 2,
  HostRenamed: 2,
  HostAdopted: 2,
  ContainerMissing: 2,
  ContainerReappeared: 2,
  VolumeMissing: 2,
  VolumeReappeared: 2,
  SystemDiskLost: 2,
  SystemDiskReappeared: 2,
  PolicySet: 2,
  VersionRemoved: 2,
  StopCutShort: 2,
  AnonymousVolumesRemoved: 2,
  ContainerFrozen: 2,
  ContainerThawed: 2,
  LogRestored: 2,
  RestoreSettled: 2,
  ContainerAdopted: 2,
  VersionAdopted: 2,
  VolumeAdopted: 2,
  KeyCreated: 2,
  KeyChanged: 2,
  KeyRevoked: 2,
};
export const levelOf = (type: EventType): number => levels[type] ?? 1;

/** The level that introduced `secretEnv` in a spec: a release before it would make the next version without those variables. */
export const SECRETS_LEVEL = 2;
/** As levelOf, of one event: a field of its data may be of a later level than its type. */
export const levelOfEvent = (event: NewEvent): number =>
  event.type === 'ContainerVersionCreated' && event.data.spec.secretEnv !== undefined ? SECRETS_LEVEL : levelOf(event.type);
