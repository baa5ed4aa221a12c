// What patch, rollback and restart have in common: a new version that takes the system disk over.
import type { NewEvent } from '../../events/catalogue.ts';
import type { ContainerSpec } from '../../events/shapes.ts';
import { replicaSetStream } from '../../events/stream.ts';
import { type ContainerVersion, currentVersion, findVersion, nextVersion, type ReplicaSet, type State } from '../../projections/state.ts';
import { chooseGpus, choosePorts, NO_PORTS } from '../allocate.ts';
import { checkBinds, needsOfBinds } from '../binds.ts';
import { accept, Code, type Context, type Decision, failureCode, type Needs, reject } from '../decision.ts';

export type Replacement = 'patch' | 'rollback' | 'restart';

/** The replicaSet that a command names, ready to be changed; or the decision that says why not. */
export function idleReplicaSet(state: State, name: string, code: number): ReplicaSet | Decision {
  const rs = state.replicaSets.get(name);
  if (rs?.operation != null) return { kind: 'wait', streams: [replicaSetStream(name)] };
  return rs ?? reject(code, 'not-found', `replicaSet ${name} does not exist`);
}
export const isDecision = (x: object): x is Decision => 'kind' in x;

/** Ports that are held stay; a stopped replicaSet holds none. */
const choosesPorts = (rs: ReplicaSet, spec: ContainerSpec): boolean =>
  spec.containerPorts.some((port) => !rs.ports.some((held) => held.containerPort === port));

export function needsOfReplacement(
  state: State,
  rs: ReplicaSet | undefined,
  spec: ContainerSpec | undefined,
  rollbackTo?: ContainerVersion,
): Needs {
  const current = rs === undefined ? undefined : currentVersion(rs);
  if (rs === undefined || current === undefined || spec === undefined) return {};
  return {
    ...needsOfBinds(state, spec.binds),
    ports: choosesPorts(rs, spec),
    ...(rollbackTo?.disk !== undefined && { disk: rollbackTo.disk.image }),
    ...(current.container !== 'removed' && {
      savesDiskOf: {
        containerName: current.containerName,
        name: rs.name,
        uid: rs.uid,
        version: current.version,
        ...(current.containerId !== undefined && { id: current.containerId }),
      },
    }),
  };
}

/** Decides a new version with `spec`. `rollbackTo`: the version whose disk and, where free, GPUs it takes. */
export function decideReplacement(
  state: State,
  rs: ReplicaSet,
  kind: Replacement,
  spec: ContainerSpec,
  { settings, facts }: Context,
  rollbackTo?: ContainerVersion,
): Decision {
  const code = failureCode[kind];
  const stream = replicaSetStream(rs.name);
  const current = currentVersion(rs);
  if (current === undefined) return reject(code, 'impossible', `replicaSet ${rs.name} has no version yet`);
  const gone = current.container === 'removed';
  if (gone && rollbackTo === undefined) {
    const candidates = rs.versions.filter((v) => v.disk !== undefined).map((v) => v.version);
    const way = candidates.length > 0 ? `roll back to version ${candidates.join(' or ')}, or delete it` : 'delete it and run it anew';
    return reject(
      code,
      'impossible',
      `container ${current.containerName} was removed from Docker by someone else, and its system disk with it; ${way}`,
    );
  }
  if (!gone) {
    const problem = facts.diskProblems.get(current.containerName);
    if (problem === undefined) return { kind: 'stale' };
    if (problem !== null) return reject(code, 'impossible', problem);
  }
  if (rollbackTo?.disk !== undefined) {
    const disk = facts.images.get(rollbackTo.disk.image);
    if (disk === undefined) return { kind: 'stale' };
    if (disk === null)
      return reject(
        code,
        'impossible',
        `the saved system disk of ${rollbackTo.containerName} (${rollbackTo.disk.image}) is no longer in Docker`,
      );
  }
  const binds = checkBinds(state, spec.binds, false, code, facts, settings);
  if (!binds.ok) return binds.decision;

  const host = state.hosts.get(settings.host);
  const gpus = chooseGpus(host, rs.name, spec.gpuCount, rollbackTo?.gpus ?? []);
  if (!gpus.ok) return reject(Code.notEnoughGpus, 'exhausted', gpus.message);
  if (facts.busyPorts === null && choosesPorts(rs, spec)) return { kind: 'stale' };
  const ports = choosePorts(host, spec.containerPorts, rs.ports, (rollbackTo ?? current).ports, facts.busyPorts ?? NO_PORTS);
  if (!ports.ok) return reject(Code.notEnoughPorts, 'exhausted', ports.message);

  const version = nextVersion(rs);
  const addedGpus = gpus.value.filter((g) => !rs.gpus.includes(g));
  const addedPorts = ports.value.filter((p) => !rs.ports.some((h) => h.hostPort === p.hostPort));
  const events: NewEvent[] = [
    { type: 'OperationStarted', stream, data: { kind, from: current.version, to: version } },
    {
      type: 'ContainerVersionCreated',
      stream,
      data: {
        uid: rs.uid,
        version,
        reason: kind,
        diskOf: (rollbackTo ?? current).version,
        spec: { ...spec, binds: binds.binds },
        gpus: gpus.value,
        ports: ports.value,
      },
    },
  ];
  if (addedGpus.length > 0) events.push({ type: 'GpuAllocated', stream, data: { version, gpus: addedGpus } });
  if (addedPorts.length > 0) events.push({ type: 'PortAllocated', stream, data: { version, ports: addedPorts } });
  return accept(...events);
}

