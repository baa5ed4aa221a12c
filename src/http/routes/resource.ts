// /api/v1/resources, as the Go program has them, and /api/v1/gpus, which says more about each GPU.
import Type from 'typebox';
import { gpuList, gpuUsage, hostList, portUsage } from '../../projections/views/resources.ts';
import { Integer, keyed, one, Text } from '../openapi/schema-parts.ts';
import { type ApiRoute, read } from '../route.ts';
import { diskRoute } from './disk.ts';

const GpuListEntry = Type.Object(
  {
    gpu: Text,
    index: Integer,
    name: Text,
    memoryMiB: Type.Integer({ description: '0 where the driver does not say.' }),
    present: Type.Boolean({ description: 'False: the driver does not report it any more.' }),
    holder: Type.Union([Type.Null(), Text], { description: 'The replicaSet that holds it.' }),
    foreign: Type.Optional(
      Type.String({
        description: 'Containers outside this log that use it now: it is not given out. Absent where none does, and with at.',
      }),
    ),
  },
  { $id: 'Gpu' },
);

const HostListEntry = Type.Object(
  {
    name: Type.String({ description: 'Its name in the log: it never changes.' }),
    machine: Type.String({ description: 'What the machine is called now.' }),
    hostId: Text,
    machineId: Text,
    engineId: Type.String({ description: 'Docker’s own id.' }),
    dataRoot: Type.String({ description: 'Docker’s data root.' }),
    storageDriver: Text,
    gpus: Type.Integer({ description: 'GPUs that are present.' }),
  },
  { $id: 'Host' },
);

export const resourceRoutes: readonly ApiRoute[] = [
  diskRoute,
  read('/api/v1/resources/gpus', 'getGpuUsage', 'Get gpu usage status', {
    answer: one('gpus', keyed(Type.Enum([0, 1]), 'UUID → 1 when held, or used by a container outside this log, 0 when free.')),
    data: (state, _, { hostName }, foreign) => ({ gpus: gpuUsage(state.hosts.get(hostName), foreign) }),
  }),
  read('/api/v1/gpus', 'listGpus', 'List the GPUs', {
    answer: one('gpus', Type.Array(GpuListEntry, { description: 'By index; also those that the host has no more.' })),
    data: (state, _, { hostName }, foreign) => ({ gpus: gpuList(state.hosts.get(hostName), foreign) }),
  }),
  read('/api/v1/hosts', 'listHosts', 'List the hosts', {
    right: 'readAll',
    answer: one('hosts', Type.Array(HostListEntry, { description: 'The hosts of the log, with what each is bound to.' })),
    data: (state) => ({ hosts: hostList(state) }),
  }),
  read('/api/v1/resources/ports', 'getPortUsage', 'Get port usage status', {
    answer: one(
      'ports',
      Type.Object({
        StartPort: Integer,
        EndPort: Integer,
        AvailableCount: Integer,
        UsedPortSet: keyed(Type.Object({}), 'The held ports.'),
      }),
    ),
    data: (state, _, { hostName }) => ({ ports: portUsage(state.hosts.get(hostName)) }),
  }),
];
