// Takes in a container or a volume that was there before the log, of the Go program mostly: it goes on as it is, and is known by what is recorded here
// until its next version, which carries labels.
import type { NewEvent } from '../../../events/catalogue.ts';
import type { ContainerSpec, SealedVariable } from '../../../events/shapes.ts';
import { replicaSetStream, volumeStream } from '../../../events/stream.ts';
import { findVersion, type ReplicaSet, type State, sealsSecrets, type Volume } from '../../../projections/state.ts';
import { checkBindShape } from '../../container/binds.ts';
import { accept, already, type Decision } from '../../decision.ts';
import { GPU_VARIABLES, type VolumeFacts } from '../../outside/engine.ts';
import type { UnlabelledFound } from '../../outside/owned.ts';
import { type AskedUnlabelled, MOST_PAST, type PastVersion } from '../../request/adopt-body.ts';
import { checkReplicaSetName, checkVolumeName, formatBytes, parseSize } from '../../request/names.ts';
import { looksSecret, nameOf } from '../../request/secret-names.ts';
import { named } from '../foreign.ts';
import { isRunning } from '../reconcile.ts';
import { neverRan } from '../strays.ts';
import { leases, refuse, refuseLevel, whyTaken, withVolumes } from './adopt.ts';

export interface FoundContainer {
  /** The container NAME-VERSION, told as one of this order's own life of the name; null where there is none. */
  readonly container: UnlabelledFound | null;
  /** Its variables whose names look secret, sealed with the keys of that life. */
  readonly sealed: readonly SealedVariable[];
  /** All volumes of the log. */
  readonly volumes: readonly VolumeFacts[];
}

const elsewhere = (kind: 'replicaSet' | 'volume', { name, host }: ReplicaSet | Volume): Decision =>
  refuse('misdirected', `${kind} ${name} is on host ${host} of the log: on another host it cannot be taken in under that name`);

/** A volume cannot be renamed. */
const noSuch = (kind: 'container' | 'volume', name: string): string =>
  kind === 'volume'
    ? `Docker has no volume ${name}: docker volume ls lists those that it has`
    : `Docker has no container ${name}: docker ps -a lists those that it has, and docker rename OLD ${name} gives one this name`;

/** The container's variables to seal. */
export const secretsOf = (state: State, { owned }: UnlabelledFound): readonly string[] =>
  sealsSecrets(state) ? owned.spec.env.filter((entry) => looksSecret(nameOf(entry))) : [];

/**
 * NAME-VERSION becomes the current version of a new life of the name, with the GPUs and host ports that it uses: none of them may be leased to another.
 * One that does not run holds nothing. Nothing to do where the log has taken it in before.
 */
export function decideAdoptUnlabelled(state: State, host: string, name: string, asked: AskedUnlabelled, found: FoundContainer): Decision {
  const level = refuseLevel(state) ?? checkReplicaSetName(name);
  if (level !== null) return level;
  const containerName = `${name}-${asked.version}`;
  const rs = state.replicaSets.get(name);
  const { container } = found;
  if (rs !== undefined && rs.host !== host) return elsewhere('replicaSet', rs);
  if (rs !== undefined) {
    const known = findVersion(rs, asked.version);
    // It was taken in, and has been replaced since.
    const isOurs = container === null || (known?.unlabelled === true && known.containerId === container.owned.seen.id);
    return isOurs
      ? already
      : refuse('conflict', `replicaSet ${name} is in the log already, and ${containerName} is another one's container`);
  }
  if (container === null) return refuse('not-found', noSuch('container', containerName));
  if (neverRan(container.owned.seen))
    return refuse('conflict', `container ${containerName} was made and never started: remove it (docker rm)`);
  const gpus = gpusOf(state, host, container);
  if ('kind' in gpus) return gpus;
  const { owned } = container;
  const taken = whyTaken(state, host, name, { ...owned, gpus: gpus.uuids });
  if (taken !== null) return refuse('conflict', taken);
  // The next version mounts them again, and is not asked for what a client may not have asked for.
  const odd = owned.spec.binds.flatMap((bind) => checkBindShape(bind) ?? [])[0];
  if (odd !== undefined) return refuse('conflict', `container ${containerName} cannot be taken in: ${odd}`);
  const binds = withVolumes(state, host, owned.spec.binds, found.volumes);
  if ('kind' in binds) return binds;
  const spec = specOf({ ...owned.spec, gpuCount: gpus.count, binds: [...binds.binds] }, found.sealed);
  return accept(...takenIn(name, asked, owned, spec, gpus, pastOf(asked)));
}

interface Gpus {
  readonly uuids: readonly string[];
  /** As many as it had, also where they are not of this host any more. */
  readonly count: number;
  readonly approximate: readonly string[];
}

/** The GPUs of the host that the container uses. What cannot be told apart cannot be leased; of one that does not run only the number counts. */
function gpusOf(state: State, host: string, { owned: { seen }, uses, asked }: UnlabelledFound): Gpus | Decision {
  const known = state.hosts.get(host)?.gpus ?? [];
  const { containerName } = seen;
  if (uses === 'all') {
    if (asked)
      return refuse(
        'conflict',
        `container ${containerName} was given GPUs by their number, and Docker does not say which: it cannot be leased any`,
      );
    const shown = `${containerName} was given no GPU and gets no lease, but its runtime shows it all of them (NVIDIA_VISIBLE_DEVICES=all): restart it to end that`;
    return { uuids: [], count: 0, approximate: [shown] };
  }
  const uuids = new Set<string>();
  for (const id of uses) {
    const [gpu, ...more] = named(known, id);
    const isWhole = gpu !== undefined && more.length === 0;
    if (!isWhole && isRunning(seen))
      return refuse('conflict', `container ${containerName} uses GPU ${id}, which is not one whole GPU of host ${host}`);
    if (isWhole) uuids.add(gpu.gpu);
  }
  return { uuids: [...uuids], count: isRunning(seen) ? uuids.size : uses.length, approximate: [] };
}

