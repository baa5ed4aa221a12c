// The `data` of each answer as a schema, for the OpenAPI document. A test validates the API document's examples against them.
import Type, { type TSchema } from 'typebox';

const Text = Type.String();
const Integer = Type.Integer();
const one = (key: string, schema: TSchema): TSchema => Type.Object({ [key]: schema });
const keyed = (value: TSchema, description: string): TSchema => Type.Record(Text, value, { description });

const ContainerMade = one('containerName', Text);
const VolumeMade = Type.Object({ name: Text, size: Text });
const Time = Type.String({ description: 'Local time of the server, YYYY-MM-DD HH:MM:SS.' });
const UnderWay = Type.Union([Type.Null(), Type.Object({ kind: Text, phase: Type.Enum(['forward', 'undo']) })]);

const ReplicaSetInfo = Type.Object({
  version: Integer,
  createTime: Time,
  config: Type.Object({}, { description: 'As Docker’s container config.' }),
  hostConfig: Type.Object({}, { description: 'As Docker’s host config: Binds, PortBindings and DeviceRequests say what was given.' }),
  networkingConfig: Type.Object({ EndpointsConfig: Type.Null() }),
  platform: Type.Object({ architecture: Text, os: Text }),
  containerName: Text,
});

const VolumeInfo = Type.Object({
  version: Integer,
  createTime: Time,
  opt: Type.Object({ Driver: Text, DriverOpts: Type.Object({ size: Text }), Name: Text }),
  enforced: Type.Optional(Type.Boolean({ description: 'False: the size is recorded, but the engine cannot hold anyone to it.' })),
});

const history = (status: TSchema): TSchema =>
  one('history', Type.Array(Type.Object({ version: Integer, createTime: Time, status }), { description: 'Newest first.' }));

const ReplicaSetListEntry = Type.Object({
  name: Text,
  version: Integer,
  state: Type.Enum(['starting', 'running', 'paused', 'stopped', 'exited', 'failed']),
  containerName: Text,
  imageName: Text,
  gpus: Type.Array(Text, { description: 'UUIDs held now.' }),
  ports: keyed(Integer, 'Container port → host port.'),
  createTime: Time,
  operation: UnderWay,
  exitCode: Type.Optional(Integer),
  reason: Type.Optional(Text),
});

const VolumeListEntry = Type.Object({
  name: Text,
  version: Integer,
  volumeName: Text,
  size: Text,
  enforced: Type.Boolean(),
  state: Type.Enum(['creating', 'ready', 'vanished', 'failed']),
  mountedBy: Type.Array(Text),
  createTime: Time,
  operation: UnderWay,
});

const GpuListEntry = Type.Object({
  gpu: Text,
  index: Integer,
  name: Text,
  memoryMiB: Type.Integer({ description: '0 where the driver does not say.' }),
  present: Type.Boolean({ description: 'False: the driver does not report it any more.' }),
  holder: Type.Union([Type.Null(), Text], { description: 'The replicaSet that holds it.' }),
});

const GpuTime = {
  gpuSeconds: Type.Number({ description: 'To the millisecond.' }),
  gpuHours: Type.Number({ description: 'Rounded to six decimals.' }),
  gpuMs: Integer,
};
const Holdings = Type.Integer({ description: 'How many holdings have a part in it.' });
const Iso = Type.String({ description: 'UTC, YYYY-MM-DDTHH:MM:SS.mmmZ.' });

const GpuUse = Type.Object({
  gpu: Text,
  host: Text,
  index: Integer,
  name: Text,
  ...GpuTime,
  holdings: Holdings,
  knownSeconds: Type.Number(),
  knownMs: Type.Integer({ description: 'How much of the span it was in the host, or held.' }),
  utilization: Type.Number({ description: 'gpuMs / knownMs.' }),
});

