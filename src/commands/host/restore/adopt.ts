// The operator's order to take back what Docker has of a name and the log, which was put back to an earlier moment, does not know.
import type { NewEvent } from '../../../events/catalogue.ts';
import type { Bind, PortMapping } from '../../../events/shapes.ts';
import { replicaSetStream } from '../../../events/stream.ts';
import { findVersion, type ReplicaSet, type State, writable } from '../../../projections/state.ts';
import { Code } from '../../api-codes.ts';
import { accept, already, type Decision, type Facts, type Rejection, reject } from '../../decision.ts';
import type { Owned, OwnedContainer, OwnedDisk } from '../../outside/owned.ts';
import { checkReplicaSetName } from '../../request/names.ts';
import { hostElsewhere } from '../gpus-elsewhere.ts';
import { isRunning } from '../reconcile.ts';
import { isKnown, neverRan } from '../strays.ts';
import { withSealed } from './adopt-secrets.ts';
import { adoptVolume, type VolumeLook } from './adopt-volume.ts';
import { isHeld } from './mode.ts';

/** Versions that one order takes in, at most: it is one record. */
const MOST_VERSIONS = 100;

/** What the engine has. */
export interface Found {
  readonly owned: Owned;
  /** All volumes that carry our labels. */
  readonly volumes: readonly VolumeLook[];
  /** What `sealsOf` asks for, sealed. */
  readonly sealed?: Facts['sealed'];
}

export const refuse = (kind: Rejection['kind'], message: string): Decision => reject(Code.adoptFailed, kind, message);

/** At a level that does not have the events nothing can be taken back. */
export function refuseLevel(state: State): Decision | null {
  if (writable(state, 'ContainerAdopted')) return null;
  return refuse('unavailable', `the log is at level ${state.logLevel}, which has no adoption: raise it with gpu-docker-api log raise`);
}

/**
 * The container that has run, of the highest version, becomes the current one as Docker has it; an operation that was open on the name in the log
 * that was put back ends. It must use nothing that is leased to another. One that does not run holds nothing. `host`: this server's.
 */
export function decideAdopt(state: State, host: string, name: string, found: Found): Decision {
  const level = refuseLevel(state) ?? checkReplicaSetName(name);
  if (level !== null) return level;
  const rs = state.replicaSets.get(name);
  if (rs !== undefined && rs.host !== host) return refuseElsewhere(rs, host, found.owned);
  const chosen = newest(name, found.owned, rs);
  if ('kind' in chosen) return chosen;
  const isOpen = rs !== undefined && rs.operation !== null;
  if (isOpen && !isHeld(state, rs)) return refuse('busy', `an operation is under way on ${name}: adopt it when that has ended`);
  const { seen } = chosen;
  if (rs !== undefined && !isOpen) {
    if (seen.version < rs.current)
      return refuse('conflict', `the log has version ${rs.current} of ${name}, which is newer than container ${seen.containerName}`);
    if (isKnown(state, seen)) return already;
    const known = findVersion(rs, seen.version);
    if (known?.containerId !== undefined && known.containerId !== seen.id)
      return refuse(
        'conflict',
        `container ${seen.containerName} is not the one that the log has as version ${seen.version} of ${name}: somebody made it by hand`,
      );
  }
  const other = found.owned.containers.find(({ seen: its }) => its.uid === seen.uid && its.id !== seen.id && isRunning(its));
  if (other !== undefined)
    return refuse(
      'conflict',
      `container ${other.seen.containerName} runs beside ${seen.containerName}: stop one of them first (docker stop)`,
    );
  const taken = whyTaken(state, host, name, chosen);
  if (taken !== null) return refuse('conflict', taken);
  const sealed = withSealed(found.owned, chosen, found.sealed);
  if (sealed === null) return { kind: 'stale' };
  const binds = withVolumes(state, host, chosen.spec.binds, found.volumes);
  const owned = { containers: found.owned.containers, disks: sealed.disks };
  return 'kind' in binds ? binds : accept(...binds.events, ...adopted(rs, name, sealed.chosen, binds.binds, owned));
}

