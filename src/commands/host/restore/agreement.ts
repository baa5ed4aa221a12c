// Whether Docker has what a log says that was put back to an earlier moment. Of what is there on both sides the usual comparison says how it is; only what
// one of them lacks, and operations that were under way then, are of changes that the log has lost.
import type { NewEvent } from '../../../events/catalogue.ts';
import { hostStream } from '../../../events/stream.ts';
import {
  aggregateOf,
  type ContainerVersion,
  currentVersion,
  isReplicaSet,
  type ReplicaSet,
  type State,
  type Volume,
  writable,
} from '../../../projections/state.ts';
import type { ContainerFacts, VolumeFacts } from '../../outside/engine.ts';
import { expectedOf } from '../absence.ts';
import { isRunning } from '../reconcile.ts';
import { isKnown, neverRan } from '../strays.ts';
import { isHeld, restoredOn } from './mode.ts';

/** One look at the engine: containers by id and by `<uid>/<version>`, and the names of our volumes. */
export interface Seen {
  readonly containers: ReadonlyMap<string, ContainerFacts>;
  readonly volumes: ReadonlySet<string>;
}

const foundOf = (rs: ReplicaSet, version: ContainerVersion, { containers }: Seen): ContainerFacts | undefined =>
  containers.get(version.containerId ?? `${rs.uid}/${version.version}`);

/** What Docker lacks of one name, or has otherwise than an operation of the log that was put back left it; null where nothing. */
export function lacks(state: State, stream: string, seen: Seen): string | null {
  const aggregate = aggregateOf(state, stream);
  if (aggregate === undefined) return null;
  const { operation } = aggregate;
  if (operation === null) return isExpected(aggregate, seen) ? null : `${expectedOf(aggregate) ?? aggregate.name} is missing`;
  if (!isHeld(state, aggregate)) return `a ${operation.kind} of ${aggregate.name} is under way`;
  return isAsLeft(aggregate, seen) ? null : `a ${operation.kind} of ${aggregate.name} was under way, and Docker is not as it was then`;
}

function isExpected(aggregate: ReplicaSet | Volume, seen: Seen): boolean {
  const what = expectedOf(aggregate);
  if (what === undefined) return true;
  if (!isReplicaSet(aggregate)) return seen.volumes.has(what);
  const version = currentVersion(aggregate);
  return version === undefined || foundOf(aggregate, version, seen) !== undefined;
}

/** The next step of its operation may follow: all that the log has is there, as it was, and nothing more. */
function isAsLeft(aggregate: ReplicaSet | Volume, seen: Seen): boolean {
  if (!isReplicaSet(aggregate))
    return aggregate.versions.every(({ state, volumeName }) => (state === 'ready' || state === 'retired') === seen.volumes.has(volumeName));
  return aggregate.versions.every((version) => {
    const found = foundOf(aggregate, version, seen);
    if (found === undefined) return version.container === 'removed' || version.container === 'planned';
    return version.container !== 'planned' && isRunning(found) === (version.container === 'running');
  });
}

/** Containers with our labels that have run and that the log does not know: what was made after the backup. A superseded one is not of these. */
export const unknownContainers = (state: State, containers: readonly ContainerFacts[]): ContainerFacts[] =>
  containers.filter((c) => {
    const rs = state.replicaSets.get(c.name);
    return !neverRan(c) && !isKnown(state, c) && !(rs?.uid === c.uid && c.version < rs.current);
  });

/** Volumes with our labels that the log does not know. */
export const unknownVolumes = (state: State, volumes: readonly VolumeFacts[]): VolumeFacts[] =>
  volumes.filter(({ owner, name }) => {
    if (owner === undefined) return false;
    const volume = state.volumes.get(owner.name);
    const isOfLog = volume?.uid === owner.uid && (volume.versions.some((v) => v.volumeName === name) || owner.version < volume.current);
    return !isOfLog;
  });

/** The host works as usual from here on. Empty where it does so already. */
export const decideSettled = (state: State, host: string, how: 'agreed' | 'accepted', differences: number): NewEvent[] =>
  restoredOn(state, host) === undefined || !writable(state, 'RestoreSettled')
    ? []
    : [{ type: 'RestoreSettled', stream: hostStream(host), data: { how, differences } }];
