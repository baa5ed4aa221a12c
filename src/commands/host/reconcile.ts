// The differences between the log and the engine, as events; and the first events of a server on its host.
import { LEVEL, type NewEvent } from '../../events/catalogue.ts';
import { hostStream, LOG_STREAM, replicaSetStream, volumeStream } from '../../events/stream.ts';
import {
  aggregateOf,
  type ContainerVersion,
  currentVersion,
  currentVolumeVersion,
  isReplicaSet,
  type ReplicaSet,
  type State,
  type Volume,
  writable,
} from '../../projections/state.ts';
import type { ContainerFacts, ContainerSeen } from '../outside/engine.ts';
import type { GpusSeen } from '../outside/host.ts';
import type { ContainerLimits } from '../outside/limits.ts';
import { decideLoss, expectedOf } from './absence.ts';
import { gpusElsewhere } from './gpus-elsewhere.ts';
import type { MachineIdentity } from './identity.ts';
import { diedWithHost } from './restarts/died-with-host.ts';

/** One look at the engine. */
export interface Observed {
  /** The log's head before the engine was asked: what changed after it is not judged by this look. */
  readonly seq: number;
  /** By id and by `<uid>/<version>`, as containersOf makes it. */
  readonly containers: ReadonlyMap<string, ContainerFacts>;
  /** Names of the Docker volumes that carry our labels. */
  readonly volumes: ReadonlySet<string>;
  /** Absent where the engine does not say when it came up. */
  readonly engine?: EngineSeen;
}

export interface EngineSeen {
  /** When it came up, ms since the epoch by its own clock. */
  readonly startedAt: number;
  /** Streams whose last death was recorded while the engine before this one was about to end: it may have stopped them. */
  readonly stopped: ReadonlySet<string>;
}

/** The containers by what they are, and by whose they are. */
export const containersOf = (containers: readonly ContainerFacts[]): ReadonlyMap<string, ContainerFacts> =>
  new Map(
    containers.flatMap((c) => [
      [c.id, c],
      [`${c.uid}/${c.version}`, c],
    ]),
  );

/** The streams of the replicaSets and volumes of this host: each is compared by itself. */
export const streamsOf = (state: State, host: string): string[] => [
  ...[...state.replicaSets.values()].filter((rs) => rs.host === host).map(({ name }) => replicaSetStream(name)),
  ...[...state.volumes.values()].filter((volume) => volume.host === host).map(({ name }) => volumeStream(name)),
];

/** The certainty that things which are missing at this look are gone. */
export interface Doubt {
  /** For how long the stream has been missing at every look of this server, ms, by a clock that nobody sets; 0 at the first of them. */
  readonly missingMs: (stream: string) => number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** A thing is given up when it has been missing for this long, ms. */
  readonly doubtMs: number;
  /** Whether anything may be given up: not while too much of the host is missing at once. */
  readonly mayGiveUp: boolean;
}

/**
 * The events for what the look found and the log does not have of one replicaSet or volume: only what happened by itself or by other hands. A stream
 * with an open operation is left to it. A decision is never about more than one name, so it always fits into a record.
 */
export function decideReconcile(state: State, stream: string, observed: Observed, doubt: Doubt): NewEvent[] {
  const aggregate = aggregateOf(state, stream);
  if (aggregate === undefined || aggregate.operation !== null || aggregate.seq > observed.seq) return [];
  if (isAbsent(aggregate, observed)) return decideAbsent(state, stream, aggregate, doubt);
  return isReplicaSet(aggregate) ? decideContainer(state, aggregate, stream, observed) : decideVolume(state, aggregate, stream, observed);
}

/** By its id, once the log has that: one that was run from an image which somebody committed from it by hand has its labels, too. */
const containerOf = (rs: ReplicaSet, { containers }: Observed): ContainerFacts | undefined =>
  containers.get(currentVersion(rs)?.containerId ?? `${rs.uid}/${rs.current}`);

/** Whether Docker is expected to have it, and had not at this look. */
function isAbsent(aggregate: ReplicaSet | Volume, observed: Observed): boolean {
  const what = expectedOf(aggregate);
  if (what === undefined || aggregate.seq > observed.seq) return false;
  return isReplicaSet(aggregate) ? containerOf(aggregate, observed) === undefined : !observed.volumes.has(what);
}

/** As isAbsent, to count how much is missing: what has changed since the look began is as missing as it was before. */
export const isUnseen = (aggregate: ReplicaSet | Volume, observed: Observed): boolean =>
  aggregate.seq > observed.seq ? aggregate.missing !== undefined : isAbsent(aggregate, observed);

