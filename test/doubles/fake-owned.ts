// What the engine in memory tells of one name of a log, for an adoption.
import type { ContainerFacts, CreateContainer, Owner } from '../../src/commands/outside/engine.ts';
import type { Owned, OwnedContainer, OwnedDisk, UnlabelledFound } from '../../src/commands/outside/owned.ts';
import { Secret } from '../../src/commands/outside/secrets.ts';
import type { ContainerSpec } from '../../src/events/shapes.ts';
import { bytesOf, depthOf, type FakeContainer, type FakeHost } from './fake-host.ts';

const CREATED = new Date(0).toISOString();

export function fakeOwned(host: FakeHost, log: string, name: string, looksSecret: (variable: string) => boolean): Owned {
  const containers = [...host.containers.values()].flatMap((container): OwnedContainer[] => {
    const { owner, request, id, containerName, state, exitCode, oomKilled, hostPorts, mounts } = container;
    if (owner?.log !== log || owner.name !== name || request === undefined) return [];
    const gpus = request.requestDevices ? request.gpus : [];
    const seen: ContainerFacts = {
      id,
      containerName,
      name,
      uid: owner.uid,
      version: owner.version,
      state,
      exitCode,
      oomKilled,
      gpus,
      hostPorts,
    };
    const bound = new Set(request.spec.binds.map(({ dest }) => dest));
    const anonymousVolumes = [...mounts].flatMap(([dest, volume]) => (bound.has(dest) ? [] : [{ name: volume, dest }]));
    const { gpus: asked, base: image, ports } = request;
    const described = describedBy(request, looksSecret);
    const secrets = container.env.flatMap((entry) => {
      const variable = nameOf(entry);
      const isSecret = request.spec.secretEnv?.some((one) => one.name === variable) === true || looksSecret(variable);
      return isSecret ? [{ name: variable, value: new Secret(entry.slice(variable.length + 1)) }] : [];
    });
    return [{ seen, gpus: asked, ports: [...ports], image, anonymousVolumes, ...described, ...(secrets.length > 0 && { secrets }) }];
  });
  const disks = [...host.images.values()].flatMap((image): OwnedDisk[] => {
    const { disk, request, id } = image;
    if (disk?.log !== log || disk.name !== name || request === undefined) return [];
    const saved = { image: id, layers: depthOf(image), bytes: bytesOf(image.layer), flattened: image.parent === null };
    const lostSecrets = (request.spec.secretEnv ?? []).map((variable) => variable.name);
    const described = describedBy(request, looksSecret);
    return [{ uid: disk.uid, version: disk.version, disk: saved, ...described, ...(lostSecrets.length > 0 && { lostSecrets }) }];
  });
  return { containers, disks: [...new Map(disks.map((disk) => [`${disk.uid}/${disk.version}`, disk])).values()] };
}

/** A foreign container, as it would be recorded. */
export function fakeUnlabelled(container: FakeContainer, { name, uid, version }: Omit<Owner, 'operation'>): UnlabelledFound {
  const { id, containerName, state, exitCode, oomKilled, hostPorts, mounts, image, env, argv, gpus = [] } = container;
  const ports = hostPorts.map((hostPort) => ({ containerPort: String(hostPort), hostPort }));
  const binds = [...mounts].map(([dest, src]) => ({ src, dest }));
  return {
    owned: {
      seen: { id, containerName, name, uid, version, state, exitCode, oomKilled, gpus: [], hostPorts },
      createTime: CREATED,
      spec: {
        imageName: [...image.tags][0] ?? image.id,
        gpuCount: 0,
        binds,
        env: [...env],
        containerPorts: ports.map(({ containerPort }) => containerPort),
        ...(argv.join('\0') !== (image.config.cmd ?? []).join('\0') && { cmd: [...argv] }),
      },
      gpus: [],
      ports,
      image: { id: image.id, ...image.config },
      anonymousVolumes: [],
      approximate: [],
    },
    uses: gpus,
    asked: gpus.length > 0,
  };
}

const nameOf = (entry: string): string => entry.split('=', 1)[0] ?? '';

function describedBy(
  { madeAs, spec: { secretEnv: _, ...spec }, gpus, ports }: CreateContainer,
  looksSecret: (variable: string) => boolean,
): Pick<OwnedDisk, 'createTime' | 'spec' | 'approximate' | 'reason' | 'diskOf'> {
  const { imageName = 'img', reason = 'run', diskOf } = madeAs ?? {};
  const whole: ContainerSpec = {
    ...spec,
    imageName,
    gpuCount: gpus.length,
    env: spec.env.filter((entry) => !entry.startsWith('CONTAINER_VERSION=') && !looksSecret(nameOf(entry))),
    containerPorts: ports.map(({ containerPort }) => containerPort),
  };
  return { createTime: CREATED, spec: whole, approximate: [], reason, ...(diskOf !== undefined && { diskOf }) };
}
