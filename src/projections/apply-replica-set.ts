import type { Event } from '../events/catalogue.ts';
import { LogCorruptError } from '../events/log.ts';
import type { replicaSetEvents } from '../events/replica-set.ts';
import type { AnonymousVolume } from '../events/shapes.ts';
import { replicaSetOfStream } from '../events/stream.ts';
import type { Appliers } from './applier.ts';
import { emptyReplicaSet } from './apply-operation.ts';
import { changeableVersion } from './apply-thaw.ts';
import { keyOfCommand } from './keys/apply-command.ts';
import { noteGpuTime } from './keys/owned.ts';
import { noteDeath, noteStart } from './note-restarts.ts';
import {
  aggregateOf,
  anonymousVolumesBefore,
  anonymousVolumesOf,
  type ContainerVersion,
  completeDisk,
  forgetUnlabelled,
  hostOf,
  isReplicaSet,
  type ReplicaSet,
  type State,
  unlabelledKey,
} from './state.ts';

function replicaSetOf(state: State, event: Event): ReplicaSet {
  const rs = aggregateOf(state, event.stream);
  if (rs === undefined || !isReplicaSet(rs)) throw new LogCorruptError(event.seq, `${event.type} on ${event.stream}, which does not exist`);
  return rs;
}

function versionOf(rs: ReplicaSet, version: number, event: Event): ContainerVersion {
  const found = changeableVersion(rs, version);
  if (found === undefined) throw new LogCorruptError(event.seq, `${event.type} on version ${version} of ${rs.name}, which does not exist`);
  return found;
}

const carried = (rs: ReplicaSet, diskOf: number | undefined): AnonymousVolume[] =>
  anonymousVolumesBefore(rs, diskOf).map((volume) => ({ ...volume }));

const setReason = (rs: ReplicaSet, reason?: string, exitCode?: number): void => {
  delete rs.stateReason;
  delete rs.exitCode;
  if (reason !== undefined) rs.stateReason = reason;
  if (exitCode !== undefined) rs.exitCode = exitCode;
};

/** It runs no more, frozen or not. */
function ended(version: ContainerVersion, container: 'exited' | 'removed'): void {
  version.container = container;
  delete version.frozen;
}

/** From here on the container may write what the saved disk lacks. */
const ran = (version: ContainerVersion): void => {
  if (version.disk !== undefined) version.diskStale = true;
};

/** The version's disk goes: the current container, where it was made from that, needs the image, and no later disk of the same version. */
function noteMadeFrom(rs: ReplicaSet, { version }: ContainerVersion, image: string): void {
  const current = changeableVersion(rs, rs.current);
  if (current?.diskOf === version && current.containerId !== undefined) current.madeFrom ??= image;
}

/** The name's entry for a version that was taken in, in the order of the numbers. */
function takeIn(state: State, rs: ReplicaSet, version: ContainerVersion): void {
  const key = unlabelledKey(version);
  if (key !== undefined) state.unlabelled.set(key, { name: rs.name, version: version.version });
  const others = rs.versions.filter((v) => v.version !== version.version);
  rs.versions = [...others, version].sort((a, b) => a.version - b.version);
  rs.lastVersion = Math.max(rs.lastVersion, version.version);
}

/** The open operation has ended without an outcome of its own; whoever repeats its command under the same key is told that it was done. */
function endOperation(state: State, rs: ReplicaSet): void {
  const { operation } = rs;
  rs.operation = null;
  const key = operation === null ? undefined : keyOfCommand(operation.command);
  const command = key === undefined ? undefined : state.commands.get(key);
  if (key !== undefined && command?.id === operation?.id && command !== undefined)
    state.commands = state.commands.with(key, { ...command, outcome: { ok: true } });
}

/** The replicaSet whose current container is gone: nothing is lost where its disk was saved when it was stopped. */
function settleGone(rs: ReplicaSet, version: ContainerVersion): void {
  const gone = `container ${version.containerName} was removed from Docker by someone else`;
  const isSaved = completeDisk(version) !== undefined;
  rs.state = isSaved ? 'stopped' : 'failed';
  setReason(rs, isSaved ? `${gone}; its system disk is saved: restart makes the next version from it` : gone);
}

