// /api/v1/volumes
import Type from 'typebox';
import { Code } from '../../commands/api-codes.ts';
import { currentVolumeVersion, findVersion, type State, type Volume } from '../../projections/state.ts';
import { volumeHistory, volumeInfo, volumeRows } from '../../projections/views/volume.ts';
import { history, Integer, Iso, one, Text, Time, UnderWay } from '../openapi/schema-parts.ts';
import { HISTORY_PAGE, pageIn } from '../request/history-page.ts';
import { Failure } from '../response/failure.ts';
import { longList } from '../response/long-answer.ts';
import { type ApiRoute, type Call, order, orderByName, read } from '../route.ts';

const BASE = '/api/v1/volumes';
const ONE = `${BASE}/:name`;

function find(state: State, name: string, code: number): Volume {
  const volume = state.volumes.get(name);
  if (volume === undefined) throw new Failure('not-found', code, `volume ${name} does not exist`);
  return volume;
}

const unfinished = (volume: Volume, code: number): Failure => new Failure('not-found', code, `volume ${volume.name} is still being made`);

/** The Docker volume that was made and its size as it is recorded ("20gb" becomes "20GB"). */
function made(call: Call<unknown>, name: string, version: number | undefined, asked: string): { name: string; size: string } {
  const volume = call.service.state().volumes.get(name);
  const number = version ?? volume?.current ?? 0;
  return { name: `${name}-${number}`, size: (volume && findVersion(volume, number)?.size) ?? asked };
}

const VolumeMade = Type.Object({ name: Text, size: Text });

const VolumeInfo = Type.Object(
  {
    version: Integer,
    createTime: Time,
    opt: Type.Object({ Driver: Text, DriverOpts: Type.Object({ size: Text }), Name: Text }),
    enforced: Type.Optional(Type.Boolean({ description: 'False: the size is recorded, but the engine cannot hold anyone to it.' })),
  },
  { $id: 'VolumeInfo' },
);

const VolumeListEntry = Type.Object(
  {
    name: Text,
    version: Integer,
    volumeName: Text,
    size: Text,
    enforced: Type.Boolean(),
    state: Type.Enum(['creating', 'ready', 'unknown', 'vanished', 'failed']),
    mountedBy: Type.Array(Text),
    createTime: Iso,
    operation: UnderWay,
  },
  { $id: 'Volume' },
);

export const volumeRoutes: readonly ApiRoute[] = [
  order('POST', BASE, 'createVolume', 'Create a volume', 'createVolume', {
    command: ({ body }) => ({ do: 'createVolume', ...body }),
    answer: VolumeMade,
    data: (call, version) => made(call, call.body.name, version, call.body.size),
  }),
  read(BASE, 'listVolumes', 'List the volumes', {
    answer: one('volumes', Type.Array(VolumeListEntry)),
    data: (state) => longList({ list: 'volumes', rows: volumeRows(state) }),
  }),
  orderByName('DELETE', ONE, 'deleteVolume', 'Delete a volume', 'deleteVolume'),
  read(ONE, 'getVolume', 'Get version info about a volume', {
    answer: one('Info', VolumeInfo),
    data: (state, name) => {
      const volume = find(state, name, Code.volumeInfoNotFound);
      const version = currentVolumeVersion(volume);
      if (version === undefined) throw unfinished(volume, Code.volumeInfoNotFound);
      return { Info: volumeInfo(version) };
    },
    etag: (state, name) => state.volumes.get(name)?.seq,
  }),
  order('PATCH', `${ONE}/size`, 'resizeVolume', 'Patch a volume', 'resizeVolume', {
    command: ({ name, body }) => ({ do: 'resizeVolume', name, ...body }),
    answer: VolumeMade,
    data: (call, version) => made(call, call.name, version, call.body.size),
  }),
  read(`${ONE}/history`, 'getVolumeHistory', 'Get all version info about a volume', {
    answer: history(VolumeInfo),
    query: HISTORY_PAGE,
    data: (state, name, _, __, query) => {
      const page = pageIn(query);
      const volume = find(state, name, Code.volumeHistoryNotFound);
      if (volume.current === 0) throw unfinished(volume, Code.volumeHistoryNotFound);
      return volumeHistory(volume, page);
    },
  }),
];
