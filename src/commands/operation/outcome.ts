// The events that record what came of a step, and, when no step is left, those that close the operation.
import type { NewEvent } from '../../events/catalogue.ts';
import { replicaSetStream, volumeStream } from '../../events/stream.ts';
import { pretend } from '../../projections/apply.ts';
import {
  aggregateOf,
  findVersion,
  isReplicaSet,
  type Operation,
  type ReplicaSet,
  type State,
  type Volume,
} from '../../projections/state.ts';
import { choosePorts } from '../allocate.ts';
import { failureCode, type Settings } from '../decision.ts';
import { next } from './next.ts';
import type { Step, StepResult } from './step.ts';

/** So often a start is tried again on another host port before the operation is given up. */
export const MAX_PORT_CONFLICTS = 8;

type Outcome = { readonly step: Step; readonly result: StepResult; readonly busyPorts: ReadonlySet<number> };

/**
 * What to append after a step of the aggregate on `stream`: its outcome and, if nothing is left to do, the end of the operation.
 * Empty when the step is no longer the one that comes next (somebody else has recorded it).
 */
export function decideOutcome(state: State, stream: string, outcome: Outcome, settings: Settings): readonly NewEvent[] {
  const aggregate = aggregateOf(state, stream);
  if (aggregate === undefined) return [];
  const due = next(state, aggregate, settings);
  if (due === null || due.do !== outcome.step.do) return [];
  const events = isReplicaSet(aggregate) ? ofReplicaSet(state, aggregate, outcome, settings) : ofVolume(aggregate, outcome);
  const { operation } = aggregate;
  return operation === null ? events : [...events, ...closing(pretend(state, events, operation.command, settings.host), stream, settings)];
}

/** The end of an operation without any step left: also what a recovered operation is closed with. */
export function closing(state: State, stream: string, settings: Settings): readonly NewEvent[] {
  const aggregate = aggregateOf(state, stream);
  if (aggregate === undefined || aggregate.operation === null || next(state, aggregate, settings) !== null) return [];
  if (isReplicaSet(aggregate)) return closeReplicaSet(aggregate, aggregate.operation);
  const volume = aggregate;
  const { kind, phase, failure } = aggregate.operation;
  const failed = phase === 'undo';
  return [
    ...(kind === 'deleteVolume' && !failed ? [{ type: 'VolumeDeleted', stream, data: { uid: volume.uid } } as const] : []),
    failed
      ? { type: 'OperationFailed', stream, data: { kind, code: failureCode[kind], message: failure?.message ?? 'failed' } }
      : { type: 'OperationCompleted', stream, data: { kind } },
  ];
}

const failed = (stream: string, operation: Operation, message: string): NewEvent => ({
  type: 'OperationFailed',
  stream,
  data: { kind: operation.kind, code: failureCode[operation.kind], message },
});

/** Gives back all that the replicaSet holds and does not keep. Only to be put after the event that saw its user end. */
function released(rs: ReplicaSet, version: number, keep: { gpus: readonly string[]; ports: readonly { hostPort: number }[] }): NewEvent[] {
  const stream = replicaSetStream(rs.name);
  const gpus = rs.gpus.filter((g) => !keep.gpus.includes(g));
  const ports = rs.ports.filter((p) => !keep.ports.some((k) => k.hostPort === p.hostPort)).map((p) => ({ ...p }));
  return [
    ...(gpus.length > 0 ? [{ type: 'GpuReleased', stream, data: { version, gpus } } as const] : []),
    ...(ports.length > 0 ? [{ type: 'PortReleased', stream, data: { version, ports } } as const] : []),
  ];
}
const NOTHING = { gpus: [], ports: [] };

function closeReplicaSet(rs: ReplicaSet, operation: Operation): NewEvent[] {
  const stream = replicaSetStream(rs.name);
  const { kind, phase, failure } = operation;
  const version = operation.to ?? operation.from ?? rs.current;
  if (phase === 'undo') {
    // What was added is given back; what was held before stays, unless its container is gone.
    const restored =
      operation.restoreFailed === undefined ? '' : `; the old container could not be started again: ${operation.restoreFailed}`;
    const from = operation.from === undefined ? undefined : findVersion(rs, operation.from);
    return [
      ...released(rs, version, from?.container === 'removed' ? NOTHING : operation.held),
      failed(stream, operation, `${failure?.message ?? 'failed'}${restored}`),
    ];
  }
  const done: NewEvent = { type: 'OperationCompleted', stream, data: { kind } };
  if (kind === 'stop') return [...released(rs, version, NOTHING), done];
  const to = operation.to === undefined ? undefined : findVersion(rs, operation.to);
  return to === undefined ? [done] : [...released(rs, operation.from ?? version, to), done];
}

