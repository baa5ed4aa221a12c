// /api/v1/resources/disks: the bytes that versions, containers and volumes take on this host's disk.
import Type from 'typebox';
import { diskUsageView } from '../../projections/views/disks.ts';
import { Integer, Iso, one, Text } from '../openapi/schema-parts.ts';
import { oneOf } from '../request/moment.ts';
import { invalid } from '../response/failure.ts';
import type { ApiRoute } from '../route.ts';

const Bytes = Type.Union([Type.Null(), Integer], { description: 'Null where Docker does not say.' });

const VersionDisk = Type.Object({
  version: Integer,
  bytes: { ...Bytes, description: 'All layers of its saved disk, with the base image’s.' },
  shared: { ...Bytes, description: 'Of these, in layers that another image has as well.' },
  own: { ...Bytes, description: 'Of these, in layers that no other image has: given back when this version alone is removed.' },
  layer: { ...Bytes, description: 'The layer that this version added.' },
});

const ReplicaSetDisks = Type.Object({
  name: Text,
  disks: Type.Integer({ description: 'Layers of all its saved disks, each once, without the base image’s.' }),
  waiting: Type.Integer({
    description: 'Of these, in disks of removed versions: given back once no other disk and no container needs them.',
  }),
  container: { ...Bytes, description: 'The writable layer of its container.' },
  anonymousVolumes: Type.Integer({ description: 'Anonymous volumes of all its versions.' }),
  versions: Type.Array(VersionDisk, { description: 'Versions with a saved disk, newest first.' }),
  more: Type.Optional(Type.Boolean({ description: 'Not all versions are listed: ask for this replicaSet alone.' })),
});

const DiskUsage = Type.Object(
  {
    countedAt: Type.Union([Type.Null(), Iso], { description: 'When Docker counted; null where it has not yet.' }),
    incomplete: Type.Optional(Type.String({ description: 'Why there is no newer count, or none at all.' })),
    room: Type.Union(
      [Type.Null(), Type.Object({ path: Text, total: Integer, free: Integer, usedRatio: Type.Number({ minimum: 0, maximum: 1 }) })],
      { description: 'The file system of Docker’s data root; null where Docker is on another machine.' },
    ),
    total: Type.Object({ disks: Integer, containers: Integer, anonymousVolumes: Integer, volumes: Integer }),
    replicaSets: Type.Array(ReplicaSetDisks),
    volumes: Type.Array(Type.Object({ name: Text, version: Integer, bytes: Bytes }), {
      description: 'The current versions of the volumes.',
    }),
  },
  { $id: 'DiskUsage' },
);

/** Docker counts when it is asked, so the answer is not of the state alone, and there is none of the past. */
export const diskRoute: ApiRoute = {
  method: 'GET',
  right: 'readAll',
  path: '/api/v1/resources/disks',
  id: 'getDiskUsage',
  summary: 'Get disk usage status',
  query: { replicaSet: 'Only this one, with up to 2,000 of its versions.' },
  answer: one('disks', DiskUsage),
  handle: async ({ service, options, query }) => {
    if (query.has('at')) throw invalid('at is not possible here, as Docker counts what there is now: leave it out');
    const only = oneOf(query, 'replicaSet');
    const { usage, countedAt, incomplete, room } = await service.disks();
    const view = diskUsageView(service.state(), options.hostName, usage, only);
    return { disks: { countedAt, ...(incomplete !== undefined && { incomplete }), room, ...view } };
  },
};