const GpuSums = Type.Object({
  from: Iso,
  to: Type.String({ description: 'The end of the span as it was used: never later than now.' }),
  by: Type.Enum(['replicaSet', 'gpu', 'actor', 'day']),
  rows: Type.Array(
    Type.Object(
      { ...GpuTime, holdings: Holdings },
      { description: 'One for each replicaSet, GPU, actor or UTC day, which is named by the key that `by` says.' },
    ),
  ),
  total: Type.Object(GpuTime),
  gpus: Type.Array(GpuUse),
});

const Handover = Type.Object({ sequence: Integer, time: Iso, command: Type.Object({ id: Text, name: Text }), actor: Text });
const Holding = Type.Object({
  replicaSet: Text,
  version: Type.Integer({ description: 'The version that it was given to; versions after it kept it.' }),
  host: Text,
  from: Handover,
  to: Type.Union([Type.Null(), Handover], { description: 'null: it is still held.' }),
  ...GpuTime,
});
const GpuHolders = Type.Object({
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
      { description: 'And requestId, traceparent, address, idempotencyKey where the request had them.' },
    ),
    data: Type.Object({}, { description: 'docs/events.md says what each type holds.' }),
    prev: Text,
    hash: Text,
  },
  { description: 'As it stands in the log.' },
);
const Link = Type.Union([Type.Null(), Text]);

/** By method and path, as the route table has them; what is not here answers null. */
export const answers: Readonly<Record<string, TSchema>> = {
  'POST /api/v1/replicaSet': one('name', Text),
  'GET /api/v1/replicaSet': one('replicaSets', Type.Array(ReplicaSetListEntry)),
  'GET /api/v1/replicaSet/:name': one('info', ReplicaSetInfo),
  'PATCH /api/v1/replicaSet/:name': ContainerMade,
  'PATCH /api/v1/replicaSet/:name/rollback': ContainerMade,
  'PATCH /api/v1/replicaSet/:name/restart': ContainerMade,
  'POST /api/v1/replicaSet/:name/commit': one('imageName', Text),
  'POST /api/v1/replicaSet/:name/execute': Type.Object({
    stdout: Type.String({ description: 'stdout and stderr as they came.' }),
    exitCode: Type.Optional(Type.Union([Type.Null(), Integer])),
    truncated: Type.Optional(Type.Boolean()),
    timedOut: Type.Optional(Type.Boolean()),
  }),
  'GET /api/v1/replicaSet/:name/history': history(ReplicaSetInfo),
  'POST /api/v1/volumes': VolumeMade,
  'GET /api/v1/volumes': one('volumes', Type.Array(VolumeListEntry)),
  'GET /api/v1/volumes/:name': one('Info', VolumeInfo),
  'PATCH /api/v1/volumes/:name/size': VolumeMade,
  'GET /api/v1/volumes/:name/history': history(VolumeInfo),
  'GET /api/v1/events': Type.Object({
    events: Type.Array(Event),
    next: Type.Union([Type.Null(), Integer], { description: 'The cursor of the next page.' }),
    head: Type.Integer({ description: 'The last sequence of the log.' }),
  }),
  'GET /api/v1/events/:seq': Type.Object({
    event: Event,
    command: Type.Array(Event, { description: 'All events of the same command, oldest first.' }),
    truncated: Type.Boolean(),
    links: Type.Object({ previous: Link, next: Link }, { description: 'In the same stream.' }),
  }),
  'GET /api/v1/rejections': Type.Object({
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
  }),
  'GET /api/v1/resources/gpus': one('gpus', keyed(Type.Enum([0, 1]), 'UUID → 1 when held, 0 when free.')),
  'GET /api/v1/gpus': one('gpus', Type.Array(GpuListEntry, { description: 'By index; also those that the host has no more.' })),
  'GET /api/v1/resources/ports': one(
    'ports',
    Type.Object({ StartPort: Integer, EndPort: Integer, AvailableCount: Integer, UsedPortSet: keyed(Type.Object({}), 'The held ports.') }),
  ),
  'GET /api/v1/ledger/gpus': GpuSums,
  'GET /api/v1/ledger/gpus/:uuid': GpuHolders,
};
