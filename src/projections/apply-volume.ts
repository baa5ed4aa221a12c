import type { Event } from '../events/catalogue.ts';
import { LogCorruptError } from '../events/log.ts';
import { volumeOfStream } from '../events/stream.ts';
import type { volumeEvents } from '../events/volume.ts';
import type { Appliers } from './applier.ts';
import { changeableVersion } from './apply-thaw.ts';
import { aggregateOf, forgetUnlabelled, isReplicaSet, type State, unlabelledKey, type Volume, type VolumeVersion } from './state.ts';

function volumeOf(state: State, event: Event): Volume {
  const volume = aggregateOf(state, event.stream);
  if (volume === undefined || isReplicaSet(volume))
    throw new LogCorruptError(event.seq, `${event.type} on ${event.stream}, which does not exist`);
  return volume;
}

function versionOf(volume: Volume, version: number, event: Event): VolumeVersion {
  const found = changeableVersion(volume, version);
  if (found === undefined)
    throw new LogCorruptError(event.seq, `${event.type} on version ${version} of ${volume.name}, which does not exist`);
  return found;
}

export const volumeAppliers: Pick<Appliers, keyof typeof volumeEvents> = {
  VolumeVersionCreated: (state, event) => {
    const volume = volumeOf(state, event);
    const { uid, version, size, bytes, from } = event.data;
    volume.uid = uid;
    volume.lastVersion = Math.max(volume.lastVersion, version);
    volume.versions.push({
      version,
      volumeName: `${volume.name}-${version}`,
      createTime: event.time,
      size,
      bytes,
      state: 'planned',
      ...(from !== undefined && { from }),
    });
  },
  VolumeProvisioned: (state, event) => {
    const volume = volumeOf(state, event);
    const version = versionOf(volume, event.data.version, event);
    version.state = 'ready';
    version.enforced = event.data.enforced;
    if (volume.operation?.kind === 'createVolume') volume.current = version.version;
  },
  VolumeDataCopied: () => {},
  VolumeResized: (state, event) => {
    volumeOf(state, event).current = event.data.to;
  },
  VolumeVersionFailed: (state, event) => {
    const volume = volumeOf(state, event);
    versionOf(volume, event.data.version, event).state = 'failed';
    if (volume.operation !== null) {
      volume.operation.phase = 'undo';
      volume.operation.failure = { step: event.data.step, message: event.data.message };
    }
  },
  VolumeVersionRetired: (state, event) => {
    versionOf(volumeOf(state, event), event.data.version, event).state = 'retired';
  },
  VolumeVersionRemoved: (state, event) => {
    const volume = volumeOf(state, event);
    const version = versionOf(volume, event.data.version, event);
    if (version.state !== 'failed') version.state = 'removed';
    forgetUnlabelled(state, version);
    if (version.version === volume.current) delete volume.missing;
  },
  VolumeMissing: (state, event) => {
    volumeOf(state, event).missing = { since: event.time, seq: event.seq };
  },
  VolumeReappeared: (state, event) => {
    const volume = volumeOf(state, event);
    delete volume.missing;
    const version = versionOf(volume, event.data.version, event);
    if (version.state === 'vanished') version.state = 'ready';
  },
  VolumeVanished: (state, event) => {
    const volume = volumeOf(state, event);
    delete volume.missing;
    versionOf(volume, event.data.version, event).state = 'vanished';
  },
  VolumeAdopted: (state, event) => {
    const { uid, version, gone, ...read } = event.data;
    const name = volumeOfStream(event.stream) ?? '';
    if (!state.volumes.has(name)) {
      const { host, seq } = event;
      state.volumes.set(name, {
        name,
        host,
        owner: event.command.actor,
        uid,
        versions: [],
        lastVersion: 0,
        current: 0,
        operation: null,
        seq,
      });
    }
    const volume = volumeOf(state, event);
    volume.uid = uid;
    volume.operation = null;
    delete volume.missing;
    for (const lost of gone) {
      const found = changeableVersion(volume, lost);
      if (found !== undefined) found.state = 'removed';
      forgetUnlabelled(state, found);
    }
    const others = volume.versions.filter((v) => v.version !== version && v.state !== 'planned');
    const taken: VolumeVersion = { ...read, version, volumeName: `${name}-${version}`, state: 'ready' };
    volume.versions = [...others, taken].sort((a, b) => a.version - b.version);
    volume.lastVersion = Math.max(volume.lastVersion, version);
    volume.current = version;
    const key = unlabelledKey(taken);
    if (key !== undefined) state.unlabelled.set(key, { name, version });
  },
  VolumeDeleted: (state, event) => {
    const { name, versions } = volumeOf(state, event);
    for (const version of versions) forgetUnlabelled(state, version);
    state.volumes.delete(name);
  },
};