/** First it is only missing. It is given up when it has been missing for long enough by both clocks, this server's and the log's. */
function decideAbsent(state: State, stream: string, aggregate: ReplicaSet | Volume, doubt: Doubt): NewEvent[] {
  const { missing, current: version } = aggregate;
  const type = isReplicaSet(aggregate) ? 'ContainerMissing' : 'VolumeMissing';
  if (missing === undefined && writable(state, type)) return [{ type, stream, data: { version } }];
  const isOld = missing === undefined || doubt.now - Date.parse(missing.since) >= doubt.doubtMs;
  return doubt.mayGiveUp && isOld && doubt.missingMs(stream) >= doubt.doubtMs ? decideLoss(state, stream) : [];
}

function decideContainer(state: State, rs: ReplicaSet, stream: string, observed: Observed): NewEvent[] {
  const version = currentVersion(rs);
  const found = containerOf(rs, observed);
  if (version === undefined || found === undefined) return [];
  const wasGivenUp = version.container === 'removed';
  // By its id: an image that was committed from it by hand has its labels, too.
  if (wasGivenUp && (found.id !== version.containerId || !writable(state, 'ContainerReappeared'))) return [];
  if (wasGivenUp) return [reappeared(stream, found), ...(isRunning(found) ? [stopUnleased(stream, version, 'reappeared')] : [])];
  return [...(rs.missing === undefined ? [] : [reappeared(stream, found)]), ...decideFound(state, rs, version, stream, found, observed)];
}

export const reappeared = (stream: string, found: ContainerFacts): NewEvent => {
  const { version, state, exitCode } = found;
  const shown = isRunning(found) ? 'running' : state === 'created' ? 'created' : 'exited';
  return { type: 'ContainerReappeared', stream, data: { version, state: shown, ...(shown === 'exited' && { exitCode }) } };
};

function decideFound(
  state: State,
  rs: ReplicaSet,
  version: ContainerVersion,
  stream: string,
  found: ContainerFacts,
  { engine }: Observed,
): NewEvent[] {
  const data = { version: version.version };
  const runs = isRunning(found);
  if (runs && version.container !== 'running') {
    // A stopped replicaSet holds nothing, so its container must not run: its GPUs and ports may be another's.
    if (rs.state === 'stopped') return [stopUnleased(stream, version, 'was started from outside')];
    return [{ type: 'ContainerStarted', stream, data: { ...data, reason: 'outside' } }, ...frozenOrThawed(state, version, stream, found)];
  }
  if (runs) return frozenOrThawed(state, version, stream, found);
  const withHost = diedWithHost(state, rs, found, engine?.startedAt);
  const died: NewEvent = {
    type: 'ContainerDied',
    stream,
    data: {
      ...data,
      exitCode: found.exitCode,
      ...(found.oomKilled && { oomKilled: true as const }),
      ...(withHost && { cause: 'host' as const }),
    },
  };
  // The second: an operation that stopped it for a new start ended without one, as earlier releases left it.
  if (version.container === 'running' || rs.state === 'running') return [died];
  // An engine that is told to end stops its containers first, and goes on answering meanwhile: only afterwards is it known what ended them.
  const isKnown = rs.state !== 'exited' || rs.restarts === undefined || rs.restarts.withHost === true;
  return withHost && !isKnown && engine?.stopped.has(stream) === true ? [died] : [];
}

export const isRunning = ({ state }: ContainerSeen): boolean => state === 'running' || state === 'restarting' || state === 'paused';

/** Somebody else froze or thawed it. */
function frozenOrThawed(state: State, { version, frozen }: ContainerVersion, stream: string, found: ContainerFacts): NewEvent[] {
  const type = isPaused(found) ? 'ContainerFrozen' : 'ContainerThawed';
  return (frozen === true) === isPaused(found) || !writable(state, type) ? [] : [{ type, stream, data: { version, reason: 'outside' } }];
}

export const isPaused = ({ state }: ContainerSeen): boolean => state === 'paused';

const stopUnleased = (stream: string, { version, containerName }: ContainerVersion, how: string): NewEvent => ({
  type: 'OperationStarted',
  stream,
  data: { kind: 'stop', from: version, reason: `container ${containerName} ${how} without a lease` },
});

function decideVolume(state: State, volume: Volume, stream: string, { volumes }: Observed): NewEvent[] {
  const version = currentVolumeVersion(volume);
  if (version === undefined || !volumes.has(version.volumeName)) return [];
  const isBack = volume.missing !== undefined || (version.state === 'vanished' && writable(state, 'VolumeReappeared'));
  return isBack ? [{ type: 'VolumeReappeared', stream, data: { version: version.version } }] : [];
}

