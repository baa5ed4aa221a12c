// /api/v1/volumes
import { Code } from '../../commands/decision.ts';
import { currentVolumeVersion, findVersion, type State, type Volume } from '../../projections/state.ts';
import { volumeHistory, volumeInfo, volumeList } from '../../projections/views/volume.ts';
import { CreateVolumeBody, ResizeVolumeBody } from '../openapi/body-schemas.ts';
import { Failure } from '../response/failure.ts';
import { type Call, order, orderByName, type Route, read } from '../route.ts';

const BASE = '/api/v1/volumes';
const ONE = `${BASE}/:name`;

function find(state: State, name: string, code: number): Volume {
  const volume = state.volumes.get(name);
  if (volume === undefined) throw new Failure('not-found', code, `volume ${name} does not exist`);
  return volume;
}

const seqOf = (state: State, name: string): number | undefined => state.volumes.get(name)?.seq;

const unfinished = (volume: Volume, code: number): Failure => new Failure('not-found', code, `volume ${volume.name} is still being made`);

/** The Docker volume that was made and its size as it is recorded ("20gb" is kept as "20GB"). */
function made(call: Call<unknown>, name: string, version: number | undefined, asked: string): { name: string; size: string } {
  const volume = call.service.state().volumes.get(name);
  const number = version ?? volume?.current ?? 0;
  return { name: `${name}-${number}`, size: (volume && findVersion(volume, number)?.size) ?? asked };
}

export const volumeRoutes: readonly Route[] = [
  order('POST', BASE, 'Create a volume', {
    failureCode: Code.volumeCreateFailed,
    body: CreateVolumeBody,
    command: ({ body }) => ({ do: 'createVolume', ...body }),
    answer: (call, version) => made(call, call.body.name, version, call.body.size),
  }),
  read(BASE, 'List the volumes', (state) => ({ volumes: volumeList(state) })),
  orderByName('DELETE', ONE, 'Delete a volume', Code.volumeDeleteFailed, 'deleteVolume'),
  read(
    ONE,
    'Get version info about a volume',
    (state, name) => {
      const volume = find(state, name, Code.volumeInfoNotFound);
      const version = currentVolumeVersion(volume);
      if (version === undefined) throw unfinished(volume, Code.volumeInfoNotFound);
      return { Info: volumeInfo(version) };
    },
    seqOf,
  ),
  order('PATCH', `${ONE}/size`, 'Patch a volume', {
    failureCode: Code.volumePatchFailed,
    body: ResizeVolumeBody,
    command: ({ name, body }) => ({ do: 'resizeVolume', name, ...body }),
    answer: (call, version) => made(call, call.name, version, call.body.size),
  }),
  read(`${ONE}/history`, 'Get all version info about a volume', (state, name) => {
    const volume = find(state, name, Code.volumeHistoryNotFound);
    if (volume.current === 0) throw unfinished(volume, Code.volumeHistoryNotFound);
    return { history: volumeHistory(volume) };
  }),
];
