// The `data` of the events' answers as schemas.
import Type from 'typebox';
import { Event } from '../openapi/event-schemas.ts';
import { Integer, Iso, Text } from '../openapi/schema-parts.ts';

const Link = Type.Union([Type.Null(), Text]);

export const EventPage = Type.Object({
  events: Type.Array(Event),
  next: Type.Union([Type.Null(), Integer], { description: 'The cursor of the next page.' }),
  head: Type.Integer({ description: 'The last sequence of the log.' }),
});

export const EventInContext = Type.Object({
  event: Event,
  command: Type.Array(Event, { description: 'All events of the same command, oldest first.' }),
  truncated: Type.Boolean(),
  links: Type.Object({ previous: Link, next: Link }, { description: 'In the same stream.' }),
});

export const Rejections = Type.Object({
  rejections: Type.Array(
    Type.Object({
      time: Iso,
      command: Text,
      stream: Text,
      actor: Text,
      requestId: Type.Optional(Text),
      address: Type.Optional(Text),
      code: Integer,
      kind: Text,
      message: Text,
    }),
    { description: 'Newest first; at most 1000.' },
  ),
  total: Type.Integer({ description: 'Since the server started.' }),
});
