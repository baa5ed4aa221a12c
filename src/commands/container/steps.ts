// The steps that act on a container, for the operations of all commands.
import { posix } from 'node:path';
import type { SealedVariable } from '../../events/shapes.ts';
import { anonymousVolumesOf, type ContainerVersion, findVersion, type ReplicaSet, type State } from '../../projections/state.ts';
import type { OpenOperation } from '../operation/steps.ts';
import type { ContainerRef, CreateContainer, StartResult, StepOf } from '../outside/engine.ts';
import { hostBindsOf } from './host-paths.ts';

type Open = OpenOperation<ReplicaSet>;

export function containerRef(state: State, rs: ReplicaSet, v: ContainerVersion): ContainerRef {
  return {
    containerName: v.containerName,
    owner: { log: state.logId, name: rs.name, uid: rs.uid, version: v.version },
    ...(v.containerId !== undefined && { id: v.containerId }),
  };
}

const refIn = ({ state, aggregate }: Open, v: ContainerVersion): ContainerRef => containerRef(state, aggregate, v);

function requestOf({ state, aggregate: rs, operation, settings }: Open, v: ContainerVersion): CreateContainer {
  const disk = v.diskOf === undefined ? undefined : findVersion(rs, v.diskOf)?.disk;
  if (v.diskOf !== undefined && disk === undefined)
    throw new Error(`version ${v.version} of ${rs.name} starts from the disk of ${v.diskOf}, which is not saved`);
  const { imageName, gpuCount: _, containerPorts: __, ...spec } = v.spec;
  const dests = new Set(spec.binds.map((b) => posix.resolve(b.dest)));
  return {
    containerName: v.containerName,
    owner: { log: state.logId, name: rs.name, uid: rs.uid, version: v.version, operation: operation.id },
    image: disk?.image ?? rs.image.id,
    fromDisk: disk !== undefined,
    base: rs.image,
    spec: { ...spec, env: [...spec.env, `CONTAINER_VERSION=${v.version}`] },
    madeAs: { imageName, reason: v.reason, owner: rs.owner, ...(v.diskOf !== undefined && { diskOf: v.diskOf }) },
    anonymousVolumes: v.anonymousVolumes.filter((a) => !dests.has(a.dest)),
    gpus: v.gpus,
    requestDevices: settings.requestDevices,
    ports: v.ports,
  };
}

export const createStep = (open: Open, v: ContainerVersion): StepOf<'createContainer'> => ({
  do: 'createContainer',
  version: v.version,
  request: requestOf(open, v),
});

export function startStep(open: Open, v: ContainerVersion): StepOf<'startContainer'> {
  const hostBinds = hostBindsOf(v.spec.binds);
  const secretEnv = printableSecrets(open.aggregate, v);
  return {
    do: 'startContainer',
    version: v.version,
    container: refIn(open, v),
    settleMs: open.settings.settleMs,
    ...(hostBinds.length > 0 && { hostBinds }),
    ...(secretEnv.length > 0 && { secretEnv }),
  };
}

/** Its own, and those of the version whose disk it starts from, which may have written them there. */
function printableSecrets(rs: ReplicaSet, { spec, diskOf }: ContainerVersion): readonly SealedVariable[] {
  const own = spec.secretEnv ?? [];
  const before = (diskOf === undefined ? undefined : findVersion(rs, diskOf))?.spec.secretEnv ?? [];
  return [...own, ...before.filter(({ sealed }) => !own.some((variable) => variable.sealed === sealed))];
}

/** A start that failed, as events record it. */
export const whyNotStarted = (start: Extract<StartResult, { started: false }>): { message: string; output?: string[] } => ({
  message: start.message,
  ...(start.why === 'failed' && start.output !== undefined && { output: [...start.output] }),
});

/** `asked`: seconds of grace that a request gave, cut to the limit of today; `usual`: those of the server, where none did. */
export function stopStep(open: Open, v: ContainerVersion, asked: number | undefined, usual: number): StepOf<'stopContainer'> {
  const { operation, settings } = open;
  const grace = asked === undefined ? usual : Math.min(asked, settings.maxStopTimeout);
  return {
    do: 'stopContainer',
    version: v.version,
    container: refIn(open, v),
    graceSeconds: operation.cutShort === true ? 0 : grace,
  };
}

export const saveDiskStep = (open: Open, v: ContainerVersion): StepOf<'saveDisk'> => ({
  do: 'saveDisk',
  version: v.version,
  container: refIn(open, v),
  operation: open.operation.id,
});

/** The removal of a saved disk that the container has been seen to run on from; null when there is none. */
export const discardStaleDiskStep = ({ version, disk, diskStale }: ContainerVersion): StepOf<'discardDisk'> | null =>
  disk === undefined || diskStale !== true ? null : { do: 'discardDisk', version, image: disk.image };

/** `anonymous`: with the anonymous volumes that Docker made for it. */
export const removeStep = (open: Open, v: ContainerVersion, anonymous: boolean): StepOf<'removeContainer'> => ({
  do: 'removeContainer',
  version: v.version,
  container: refIn(open, v),
  anonymous,
});

/** With the anonymous volumes that it brought; the ones that it carries are its predecessor's. */
export const removeNewStep = (open: Open, v: ContainerVersion): StepOf<'removeContainer'> => ({
  ...removeStep(open, v, true),
  anonymousVolumes: anonymousVolumesOf(open.aggregate, v),
});
