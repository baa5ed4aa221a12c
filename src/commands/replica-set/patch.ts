import { posix } from 'node:path';
import type { ContainerSpec } from '../../events/shapes.ts';
import { currentVersion, type State } from '../../projections/state.ts';
import { checkBindShape } from '../binds.ts';
import { Code, type Context, type Decision, type Needs, reject } from '../decision.ts';
import { decideReplacement, idleReplicaSet, isDecision, needsOfReplacement, withStopTimeout } from './replace.ts';

interface PlainBind {
  readonly src: string;
  readonly dest: string;
}

export interface Patch {
  readonly name: string;
  readonly gpuPatch?: { readonly gpuCount: number };
  readonly volumePatch?: { readonly oldBind: PlainBind; readonly newBind: PlainBind };
  readonly stopTimeout?: number;
}

const same = (a: PlainBind, b: PlainBind): boolean => a.src === b.src && a.dest === b.dest;

/** The spec that the patch makes of the current one; undefined when oldBind matches nothing. */
function patched(spec: ContainerSpec, command: Patch): ContainerSpec | undefined {
  const { gpuPatch, volumePatch } = command;
  let { binds } = spec;
  if (volumePatch !== undefined) {
    const at = binds.findIndex((b) => same(b, volumePatch.oldBind));
    if (at < 0) return undefined;
    binds = binds.map((b, i) => (i === at ? { src: volumePatch.newBind.src, dest: volumePatch.newBind.dest } : b));
  }
  return { ...withStopTimeout(spec, command.stopTimeout), binds, gpuCount: gpuPatch?.gpuCount ?? spec.gpuCount };
}

export function needsOfPatch(state: State, command: Patch): Needs {
  const rs = state.replicaSets.get(command.name);
  const spec = rs === undefined ? undefined : currentVersion(rs)?.spec;
  return needsOfReplacement(state, rs, spec && patched(spec, command));
}

/** {} makes a new version of the same configuration, as the API document says; so does an equal GPU count. */
export function decidePatch(state: State, command: Patch, context: Context): Decision {
  const { gpuPatch, volumePatch } = command;
  if (gpuPatch !== undefined && gpuPatch.gpuCount < 0) {
    return reject(Code.negativeGpuCount, 'invalid', `gpuCount is ${gpuPatch.gpuCount}: it must be 0 or more`);
  }
  const problem = volumePatch === undefined ? null : checkBindShape(volumePatch.newBind);
  if (problem !== null) return reject(Code.invalidBody, 'invalid', problem);
  const rs = idleReplicaSet(state, command.name, Code.patchFailed);
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
  return decideReplacement(state, rs, 'patch', spec, context);
}
