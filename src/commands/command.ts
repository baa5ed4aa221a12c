// Every command there is: what it must know of the outside, and how it is decided.

import { replicaSetStream, volumeStream } from '../events/stream.ts';
import type { State } from '../projections/state.ts';
import { accept, type Context, type Decision, type Needs } from './decision.ts';
import {
  type CommitImage,
  decideCommit,
  decideContinue,
  decideDelete,
  decideExecute,
  decidePause,
  decideStop,
  type Execute,
  type Named,
} from './replica-set/lifecycle.ts';
import { decidePatch, needsOfPatch, type Patch } from './replica-set/patch.ts';
import { decideRestart, decideRollback, needsOfRestart, needsOfRollback, type Restart, type Rollback } from './replica-set/replace.ts';
import { checkRun, decideRun, needsOfRun, type Run } from './replica-set/run.ts';
import {
  type CreateVolume,
  decideCreateVolume,
  decideDeleteVolume,
  decideResizeVolume,
  needsOfVolumeUse,
  type ResizeVolume,
} from './volume/volumes.ts';

export type Command =
  | ({ readonly do: 'run' } & Run)
  | ({ readonly do: 'patch' } & Patch)
  | ({ readonly do: 'rollback' } & Rollback)
  | ({ readonly do: 'restart' } & Restart)
  | ({ readonly do: 'stop' | 'pause' | 'continue' | 'delete' } & Named)
  | ({ readonly do: 'commit' } & CommitImage)
  | ({ readonly do: 'execute' } & Execute)
  | ({ readonly do: 'createVolume' } & CreateVolume)
  | ({ readonly do: 'resizeVolume' } & ResizeVolume)
  | ({ readonly do: 'deleteVolume' } & Named);

/** The stream that a command changes: one operation at a time on each. */
export function streamOf(command: Command): string {
  switch (command.do) {
    case 'run':
      return replicaSetStream(command.replicaSetName);
    case 'createVolume':
    case 'resizeVolume':
    case 'deleteVolume':
      return volumeStream(command.name);
    default:
      return replicaSetStream(command.name);
  }
}

export function needsOf(state: State, command: Command): Needs {
  switch (command.do) {
    case 'run':
      // A request that is wrong in itself is refused without asking Docker anything.
      return checkRun(command) === null && !state.replicaSets.has(command.replicaSetName) ? needsOfRun(state, command) : {};
    case 'patch':
      return needsOfPatch(state, command);
    case 'rollback':
      return needsOfRollback(state, command);
    case 'restart':
      return needsOfRestart(state, command);
    case 'resizeVolume':
      return needsOfVolumeUse(state, command.name, true);
    case 'deleteVolume':
      return needsOfVolumeUse(state, command.name, false);
    default:
      return {};
  }
}

export function decide(state: State, command: Command, context: Context): Decision {
  switch (command.do) {
    case 'run':
      return decideRun(state, command, context);
    case 'patch':
      return decidePatch(state, command, context);
    case 'rollback':
      return decideRollback(state, command, context);
    case 'restart':
      return decideRestart(state, command, context);
    case 'stop':
      return decideStop(state, command);
    case 'pause':
      return decidePause(state, command);
    case 'continue':
      return decideContinue(state, command);
    case 'delete':
      return decideDelete(state, command);
    case 'commit':
      return decideCommit(state, command);
    case 'execute':
      return decideExecute(state, command);
    case 'createVolume':
      return decideCreateVolume(state, command, context);
    case 'resizeVolume':
      return decideResizeVolume(state, command, context);
    case 'deleteVolume':
      return decideDeleteVolume(state, command, context);
  }
}

/** Nothing was to be done. Under a key that is an answer to keep: a repetition must not do it later, when it is no longer so. */
export const noted = (command: Exclude<Command, { do: 'execute' }>): Decision => {
  const stream = streamOf(command);
  return accept(
    { type: 'OperationStarted', stream, data: { kind: command.do, reason: 'it was so already' } },
    { type: 'OperationCompleted', stream, data: { kind: command.do } },
  );
};
