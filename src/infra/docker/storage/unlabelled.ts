// A container that is no log's, as a log would record it that takes it in: what Docker has of it, and what of that no later version will have.

import { EngineError } from '../../../commands/outside/engine-error.ts';
import type { UnlabelledFound } from '../../../commands/outside/owned.ts';
import type { DockerApi } from '../connection/api.ts';
import { type OwnerId, ownerOf } from '../connection/labels.ts';
import type { RawContainer, RawImage } from '../connection/raw.ts';
import { factsOf, inspectContainer } from '../containers/containers.ts';
import { gpusOf } from '../containers/gpu-use.ts';
import type { Images } from '../containers/images.ts';
import { figure } from './disk-space.ts';
import { ownedContainer } from './owned.ts';

/** Docker's own size of /dev/shm, bytes. */
const USUAL_SHM = 64 * 1024 ** 2;

export async function inspectUnlabelled(
  api: DockerApi,
  images: Images,
  containerName: string,
  owner: OwnerId,
): Promise<UnlabelledFound | null> {
  const container = await inspectContainer(api, containerName);
  // Docker also takes the beginning of an id for a name.
  if (container === undefined || container.Name !== `/${containerName}`) return null;
  const theirs = ownerOf(container.Config.Labels, 'container');
  if (theirs !== undefined) {
    const whose = theirs.log === owner.log ? 'this log' : `log ${theirs.log}`;
    throw new EngineError(
      'conflict',
      `container ${containerName} carries the labels of ${whose}: only one without any is taken in as it is`,
    );
  }
  const facts = factsOf(container, owner);
  if (facts === null) return null;
  const image = await images.inspect(container.Image);
  const owned = await ownedContainer(images, container, { ...facts, gpus: [] }, () => false, 'unlabelled');
  const uses = gpusOf(container);
  const asked = (container.HostConfig.DeviceRequests ?? []).length > 0;
  const approximate = [...owned.approximate, ...lostOf(container, image, containerName)];
  return { owned: { ...owned, gpus: [], approximate }, uses, asked };
}

/** Sentences about what it was made with and its next version, which is made as all of ours, will not have. */
function lostOf(container: RawContainer, image: RawImage | null, name: string): readonly string[] {
  const { HostConfig, Mounts = [] } = container;
  const powers = powersOf(HostConfig);
  const own = [...limitsOf(HostConfig), ...powers, ...processOf(container, image)];
  const restarts = HostConfig.RestartPolicy?.Name ?? '';
  const texts = HostConfig.Binds ?? [];
  const published = Object.values(HostConfig.PortBindings ?? {}).flatMap((bindings) =>
    (bindings ?? []).flatMap(({ HostIp = '' }) => (['', '0.0.0.0', '::'].includes(HostIp) ? [] : [HostIp])),
  );
  const modes = [
    ...texts.filter((text) => !['', 'rw', 'z', 'Z', 'nocopy'].includes(text.split(':')[2] ?? '')),
    ...Mounts.filter(({ RW, Destination }) => RW === false && !texts.some((text) => text.split(':')[1] === Destination)).map(
      ({ Name, Source, Destination }) => `${Name ?? Source ?? ''}:${Destination}:ro`,
    ),
  ];
  return [
    ...(image === null ? [`the image that ${name} was made from is not in Docker any more: its variables count as ${name}'s own`] : []),
    ...(own.length > 0 ? [`the next version has what this server gives to all, and not this of ${name}: ${own.join(', ')}`] : []),
    ...(powers.length > 0
      ? [`until then whoever may execute in ${name} has more of the host than any container of this server gives: ${powers.join(', ')}`]
      : []),
    ...(modes.length > 0 ? [`the next version mounts with write access, and without further options: ${modes.join(', ')}`] : []),
    ...(published.length > 0
      ? [
          `the next version publishes at the address of this server (--publish-addr), and not only at: ${[...new Set(published)].join(', ')}`,
        ]
      : []),
    ...(restarts === '' || restarts === 'no'
      ? []
      : [`Docker itself starts ${name} again (restart policy ${restarts}) until the next version, which this server starts again`]),
  ];
}

function limitsOf({
  Memory = 0,
  NanoCpus = 0,
  CpusetCpus = '',
  ShmSize = USUAL_SHM,
  StorageOpt,
  NetworkMode = 'default',
}: RawContainer['HostConfig']): readonly string[] {
  const size = StorageOpt?.['size'];
  return [
    ...(Memory > 0 ? [`memory ${figure(Memory)}`] : []),
    ...(NanoCpus > 0 ? [`${NanoCpus / 1e9} CPUs`] : []),
    ...(CpusetCpus === '' ? [] : [`CPU set ${CpusetCpus}`]),
    ...(ShmSize === USUAL_SHM || ShmSize === 0 ? [] : [`/dev/shm ${figure(ShmSize)}`]),
    ...(size === undefined ? [] : [`system disk ${size}`]),
    ...(['default', 'bridge', ''].includes(NetworkMode) ? [] : [`network ${NetworkMode}`]),
  ];
}

/** What reaches beyond the container. */
function powersOf({
  Privileged = false,
  CapAdd,
  Devices,
  SecurityOpt,
  PidMode = '',
  IpcMode = '',
  UTSMode = '',
  UsernsMode = '',
}: RawContainer['HostConfig']): readonly string[] {
  const namespaces = { pid: PidMode, ipc: IpcMode, uts: UTSMode, userns: UsernsMode };
  const list = (what: string, all: readonly string[] | null | undefined): readonly string[] =>
    all == null || all.length === 0 ? [] : [`${what} ${all.join(' ')}`];
  return [
    ...(Privileged ? ['privileged'] : []),
    ...list('capabilities', CapAdd),
    ...list(
      'devices',
      Devices?.map(({ PathOnHost = '' }) => PathOnHost),
    ),
    ...list(
      'security options',
      SecurityOpt?.filter((option) => /(?:unconfined|disable)$/.test(option)),
    ),
    ...Object.entries(namespaces).flatMap(([which, mode]) => (/^(?:host$|container:)/.test(mode) ? [`${which} namespace ${mode}`] : [])),
  ];
}

/** What the next version takes from the image instead. */
function processOf({ Config }: RawContainer, image: RawImage | null): readonly string[] {
  if (image === null) return [];
  const its = image.Config ?? {};
  const differs = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? '') !== JSON.stringify(b ?? '');
  return [
    ...(differs(Config.Entrypoint, its.Entrypoint) ? [`entrypoint ${JSON.stringify(Config.Entrypoint)}`] : []),
    ...(differs(Config.WorkingDir, its.WorkingDir) ? [`working directory ${Config.WorkingDir}`] : []),
    ...(differs(Config.User, its.User) ? [`user ${Config.User}`] : []),
  ];
}
