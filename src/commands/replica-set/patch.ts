import { posix } from 'node:path';
import Type, { type Static } from 'typebox';
import type { ContainerSpec } from '../../events/shapes.ts';
import { replicaSetStream } from '../../events/stream.ts';
import { currentVersion, type ReplicaSet, type State, sealsSecrets } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { checkBindShape } from '../container/binds.ts';
import { decideReplacement, needsOfReplacement, withStopTimeout } from '../container/replace.ts';
import { carriedSecrets, levelProblem, sealedFor, variablesProblem, withSecrets } from '../container/secret-env.ts';
import { refuseStopTimeout } from '../container/stop-timeout.ts';
import { versionSteps } from '../container/version-steps.ts';
import { type Context, type Decision, isDecision, type Needs, presentReplicaSet, reject } from '../decision.ts';
import type { OnName, OperationDefinition } from '../definition.ts';
import type { SecretVariable } from '../outside/secrets.ts';
import { Bind, Integer, SecretEnv, StopTimeout } from '../request/schema.ts';

const schema = Type.Object(
  {
    gpuPatch: Type.Optional(Type.Object({ gpuCount: Integer('The number of GPUs from now on; 0: none.') })),
    volumePatch: Type.Optional(Type.Object({ oldBind: Bind, newBind: Bind }, { description: 'oldBind must match a bind exactly.' })),
    secretEnv: SecretEnv,
    stopTimeout: StopTimeout,
  },
  { $id: 'PatchBody', description: 'An empty one makes a new version of the same configuration.' },
);
/** As the door hands it on: with the secret values hidden. */
type Patch = Omit<OnName<typeof schema>, 'secretEnv'> & { readonly secretEnv?: readonly SecretVariable[] };
type PlainBind = Static<typeof Bind>;

/** A destination that is written in another way is the same one. */
const same = (a: PlainBind, b: PlainBind): boolean => a.src === b.src && posix.resolve(a.dest) === posix.resolve(b.dest);

/** The spec that the patch makes of the current one; undefined when oldBind matches nothing. */
function patched(spec: ContainerSpec, { gpuPatch, volumePatch, stopTimeout }: Patch): ContainerSpec | undefined {
  let { binds } = spec;
  if (volumePatch !== undefined) {
    const at = binds.findIndex((b) => same(b, volumePatch.oldBind));
    if (at < 0) return undefined;
    binds = binds.map((b, i) => (i === at ? { src: volumePatch.newBind.src, dest: volumePatch.newBind.dest } : b));
  }
  return { ...withStopTimeout(spec, stopTimeout), binds, gpuCount: gpuPatch?.gpuCount ?? spec.gpuCount };
}

function needs(state: State, command: Patch): Needs {
  const rs = state.replicaSets.get(command.name);
  const spec = rs === undefined ? undefined : currentVersion(rs)?.spec;
  const { secretEnv } = command;
  const after = spec && patched(spec, command);
  return {
    ...needsOfReplacement(state, rs, after && { ...after, secretEnv: carriedSecrets(after, secretEnv) }),
    ...(rs !== undefined && secretEnv !== undefined && sealsSecrets(state) && { seals: { uid: rs.uid, variables: secretEnv } }),
  };
}

/** {} makes a new version of the same configuration, as the API document says; so does an equal GPU count. */
function decide(state: State, command: Patch, context: Context): Decision {
  const { gpuPatch, volumePatch } = command;
  if (gpuPatch !== undefined && gpuPatch.gpuCount < 0) {
    return reject(Code.negativeGpuCount, 'invalid', `gpuCount is ${gpuPatch.gpuCount}: it must be 0 or more`);
  }
  const problem = volumePatch === undefined ? null : checkBindShape(volumePatch.newBind);
  if (problem !== null) return reject(Code.invalidBody, 'invalid', problem);
  const tooLong = refuseStopTimeout(command.stopTimeout, context.settings);
  if (tooLong !== null) return tooLong;
  const variables = variablesProblem([], command.secretEnv);
  if (variables !== null) return reject(Code.invalidBody, 'invalid', variables);
  const tooEarly = levelProblem(state, command.secretEnv);
  if (tooEarly !== null) return reject(Code.patchFailed, 'unavailable', tooEarly);
  const rs = presentReplicaSet(state, command.name, Code.patchFailed);
  if (isDecision(rs)) return rs;
  const current = currentVersion(rs);
  if (current === undefined) return reject(Code.patchFailed, 'impossible', `replicaSet ${rs.name} has no version yet`);
  const spec = patched(current.spec, command);
  if (spec === undefined) {
    const binds = current.spec.binds.map((b) => `${b.src}:${b.dest}`).join(', ');
    return reject(
      Code.patchFailed,
      'impossible',
      `oldBind ${volumePatch?.oldBind.src}:${volumePatch?.oldBind.dest} matches no bind of ${current.containerName}; it has ${binds === '' ? 'none' : binds}`,
    );
  }
  if (volumePatch !== undefined && gpuPatch === undefined && same(volumePatch.oldBind, volumePatch.newBind)) {
    return reject(Code.noPatchNeeded, 'conflict', 'oldBind and newBind are the same: there is nothing to patch');
  }
  const dests = spec.binds.map((b) => posix.resolve(b.dest));
  const twice = dests.find((d, i) => dests.indexOf(d) !== i);
  if (twice !== undefined) return reject(Code.patchFailed, 'impossible', `two binds would have the destination ${twice}`);
  const secrets = sealedFor(rs.uid, command.secretEnv, context.facts);
  if (secrets === null) return { kind: 'stale' };
  return decideReplacement(state, rs, 'patch', Code.patchFailed, withSecrets(spec, secrets), context);
}

export const patch = {
  schema,
  failureCode: Code.patchFailed,
  stream: replicaSetStream,
  needs,
  decide,
  steps: versionSteps,
} satisfies OperationDefinition<ReplicaSet>;
