// The events as schemas: one for each type, told apart by `type`.
import Type, { type TSchema } from 'typebox';
import { catalogue } from '../../events/catalogue.ts';
import { Integer, Iso, Text } from './schema-parts.ts';

const Command = Type.Object(
  {
    id: Type.String({ description: 'Unique; the operation that the command began has the same.' }),
    name: Text,
    actor: Type.String({
      description: 'Who ordered it: the name of the key, or anonymous, or the client’s claim; system:… for the service itself.',
    }),
    requestId: Type.Optional(Text),
    idempotencyKey: Type.Optional(Text),
    bodyHash: Type.Optional(Text),
    traceparent: Type.Optional(Text),
    key: Type.Optional(Type.String({ description: 'The name of the API key.' })),
    keyId: Type.Optional(Type.String({ description: 'Which of the keys of that name.' })),
    address: Type.Optional(Type.String({ description: 'Where the request came from.' })),
  },
  { $id: 'Command', description: 'The command that caused the event.' },
);

const eventOf = (type: string, data: TSchema): TSchema =>
  Type.Object(
    {
      seq: Integer,
      type: Type.Literal(type),
      schema: Integer,
      stream: Type.String({ description: 'log, host/NAME, replicaSet/NAME, volume/NAME or key/NAME.' }),
      time: Iso,
      host: Text,
      command: Command,
      data,
      prev: Type.String({ description: 'The hash of the event before it.' }),
      hash: Text,
    },
    { $id: type },
  );

/** Each type and the schema of its data, which has a name of its own. */
export const eventTypes: readonly (readonly [type: string, data: TSchema])[] = Object.entries(catalogue).map(
  ([type, data]) => [type, { ...data, $id: `${type}Data` }] as const,
);

/** The name of each type’s schema is the type, so that no mapping is needed. */
export const Event: TSchema = Type.Unsafe({
  $id: 'Event',
  description: 'As it stands in the log, but *** for the ciphertext of secret variables: to check hashes, use gpu-docker-api log export.',
  type: 'object',
  oneOf: eventTypes.map(([type, data]) => eventOf(type, data)),
  discriminator: { propertyName: 'type' },
  required: ['type'],
});