export interface Restart {
  readonly name: string;
  readonly stopTimeout?: number;
}

export const needsOfRestart = (state: State, command: Restart): Needs => {
  const rs = state.replicaSets.get(command.name);
  return needsOfReplacement(state, rs, rs === undefined ? undefined : currentVersion(rs)?.spec);
};

/** A new version of the same configuration; a stopped replicaSet gets its GPUs and ports allocated afresh. */
export function decideRestart(state: State, command: Restart, context: Context): Decision {
  const rs = idleReplicaSet(state, command.name, Code.restartFailed);
  if (isDecision(rs)) return rs;
  const spec = currentVersion(rs)?.spec;
  if (spec === undefined) return reject(Code.restartFailed, 'impossible', `replicaSet ${rs.name} has no version yet`);
  return decideReplacement(state, rs, 'restart', withStopTimeout(spec, command.stopTimeout), context);
}

export const withStopTimeout = (spec: ContainerSpec, stopTimeout: number | undefined): ContainerSpec =>
  stopTimeout === undefined ? spec : { ...spec, stopTimeout };

export interface Rollback {
  readonly name: string;
  readonly version: number;
  readonly stopTimeout?: number;
}

export const needsOfRollback = (state: State, command: Rollback): Needs => {
  const rs = state.replicaSets.get(command.name);
  const target = rs === undefined ? undefined : findVersion(rs, command.version);
  return needsOfReplacement(state, rs, target?.spec, target);
};

/** Configuration and system disk of that version, with as many GPUs as it had, its own where they are free. */
export function decideRollback(state: State, command: Rollback, context: Context): Decision {
  if (command.version < 0) return reject(Code.negativeVersion, 'invalid', `version is ${command.version}: it must be 1 or more`);
  const rs = idleReplicaSet(state, command.name, Code.rollbackFailed);
  if (isDecision(rs)) return rs;
  if (command.version === rs.current && currentVersion(rs)?.container !== 'removed') {
    return reject(Code.noRollbackNeeded, 'conflict', `replicaSet ${rs.name} is at version ${rs.current} already`);
  }
  const target = findVersion(rs, command.version);
  const usable = rs.versions.filter((v) => v.disk !== undefined && v.version !== rs.current).map((v) => v.version);
  if (target === undefined || target.disk === undefined) {
    const why =
      target === undefined ? 'never existed' : target.failed !== undefined ? `never ran (${target.failed})` : 'has no saved system disk';
    return reject(
      Code.rollbackFailed,
      target === undefined ? 'not-found' : 'impossible',
      `version ${command.version} of ${rs.name} ${why}; ${usable.length > 0 ? `it can go back to ${usable.join(', ')}` : 'there is no earlier version to go back to'}`,
    );
  }
  // How long to wait for its end is said of what runs now: it is not gone back to.
  const stopTimeout = command.stopTimeout ?? currentVersion(rs)?.spec.stopTimeout;
  return decideReplacement(state, rs, 'rollback', withStopTimeout(target.spec, stopTimeout), context, target);
}
