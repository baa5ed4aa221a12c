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
  'GET /api/v1/resources/gpus': one('gpus', keyed(Type.Enum([0, 1]), 'UUID → 1 when held, 0 when free.')),
  'GET /api/v1/resources/ports': one(
    'ports',
    Type.Object({ StartPort: Integer, EndPort: Integer, AvailableCount: Integer, UsedPortSet: keyed(Type.Object({}), 'The held ports.') }),
  ),
};
