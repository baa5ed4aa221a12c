// Searches of the log: filters on events, and the values that each event is found under. The index and the live streams use the same two
// functions, so a filter finds the same events in the past and as they happen.
import type { Event } from './catalogue.ts';
import type { Envelope } from './envelope.ts';
import { upcast } from './evolution/upcasters.ts';
import { volumeOfStream } from './stream.ts';

/** The fields of the index. A replicaSet is found by its stream. */
export const INDEXED = ['stream', 'type', 'gpu', 'port', 'volume', 'actor'] as const;
export type IndexedField = (typeof INDEXED)[number];

/** True of an event that has one of the values. */
export interface Clause {
  readonly field: IndexedField | 'command';
  readonly values: readonly string[];
}

/** A sequence, or a time in ms since the epoch; both included. */
export type Bound = { readonly seq: number } | { readonly ms: number };

/** Every clause must be true. */
export interface EventFilter {
  readonly clauses: readonly Clause[];
  readonly since?: Bound;
  readonly until?: Bound;
}

export interface PageRequest {
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  /** The page goes on beyond this sequence. */
  readonly cursor?: number;
}

export interface EventPage {
  /** As they are stored. */
  readonly events: readonly Envelope[];
  /** The cursor of the next page; null when this is the last one. */
  readonly next: number | null;
  /** The last sequence of the log. */
  readonly head: number;
}

/** An event with its causes and its effects. */
export interface EventInContext {
  readonly event: Envelope;
  /** All events of the same command, which is the same operation, oldest first. */
  readonly command: readonly Envelope[];
  /** There are more of them than are given here. */
  readonly truncated: boolean;
  /** Sequences of its neighbours in its stream. */
  readonly previous: number | null;
  readonly next: number | null;
}

/** The matching events since a sequence. */
export interface Following {
  readonly events: readonly Envelope[];
  /** Everything up to this sequence has been looked at. */
  readonly reached: number;
  /** Nothing after `reached` can match any more. */
  readonly ended: boolean;
}

/** The log as a reader sees it. Each method that gives a promise throws EventsUnavailableError. */
export interface EventReads {
  page(filter: EventFilter, request: PageRequest): Promise<EventPage>;
  /** null: there is no such event yet. */
  one(seq: number): Promise<EventInContext | null>;
  /** The first matching events after `after`, at most `limit`. */
  following(filter: EventFilter, after: number, limit: number): Promise<Following>;
  /** The last sequence of the log. */
  head(): number;
  /** The last event of the log as it is stored, which this server may not have read yet. Throws EventsUnavailableError. */
  end(): Promise<number>;
  /** Calls `moved` after `following` may find more. Returns how to stop it. */
  onMoved(moved: () => void): () => void;
}

/** The events cannot be read just now: they are still being indexed, or etcd does not answer. */
export class EventsUnavailableError extends Error {
  override readonly name = 'EventsUnavailableError';
}

const NONE: readonly string[] = [];
const hostPorts = (ports: readonly { readonly hostPort: number }[]): readonly string[] => ports.map(({ hostPort }) => String(hostPort));

/** Every event that names GPUs in `gpu` or `gpus` is found by them: a new type needs no line here. */
function gpusOf({ data }: Event): readonly string[] {
  if ('gpu' in data) return [data.gpu];
  return 'gpus' in data ? data.gpus : NONE;
}

/** Every event that names host ports in `hostPort` or `ports` is found by them. */
function portsOf({ data }: Event): readonly string[] {
  if ('hostPort' in data) return [String(data.hostPort)];
  return 'ports' in data ? hostPorts(data.ports) : NONE;
}

/** The volume's own events, and the container versions that mount it. */
function volumesOf(event: Event): readonly string[] {
  const volume = volumeOfStream(event.stream);
  if (volume !== null) return [volume];
  if (event.type !== 'ContainerVersionCreated' && event.type !== 'ContainerAdopted') return NONE;
  return event.data.spec.binds.flatMap(({ volume: mounted }) => (mounted === undefined ? [] : [mounted.name]));
}

/** The values that the event is found under. */
export function valuesOf(field: Clause['field'], event: Event): readonly string[] {
  switch (field) {
    case 'stream':
      return [event.stream];
    case 'type':
      return [event.type];
    case 'gpu':
      return gpusOf(event);
    case 'port':
      return portsOf(event);
    case 'volume':
      return volumesOf(event);
    case 'actor':
      return [event.command.actor];
    case 'command':
      return [event.command.id];
  }
}

/** Whether every clause is true of one of the events that the stored one stands for; the bounds are not looked at. */
export const matches = (stored: Envelope, { clauses }: EventFilter): boolean =>
  upcast(stored).some((event) => clauses.every(({ field, values }) => valuesOf(field, event).some((value) => values.includes(value))));
