// Docker's container config and host config, as an info and a history show them: all fields, of which most have Docker's zero value.
import Type, { type TProperties, type TSchema } from 'typebox';
import { replicaSetInfo } from '../../projections/views/replica-set.ts';
import { Integer, keyed, Text, Time } from './schema-parts.ts';

/** The schema of a value that is always Docker's zero value. */
function zeroOf(value: unknown): TSchema {
  if (value === null) return Type.Null();
  if (Array.isArray(value)) return Type.Array(zeroOf(value[0]));
  if (typeof value === 'object') return Type.Object(fieldsOf(value));
  if (typeof value === 'number') return Type.Integer();
  return typeof value === 'boolean' ? Type.Boolean() : Type.String();
}

const fieldsOf = (value: object): TProperties => Object.fromEntries(Object.entries(value).map(([name, field]) => [name, zeroOf(field)]));

const blank = replicaSetInfo({
  version: 1,
  containerName: '',
  createTime: new Date(0).toISOString(),
  reason: 'run',
  spec: { imageName: '', gpuCount: 0, binds: [], env: [], containerPorts: [] },
  gpus: [],
  ports: [],
  container: 'running',
  anonymousVolumes: [],
});

const Config = Type.Object(
  {
    ...fieldsOf(blank.config),
    ExposedPorts: keyed(Type.Object({}), 'By port and protocol: 22/tcp.'),
    Env: Type.Array(Text, { description: 'NAME=value, *** for secret values, and CONTAINER_VERSION.' }),
    Cmd: Type.Union([Type.Null(), Type.Array(Text)], { description: 'null: the image’s own.' }),
    Image: Text,
  },
  { $id: 'ContainerConfig', description: 'As Docker’s container config. What nobody asked for has Docker’s zero value.' },
);

const DeviceRequest = Type.Object({
  Driver: Text,
  Count: Integer,
  DeviceIDs: Type.Array(Text, { description: 'UUIDs of GPUs.' }),
  Capabilities: Type.Array(Type.Array(Text)),
  Options: Type.Null(),
});

const HostConfig = Type.Object(
  {
    ...fieldsOf(blank.hostConfig),
    Binds: Type.Array(Text, { description: 'SOURCE:DESTINATION.' }),
    PortBindings: keyed(Type.Array(Type.Object({ HostIp: Text, HostPort: Text })), 'By port and protocol: 22/tcp.'),
    DeviceRequests: Type.Union([Type.Null(), Type.Array(DeviceRequest)], { description: 'The GPUs; null for none.' }),
  },
  { $id: 'HostConfig', description: 'As Docker’s host config. What nobody asked for has Docker’s zero value.' },
);

export const ReplicaSetInfo = Type.Object(
  {
    version: Integer,
    createTime: Time,
    config: Config,
    hostConfig: HostConfig,
    networkingConfig: Type.Object({ EndpointsConfig: Type.Null() }),
    platform: Type.Object({ architecture: Text, os: Text }),
    containerName: Text,
    disk: Type.Optional(Type.Enum(['gone'], { description: 'Somebody removed its saved system disk: it cannot be rolled back to.' })),
    frozen: Type.Optional(Type.Literal(true, { description: 'Its processes stand still, until it is thawed.' })),
    container: Type.Optional(Type.Enum(['gone'], { description: 'Somebody removed its container. The list says what is left to do.' })),
  },
  { $id: 'ReplicaSetInfo' },
);
