// The catalogue of all event types: each schema gives the type, the validator and docs/events.md.
import type { Static } from 'typebox';
import type { Envelope } from './envelope.ts';
import { hostEvents } from './host.ts';
import { operationEvents } from './operation.ts';
import { replicaSetEvents } from './replica-set.ts';
import { volumeEvents } from './volume.ts';

export const catalogue = { ...hostEvents, ...operationEvents, ...replicaSetEvents, ...volumeEvents } as const;

export type EventType = keyof typeof catalogue;
export type EventData = { [K in EventType]: Static<(typeof catalogue)[K]> };
/** An event as it stands in the log. */
export type Event = { [K in EventType]: Envelope<K, EventData[K]> }[EventType];
/** An event as a decider gives it. Sequence, time, command and hash are added when it is committed. */
export type NewEvent = { [K in EventType]: { readonly type: K; readonly stream: string; readonly data: EventData[K] } }[EventType];
export type EventOf<K extends EventType> = Envelope<K, EventData[K]>;

/** The schema version that each type is written with today; older ones are upcast on reading. */
const currentSchema: { readonly [K in EventType]?: number } = {};
export const schemaVersionOf = (type: EventType): number => currentSchema[type] ?? 1;

export const isEventType = (type: string): type is EventType => Object.hasOwn(catalogue, type);