/** A variable that is not of the form NAME=value, or that asks a runtime for devices, is no version's. */
const usable = (env: readonly string[]): string[] =>
  env.filter((entry) => nameOf(entry) !== '' && !entry.includes('\0') && !GPU_VARIABLES.includes(nameOf(entry)));

function specOf(spec: ContainerSpec, sealed: readonly SealedVariable[]): ContainerSpec {
  const names = new Set(sealed.map(({ name }) => name));
  const env = usable(spec.env).filter((entry) => !names.has(nameOf(entry)));
  return { ...spec, env, ...(sealed.length > 0 && { secretEnv: [...sealed] }) };
}

/** The earlier versions, one a number, in their order; the last ones where there are too many. */
function pastOf({ version, history = [] }: AskedUnlabelled): readonly PastVersion[] {
  const earlier = new Map(history.filter((one) => one.version < version).map((one) => [one.version, one]));
  return [...earlier.values()].sort((a, b) => a.version - b.version).slice(-MOST_PAST);
}

/** '' where it is no time. */
function isoOf(text: string): string {
  const ms = Date.parse(text);
  return Number.isFinite(ms) ? new Date(ms).toISOString() : '';
}

/** No secret is recorded of what cannot be run again. */
function pastEvent(stream: string, first: number, { version, createTime, cmd, ...spec }: PastVersion): NewEvent {
  return {
    type: 'VersionAdopted',
    stream,
    data: {
      version,
      reason: version === first ? 'run' : 'patch',
      createTime: isoOf(createTime),
      spec: { ...spec, env: usable(spec.env).filter((entry) => !looksSecret(nameOf(entry))), ...(cmd !== undefined && { cmd }) },
    },
  };
}

function takenIn(
  name: string,
  { version }: AskedUnlabelled,
  { seen, createTime, ports, image, anonymousVolumes, approximate }: UnlabelledFound['owned'],
  spec: ContainerSpec,
  gpus: Gpus,
  past: readonly PastVersion[],
): readonly NewEvent[] {
  const stream = replicaSetStream(name);
  const runs = isRunning(seen);
  const used = { gpus: [...gpus.uuids], ports: ports.map((p) => ({ ...p })) };
  const first = past[0]?.version ?? version;
  const noDisks =
    past.length === 0
      ? []
      : [`only the configuration of earlier versions (${past.length}) is taken in: nothing can be rolled back to them`];
  return [
    {
      type: 'ContainerAdopted',
      stream,
      data: {
        uid: seen.uid,
        version,
        reason: version === first ? 'run' : 'patch',
        createTime,
        containerId: seen.id,
        state: runs ? 'running' : 'exited',
        ...(!runs && { exitCode: seen.exitCode }),
        spec,
        ...used,
        image,
        anonymousVolumes: anonymousVolumes.map((volume) => ({ ...volume })),
        gone: [],
        approximate: [...approximate, ...gpus.approximate, ...noDisks],
        unlabelled: true,
      },
    },
    ...past.map((one) => pastEvent(stream, first, one)),
    ...leases(undefined, stream, version, runs ? used : { gpus: [], ports: [] }),
  ];
}

/** `usedBytes`: of one whose size nobody says; null where its files cannot be looked at. */
export interface FoundVolume {
  readonly volume: VolumeFacts | null;
  readonly usedBytes: number | null;
}

/** NAME-VERSION becomes the current version of a new life of the volume. */
export function adoptUnlabelledVolume(
  state: State,
  host: string,
  name: string,
  uid: string,
  asked: AskedUnlabelled,
  { volume: found, usedBytes }: FoundVolume,
): Decision {
  const level = refuseLevel(state) ?? checkVolumeName(name);
  if (level !== null) return level;
  const { version } = asked;
  const volumeName = `${name}-${version}`;
  const volume = state.volumes.get(name);
  if (volume !== undefined && volume.host !== host) return elsewhere('volume', volume);
  if (volume !== undefined) {
    const isOurs = found === null || findVersion(volume, version)?.unlabelled === true;
    return isOurs ? already : refuse('conflict', `volume ${name} is in the log already, and ${volumeName} of Docker is another one`);
  }
  if (found === null) return refuse('not-found', noSuch('volume', volumeName));
  if (found.owner !== undefined)
    return refuse(
      'conflict',
      `volume ${volumeName} carries the labels of log ${found.owner.log}: only one without any is taken in as it is`,
    );
  if (found.special === true)
    return refuse(
      'conflict',
      `volume ${volumeName} has a driver or options of its own (NFS, a device, tmpfs): bind it as it is, it cannot be managed`,
    );
  const said = parseSize(found.sizeOption ?? asked.size ?? '');
  // Nobody limits it: it is taken to be as large as it is.
  const bytes = Math.max(1024, Math.ceil((usedBytes ?? 0) / 1024) * 1024);
  const size = said ?? { size: formatBytes(bytes), bytes };
  return accept({
    type: 'VolumeAdopted',
    stream: volumeStream(name),
    data: {
      uid,
      version,
      ...size,
      enforced: found.sizeOption !== undefined,
      createTime: isoOf(asked.createTime ?? '') || (found.createTime ?? ''),
      gone: [],
      unlabelled: true,
    },
  });
}
