// The parts that the schemas of several answers share. Each answer's schema stands beside its route; a test validates the API document's
// examples against them.
import Type, { type TSchema } from 'typebox';

export const Text = Type.String();
export const Integer = Type.Integer();
export const Nothing = Type.Null();
/** The answer of a command that may leave something undone beside what was asked for. */
export const NothingOrWarning = Type.Union([
  Nothing,
  Type.Object({ warning: Type.String({ description: 'It is done, but its system disk could not be saved: why, and what to do.' }) }),
]);
export const one = (key: string, schema: TSchema): TSchema => Type.Object({ [key]: schema });
export const keyed = (value: TSchema, description: string): TSchema => Type.Record(Text, value, { description });

export const Time = Type.String({ description: 'Local time of the server, YYYY-MM-DD HH:MM:SS.' });
export const Iso = Type.String({ description: 'UTC, YYYY-MM-DDTHH:MM:SS.mmmZ.' });
export const LastOutput = Type.Array(Text, {
  description: 'What a container that ended at once had printed last: 20 lines at most, with *** for secret values.',
});
/** `data` of a failure. */
const FailureData = Type.Union([Type.Null(), Type.Object({ output: LastOutput })]);
export const UnderWay = Type.Union([Type.Null(), Type.Object({ kind: Text, phase: Type.Enum(['forward', 'undo']) })]);

export const history = (status: TSchema): TSchema =>
  Type.Object({
    history: Type.Array(Type.Object({ version: Integer, createTime: Time, status }), { description: 'Newest first.' }),
    next: Type.Optional(Type.Integer({ description: 'There are older versions: the `before` of the next page.' })),
  });

export const Failed = Type.Object(
  {
    code: Type.Integer({ description: 'Says what went wrong.' }),
    msg: Type.String({ description: 'The same, for people.' }),
    data: FailureData,
  },
  { $id: 'Failed', description: 'Nothing was done, or it was undone.' },
);

export const Problem = Type.Object(
  { type: Text, title: Text, status: Integer, detail: Text, instance: Text, code: Integer, output: Type.Optional(LastOutput) },
  { $id: 'Problem', description: 'RFC 9457, for who accepts application/problem+json.' },
);
