// The `data` of the events' answers as schemas.
import Type from 'typebox';
import { Integer, Iso, Text } from '../openapi/schema-parts.ts';

const Event = Type.Object(
  {
    seq: Integer,
    type: Text,
    schema: Integer,
    stream: Text,
    time: Iso,
    host: Text,
    command: Type.Object(
      { id: Text, name: Text, actor: Text },
      {
        description:
          'And key and keyId, the name and the id of the API key, requestId, traceparent, address, idempotencyKey where the request had them.',
      },
    ),
    data: Type.Object({}, { additionalProperties: true, description: 'docs/events.md says what each type holds.' }),
    prev: Text,
    hash: Text,
  },
  {
    description: 'As it stands in the log, but *** for the ciphertext of secret variables: to check hashes, use gpu-docker-api log export.',
  },
);
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
