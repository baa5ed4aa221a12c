import { replicaSetStream } from '../../events/stream.ts';
import { findVersion, type ReplicaSet, type State, writable } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { noSteps } from '../container/current.ts';
import { accept, type Decision, isDecision, presentReplicaSet, reject } from '../decision.ts';
import { needsNothing, type OperationDefinition } from '../definition.ts';
import { NoBody } from '../request/schema.ts';

interface RemoveVersion {
  readonly name: string;
  readonly version: number;
}

/**
 * Gives an old version up: it is done once it is in the log, and its disk goes with the next look after the saved disks. Not while the
 * container is missing: the version may then be the only way back.
 */
function decide(state: State, { name, version }: RemoveVersion): Decision {
  const code = Code.removeVersionFailed;
  if (version < 1) return reject(Code.negativeVersion, 'invalid', `version is ${version}: it must be 1 or more`);
  const rs = presentReplicaSet(state, name, code);
  if (isDecision(rs)) return rs;
  if (version === rs.current) {
    const way = 'patch, restart or roll it back first, or delete the replicaSet';
    return reject(code, 'conflict', `version ${version} of ${name} is the current one and cannot be removed: ${way}`);
  }
  const found = findVersion(rs, version);
  if (found === undefined) {
    const why = version > rs.lastVersion ? 'never existed' : 'is gone: it never ran, or was removed';
    return reject(code, 'not-found', `version ${version} of ${name} ${why}`);
  }
  if (found.container !== 'removed') {
    // Forgotten now, the container would belong to nothing, and be left in Docker for ever.
    const why = `container ${found.containerName} is back in Docker: its system disk is saved, and it is removed`;
    return reject(code, 'conflict', `version ${version} of ${name} cannot be removed yet: ${why}; try again when it is gone`);
  }
  if (!writable(state, 'VersionRemoved')) {
    const way = 'raise it with gpu-docker-api log raise';
    return reject(code, 'unavailable', `the log is at level ${state.logLevel}, which has no removal of versions: ${way}`);
  }
  const stream = replicaSetStream(name);
  return accept(
    { type: 'OperationStarted', stream, data: { kind: 'removeVersion', from: version } },
    { type: 'VersionRemoved', stream, data: { version, reason: 'requested' } },
    { type: 'OperationCompleted', stream, data: { kind: 'removeVersion' } },
  );
}

export const removeVersion = {
  schema: NoBody,
  failureCode: Code.removeVersionFailed,
  stream: replicaSetStream,
  needs: needsNothing,
  decide,
  steps: noSteps,
} satisfies OperationDefinition<ReplicaSet>;
