// A container whose version the log has as gone, and whose place another version has taken, may come back: Docker's disk was away, or a
// restored machine has it again. It is taken back: stopped, its system disk saved as its version's, and then removed.
import type { NewEvent } from '../../events/catalogue.ts';
import { replicaSetStream } from '../../events/stream.ts';
import { type ContainerVersion, findVersion, type ReplicaSet, type State, writable } from '../../projections/state.ts';
import type { ContainerFacts } from '../outside/engine.ts';
import { reappeared } from './reconcile.ts';

/** Whether another version has taken the version's place: it is only there until it is removed. */
export const isSuperseded = (rs: ReplicaSet, { version }: Pick<ContainerVersion, 'version'>): boolean => version !== rs.current;

/**
 * The events that take a container with our labels beside the current one back; empty where nothing is to be done. Only the very container
 * that the log had is taken back, by its id. `seq`: the log's head before the engine was asked; a name that changed since, or has an open
 * operation, is not judged. A log whose level lacks the events leaves it alone.
 */
export function decideLeftover(state: State, host: string, seq: number, found: ContainerFacts): NewEvent[] {
  const rs = state.replicaSets.get(found.name);
  if (rs === undefined || rs.uid !== found.uid || rs.host !== host || rs.operation !== null || rs.seq > seq) return [];
  const version = findVersion(rs, found.version);
  if (version === undefined || !isSuperseded(rs, version) || version.containerId !== found.id) return [];
  if (!writable(state, 'ContainerReappeared')) return [];
  const stream = replicaSetStream(rs.name);
  const { containerName } = version;
  const reason = `container ${containerName} is back, and version ${rs.current} has its place: its system disk is saved, and it is removed`;
  return [
    ...(version.container === 'removed' ? [reappeared(stream, found)] : []),
    { type: 'OperationStarted', stream, data: { kind: 'stop', from: version.version, reason } },
  ];
}

/** The containers that decideLeftover may have something to say of. One pass over the containers. */
export const leftovers = (state: State, host: string, seq: number, containers: readonly ContainerFacts[]): readonly ContainerFacts[] =>
  containers.filter((found) => decideLeftover(state, host, seq, found).length > 0);
