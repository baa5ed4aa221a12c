import Type, { type Static } from 'typebox';
import { volumeStream } from '../../events/stream.ts';
import { currentVolumeVersion, type State, type Volume } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { accept, type Context, type Decision, reject } from '../decision.ts';
import { needsNothing, type OperationDefinition } from '../definition.ts';
import type { StepsOf } from '../operation/steps.ts';
import { checkVolumeName, parseSize } from '../request/names.ts';
import { NewName, VolumeSize } from '../request/schema.ts';
import { createStep, failed, provisioned, removed, undoStep } from './steps.ts';
import { refuseSize, waitForMounts } from './use.ts';

const schema = Type.Object({ name: NewName, size: VolumeSize }, { $id: 'CreateVolumeBody' });

function decide(state: State, command: Static<typeof schema>, { id, settings }: Context): Decision {
  const badName = checkVolumeName(command.name);
  if (badName !== null) return badName;
  const size = parseSize(command.size);
  if (size === null) return refuseSize(command.size);
  const stream = volumeStream(command.name);
  const existing = state.volumes.get(command.name);
  if (existing?.operation != null) return { kind: 'wait', streams: [stream] };
  if (existing !== undefined) {
    return reject(
      Code.volumeExists,
      'conflict',
      `volume ${command.name} exists already (${currentVolumeVersion(existing)?.size}); change its size or delete it`,
    );
  }
  const wait = waitForMounts(state, settings.host, `${command.name}-1`);
  if (wait !== null) return wait;
  return accept(
    { type: 'OperationStarted', stream, data: { kind: 'createVolume', to: 1 } },
    { type: 'VolumeVersionCreated', stream, data: { uid: id, version: 1, ...size } },
  );
}

const steps: StepsOf<Volume, 'createVolume' | 'removeVolume'> = {
  on: 'volume',
  forwardStep: (open) => (open.to?.state === 'planned' ? createStep(open, open.to) : null),
  undoStep,
  done: {
    createVolume: provisioned,
    removeVolume: (open, { step }) => removed(open, step),
  },
  failed,
};

export const createVolume = {
  schema,
  failureCode: Code.volumeCreateFailed,
  stream: volumeStream,
  needs: needsNothing,
  decide,
  steps,
} satisfies OperationDefinition<Volume>;
