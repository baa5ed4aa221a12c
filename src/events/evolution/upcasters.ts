// Events of older schemas, as they are read today. The log itself never changes: an event is stored, shown, exported and verified as it was
// sealed, one for each sequence. Only what gives an event its meaning (the state, the ledger, the index, whoever waits for an operation's
// end) reads it through `upcast`, which gives the events of today's schemas that the stored one stands for. There may be several: they have
// the stored one's sequence, time, command and hash, and are applied in order as one step, so no state lies between two of them.
import { type Event, schemas } from '../catalogue.ts';
import type { Envelope } from '../envelope.ts';
import { LogCorruptError } from '../log.ts';
import { neededRelease } from './release.ts';

/** One event that a stored one stands for. Its schema may be an older one as well: it is upcast again. */
interface Part {
  readonly type: string;
  readonly schema: number;
  readonly data: unknown;
  /** Absent: the stored event's stream. */
  readonly stream?: string;
}

/** Pure, and fixed once released: a later schema gets an upcaster of its own. */
export type Upcaster = (stored: Envelope) => readonly [Part, ...Part[]];

/** Stored type → its schema → what such an event stands for. A type that the catalogue no longer has needs one for each of its schemas. */
export const upcasters: { readonly [type: string]: { readonly [schema: number]: Upcaster } } = {};

/** Whether it stands for itself alone: no list need be made of it. */
export const isCurrent = (stored: Envelope): stored is Event => schemas.get(stored.type) === stored.schema;

/**
 * Today's events that a stored one stands for: at least one, itself where its schema is today's. Throws LogCorruptError for a type or schema that
 * this release does not know; `newest`, the latest release that the log names so far, tells which one does.
 */
export function upcast(stored: Envelope, newest = ''): readonly Event[] {
  if (isCurrent(stored)) return [stored];
  const { type, schema, seq } = stored;
  const upcaster = Object.hasOwn(upcasters, type) ? upcasters[type]?.[schema] : undefined;
  if (upcaster === undefined) throw new LogCorruptError(seq, `${unknown(type, schema)}; ${neededRelease(newest)}`);
  return upcaster(stored).flatMap((part) => {
    if (part.type === type && part.schema <= schema)
      throw new Error(`the upcaster of ${type}, schema ${schema}, gives schema ${part.schema}`);
    return upcast({ ...stored, ...part }, newest);
  });
}

/** The same list where all are of today's schemas. */
export const upcastAll = (stored: readonly Envelope[]): readonly Event[] =>
  areCurrent(stored) ? stored : stored.flatMap((event) => upcast(event));

/** Whether each of them stands for itself alone. */
export const areCurrent = (stored: readonly Envelope[]): stored is readonly Event[] => stored.every(isCurrent);

function unknown(type: string, schema: number): string {
  const current = schemas.get(type);
  if (current === undefined) return `this program does not know the event type ${type}`;
  return `${type} has schema ${schema}, and this program reads ${current === 1 ? 'schema 1' : `schemas up to ${current}`}`;
}
