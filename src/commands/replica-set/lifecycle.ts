// The commands that act on the current version's container without making a new one.

import type { OperationKind } from '../../events/operation.ts';
import { replicaSetStream } from '../../events/stream.ts';
import { currentVersion, type ReplicaSet, type State } from '../../projections/state.ts';
import { accept, already, Code, type Decision, failureCode, reject } from '../decision.ts';
import { idleReplicaSet, isDecision } from './replace.ts';

export interface Named {
  readonly name: string;
}

const begin = (rs: ReplicaSet, kind: OperationKind, more: { imageName?: string } = {}): Decision =>
  accept({
    type: 'OperationStarted',
    stream: replicaSetStream(rs.name),
    data: { kind, ...(rs.current > 0 && { from: rs.current }), ...more },
  });

const refuse = (rs: ReplicaSet, kind: OperationKind, why: string): Decision =>
  reject(failureCode[kind], 'conflict', `replicaSet ${rs.name} ${why}`);

const vanished = (rs: ReplicaSet): boolean => currentVersion(rs)?.container === 'removed';
const GONE = 'has no container any more: it was removed from Docker by someone else; roll it back or delete it';

/** Releases GPUs and host ports once the container is seen to have ended. Stopping a stopped one changes nothing. */
export function decideStop(state: State, command: Named): Decision {
  const rs = idleReplicaSet(state, command.name, Code.stopFailed);
  if (isDecision(rs)) return rs;
  if (rs.state === 'stopped') return already;
  return vanished(rs) ? refuse(rs, 'stop', GONE) : begin(rs, 'stop');
}

/** docker stop; GPUs and ports are kept. */
export function decidePause(state: State, command: Named): Decision {
  const rs = idleReplicaSet(state, command.name, Code.pauseFailed);
  if (isDecision(rs)) return rs;
  if (rs.state === 'paused') return already;
  if (rs.state !== 'running') return refuse(rs, 'pause', `is ${rs.state}, not running: there is nothing to pause`);
  return begin(rs, 'pause');
}

/** docker restart. A stopped one is refused: its GPUs may be another's by now. */
export function decideContinue(state: State, command: Named): Decision {
  const rs = idleReplicaSet(state, command.name, Code.continueFailed);
  if (isDecision(rs)) return rs;
  if (rs.state === 'stopped')
    return refuse(rs, 'continue', 'is stopped and holds no GPUs or ports any more: use restart, which allocates them afresh');
  return vanished(rs) ? refuse(rs, 'continue', GONE) : begin(rs, 'continue');
}

export interface CommitImage extends Named {
  readonly newImageName: string;
}

// The grammar of image references (distribution/reference), without digests: those cannot be given to a new image.
const HOST = '[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\\d+)?';
const PART = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const IMAGE_NAME = new RegExp(`^(?:${HOST}/)?${PART}(?:/${PART})*(?::\\w[\\w.-]{0,127})?$`);

export function decideCommit(state: State, command: CommitImage): Decision {
  if (command.newImageName.trim() === '') return reject(Code.invalidBody, 'invalid', 'newImageName is missing');
  if (/^gpu-docker-api\/disk(:|$)/.test(command.newImageName)) {
    return reject(Code.commitFailed, 'impossible', 'images named gpu-docker-api/disk are the saved system disks: choose another name');
  }
  if (!IMAGE_NAME.test(command.newImageName) || command.newImageName.length > 255) {
    const rule = 'lower-case letters and digits, parted by . _ - or /, with a tag behind a colon if you like, as in lab/foo:v1';
    return reject(Code.commitFailed, 'impossible', `newImageName ${JSON.stringify(command.newImageName)} is no name for an image: ${rule}`);
  }
  const rs = idleReplicaSet(state, command.name, Code.commitFailed);
  if (isDecision(rs)) return rs;
  return vanished(rs) ? refuse(rs, 'commit', GONE) : begin(rs, 'commit', { imageName: command.newImageName });
}

/** The container, its disks and its anonymous volumes; cannot be undone. */
export function decideDelete(state: State, command: Named): Decision {
  const rs = idleReplicaSet(state, command.name, Code.deleteFailed);
  return isDecision(rs) ? rs : begin(rs, 'delete');
}

export interface Execute extends Named {
  readonly cmd: readonly string[];
  readonly workDir?: string;
}

/** Runs beside operations and blocks none. */
export function decideExecute(state: State, command: Execute): Decision {
  if (command.cmd.length === 0 || command.cmd[0] === '')
    return reject(Code.invalidBody, 'invalid', 'cmd is empty: give the command and its arguments');
  const rs = state.replicaSets.get(command.name);
  const version = rs === undefined ? undefined : currentVersion(rs);
  if (rs === undefined || version === undefined)
    return reject(Code.executeFailed, 'not-found', `replicaSet ${command.name} does not exist`);
  if (rs.state !== 'running')
    return reject(Code.executeFailed, 'conflict', `replicaSet ${rs.name} is ${rs.state}: commands can be executed only while it runs`);
  return accept({
    type: 'CommandRequested',
    stream: replicaSetStream(rs.name),
    data: { version: version.version, cmd: [...command.cmd], ...(command.workDir !== undefined && { workDir: command.workDir }) },
  });
}
