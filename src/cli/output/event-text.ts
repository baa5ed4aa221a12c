// An event for people, as a line or in full: time, type, stream, command, data.
import stringWidth from 'string-width';
import type { Envelope } from '../../events/envelope.ts';
import { shownEvent, withoutSealed } from '../../events/hidden.ts';
import { type Colour, cut, paint, plain } from './table.ts';
import { shownTime } from './time.ts';

const colourOf = (type: string): Colour =>
  /Failed|Died|Vanished|Lost|Unknown|Conflict/.test(type) ? 'red' : /Allocated|Released/.test(type) ? 'yellow' : 'cyan';

/** Columns of a terminal that has room for columns and for some data. */
const WIDE = 140;

/** One line of at most `width` columns; null: all of the event's data is in it. */
export function eventText({ seq, time, type, stream, command, data }: Envelope, colours: boolean, width: number | null = null): string {
  const isNarrow = width !== null && width < WIDE;
  const column = (text: string, wide: number): string => (isNarrow ? plain(text) : plain(text).padEnd(wide));
  const before = `${isNarrow ? seq : String(seq).padStart(7)}  `;
  const at = isNarrow ? shownTime(time) : time;
  const kind = column(type, 23);
  const after = `  ${column(stream, 20)}  ${column(`${command.actor} ${command.name}`, 22)}  `;
  const brief = plain(JSON.stringify(withoutSealed(data)) ?? '');
  const colour = paint(colours);
  // Escapes of colours are not counted: each part is cut before it is painted.
  let left = width ?? Number.POSITIVE_INFINITY;
  const fitting = (text: string): string => {
    const part = width === null ? text : cut(text, left);
    left = part === text ? left - stringWidth(part) : 0;
    return part;
  };
  const parts = [before, at, '  ', kind, after, brief].map(fitting);
  const [number = '', moment = '', gap = '', word = '', rest = '', end = ''] = parts;
  return `${number}${colour('dim', moment)}${gap}${colour(colourOf(type), word)}${rest}${colour('dim', end)}`;
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
