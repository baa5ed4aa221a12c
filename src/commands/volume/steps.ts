// The steps that act on a Docker volume, and what is recorded of them.
import type { NewEvent } from '../../events/catalogue.ts';
import { volumeStream } from '../../events/stream.ts';
import type { State, Volume, VolumeVersion } from '../../projections/state.ts';
import { type DoneStep, has, type OpenOperation } from '../operation/steps.ts';
import type { Owner, Step, StepFailure, StepOf, StepResult } from '../outside/engine.ts';
import { mountedBy } from './use.ts';

type Open = OpenOperation<Volume>;

const ownerOf = (state: State, volume: Volume, { version }: VolumeVersion): Omit<Owner, 'operation'> => ({
  log: state.logId,
  name: volume.name,
  uid: volume.uid,
  version,
});

export const createStep = ({ state, aggregate, operation, settings }: Open, v: VolumeVersion): StepOf<'createVolume'> => ({
  do: 'createVolume',
  version: v.version,
  volume: v.volumeName,
  owner: { ...ownerOf(state, aggregate, v), operation: operation.id },
  size: v.size,
  bytes: v.bytes,
  strict: settings.strictVolumes,
});

export const removeStep = ({ state, aggregate }: Pick<Open, 'state' | 'aggregate'>, v: VolumeVersion): StepOf<'removeVolume'> => ({
  do: 'removeVolume',
  version: v.version,
  volume: v.volumeName,
  owner: ownerOf(state, aggregate, v),
});

/** Removes the version that was being made. */
export const undoStep = (open: Open): StepOf<'removeVolume'> | null =>
  open.to !== undefined && !has(open.operation, 'VolumeVersionRemoved') ? removeStep(open, open.to) : null;

export const provisioned = ({ stream }: Open, { step, result }: DoneStep<'createVolume'>): readonly NewEvent[] => [
  { type: 'VolumeProvisioned', stream, data: { version: step.version, enforced: result.enforced } },
];

export const removed = ({ stream }: { readonly stream: string }, { version }: StepOf<'removeVolume'>): readonly NewEvent[] => [
  { type: 'VolumeVersionRemoved', stream, data: { version } },
];

/** Not there, or a foreign volume has this name: either way, ours is already gone. */
export const isGone = ({ kind }: StepFailure['error']): boolean => kind === 'conflict' || kind === 'not-found';

/** A failed removal of what was being made leaves it behind; any other failed step turns the operation round. */
export function failed({ stream, aggregate, operation }: Open, step: Step, { message }: StepFailure['error']): readonly NewEvent[] {
  if (step.do === 'removeVolume') return removed({ stream }, step);
  const version = operation.to ?? aggregate.current;
  return [{ type: 'VolumeVersionFailed', stream, data: { version, step: step.do, message } }];
}

/** Housekeeping beside operations: a retired version goes when the last container that names it has gone. */
export function retiredStep(state: State, volume: Volume): StepOf<'removeVolume'> | null {
  const retired = volume.versions.find((v) => v.state === 'retired' && mountedBy(state, volume, v.volumeName).length === 0);
  return retired === undefined ? null : removeStep({ state, aggregate: volume }, retired);
}

/** Nothing while the retired version is still in use. */
export const retiredOutcome = (volume: Volume, step: Step, result: StepResult): readonly NewEvent[] =>
  step.do === 'removeVolume' && (result.ok || isGone(result.error)) ? removed({ stream: volumeStream(volume.name) }, step) : [];
