// The answer to ?dryRun=true as a schema. Its events are those of the log, without what only an append gives them.
import Type, { type TSchema } from 'typebox';
import { eventTypes } from './event-schemas.ts';
import { Integer, Text } from './schema-parts.ts';

/** One for each type, told apart by `type`. */
const oneOf = ($id: string, description: string, more: Readonly<Record<string, TSchema>>): TSchema =>
  Type.Unsafe({
    $id,
    description,
    oneOf: eventTypes.map(([type, data]) => Type.Object({ type: Type.Literal(type), ...more, data })),
  });

export const Plan = Type.Object(
  {
    stream: Text,
    etag: Type.Union([Type.Null(), Integer], {
      description: 'The version of the stream that this was decided on; null where there is none yet.',
    }),
    events: Type.Array(oneOf('PlannedEvent', 'An event that would be appended at once.', { stream: Text })),
    steps: Type.Array(
      Type.Object({
        step: Type.Object({ do: Text }, { additionalProperties: true }),
        events: Type.Array(oneOf('PlannedOutcome', 'An event that would record the step.', {})),
      }),
      { description: 'On Docker, if each went well.' },
    ),
  },
  { $id: 'Plan', description: 'With dryRun=true: the events and the steps that the command would cause now. Nothing is changed.' },
);
