// The type of an applier: one function for each event type.
import type { EventOf, EventType } from '../events/catalogue.ts';
import type { State } from './state.ts';

/** Changes the draft in place. */
export type Applier<K extends EventType> = (state: State, event: EventOf<K>) => void;
export type Appliers = { readonly [K in EventType]: Applier<K> };
