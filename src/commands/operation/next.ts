// next(operation) → the one step that comes now, or null when nothing is left to do but to close the operation.

import {
  type ContainerVersion,
  findVersion,
  type Operation,
  type ReplicaSet,
  type State,
  type Volume,
  type VolumeVersion,
} from '../../projections/state.ts';
import type { Settings } from '../decision.ts';
import type { ContainerRef, CreateContainer } from '../outside/engine.ts';
import { mountedBy } from '../volume/volumes.ts';
import type { Step } from './step.ts';

export function containerRef(state: State, rs: ReplicaSet, v: ContainerVersion): ContainerRef {
  return {
    containerName: v.containerName,
    owner: { log: state.logId, name: rs.name, uid: rs.uid, version: v.version },
    ...(v.containerId !== undefined && { id: v.containerId }),
  };
}

function createRequest(state: State, rs: ReplicaSet, v: ContainerVersion, operation: Operation, settings: Settings): CreateContainer {
  const disk = v.diskOf === undefined ? undefined : findVersion(rs, v.diskOf)?.disk;
  if (v.diskOf !== undefined && disk === undefined)
    throw new Error(`version ${v.version} of ${rs.name} starts from the disk of ${v.diskOf}, which is not saved`);
  const { spec } = v;
  const dests = new Set(spec.binds.map((b) => b.dest));
  return {
    containerName: v.containerName,
    owner: { log: state.logId, name: rs.name, uid: rs.uid, version: v.version, operation: operation.id },
    image: disk?.image ?? rs.image.id,
    fromDisk: disk !== undefined,
    base: rs.image,
    env: [...spec.env, `CONTAINER_VERSION=${v.version}`],
    binds: spec.binds.map(({ src, dest }) => ({ src, dest })),
    anonymousVolumes: rs.anonymousVolumes.filter((a) => !dests.has(a.dest)),
    gpus: v.gpus,
    requestDevices: settings.requestDevices,
    ports: v.ports,
    ...(spec.cmd !== undefined && { cmd: spec.cmd }),
    ...(spec.stopTimeout !== undefined && { stopTimeout: spec.stopTimeout }),
  };
}

const has = (operation: Operation, type: Operation['done'][number]): boolean => operation.done.includes(type);