export interface HostFacts {
  readonly pid: number;
  readonly version: string;
  readonly engine: string;
  readonly storageDriver: string;
  readonly gpuMode: string;
  /** Null when the inventory did not answer: the GPUs in the log are then left unchanged. */
  readonly gpus: GpusSeen | null;
  readonly portRange: { readonly start: number; readonly end: number };
  readonly machine: MachineIdentity;
  /** The machine's boot; absent where Docker is on another machine. */
  readonly bootId?: string;
  /** Of the containers that are made from now on. */
  readonly limits?: ContainerLimits;
  /** The operator who said that this machine is the host, where one had to. */
  readonly adoptedBy?: string;
}

/**
 * The first events of a server on its host. `logId` is used only if the log is empty. In a log of a lower level HostStarted alone binds the
 * machine: its new name is not recorded, and the operator who adopted it only as the actor of these events.
 */
export function decideStart(state: State, host: string, logId: string, facts: HostFacts): NewEvent[] {
  const stream = hostStream(host);
  const known = state.hosts.get(host);
  const { pid, version, engine, storageDriver, gpuMode, portRange, machine, bootId, limits, adoptedBy } = facts;
  const { hostId, machineId, engineId, dataRoot } = machine;
  const events: NewEvent[] = [];
  if (state.logId === '') events.push({ type: 'LogCreated', stream: LOG_STREAM, data: { id: logId, level: LEVEL, release: version } });
  if (adoptedBy !== undefined && writable(state, 'HostAdopted')) {
    events.push({ type: 'HostAdopted', stream, data: { by: adoptedBy, hostId, machineId, engineId, dataRoot, storageDriver } });
  }
  const ids = { hostId, machineId, engineId, dataRoot, ...(bootId !== undefined && { bootId }) };
  const made = limits === undefined ? {} : { limits: { ...limits, capDrop: [...limits.capDrop] } };
  events.push({ type: 'HostStarted', stream, data: { pid, version, engine, storageDriver, gpuMode, ...made, ...ids, reads: LEVEL } });
  if (machine.name !== (known?.label ?? host) && writable(state, 'HostRenamed'))
    events.push({ type: 'HostRenamed', stream, data: { name: machine.name } });
  if (known?.portRange?.start !== portRange.start || known.portRange.end !== portRange.end) {
    events.push({ type: 'PortRangeSet', stream, data: { start: portRange.start, end: portRange.end } });
  }
  return [...events, ...decideInventory(state, host, facts.gpus, false)];
}

/** Of the GPUs that the log has on the host: which the driver no longer lists, and whether those are all. */
export function missingGpus(
  state: State,
  host: string,
  { gpus, unreadable }: GpusSeen,
): { readonly gpus: readonly string[]; readonly all: boolean } {
  const present = (state.hosts.get(host)?.gpus ?? []).filter((known) => known.present).map((known) => known.gpu);
  const seen = new Set([...gpus, ...unreadable].map(({ gpu }) => gpu));
  // A line without a UUID may be about any of them.
  const missing = seen.has(null) ? [] : present.filter((gpu) => !seen.has(gpu));
  return { gpus: missing, all: missing.length > 0 && missing.length === present.length };
}

/**
 * GPUs that came or went since the log last recorded them. A GPU that another host of the log has is not a find (see gpusElsewhere). That all
 * went is believed only when `sure`: a driver lists none while it comes up.
 */
export function decideInventory(state: State, host: string, seen: GpusSeen | null, sure: boolean): NewEvent[] {
  if (seen === null) return [];
  const stream = hostStream(host);
  const known = state.hosts.get(host)?.gpus ?? [];
  const events: NewEvent[] = [];
  const elsewhere = new Set(gpusElsewhere(state, host, seen.gpus).map(({ gpu }) => gpu));
  for (const gpu of seen.gpus) {
    if (elsewhere.has(gpu.gpu)) continue;
    const old = known.find((k) => k.gpu === gpu.gpu);
    if (old?.present && old.index === gpu.index && old.name === gpu.name && old.memoryMiB === gpu.memoryMiB) continue;
    const { index, name, memoryMiB } = gpu;
    events.push({ type: 'GpuDiscovered', stream, data: { gpu: gpu.gpu, index, name, memoryMiB } });
  }
  const missing = missingGpus(state, host, seen);
  if (missing.all && !sure) return events;
  return [...events, ...missing.gpus.map((gpu): NewEvent => ({ type: 'GpuLost', stream, data: { gpu } }))];
}

/** Executes that a dead server left open on this host. */
export const openExecutions = (state: State, host: string): readonly { readonly id: string }[] =>
  [...state.executions.values()].filter((e) => (state.replicaSets.get(e.replicaSet)?.host ?? host) === host);

/** Whether such an execute ended is not known. */
export function decideUnknownExecution(state: State, id: string): NewEvent[] {
  const open = state.executions.get(id);
  return open === undefined ? [] : [{ type: 'CommandOutcomeUnknown', stream: replicaSetStream(open.replicaSet), data: { execution: id } }];
}
