// The differences between the log and the engine, as events; and the first events of a server on its host.
import { LEVEL, type NewEvent } from '../../events/catalogue.ts';
import { hostStream, LOG_STREAM, replicaSetStream, volumeStream } from '../../events/stream.ts';
import { currentVersion, currentVolumeVersion, findVersion, type State, writable } from '../../projections/state.ts';
import type { ContainerFacts } from '../outside/engine.ts';
import type { GpusSeen } from '../outside/host.ts';
import { gpusElsewhere } from './gpus-elsewhere.ts';
import type { MachineIdentity } from './identity.ts';

export interface Observed {
  /** The log's head before the engine was asked. A stream that has changed since is not judged by this observation. */
  readonly seq: number;
  readonly containers: readonly ContainerFacts[];
  /** Names of the Docker volumes that carry our labels. */
  readonly volumes: ReadonlySet<string>;
}

/** Deaths, removals and starts from outside, which the system found by itself. Streams with an open operation are left to the operation. */
export function decideReconcile(state: State, host: string, observed: Observed): NewEvent[] {
  const byName = new Map(observed.containers.map((c) => [`${c.uid}/${c.version}`, c]));
  const events: NewEvent[] = [];
  for (const rs of state.replicaSets.values()) {
    if (rs.host !== host || rs.operation !== null || rs.seq > observed.seq) continue;
    const version = currentVersion(rs);
    if (version === undefined || version.container === 'removed') continue;
    const stream = replicaSetStream(rs.name);
    const found = byName.get(`${rs.uid}/${version.version}`);
    const data = { version: version.version };
    if (found === undefined) {
      events.push({ type: 'ContainerVanished', stream, data });
      if (rs.gpus.length > 0) events.push({ type: 'GpuReleased', stream, data: { ...data, gpus: [...rs.gpus] } });
      if (rs.ports.length > 0) events.push({ type: 'PortReleased', stream, data: { ...data, ports: rs.ports.map((p) => ({ ...p })) } });
      continue;
    }
    const runs = found.state === 'running' || found.state === 'restarting' || found.state === 'paused';
    if (runs && version.container !== 'running') {
      // A replicaSet that holds nothing must not run: its GPUs and ports may be another's.
      if (rs.state === 'stopped') {
        events.push({
          type: 'OperationStarted',
          stream,
          data: {
            kind: 'stop',
            from: version.version,
            reason: `container ${version.containerName} was started from outside without a lease`,
          },
        });
      } else events.push({ type: 'ContainerStarted', stream, data: { ...data, reason: 'outside' } });
    }
    if (!runs && version.container === 'running') {
      events.push({
        type: 'ContainerDied',
        stream,
        data: { ...data, exitCode: found.exitCode, ...(found.oomKilled && { oomKilled: true }) },
      });
    }
  }
  for (const volume of state.volumes.values()) {
    if (volume.host !== host || volume.operation !== null || volume.seq > observed.seq) continue;
    const version = currentVolumeVersion(volume);
    if (version?.state === 'ready' && !observed.volumes.has(version.volumeName)) {
      events.push({ type: 'VolumeVanished', stream: volumeStream(volume.name), data: { version: version.version } });
    }
  }
  return events;
}

/** Containers with our labels that the log does not know. They are reported and never touched: an older log may have been restored. */
export function strays(state: State, containers: readonly ContainerFacts[]): ContainerFacts[] {
  return containers.filter((c) => {
    const rs = state.replicaSets.get(c.name);
    return rs?.uid !== c.uid || !rs.versions.some((v) => v.version === c.version && v.container !== 'removed');
  });
}

/**
 * Saved disks that no version of their replicaSet names. A save leaves one behind when it was refused, or repeated after its first outcome
 * was lost. Only replicaSets count that have been at rest since before the engine was asked. If the log may be an older one that was
 * restored (it does not know the name or the version, or its current container is gone), all are left alone: they may be somebody's only
 * copy.
 */
export const unnamedDisks = (state: State, host: string, seq: number, disks: readonly SavedDisk[]): readonly SavedDisk[] =>
  disks.filter(({ image, name, uid, version }) => {
    const rs = state.replicaSets.get(name);
    if (rs === undefined || rs.uid !== uid || rs.host !== host || rs.operation !== null || rs.seq > seq) return false;
    if (currentVersion(rs)?.container === 'removed' || findVersion(rs, version) === undefined) return false;
    return rs.versions.every(({ disk }) => disk?.image !== image);
  });

export interface SavedDisk {
  readonly image: string;
  readonly name: string;
  readonly uid: string;
  readonly version: number;
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
  /** Who said that this machine is the host, where an operator had to. */
  readonly adoptedBy?: string;
}

/**
 * The first events of a server on its host. `logId` is used only if the log is empty. In a log of a lower level HostStarted alone binds the
 * machine: who adopted it and its new name are not recorded.
 */
export function decideStart(state: State, host: string, logId: string, facts: HostFacts): NewEvent[] {
  const stream = hostStream(host);
  const known = state.hosts.get(host);
  const { pid, version, engine, storageDriver, gpuMode, portRange, machine, adoptedBy } = facts;
  const { hostId, machineId, engineId, dataRoot } = machine;
  const events: NewEvent[] = [];
  if (state.logId === '') events.push({ type: 'LogCreated', stream: LOG_STREAM, data: { id: logId, level: LEVEL, release: version } });
  if (adoptedBy !== undefined && writable(state, 'HostAdopted')) {
    events.push({ type: 'HostAdopted', stream, data: { by: adoptedBy, hostId, machineId, engineId, dataRoot, storageDriver } });
  }
  const ids = { hostId, machineId, engineId, dataRoot };
  events.push({ type: 'HostStarted', stream, data: { pid, version, engine, storageDriver, gpuMode, ...ids, reads: LEVEL } });
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
 * GPUs that came or went since the log last recorded them. A GPU that another host of the log has is no find (see gpusElsewhere). That all went is believed only when `sure`: a driver
 * lists none while it comes up.
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

/** Closes the executes that a dead server left open: nobody knows whether they ended. */
export const decideUnknownExecutions = (state: State, host: string): NewEvent[] =>
  [...state.executions.values()]
    .filter((e) => state.replicaSets.get(e.replicaSet)?.host === host || !state.replicaSets.has(e.replicaSet))
    .map((e) => ({ type: 'CommandOutcomeUnknown', stream: replicaSetStream(e.replicaSet), data: { execution: e.id } }));
