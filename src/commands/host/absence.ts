// Containers and volumes that are missing from Docker: how much of a host may be given up, the operator's word, and how it is told.
import type { NewEvent } from '../../events/catalogue.ts';
import { replicaSetStream, volumeStream } from '../../events/stream.ts';
import {
  aggregateOf,
  currentVersion,
  currentVolumeVersion,
  isReplicaSet,
  type ReplicaSet,
  type State,
  type Volume,
} from '../../projections/state.ts';
import { released } from '../container/release.ts';

/** Of what a host is expected to have in Docker, the part that is not there. */
export interface Absence {
  /** Containers and volumes that are expected. */
  readonly expected: number;
  readonly missing: readonly Missing[];
  /** Further ones that were not seen, of names with an open operation: some of these come and go with it, yet they may be lost as well. */
  readonly underWay?: number;
}
interface Missing {
  readonly stream: string;
  /** The name of the container or volume in Docker. */
  readonly what: string;
}

/** Containers and volumes that may be given up at once, in any case. */
const ALWAYS = 3;
/** Share of a host's containers and volumes that may be given up at once. */
const SHARE = 0.2;
/** Names that a sentence lists. */
const MAX_NAMES = 3;

/** A disk that is not mounted, or another Docker, takes most things away at once; people and prunes take a few. */
export const isTooMuch = ({ expected, missing, underWay = 0 }: Absence): boolean =>
  missing.length + underWay > Math.max(ALWAYS, expected * SHARE);

/** The container or volume that Docker is expected to have of the name; undefined where it is expected to have none. */
export function expectedOf(aggregate: ReplicaSet | Volume): string | undefined {
  if (isReplicaSet(aggregate)) {
    const version = currentVersion(aggregate);
    return version === undefined || version.container === 'removed' ? undefined : version.containerName;
  }
  const version = currentVolumeVersion(aggregate);
  return version?.state === 'ready' ? version.volumeName : undefined;
}

/** A name whose container or volume is to go: that it is not there says nothing of Docker. */
export const isBeingDeleted = ({ operation }: ReplicaSet | Volume): boolean =>
  operation?.kind === 'delete' || operation?.kind === 'deleteVolume';

export function absenceOn(state: State, host: string, isMissing: (stream: string, aggregate: ReplicaSet | Volume) => boolean): Absence {
  const missing: Missing[] = [];
  let expected = 0;
  let underWay = 0;
  const look = (stream: string, aggregate: ReplicaSet | Volume): void => {
    const what = aggregate.host === host ? expectedOf(aggregate) : undefined;
    if (what === undefined) return;
    expected++;
    if (!isMissing(stream, aggregate)) return;
    if (aggregate.operation === null) missing.push({ stream, what });
    else underWay++;
  };
  for (const rs of state.replicaSets.values()) look(replicaSetStream(rs.name), rs);
  for (const volume of state.volumes.values()) look(volumeStream(volume.name), volume);
  return { expected, missing, underWay };
}

/** As far as the log has it. */
export const knownAbsence = (state: State, host: string): Absence => absenceOn(state, host, (_, { missing }) => missing !== undefined);

/** Gives a missing name up: from here on it holds nothing. Empty when there is nothing to give up any more. */
export function decideLoss(state: State, stream: string): NewEvent[] {
  const aggregate = aggregateOf(state, stream);
  if (aggregate === undefined || aggregate.operation !== null || expectedOf(aggregate) === undefined) return [];
  const data = { version: aggregate.current };
  if (!isReplicaSet(aggregate)) return [{ type: 'VolumeVanished', stream, data }];
  return [{ type: 'ContainerVanished', stream, data }, ...released(aggregate, aggregate.current)];
}

const acceptLoss = (host: string): string => `gpu-docker-api hosts accept-loss ${host}`;

/** Why a command on a missing container or volume cannot be carried out. */
export function missingSentence(aggregate: ReplicaSet | Volume): string {
  const since = aggregate.missing === undefined ? '' : ` since ${aggregate.missing.since}`;
  const [kind, thing] = isReplicaSet(aggregate) ? ['replicaSet', 'container'] : ['volume', 'volume'];
  const what = `${thing} ${expectedOf(aggregate) ?? aggregate.name} has not been in Docker${since}`;
  return `the state of ${kind} ${aggregate.name} is unknown: ${what}; it goes on when that is back, and is given up with: ${acceptLoss(aggregate.host)}`;
}

/** Null while nothing is missing. */
export function absenceWarning(absence: Absence, host: string): string | null {
  const { expected, missing } = absence;
  if (missing.length === 0) return null;
  const first = missing.slice(0, MAX_NAMES).map(({ what }) => what);
  const names = `${first.join(', ')}${missing.length > MAX_NAMES ? ` and ${missing.length - MAX_NAMES} more` : ''}`;
  const found = `${missing.length} of ${expected} containers and volumes are missing from Docker (${names})`;
  return isTooMuch(absence)
    ? `${found}: that is too much to be believed, so they hold what they hold; if they are lost, say so with: ${acceptLoss(host)}`
    : `${found}: what is still missing at a later look is given up`;
}