function ofReplicaSet(state: State, rs: ReplicaSet, { step, result, busyPorts }: Outcome, settings: Settings): NewEvent[] {
  const stream = replicaSetStream(rs.name);
  const { operation } = rs;
  if (operation === null || !('version' in step || step.do === 'removeDisks')) return [];
  const version = 'version' in step ? step.version : rs.current;
  const making = operation.to !== undefined;
  const versionFailed = (message: string): NewEvent[] => [
    { type: 'ContainerVersionFailed', stream, data: { version: operation.to ?? version, step: step.do, message } },
  ];
  if (!result.ok) {
    const { kind, message } = result.error;
    if (
      kind === 'not-found' &&
      (step.do === 'stopContainer' || step.do === 'saveDisk' || (step.do === 'startContainer' && version !== operation.to))
    ) {
      return vanished(rs, version, versionFailed, message);
    }
    // What has the name is not ours: nothing of ours is left to remove.
    if (step.do === 'removeContainer') return [{ type: 'ContainerRemoved', stream, data: { version } }];
    if (step.do === 'discardDisk') return [{ type: 'SystemDiskDiscarded', stream, data: { version, image: step.image } }];
    if (operation.phase === 'undo' && step.do === 'startContainer') return [{ type: 'ContainerDied', stream, data: { version, message } }];
    if (making && operation.phase === 'forward') return versionFailed(message);
    return [failed(stream, operation, message)];
  }
  switch (result.do) {
    case 'createContainer':
      return [
        { type: 'ContainerCreated', stream, data: { version, containerId: result.containerId, anonymousVolumes: result.anonymousVolumes } },
      ];
    case 'startContainer':
      return ofStart(rs, operation, version, result.start, versionFailed);
    case 'stopContainer':
      if (operation.kind === 'pause') return [{ type: 'ContainerPaused', stream, data: { version } }];
      return [{ type: 'ContainerStopped', stream, data: { version, reason: stopReason(operation, rs), exitCode: result.exitCode } }];
    case 'saveDisk':
      return [{ type: 'SystemDiskSaved', stream, data: { version, disk: result.disk } }];
    case 'commitImage':
      return [{ type: 'ContainerCommitted', stream, data: { version, imageName: operation.imageName ?? '', imageId: result.imageId } }];
    case 'discardDisk':
      return step.do === 'discardDisk' ? [{ type: 'SystemDiskDiscarded', stream, data: { version, image: step.image } }] : [];
    case 'removeDisks':
      return [
        { type: 'ReplicaSetDeleted', stream, data: { uid: rs.uid } },
        { type: 'OperationCompleted', stream, data: { kind: operation.kind } },
      ];
    case 'removeContainer': {
      const removed: NewEvent = { type: 'ContainerRemoved', stream, data: { version } };
      if (operation.kind === 'delete') return [removed, ...released(rs, version, NOTHING)];
      if (operation.conflict !== undefined && operation.phase === 'forward')
        return [removed, ...otherPort(state, rs, version, operation, busyPorts, settings)];
      return [removed];
    }
    default:
      return [];
  }
}

const stopReason = (operation: Operation, rs: ReplicaSet): 'stop' | 'replace' | 'continue' | 'unleased' => {
  if (operation.kind === 'continue') return 'continue';
  if (operation.kind !== 'stop') return 'replace';
  return rs.state === 'stopped' ? 'unleased' : 'stop';
};

/** The container that a step was about is no longer there: somebody else removed it, and with it its system disk. */
function vanished(rs: ReplicaSet, version: number, versionFailed: (message: string) => NewEvent[], message: string): NewEvent[] {
  const stream = replicaSetStream(rs.name);
  const { operation } = rs;
  if (operation === null) return [];
  const gone: NewEvent = { type: 'ContainerVanished', stream, data: { version } };
  if (operation.kind === 'stop') return [gone];
  if (operation.to === undefined) return [gone, ...released(rs, version, NOTHING), failed(stream, operation, message)];
  // A rollback needs nothing of the old container; the others have lost what they were to carry over.
  if (operation.kind === 'rollback' && operation.phase === 'forward') return [gone];
  return operation.phase === 'undo' ? [gone, ...released(rs, version, NOTHING)] : [gone, ...versionFailed(message)];
}

