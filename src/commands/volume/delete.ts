import { volumeStream } from '../../events/stream.ts';
import { currentVolumeVersion, type State, type Volume } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { accept, type Context, type Decision, idleVolume, isDecision, reject } from '../decision.ts';
import type { OnName, OperationDefinition } from '../definition.ts';
import { isTooMuch, knownAbsence, missingSentence } from '../host/absence.ts';
import { nothingToUndo, operationFailed, type StepsOf } from '../operation/steps.ts';
import { NoBody } from '../request/schema.ts';
import { isGone, removed, removeStep } from './steps.ts';
import { mountedBy, needsOfVolumeUse } from './use.ts';

type Delete = OnName<typeof NoBody>;

function decide(state: State, command: Delete, { facts }: Context): Decision {
  const volume = idleVolume(state, command.name, Code.volumeDeleteFailed);
  if (isDecision(volume)) return volume;
  if (volume.missing !== undefined && isTooMuch(knownAbsence(state, volume.host))) {
    return reject(Code.volumeDeleteFailed, 'unavailable', missingSentence(volume));
  }
  const current = currentVolumeVersion(volume);
  const user = mountedBy(state, volume)[0];
  if (user !== undefined) {
    return reject(
      Code.volumeDeleteFailed,
      'conflict',
      `volume ${volume.name} is mounted by replicaSet ${user.name} (${user.state}): delete that or patch its bind first`,
    );
  }
  if (current !== undefined) {
    const use = facts.volumeUse.get(current.volumeName);
    if (use === undefined) return { kind: 'stale' };
    const foreign = use.users[0];
    if (foreign !== undefined) {
      return reject(
        Code.volumeDeleteFailed,
        'conflict',
        `volume ${current.volumeName} is mounted by container ${foreign.containerName}: remove it first`,
      );
    }
  }
  return accept({
    type: 'OperationStarted',
    stream: volumeStream(volume.name),
    data: { kind: 'deleteVolume', from: volume.current },
  });
}

const steps: StepsOf<Volume, 'removeVolume'> = {
  on: 'volume',
  forwardStep: (open) => {
    const left = open.aggregate.versions.find((v) => v.state === 'ready' || v.state === 'retired');
    return left === undefined ? null : removeStep(open, left);
  },
  undoStep: nothingToUndo,
  done: { removeVolume: (open, { step }) => removed(open, step) },
  failed: (open, step, error) =>
    step.do === 'removeVolume' && isGone(error) ? removed(open, step) : [operationFailed(open, error.message)],
  atEnd: ({ stream, aggregate: volume }) => [{ type: 'VolumeDeleted', stream, data: { uid: volume.uid } }],
};

export const deleteVolume = {
  schema: NoBody,
  failureCode: Code.volumeDeleteFailed,
  stream: volumeStream,
  needs: (state: State, { name }: Delete) => needsOfVolumeUse(state, name, false),
  decide,
  steps,
} satisfies OperationDefinition<Volume>;
