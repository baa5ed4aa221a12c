// An event for people, as a line or in full: time, type, stream, command, data.
import type { Envelope } from '../../events/envelope.ts';
import { shownEvent, withoutSealed } from '../../events/hidden.ts';
import { type Colour, paint, plain } from './table.ts';

const SHOWN = 100;

function brief(data: unknown): string {
  const text = JSON.stringify(withoutSealed(data)) ?? '';
  return plain(text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text);
}

const colourOf = (type: string): Colour =>
  /Failed|Died|Vanished|Lost|Unknown|Conflict/.test(type) ? 'red' : /Allocated|Released/.test(type) ? 'yellow' : 'cyan';

export function eventText({ seq, time, type, stream, command, data }: Envelope, colours: boolean): string {
  const colour = paint(colours);
  const who = plain(`${command.actor} ${command.name}`);
  return `${String(seq).padStart(7)}  ${colour('dim', time)}  ${colour(colourOf(type), plain(type).padEnd(23))}  ${plain(stream).padEnd(20)}  ${who.padEnd(22)}  ${colour('dim', brief(data))}`;
}

/** The whole event, one field a line. */
export function eventDetails(event: Envelope, colours: boolean): string {
  const colour = paint(colours);
  const field = (name: string, value: unknown): string[] => {
    if (value === undefined) return [];
    return [`${colour('bold', name.padEnd(12))}${plain(typeof value === 'string' ? value : JSON.stringify(value))}`];
  };
  const { command } = event;
  const data = Object.entries(shownEvent(event).data as object).flatMap(([name, value]) => field(`  ${name}`, value));
  return [
    ...field('sequence', event.seq),
    ...field('type', `${event.type} (schema ${event.schema})`),
    ...field('stream', event.stream),
    ...field('time', event.time),
    ...field('host', event.host),
    ...field('command', `${command.name} ${command.id}`),
    ...field('actor', command.actor),
    ...field('request', command.requestId),
    ...field('trace', command.traceparent),
    ...field('address', command.address),
    ...(data.length === 0 ? [] : [colour('bold', 'data'), ...data]),
    ...field('prev', event.prev),
    ...field('hash', event.hash),
  ].join('\n');
}