/** The log has the name on another host: it is taken back there, unless it has been deleted there since and was run here. */
function refuseElsewhere(rs: ReplicaSet, host: string, { containers }: Owned): Decision {
  const { name, uid } = rs;
  const later = containers.find(({ seen }) => seen.uid !== uid && !neverRan(seen));
  if (later === undefined)
    return refuse(
      'misdirected',
      `replicaSet ${name} is on host ${rs.host}, and this is the server of host ${host}: send the command to the server of ${rs.host}`,
    );
  const which = `replicaSet ${name} of the log is an earlier one on host ${rs.host}`;
  return refuse(
    'conflict',
    `${which}, and container ${later.seen.containerName} here is of one that was run after it: delete it there first`,
  );
}

/** The container to take back: of the life that the log has, where it has one. */
export function newest(name: string, { containers }: Owned, rs: ReplicaSet | undefined): OwnedContainer | Decision {
  // One that is called otherwise was run from an image that somebody committed by hand: such an image hands the labels down.
  const ours = containers.filter(({ seen }) => seen.containerName === `${name}-${seen.version}` && !neverRan(seen));
  const ofLife = rs === undefined ? ours : ours.filter(({ seen }) => seen.uid === rs.uid);
  const [first] = [...ofLife].sort((a, b) =>
    a.seen.version !== b.seen.version ? b.seen.version - a.seen.version : a.createTime < b.createTime ? 1 : -1,
  );
  if (first !== undefined) return first;
  const [other] = ours;
  if (other !== undefined)
    return refuse(
      'conflict',
      `replicaSet ${name} of the log is an earlier one, and container ${other.seen.containerName} belongs to one that was run after it was deleted: delete ${name} first`,
    );
  return refuse('not-found', `Docker has no container of replicaSet ${name} that carries this log's labels and has run`);
}

/** Why what a running container uses cannot be leased to it; null where it can. */
export function whyTaken(state: State, host: string, name: string, { seen, gpus, ports }: OwnedContainer): string | null {
  if (!isRunning(seen)) return null;
  const here = state.hosts.get(host);
  const what = (thing: string, holder: string): string => {
    const held = state.replicaSets.get(holder);
    const way =
      held === undefined
        ? ''
        : `: if ${holder} has another container by now, adopt it first; if it is gone, delete it first; otherwise stop ${seen.containerName} (docker stop) and adopt it then`;
    return `container ${seen.containerName} uses ${thing}, which is leased to replicaSet ${holder}${way}`;
  };
  for (const uuid of gpus) {
    const gpu = here?.gpus.find((one) => one.gpu === uuid);
    if (gpu === undefined) return `container ${seen.containerName} uses GPU ${uuid}, which is not one of host ${host}`;
    const elsewhere = hostElsewhere(state, host, uuid);
    if (elsewhere !== undefined)
      return `container ${seen.containerName} uses GPU ${uuid}, which host ${elsewhere} of the log has: one GPU cannot be in two machines; stop ${seen.containerName} (docker stop) and adopt it then`;
    if (gpu.holder !== null && gpu.holder !== name) return what(`GPU ${gpu.index} (${uuid})`, gpu.holder);
  }
  for (const { hostPort } of ports) {
    const holder = here?.ports.get(hostPort);
    if (holder !== undefined && holder !== name) return what(`host port ${hostPort}`, holder);
  }
  return null;
}

/** The binds with the managed volumes that they name, and the events that take in those of them that the log does not know. */
export function withVolumes(
  state: State,
  host: string,
  binds: readonly Bind[],
  volumes: readonly VolumeLook[],
): { readonly binds: readonly Bind[]; readonly events: readonly NewEvent[] } | Decision {
  const named: Bind[] = [];
  const events: NewEvent[] = [];
  const taken = new Set<string>();
  for (const bind of binds) {
    const owner = volumes.find(({ name }) => name === bind.src)?.owner;
    const { volume: _, ...plain } = bind;
    if (owner === undefined) {
      named.push(plain);
      continue;
    }
    named.push({ ...plain, volume: { name: owner.name, uid: owner.uid } });
    if (taken.has(owner.name)) continue;
    taken.add(owner.name);
    const adoption = adoptVolume(state, host, owner.name, volumes);
    if (adoption.kind === 'events') events.push(...adoption.events);
    else if (adoption.kind === 'rejected') return adoption;
  }
  return { binds: named, events };
}

