// The versions of a name that are retained: how many, and which are the surplus.
import type { NewEvent } from '../../events/catalogue.ts';
import type { Policy } from '../../events/shapes.ts';
import { replicaSetStream } from '../../events/stream.ts';
import { type ContainerVersion, currentVersion, type ReplicaSet, type State, usableDisk, writable } from '../../projections/state.ts';
import type { Settings } from '../decision.ts';

/** Versions that one decision removes at most, so that its events fit into a record; the others go with the looks after the saved disks. */
const MOST = 50;

const isThere = ({ current }: ReplicaSet, { version, container }: ContainerVersion): boolean =>
  version === current && container !== 'removed';

/**
 * The removal of the oldest versions, where more of them can be rolled back to than the name's policy or the server retains. The current
 * version is one of those that are retained, and counts while its container is there or its disk is saved; an older one that cannot be rolled
 * back to goes with the ones around it. One whose container is back goes when that is gone: forgotten before, it would belong to nothing. None
 * while no limit is set, while the container is missing, which may make an old version the only way back, or while the log cannot hold it.
 */
export function surplusRemoved(
  state: State,
  rs: ReplicaSet,
  { keepVersions: byDefault = 0 }: Pick<Settings, 'keepVersions'>,
  { keepVersions = byDefault }: Policy = rs.policy ?? {},
): NewEvent[] {
  if (keepVersions === 0 || rs.missing !== undefined || !writable(state, 'VersionRemoved')) return [];
  let surplus = rs.versions.length;
  for (let retained = 0; surplus > 0 && retained < keepVersions; surplus--) {
    const version = rs.versions[surplus - 1];
    if (version !== undefined && (isThere(rs, version) || usableDisk(version) !== undefined)) retained++;
  }
  return rs.versions
    .slice(0, Math.min(surplus, MOST))
    .filter(({ version, container }) => version !== rs.current && container === 'removed')
    .map(({ version }) => ({ type: 'VersionRemoved', stream: replicaSetStream(rs.name), data: { version, reason: 'keepVersions' } }));
}

/**
 * The same at any time, for a limit that is lower than it was. None while an operation is open, or while the container is missing or gone:
 * the old versions may then be the only way back.
 */
export function decideSurplus(
  state: State,
  host: string,
  { name, uid }: Pick<ReplicaSet, 'name' | 'uid'>,
  settings: Pick<Settings, 'keepVersions'>,
): NewEvent[] {
  const rs = state.replicaSets.get(name);
  if (rs?.uid !== uid || rs.host !== host || rs.operation !== null || rs.missing !== undefined) return [];
  const current = currentVersion(rs);
  return current === undefined || current.container === 'removed' ? [] : surplusRemoved(state, rs, settings);
}
