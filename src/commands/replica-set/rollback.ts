import Type from 'typebox';
import { replicaSetStream } from '../../events/stream.ts';
import { type ContainerVersion, currentVersion, findVersion, type ReplicaSet, type State } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { usableVersions } from '../container/current.ts';
import { decideReplacement, needsOfReplacement, withStopTimeout } from '../container/replace.ts';
import { refuseStopTimeout } from '../container/stop-timeout.ts';
import { versionSteps } from '../container/version-steps.ts';
import { type Context, type Decision, isDecision, type Needs, presentReplicaSet, reject } from '../decision.ts';
import type { OnName, OperationDefinition } from '../definition.ts';
import { Integer, StopTimeout } from '../request/schema.ts';

const schema = Type.Object({ version: Integer('The version to go back to.'), stopTimeout: StopTimeout }, { $id: 'RollbackBody' });
type Rollback = OnName<typeof schema>;

function needs(state: State, { name, version }: Rollback): Needs {
  const rs = state.replicaSets.get(name);
  const target = rs === undefined ? undefined : findVersion(rs, version);
  return needsOfReplacement(state, rs, target?.spec, target);
}

function whyUnusable(rs: ReplicaSet, version: number, target: ContainerVersion | undefined): string {
  if (target === undefined) return version > rs.lastVersion || version === 0 ? 'never existed' : 'is gone: it never ran, or was removed';
  if (target.disk !== undefined)
    return `has lost its saved system disk: image ${target.disk.image} was removed from Docker by someone else`;
  return 'has no saved system disk';
}

/** Configuration and system disk of that version, with as many GPUs as it had, its own where they are free. */
function decide(state: State, { name, version, stopTimeout }: Rollback, context: Context): Decision {
  if (version < 0) return reject(Code.negativeVersion, 'invalid', `version is ${version}: it must be 1 or more`);
  const tooLong = refuseStopTimeout(stopTimeout, context.settings);
  if (tooLong !== null) return tooLong;
  const rs = presentReplicaSet(state, name, Code.rollbackFailed);
  if (isDecision(rs)) return rs;
  const current = currentVersion(rs);
  if (version === rs.current && current?.container !== 'removed') {
    return reject(Code.noRollbackNeeded, 'conflict', `replicaSet ${rs.name} is at version ${rs.current} already`);
  }
  const target = findVersion(rs, version);
  // A disk that was lost may be back: the engine is asked.
  const isThere = target?.disk !== undefined && (target.diskLost !== true || context.facts.images.get(target.disk.image) != null);
  if (target === undefined || !isThere) {
    const usable = usableVersions(rs).filter((v) => v !== rs.current);
    const way = usable.length > 0 ? `it can go back to ${usable.join(', ')}` : 'there is no earlier version to go back to';
    const kind = target === undefined && (version > rs.lastVersion || version === 0) ? 'not-found' : 'impossible';
    return reject(Code.rollbackFailed, kind, `version ${version} of ${rs.name} ${whyUnusable(rs, version, target)}; ${way}`);
  }
  // `stopTimeout` describes the running container, so a rollback keeps the current value instead of restoring the old one.
  const spec = withStopTimeout(target.spec, stopTimeout ?? current?.spec.stopTimeout);
  return decideReplacement(state, rs, 'rollback', Code.rollbackFailed, spec, context, target);
}

export const rollback = {
  schema,
  failureCode: Code.rollbackFailed,
  stream: replicaSetStream,
  needs,
  decide,
  steps: versionSteps,
} satisfies OperationDefinition<ReplicaSet>;
