// Containers with our labels that the log does not know: superseded versions and deleted names that came back, or an older log.
import { findVersion, type State } from '../../projections/state.ts';
import type { ContainerFacts, ContainerRef } from '../outside/engine.ts';

/** A container of ours, as its labels name it. */
type Labelled = Pick<ContainerFacts, 'name' | 'uid' | 'version'>;

const versionOf = (state: State, c: Labelled) => (ofKnownName(state, c) ? findVersion(ofName(state, c), c.version) : undefined);

/** The containers that the log does not know, or knows to be gone. */
export const strays = (state: State, containers: readonly ContainerFacts[]): ContainerFacts[] =>
  containers.filter((c) => (versionOf(state, c)?.container ?? 'removed') === 'removed');

/**
 * Whether the log has this very container, and does not know it to be gone. Labels alone do not tell: whoever commits a container by hand, and
 * runs the image, hands them down.
 */
export function isKnown(state: State, c: Labelled & Pick<ContainerFacts, 'id'>): boolean {
  const version = versionOf(state, c);
  return version !== undefined && version.container !== 'removed' && (version.containerId ?? c.id) === c.id;
}

const ofName = (state: State, { name }: Labelled) => state.replicaSets.get(name) ?? { uid: '', versions: [] };
const ofKnownName = (state: State, c: Labelled): boolean => ofName(state, c).uid === c.uid;

/**
 * Whether a stray runs on what it has no lease of, and must be stopped: a GPU or a host port, which may be another's by now, or the disks and
 * volumes of the version that took its place. One that runs without any of these harms nobody, and may be of a log that was restored from an
 * older backup: it is left alone.
 */
export function mustStop(state: State, stray: ContainerFacts): boolean {
  const runs = stray.state === 'running' || stray.state === 'restarting' || stray.state === 'paused';
  return runs && (stray.gpus.length > 0 || stray.hostPorts.length > 0 || ofKnownName(state, stray));
}

/** Docker made it, and nobody has started it: nothing can be lost with it. */
export const neverRan = ({ state }: ContainerFacts): boolean => state === 'created';

export const refOf = ({ logId: log }: State, { id, containerName, name, uid, version }: ContainerFacts): ContainerRef => ({
  id,
  containerName,
  owner: { log, name, uid, version },
});
