// The decision that patch, rollback and restart share: a new version that takes the system disk over.
import type { NewEvent } from '../../events/catalogue.ts';
import type { ContainerSpec } from '../../events/shapes.ts';
import { replicaSetStream } from '../../events/stream.ts';
import { type ContainerVersion, completeDisk, currentVersion, nextVersion, type ReplicaSet, type State } from '../../projections/state.ts';
import { Code } from '../api-codes.ts';
import { accept, type Context, type Decision, type Needs, refuseWithoutRoom, reject } from '../decision.ts';
import { areUsersUnknown } from '../host/foreign.ts';
import { ownOf } from '../request/keys/rights.ts';
import { chooseGpus, choosePorts, choosesGpus, NO_PORTS } from './allocate.ts';
import { checkBinds, needsOfBinds } from './binds.ts';
import { wayBack } from './current.ts';
import { lostProblem } from './secret-env.ts';

export type Replacement = 'patch' | 'rollback' | 'restart';

/** Ports that are held stay; a stopped replicaSet holds none. */
const choosesPorts = (rs: ReplicaSet, spec: ContainerSpec): boolean =>
  spec.containerPorts.some((port) => !rs.ports.some((held) => held.containerPort === port));

/** The version whose saved disk must be in Docker already; undefined where the current container's is saved on the way. */
const sourceOf = (current: ContainerVersion, rollbackTo?: ContainerVersion): ContainerVersion | undefined =>
  rollbackTo ?? (current.container === 'removed' ? current : undefined);

export function needsOfReplacement(
  state: State,
  rs: ReplicaSet | undefined,
  spec: ContainerSpec | undefined,
  rollbackTo?: ContainerVersion,
): Needs {
  const current = rs === undefined ? undefined : currentVersion(rs);
  if (rs === undefined || current === undefined || spec === undefined) return {};
  const source = sourceOf(current, rollbackTo);
  return {
    ...needsOfBinds(state, spec.binds),
    room: true,
    ports: choosesPorts(rs, spec),
    gpus: choosesGpus(state.hosts.get(rs.host), rs.name, spec.gpuCount, rollbackTo?.gpus),
    ...(source?.disk !== undefined && { disk: source.disk.image }),
    ...(spec.secretEnv !== undefined && { opens: { uid: rs.uid, variables: spec.secretEnv } }),
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

/** Decides a new version with `spec`; `code` is the command's own. `rollbackTo`: the version whose disk and, where free, GPUs it takes. */
export function decideReplacement(
  state: State,
  rs: ReplicaSet,
  kind: Replacement,
  code: number,
  spec: ContainerSpec,
  { settings, facts, by }: Context,
  rollbackTo?: ContainerVersion,
): Decision {
  const stream = replicaSetStream(rs.name);
  const current = currentVersion(rs);
  if (current === undefined) return reject(code, 'impossible', `replicaSet ${rs.name} has no version yet`);
  const gone = current.container === 'removed';
  if (gone && rollbackTo === undefined && completeDisk(current) === undefined) {
    const disk = current.disk === undefined ? ', and its system disk with it' : '';
    return reject(code, 'impossible', `container ${current.containerName} was removed from Docker by someone else${disk}; ${wayBack(rs)}`);
  }
  const full = refuseWithoutRoom(facts, code);
  if (full !== null) return full;
  if (!gone) {
    const problem = facts.diskProblems.get(current.containerName);
    if (problem === undefined) return { kind: 'stale' };
    if (problem !== null) return reject(code, 'impossible', problem);
  }
  const source = sourceOf(current, rollbackTo);
  if (source?.disk !== undefined) {
    const disk = facts.images.get(source.disk.image);
    if (disk === undefined) return { kind: 'stale' };
    if (disk === null)
      return reject(code, 'impossible', `the saved system disk of ${source.containerName} (${source.disk.image}) is no longer in Docker`);
  }
  const lost = lostProblem(spec, facts);
  if (lost === undefined) return { kind: 'stale' };
  if (lost !== null) return reject(code, 'impossible', lost);
  // Only for as long as there is a container: after that others may have mounted what lies around its paths.
  const before = gone ? [] : current.spec.binds;
  const binds = checkBinds(state, spec.binds, { name: rs.name, owner: rs.owner, code, own: ownOf(state, by), before }, facts, settings);
  if (!binds.ok) return binds.decision;

  const host = state.hosts.get(rs.host);
  if (choosesGpus(host, rs.name, spec.gpuCount, rollbackTo?.gpus) && areUsersUnknown(host, facts.gpuUsers)) return { kind: 'stale' };
  const gpus = chooseGpus(host, rs.name, spec.gpuCount, facts.gpuUsers ?? [], rollbackTo?.gpus);
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

export const withStopTimeout = (spec: ContainerSpec, stopTimeout: number | undefined): ContainerSpec =>
  stopTimeout === undefined ? spec : { ...spec, stopTimeout };