export function nextOfReplicaSet(state: State, rs: ReplicaSet, settings: Settings): Step | null {
  const { operation } = rs;
  if (operation === null) return null;
  const from = operation.from === undefined ? undefined : findVersion(rs, operation.from);
  const to = operation.to === undefined ? undefined : findVersion(rs, operation.to);
  const start = (v: ContainerVersion): Step => ({
    do: 'startContainer',
    version: v.version,
    container: containerRef(state, rs, v),
    settleMs: settings.settleMs,
  });
  const stop = (v: ContainerVersion, graceSeconds: number): Step => ({
    do: 'stopContainer',
    version: v.version,
    container: containerRef(state, rs, v),
    graceSeconds,
  });
  const remove = (v: ContainerVersion, anonymous: boolean): Extract<Step, { do: 'removeContainer' }> => ({
    do: 'removeContainer',
    version: v.version,
    container: containerRef(state, rs, v),
    anonymous,
  });

  switch (operation.kind) {
    case 'run':
    case 'patch':
    case 'rollback':
    case 'restart': {
      if (to === undefined) return null;
      if (operation.phase === 'undo') {
        if (to.container !== 'removed') {
          const step = remove(to, true);
          return operation.kind === 'run' ? { ...step, anonymousVolumes: rs.anonymousVolumes.map((a) => a.name) } : step;
        }
        if (from === undefined || from.container === 'removed') return null;
        // Once: one that ends at once by itself is not started for ever.
        if (
          operation.before === 'running' &&
          from.container !== 'running' &&
          operation.restoreFailed === undefined &&
          !has(operation, 'ContainerStarted')
        ) {
          return start(from);
        }
        // The version goes on from here (or can be continued), so the copy is out of date.
        if (has(operation, 'SystemDiskSaved') && from.disk !== undefined) {
          return { do: 'discardDisk', version: from.version, image: from.disk.image };
        }
        return null;
      }
      if (from !== undefined && from.container !== 'removed' && to.container === 'planned' && operation.conflicts.length === 0) {
        // The new spec has the old one's stopTimeout, or the one that this very request gave.
        if (!has(operation, 'ContainerStopped')) return stop(from, to.spec.stopTimeout ?? settings.replaceGrace);
        if (!has(operation, 'SystemDiskSaved')) {
          return { do: 'saveDisk', version: from.version, container: containerRef(state, rs, from), operation: operation.id };
        }
      }
      if (operation.conflict !== undefined) return remove(to, from === undefined);
      if (to.container === 'planned') {
        return { do: 'createContainer', version: to.version, request: createRequest(state, rs, to, operation, settings) };
      }
      if (to.container === 'created') return start(to);
      return from !== undefined && from.container !== 'removed' ? remove(from, false) : null;
    }
    case 'stop':
      return from !== undefined && !has(operation, 'ContainerStopped') && from.container !== 'removed'
        ? stop(from, from.spec.stopTimeout ?? settings.stopTimeout)
        : null;
    case 'pause':
      return from !== undefined && !has(operation, 'ContainerPaused') ? stop(from, from.spec.stopTimeout ?? settings.stopTimeout) : null;
    case 'continue':
      if (from === undefined || has(operation, 'ContainerContinued')) return null;
      if (operation.before === 'running' && !has(operation, 'ContainerStopped'))
        return stop(from, from.spec.stopTimeout ?? settings.stopTimeout);
      return start(from);
    case 'commit':
      if (from === undefined || has(operation, 'ContainerCommitted')) return null;
      return {
        do: 'commitImage',
        version: from.version,
        container: containerRef(state, rs, from),
        imageName: operation.imageName ?? '',
        operation: operation.id,
      };
    case 'delete': {
      const left = rs.versions.find((v) => v.container !== 'removed' && v.container !== 'planned');
      if (left !== undefined) return remove(left, true);
      return {
        do: 'removeDisks',
        owner: { log: state.logId, name: rs.name, uid: rs.uid },
        anonymousVolumes: rs.anonymousVolumes.map((a) => a.name),
      };
    }
    default:
      return null;
  }
}

export function nextOfVolume(state: State, volume: Volume, settings: Settings): Step | null {
  const { operation } = volume;
  const owner = (v: VolumeVersion) => ({ log: state.logId, name: volume.name, uid: volume.uid, version: v.version });
  const remove = (v: VolumeVersion): Step => ({ do: 'removeVolume', version: v.version, volume: v.volumeName, owner: owner(v) });
  if (operation === null) {
    // A retired version goes when the last container that names it has gone.
    const retired = volume.versions.find((v) => v.state === 'retired' && mountedBy(state, volume, v.volumeName).length === 0);
    return retired === undefined ? null : remove(retired);
  }
  const from = operation.from === undefined ? undefined : findVersion(volume, operation.from);
  const to = operation.to === undefined ? undefined : findVersion(volume, operation.to);
  if (operation.phase === 'undo') return to !== undefined && !has(operation, 'VolumeVersionRemoved') ? remove(to) : null;
  if (to !== undefined && to.state === 'planned') {
    return {
      do: 'createVolume',
      version: to.version,
      volume: to.volumeName,
      owner: { ...owner(to), operation: operation.id },
      size: to.size,
      bytes: to.bytes,
      strict: settings.strictVolumes,
    };
  }
  if (operation.kind === 'resizeVolume' && from !== undefined && to !== undefined) {
    if (!has(operation, 'VolumeDataCopied')) {
      return { do: 'copyVolume', from: from.volumeName, to: to.volumeName, fromVersion: from.version, toVersion: to.version };
    }
    return from.state === 'ready' ? remove(from) : null;
  }
  if (operation.kind === 'deleteVolume') {
    const left = volume.versions.find((v) => v.state === 'ready' || v.state === 'retired');
    return left === undefined ? null : remove(left);
  }
  return null;
}

export const next = (state: State, aggregate: ReplicaSet | Volume, settings: Settings): Step | null =>
  'gpus' in aggregate ? nextOfReplicaSet(state, aggregate, settings) : nextOfVolume(state, aggregate, settings);