export const replicaSetAppliers: Pick<Appliers, keyof typeof replicaSetEvents> = {
  ContainerVersionCreated: (state, event) => {
    const rs = replicaSetOf(state, event);
    const { version, reason, diskOf, spec, gpus, ports, image } = event.data;
    if (image !== undefined) rs.image = image;
    rs.uid = event.data.uid;
    rs.lastVersion = Math.max(rs.lastVersion, version);
    rs.versions.push({
      version,
      containerName: `${rs.name}-${version}`,
      createTime: event.time,
      reason,
      spec,
      gpus: [...gpus],
      ports: ports.map((p) => ({ ...p })),
      container: 'planned',
      anonymousVolumes: carried(rs, diskOf),
      ...(diskOf !== undefined && { diskOf }),
    });
  },
  GpuAllocated: (state, event) => {
    const rs = replicaSetOf(state, event);
    for (const uuid of event.data.gpus) {
      const gpu = hostOf(state, event.host).gpus.find((g) => g.gpu === uuid);
      if (gpu === undefined) throw new LogCorruptError(event.seq, `GPU ${uuid} is not known on ${event.host}`);
      if (gpu.holder !== null) throw new LogCorruptError(event.seq, `GPU ${uuid} given to ${rs.name} while ${gpu.holder} holds it`);
      gpu.holder = rs.name;
      gpu.since = event.time;
      rs.gpus.push(uuid);
    }
  },
  PortAllocated: (state, event) => {
    const rs = replicaSetOf(state, event);
    const { ports } = hostOf(state, event.host);
    const version = changeableVersion(rs, event.data.version);
    for (const mapping of event.data.ports) {
      const holder = ports.get(mapping.hostPort);
      if (holder !== undefined)
        throw new LogCorruptError(event.seq, `port ${mapping.hostPort} given to ${rs.name} while ${holder} holds it`);
      ports.set(mapping.hostPort, rs.name);
      rs.ports.push({ ...mapping });
      const planned = version?.ports.find((p) => p.containerPort === mapping.containerPort);
      if (planned !== undefined) planned.hostPort = mapping.hostPort;
    }
  },
  GpuReleased: (state, event) => {
    const rs = replicaSetOf(state, event);
    for (const uuid of event.data.gpus) {
      const gpu = hostOf(state, event.host).gpus.find((g) => g.gpu === uuid);
      if (gpu === undefined || gpu.holder !== rs.name)
        throw new LogCorruptError(event.seq, `GPU ${uuid} released by ${rs.name}, which does not hold it`);
      noteGpuTime(state, rs.owner, gpu.since, event.time);
      gpu.holder = null;
      delete gpu.since;
    }
    rs.gpus = rs.gpus.filter((g) => !event.data.gpus.includes(g));
  },
  PortReleased: (state, event) => {
    const rs = replicaSetOf(state, event);
    const { ports } = hostOf(state, event.host);
    const released = new Set(event.data.ports.map((p) => p.hostPort));
    for (const port of released) {
      if (ports.get(port) !== rs.name) throw new LogCorruptError(event.seq, `port ${port} released by ${rs.name}, which does not hold it`);
      ports.delete(port);
    }
    rs.ports = rs.ports.filter((p) => !released.has(p.hostPort));
  },
  ContainerCreated: (state, event) => {
    const rs = replicaSetOf(state, event);
    const version = versionOf(rs, event.data.version, event);
    version.container = 'created';
    version.containerId = event.data.containerId;
    const mounted = event.data.anonymousVolumes;
    const hidden = version.anonymousVolumes.filter(({ dest }) => !mounted.some((volume) => volume.dest === dest));
    version.anonymousVolumes = [...hidden, ...mounted.map((volume) => ({ ...volume }))];
  },
  ContainerStarted: (state, event) => {
    const rs = replicaSetOf(state, event);
    const version = versionOf(rs, event.data.version, event);
    version.container = 'running';
    ran(version);
    rs.current = event.data.version;
    rs.state = 'running';
    setReason(rs);
    noteStart(rs, event);
    if (event.data.reason === 'outside') delete rs.restarts;
  },
  PortConflictFound: (state, event) => {
    const { operation } = replicaSetOf(state, event);
    if (operation === null) return;
    operation.conflict = event.data.hostPort;
    operation.conflicts.push(event.data.hostPort);
  },
  ContainerVersionFailed: (state, event) => {
    const rs = replicaSetOf(state, event);
    versionOf(rs, event.data.version, event).failed = event.data.message;
    if (rs.operation !== null) {
      rs.operation.phase = 'undo';
      const { step, message, output } = event.data;
      rs.operation.failure = { step, message, ...(output !== undefined && { output: [...output] }) };
    }
  },
  ContainerStopped: (state, event) => {
    const rs = replicaSetOf(state, event);
    const { reason, exitCode } = event.data;
    const version = versionOf(rs, event.data.version, event);
    ended(version, 'exited');
    if (reason === 'unleased') ran(version);
    if (version.version === rs.current && (reason === 'stop' || reason === 'unleased')) {
      rs.state = 'stopped';
      setReason(rs, undefined, exitCode);
    }
  },
  StopCutShort: (state, event) => {
    const { operation } = replicaSetOf(state, event);
    if (operation !== null) operation.cutShort = true;
  },
  ContainerPaused: (state, event) => {
    const rs = replicaSetOf(state, event);
    ended(versionOf(rs, event.data.version, event), 'exited');
    rs.state = 'paused';
    setReason(rs);
  },
  ContainerContinued: (state, event) => {
    const rs = replicaSetOf(state, event);
    const version = versionOf(rs, event.data.version, event);
    version.container = 'running';
    ran(version);
    rs.state = 'running';
    setReason(rs);
    noteStart(rs, event);
  },
  ContainerFrozen: (state, event) => {
    versionOf(replicaSetOf(state, event), event.data.version, event).frozen = true;
  },
  ContainerThawed: (state, event) => {
    delete versionOf(replicaSetOf(state, event), event.data.version, event).frozen;
  },
  SystemDiskSaved: (state, event) => {
    const version = versionOf(replicaSetOf(state, event), event.data.version, event);
    version.disk = event.data.disk;
    delete version.diskLost;
    delete version.diskStale;
  },
  SystemDiskDiscarded: (state, event) => {
    const rs = replicaSetOf(state, event);
    const version = versionOf(rs, event.data.version, event);
    noteMadeFrom(rs, version, event.data.image);
    // Of a disk that another has replaced already, as some servers wrote it after the save.
    if (version.disk?.image !== event.data.image) return;
    delete version.disk;
    delete version.diskLost;
    delete version.diskStale;
  },
  SystemDiskLost: (state, event) => {
    const rs = replicaSetOf(state, event);
    const version = versionOf(rs, event.data.version, event);
    version.diskLost = true;
    if (rs.state === 'stopped' && version.version === rs.current && version.container === 'removed') settleGone(rs, version);
  },
  SystemDiskReappeared: (state, event) => {
    const rs = replicaSetOf(state, event);
    const version = versionOf(rs, event.data.version, event);
    delete version.diskLost;
    if (rs.state === 'failed' && version.version === rs.current && version.container === 'removed') settleGone(rs, version);
  },
  ContainerRemoved: (state, event) => {
    const rs = replicaSetOf(state, event);
    const version = versionOf(rs, event.data.version, event);
    // Removed only to be made again with another host port: the version is planned again.
    const again = rs.operation?.conflict !== undefined && rs.operation.phase === 'forward';
    ended(version, 'removed');
    forgetUnlabelled(state, version);
    if (again) version.container = 'planned';
    // The id stays: by it the very container is known, should it come back.
    if (again) delete version.containerId;
    // The ones that Docker had made for it went with it.
    if (again || rs.operation?.phase === 'undo') version.anonymousVolumes = carried(rs, version.diskOf);
    if (version.version === rs.current) delete rs.missing;
    if (again) delete rs.operation?.conflict;
  },
  ContainerCommitted: () => {},
  CommandRequested: (state, event) => {
    const { id } = event.command;
    const { name } = replicaSetOf(state, event);
    const key = keyOfCommand(event.command);
    state.executions.set(id, {
      id,
      replicaSet: name,
      version: event.data.version,
      startedAt: event.time,
      ...(key !== undefined && { key }),
    });
  },
  CommandExecuted: (state, event) => {
    state.executions.delete(event.command.id);
  },
  CommandOutcomeUnknown: (state, event) => {
    const key = state.executions.get(event.data.execution)?.key;
    const command = key === undefined ? undefined : state.commands.get(key);
    if (key !== undefined && command?.id === event.data.execution)
      state.commands = state.commands.with(key, { ...command, outcome: 'unknown' });
    state.executions.delete(event.data.execution);
  },
  ContainerDied: (state, event) => {
    const rs = replicaSetOf(state, event);
    const { exitCode, oomKilled, message, cause } = event.data;
    const version = versionOf(rs, event.data.version, event);
    ended(version, 'exited');
    // A start that was refused counts, too: an earlier try of it may have run.
    ran(version);
    rs.state = message === undefined ? 'exited' : 'failed';
    const withHost = cause === 'host' ? 'it ended when the machine or Docker was restarted' : undefined;
    setReason(rs, message ?? withHost ?? (oomKilled === true ? 'out of memory' : undefined), exitCode);
    noteDeath(rs, event);
    if (rs.operation?.phase === 'undo' && message !== undefined) rs.operation.restoreFailed = message;
  },
  ContainerMissing: (state, event) => {
    replicaSetOf(state, event).missing = { since: event.time, seq: event.seq };
  },
  ContainerReappeared: (state, event) => {
    const rs = replicaSetOf(state, event);
    const version = versionOf(rs, event.data.version, event);
    if (version.version !== rs.current) {
      // Another version has its place: the operation that begins with this event removes it.
      version.container = 'exited';
      return;
    }
    delete rs.missing;
    if (version.container !== 'removed') return;
    // It gave up its leases when it vanished. One that runs is stopped by the operation that begins with this event.
    version.container = 'exited';
    if (event.data.state === 'running') ran(version);
    rs.state = 'stopped';
    setReason(rs, undefined, event.data.exitCode);
  },
  ContainerVanished: (state, event) => {
    const rs = replicaSetOf(state, event);
    const version = versionOf(rs, event.data.version, event);
    ended(version, 'removed');
    if (version.version !== rs.current) return;
    delete rs.missing;
    // It ran, as far as is known: in an undo the start that comes next may have been tried.
    if (rs.state === 'running') ran(version);
    settleGone(rs, version);
  },
  ContainerAdopted: (state, event) => {
    const { state: its, exitCode, gone, approximate: _, image, uid, owner = event.command.actor, ...read } = event.data;
    const name = replicaSetOfStream(event.stream) ?? '';
    if (!state.replicaSets.has(name)) state.replicaSets.set(name, emptyReplicaSet(name, event.host, owner, uid, null));
    const rs = replicaSetOf(state, event);
    endOperation(state, rs);
    rs.uid = uid;
    if (rs.image.id === '') rs.image = image;
    for (const version of gone) {
      const lost = changeableVersion(rs, version);
      if (lost !== undefined) ended(lost, 'removed');
      forgetUnlabelled(state, lost);
    }
    // Nothing is left of versions that were never made.
    rs.versions = rs.versions.filter(({ container }) => container !== 'planned');
    takeIn(state, rs, {
      ...read,
      containerName: `${name}-${read.version}`,
      gpus: [...read.gpus],
      ports: read.ports.map((p) => ({ ...p })),
      anonymousVolumes: read.anonymousVolumes.map((volume) => ({ ...volume })),
      container: its,
    });
    rs.current = read.version;
    rs.state = its === 'running' ? 'running' : 'stopped';
    setReason(rs, undefined, exitCode);
    delete rs.missing;
    delete rs.restarts;
    delete rs.began;
    if (its === 'running') noteStart(rs, event);
  },
  VersionAdopted: (state, event) => {
    const rs = replicaSetOf(state, event);
    takeIn(state, rs, {
      ...event.data,
      containerName: `${rs.name}-${event.data.version}`,
      gpus: [],
      ports: [],
      container: 'removed',
      anonymousVolumes: [],
    });
  },
  PolicySet: (state, event) => {
    replicaSetOf(state, event).policy = { ...event.data.policy };
  },
  VersionRemoved: (state, event) => {
    const rs = replicaSetOf(state, event);
    const version = versionOf(rs, event.data.version, event);
    rs.leftVolumes.push(...anonymousVolumesOf(rs, version));
    if (version.disk !== undefined) noteMadeFrom(rs, version, version.disk.image);
    forgetUnlabelled(state, version);
    rs.versions = rs.versions.filter((one) => one.version !== event.data.version);
  },
  AnonymousVolumesRemoved: (state, event) => {
    const rs = replicaSetOf(state, event);
    rs.leftVolumes = rs.leftVolumes.filter((name) => !event.data.volumes.includes(name));
  },
  ReplicaSetDeleted: (state, event) => {
    const { name, versions } = replicaSetOf(state, event);
    for (const version of state.unlabelled.size > 0 ? versions : []) forgetUnlabelled(state, version);
    state.replicaSets.delete(name);
  },
};
