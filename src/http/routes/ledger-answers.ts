// The `data` of the ledger's answers as schemas.
import Type from 'typebox';
import { Integer, Iso, Text } from '../openapi/schema-parts.ts';

const GpuTime = {
  gpuSeconds: Type.Number({ description: 'To the millisecond.' }),
  gpuHours: Type.Number({ description: 'Rounded to six decimals.' }),
  gpuMs: Integer,
};
const Holdings = Type.Integer({ description: 'How many holdings have a part in it.' });

const GpuUse = Type.Object(
  {
    gpu: Text,
    host: Text,
    index: Integer,
    name: Text,
    ...GpuTime,
    holdings: Holdings,
    knownSeconds: Type.Number(),
    knownMs: Type.Integer({ description: 'How much of the span it was in the host, or held.' }),
    utilization: Type.Number({ description: 'gpuMs / knownMs.' }),
  },
  { $id: 'GpuUse' },
);

export const GpuSums = Type.Object({
  from: Iso,
  to: Type.String({ description: 'The end of the span as it was used: never later than now.' }),
  by: Type.Enum(['replicaSet', 'gpu', 'actor', 'day']),
  rows: Type.Union(
    [
      Type.Array(Type.Object({ replicaSet: Text, ...GpuTime, holdings: Holdings })),
      Type.Array(GpuUse),
      Type.Array(Type.Object({ actor: Text, ...GpuTime, holdings: Holdings })),
      Type.Array(Type.Object({ day: Type.String({ description: 'YYYY-MM-DD, UTC.' }), ...GpuTime, holdings: Holdings })),
    ],
    { description: 'One for each replicaSet, GPU, actor or UTC day, as `by` says.' },
  ),
  total: Type.Object(GpuTime),
  gpus: Type.Array(GpuUse),
});

const Handover = Type.Object({ sequence: Integer, time: Iso, command: Type.Object({ id: Text, name: Text }), actor: Text });
const Holding = Type.Object(
  {
    replicaSet: Text,
    version: Type.Integer({ description: 'The version that it was given to; versions after it kept it.' }),
    host: Text,
    from: Handover,
    to: Type.Union([Type.Null(), Handover], { description: 'null: it is still held.' }),
    ...GpuTime,
  },
  { $id: 'Holding' },
);
export const GpuHolders = Type.Object({
  gpu: Text,
  from: Type.Optional(Iso),
  to: Type.Optional(Iso),
  hosts: Type.Optional(
    Type.Array(
      Type.Object({
        host: Text,
        index: Integer,
        name: Text,
        known: Type.Array(Type.Object({ from: Iso, to: Type.Union([Type.Null(), Iso]) })),
      }),
    ),
  ),
  holdings: Type.Optional(Type.Array(Holding, { description: 'Newest first.' })),
  more: Type.Optional(Type.Boolean({ description: 'There are older ones than `limit` let in.' })),
  at: Type.Optional(Type.Object({ sequence: Integer, time: Type.Union([Type.Null(), Iso]) })),
  holder: Type.Optional(Type.Union([Type.Null(), Holding], { description: 'With `at`: who held it then.' })),
});