function ofStart(
  rs: ReplicaSet,
  operation: Operation,
  version: number,
  start: Extract<StepResult, { do: 'startContainer'; ok: true }>['start'],
  versionFailed: (message: string) => NewEvent[],
): NewEvent[] {
  const stream = replicaSetStream(rs.name);
  if (start.started) {
    const exited: NewEvent[] =
      start.exitCode === undefined ? [] : [{ type: 'ContainerDied', stream, data: { version, exitCode: start.exitCode } }];
    if (operation.kind === 'continue') return [{ type: 'ContainerContinued', stream, data: { version } }, ...exited];
    return [{ type: 'ContainerStarted', stream, data: { version, reason: operation.phase === 'undo' ? 'undo' : 'operation' } }, ...exited];
  }
  if (operation.phase === 'undo') return [{ type: 'ContainerDied', stream, data: { version, message: start.message } }];
  if (operation.kind === 'continue') {
    return [{ type: 'ContainerDied', stream, data: { version, message: start.message } }, failed(stream, operation, start.message)];
  }
  if (start.why === 'port-taken' && operation.conflicts.length < MAX_PORT_CONFLICTS) {
    const hostPort = start.hostPort ?? findVersion(rs, version)?.ports[0]?.hostPort;
    if (hostPort !== undefined && rs.ports.some((p) => p.hostPort === hostPort)) {
      return [{ type: 'PortConflictFound', stream, data: { version, hostPort, message: start.message } }];
    }
  }
  return versionFailed(start.message);
}

/** Another host port in place of the one that somebody else listens on. */
function otherPort(
  state: State,
  rs: ReplicaSet,
  version: number,
  operation: Operation,
  busyPorts: ReadonlySet<number>,
  settings: Settings,
): NewEvent[] {
  const stream = replicaSetStream(rs.name);
  const taken = rs.ports.find((p) => p.hostPort === operation.conflict);
  if (taken === undefined) return [];
  const busy = new Set([...busyPorts, ...operation.conflicts]);
  const chosen = choosePorts(state.hosts.get(settings.host), [taken.containerPort], [], [], busy);
  // The old container has it too, and goes back to it should the operation be undone: then it is given back at the end only.
  const kept = operation.held.ports.some((p) => p.hostPort === taken.hostPort);
  const given: NewEvent[] = kept ? [] : [{ type: 'PortReleased', stream, data: { version, ports: [{ ...taken }] } }];
  if (!chosen.ok)
    return [...given, { type: 'ContainerVersionFailed', stream, data: { version, step: 'startContainer', message: chosen.message } }];
  return [...given, { type: 'PortAllocated', stream, data: { version, ports: chosen.value } }];
}

function ofVolume(volume: Volume, { step, result }: Outcome): NewEvent[] {
  const stream = volumeStream(volume.name);
  const { operation } = volume;
  const versionFailed = (version: number, message: string): NewEvent[] => [
    { type: 'VolumeVersionFailed', stream, data: { version, step: step.do, message } },
  ];
  if (step.do === 'removeVolume') {
    const removed: NewEvent = { type: 'VolumeVersionRemoved', stream, data: { version: step.version } };
    // `conflict`: what has the name is not ours; nothing of ours is left to remove.
    if (result.ok || result.error.kind === 'conflict' || result.error.kind === 'not-found') return [removed];
    if (operation?.kind === 'resizeVolume' && operation.phase === 'forward')
      return [{ type: 'VolumeVersionRetired', stream, data: { version: step.version } }];
    if (operation?.kind === 'deleteVolume') return [failed(stream, operation, result.error.message)];
    return operation === null ? [] : [removed];
  }
  if (operation === null) return [];
  if (!result.ok) return versionFailed(operation.to ?? volume.current, result.error.message);
  if (result.do === 'createVolume' && step.do === 'createVolume') {
    return [{ type: 'VolumeProvisioned', stream, data: { version: step.version, enforced: result.enforced } }];
  }
  if (result.do === 'copyVolume' && step.do === 'copyVolume') {
    const to = findVersion(volume, step.toVersion);
    if (to === undefined) return [];
    return [
      {
        type: 'VolumeDataCopied',
        stream,
        data: { from: step.fromVersion, to: step.toVersion, entries: result.entries, bytes: result.bytes },
      },
      { type: 'VolumeResized', stream, data: { from: step.fromVersion, to: step.toVersion, size: to.size, bytes: to.bytes } },
    ];
  }
  return [];
}