function adopted(rs: ReplicaSet | undefined, name: string, chosen: OwnedContainer, binds: readonly Bind[], owned: Owned): NewEvent[] {
  const stream = replicaSetStream(name);
  const { seen, image, reason = 'run', diskOf, createTime } = chosen;
  const { version } = seen;
  const runs = isRunning(seen);
  const there = new Set(owned.containers.map((one) => one.seen.id));
  const isGone = ({ containerId, container }: ReplicaSet['versions'][number]): boolean =>
    container !== 'removed' && container !== 'planned' && (containerId === undefined || !there.has(containerId));
  const gone = (rs?.versions ?? []).flatMap((one) => (one.version !== version && isGone(one) ? [one.version] : []));
  const disks = newerDisks(rs, seen.uid, version, owned.disks);
  const approximate = [...new Set([...chosen.approximate, ...disks.flatMap((disk) => disk.approximate)])];
  const [gpus, ports] = [[...chosen.gpus], chosen.ports.map((p) => ({ ...p }))];
  return [
    {
      type: 'ContainerAdopted',
      stream,
      data: {
        uid: seen.uid,
        version,
        reason,
        ...(diskOf !== undefined && { diskOf }),
        ...(chosen.owner !== undefined && { owner: chosen.owner }),
        createTime,
        containerId: seen.id,
        state: runs ? 'running' : 'exited',
        ...(!runs && { exitCode: seen.exitCode }),
        spec: { ...chosen.spec, binds: [...binds] },
        gpus,
        ports,
        image: rs === undefined || rs.image.id === '' ? image : rs.image,
        anonymousVolumes: chosen.anonymousVolumes.map((volume) => ({ ...volume })),
        gone,
        approximate,
      },
    },
    ...disks.map((disk) => diskEvent(rs, stream, disk)),
    ...leases(rs, stream, version, runs ? { gpus, ports } : { gpus: [], ports: [] }),
  ];
}

/** Saved disks of earlier versions that the log does not name. */
function newerDisks(rs: ReplicaSet | undefined, uid: string, version: number, disks: readonly OwnedDisk[]): readonly OwnedDisk[] {
  return disks
    .filter(
      (one) =>
        one.uid === uid && one.version < version && (rs === undefined || findVersion(rs, one.version)?.disk?.image !== one.disk.image),
    )
    .sort((a, b) => a.version - b.version)
    .slice(-MOST_VERSIONS);
}

function diskEvent(
  rs: ReplicaSet | undefined,
  stream: string,
  { version, disk, spec, createTime, reason = 'run', diskOf }: OwnedDisk,
): NewEvent {
  const known = rs === undefined ? undefined : findVersion(rs, version);
  if (known !== undefined && known.container !== 'planned') return { type: 'SystemDiskSaved', stream, data: { version, disk } };
  return { type: 'VersionAdopted', stream, data: { version, reason, ...(diskOf !== undefined && { diskOf }), createTime, spec, disk } };
}

/** From what the name holds in the log to what the container uses. */
export function leases(
  rs: ReplicaSet | undefined,
  stream: string,
  version: number,
  used: { readonly gpus: string[]; readonly ports: PortMapping[] },
): readonly NewEvent[] {
  const held = { gpus: rs?.gpus ?? [], ports: rs?.ports ?? [] };
  const isUsed = ({ hostPort }: PortMapping): boolean => used.ports.some((p) => p.hostPort === hostPort);
  const isHeldPort = ({ hostPort }: PortMapping): boolean => held.ports.some((p) => p.hostPort === hostPort);
  const lost = {
    gpus: held.gpus.filter((gpu) => !used.gpus.includes(gpu)),
    ports: held.ports.filter((p) => !isUsed(p)).map((p) => ({ ...p })),
  };
  const won = { gpus: used.gpus.filter((gpu) => !held.gpus.includes(gpu)), ports: used.ports.filter((p) => !isHeldPort(p)) };
  return [
    ...(lost.gpus.length > 0 ? [{ type: 'GpuReleased', stream, data: { version, gpus: lost.gpus } } as const] : []),
    ...(lost.ports.length > 0 ? [{ type: 'PortReleased', stream, data: { version, ports: lost.ports } } as const] : []),
    ...(won.gpus.length > 0 ? [{ type: 'GpuAllocated', stream, data: { version, gpus: won.gpus } } as const] : []),
    ...(won.ports.length > 0 ? [{ type: 'PortAllocated', stream, data: { version, ports: won.ports } } as const] : []),
  ];
}
