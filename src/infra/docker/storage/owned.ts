// All that Docker has of one name of a log: what an adoption reads.
import type { ContainerFacts } from '../../../commands/outside/engine.ts';
import type { Owned, OwnedContainer, OwnedDisk } from '../../../commands/outside/owned.ts';
import { Secret, type SecretVariable } from '../../../commands/outside/secrets.ts';
import type { AnonymousVolume, BaseImage, Bind, PortMapping } from '../../../events/shapes.ts';
import { type DockerApi, isEmpty } from '../connection/api.ts';
import { labelFilter, ownerOf, secretNamesOf } from '../connection/labels.ts';
import type { RawContainer, RawContainerSummary, RawImage } from '../connection/raw.ts';
import { cleanPath } from '../containers/container-body.ts';
import { factsOf, inspectContainer } from '../containers/containers.ts';
import { baseImage, type Images } from '../containers/images.ts';
import { type Made, madeOf } from '../containers/made.ts';
import { diskOf, listRaw, ownBytes } from './disks.ts';
import { ANONYMOUS_NAME } from './volumes.ts';

/** Variables of the environment that we set ourselves. */
const OURS = /^(?:CONTAINER_VERSION|NVIDIA_VISIBLE_DEVICES)=/;
type IsSecret = (variable: string) => boolean;
const isoTime = (text: string | undefined): string => new Date(Date.parse(text ?? '') || 0).toISOString();

/** How far what is read may be taken for what the container was made as. */
type Trust = 'labelled' | 'unlabelled';

export async function inspectOwned(api: DockerApi, images: Images, log: string, name: string, looksSecret: IsSecret): Promise<Owned> {
  const query = { all: true, filters: { label: labelFilter('container', { log, name }) } };
  const listed = await api.call<readonly RawContainerSummary[]>('list of containers', {
    path: '/containers/json',
    query,
    isDoubtful: isEmpty,
  });
  const containers: OwnedContainer[] = [];
  for (const { Id } of listed) {
    const container = await inspectContainer(api, Id);
    const seen = container === undefined ? null : factsOf(container);
    if (container !== undefined && seen !== null) containers.push(await ownedContainer(images, container, seen, looksSecret));
  }
  const disks = new Map<string, OwnedDisk>();
  const saved = [...(await listRaw(api, { log, name }))].sort((a, b) => a.Created - b.Created);
  for (const { Id, Labels } of saved) {
    const owner = ownerOf(Labels, 'disk');
    const image = owner === undefined ? null : await images.inspect(Id);
    if (owner === undefined || image === null) continue;
    // The last one of a version is the one that its container ended with.
    disks.set(`${owner.uid}/${owner.version}`, await ownedDisk(images, image, owner, containers, looksSecret));
  }
  return { containers, disks: [...disks.values()] };
}

interface Base {
  readonly image: BaseImage;
  readonly isExact: boolean;
}

/**
 * The image that the first version was run from; where that is not known or gone, the one that the container itself was made from. A save bakes the
 * environment into that: what is secret in it is the client's.
 */
async function baseOf(images: Images, made: Made | null, own: string, isSecret: IsSecret): Promise<Base> {
  const known = made === null ? null : await images.inspect(made.base);
  if (known !== null) return { image: baseImage(known), isExact: true };
  const image = await images.inspect(own);
  const base = image === null ? { id: own, env: [] } : baseImage(image);
  return { image: { ...base, env: base.env.filter((entry) => !isSecret(nameOfEntry(entry))) }, isExact: false };
}

const nameOfEntry = (entry: string): string => entry.split('=', 1)[0] ?? '';

interface Environment {
  readonly env: string[];
  readonly secrets: readonly SecretVariable[];
}

/** The client's own part of the environment. `named`: the variables that were given as secret. */
function ownPart(all: readonly string[] | null | undefined, base: BaseImage, named: readonly string[], looksSecret: IsSecret): Environment {
  const own = (all ?? []).filter((entry) => entry.includes('=') && !OURS.test(entry));
  const env: string[] = [];
  const secrets: SecretVariable[] = [];
  for (const entry of own) {
    const name = nameOfEntry(entry);
    const isNamed = named.includes(name);
    if (!isNamed && base.env.includes(entry)) continue;
    if (isNamed || looksSecret(name)) secrets.push({ name, value: new Secret(entry.slice(name.length + 1)) });
    else env.push(entry);
  }
  return { env, secrets };
}

/** One that is `unlabelled` was made from its base image, by the name that Docker has of that; nobody handed labels down to it. */
export async function ownedContainer(
  images: Images,
  container: RawContainer,
  seen: ContainerFacts,
  looksSecret: IsSecret,
  trust: Trust = 'labelled',
): Promise<OwnedContainer> {
  const { Config, HostConfig, Image, Created } = container;
  const isLabelled = trust === 'labelled';
  const made = isLabelled ? madeOf(Config.Labels) : null;
  const named = isLabelled ? secretNamesOf(Config.Labels) : [];
  const base = await baseOf(images, made, Image, (variable) => named.includes(variable) || looksSecret(variable));
  // Docker has their values in clear, and the log must not.
  const { env, secrets } = ownPart(Config.Env, base.image, named, looksSecret);
  const approximate: string[] = [];
  if (made === null && isLabelled)
    approximate.push(
      `container ${seen.containerName} has no note of what it was made as: its image's name, and where its host paths led to, are as Docker has them`,
    );
  if (!base.isExact && isLabelled)
    approximate.push(`the base image of ${seen.containerName} is not known any more: its saved one stands for it`);
  const { binds, anonymous } = isLabelled ? mountsOf(container, made) : foreignMounts(container);
  const ports = Object.entries(HostConfig.PortBindings ?? {}).flatMap(([port, bindings]) =>
    (bindings ?? []).flatMap(({ HostPort }) => portOf(port, HostPort)),
  );
  const gpus = seen.gpus.length > 0 ? seen.gpus : (made?.gpus ?? []);
  const cmd = made === null ? Config.Cmd : made.cmd;
  const isOwnCmd = made !== null || JSON.stringify(cmd ?? []) !== JSON.stringify(base.image.cmd ?? []);
  const stopTimeout = made === null ? Config.StopTimeout : made.stopTimeout;
  return {
    seen,
    createTime: isoTime(Created),
    ...(made !== null && {
      reason: made.reason,
      ...(made.diskOf !== undefined && { diskOf: made.diskOf }),
      ...(made.owner !== undefined && { owner: made.owner }),
    }),
    spec: {
      imageName: made?.imageName ?? (isLabelled ? undefined : Config.Image) ?? (await nameOf(images, base.image.id)),
      gpuCount: gpus.length,
      binds: binds.map((bind) => ({ ...bind })),
      env,
      containerPorts: ports.map(({ containerPort }) => containerPort),
      ...(cmd != null && isOwnCmd && { cmd: [...cmd] }),
      ...(stopTimeout != null && stopTimeout >= 0 && { stopTimeout }),
    },
    ...(secrets.length > 0 && { secrets }),
    gpus,
    ports,
    image: base.image,
    anonymousVolumes: anonymous,
    approximate,
  };
}

async function ownedDisk(
  images: Images,
  image: RawImage,
  { uid, version }: { readonly uid: string; readonly version: number },
  containers: readonly OwnedContainer[],
  looksSecret: IsSecret,
): Promise<OwnedDisk> {
  const made = madeOf(image.Config?.Labels);
  const disk = diskOf(image, await ownBytes(images, image));
  const createTime = isoTime(image.Created);
  const [like] = containers.filter(({ seen }) => seen.uid === uid).sort((a, b) => b.seen.version - a.seen.version);
  if (made === null) {
    const spec = like?.spec ?? { imageName: image.Id, gpuCount: 0, binds: [], env: [], containerPorts: [] };
    return {
      uid,
      version,
      disk,
      createTime,
      spec,
      ...(like?.secrets !== undefined && { secrets: like.secrets }),
      approximate: [`what version ${version} was made as is not known: it is taken to be as the version that runs`],
    };
  }
  const named = secretNamesOf(image.Config?.Labels);
  const base = await baseOf(images, made, image.Id, (variable) => named.includes(variable) || looksSecret(variable));
  // An import has no environment. A commit has the names of what was given as secret at most, never a value.
  const { env, secrets } = disk.flattened
    ? { env: like?.spec.env ?? [], secrets: like?.secrets ?? [] }
    : ownPart(image.Config?.Env, base.image, named, looksSecret);
  const found = secrets.filter(({ name }) => !named.includes(name));
  return {
    uid,
    version,
    disk,
    createTime,
    reason: made.reason,
    ...(made.diskOf !== undefined && { diskOf: made.diskOf }),
    spec: {
      imageName: made.imageName,
      gpuCount: made.gpus.length,
      binds: made.binds.map((bind) => ({ ...bind })),
      env: env.filter((entry) => !named.includes(nameOfEntry(entry))),
      containerPorts: made.ports.map(({ containerPort }) => containerPort),
      ...(made.cmd !== undefined && { cmd: [...made.cmd] }),
      ...(made.stopTimeout !== undefined && { stopTimeout: made.stopTimeout }),
    },
    ...(found.length > 0 && { secrets: found }),
    ...(named.length > 0 && { lostSecrets: named }),
    approximate: disk.flattened
      ? [`the environment of version ${version} is not known: it is taken to be that of the version that runs`]
      : [],
  };
}

interface Mounts {
  readonly binds: readonly Bind[];
  readonly anonymous: readonly AnonymousVolume[];
}

/** The binds of one that we made, and the volumes that it mounts beyond them. */
function mountsOf({ Mounts = [], HostConfig }: RawContainer, made: Made | null): Mounts {
  const texts = HostConfig.Binds ?? [];
  // A carried one is mounted with nocopy, as no bind of a client is.
  const plain = made?.binds ?? texts.filter((text) => !text.endsWith(':nocopy')).flatMap((text) => bindOf(text, new Set()));
  const named = new Set(plain.map(({ src }) => src));
  const bound = new Set(plain.map(({ dest }) => cleanPath(dest)));
  const anonymous = Mounts.flatMap(({ Type, Name, Destination }) =>
    Type === 'volume' && Name !== undefined && !named.has(Name) && !bound.has(cleanPath(Destination))
      ? [{ name: Name, dest: Destination }]
      : [],
  );
  const names = new Set(anonymous.map(({ name }) => name));
  return { binds: made?.binds ?? texts.flatMap((text) => bindOf(text, names)), anonymous };
}

/**
 * Of one that somebody else made. Anonymous is only what nobody has named: what is carried on as that is mounted in each later version unchecked, and
 * all else is a bind, which is checked.
 */
function foreignMounts({ Mounts = [], HostConfig }: RawContainer): Mounts {
  const binds = (HostConfig.Binds ?? []).flatMap((text) => bindOf(text, new Set()));
  const bound = new Set(binds.map(({ dest }) => cleanPath(dest)));
  const anonymous: AnonymousVolume[] = [];
  for (const { Type, Name, Source, Destination: dest } of Mounts) {
    if (bound.has(cleanPath(dest))) continue;
    if (Type === 'volume' && Name !== undefined && ANONYMOUS_NAME.test(Name)) anonymous.push({ name: Name, dest });
    else if (Type === 'volume' && Name !== undefined) binds.push({ src: Name, dest });
    else if (Type === 'bind' && Source !== undefined) binds.push({ src: Source, dest });
  }
  return { binds, anonymous };
}

/** `src:dest`, with or without options; none for a volume that is anonymous. */
function bindOf(text: string, anonymous: ReadonlySet<string>): readonly Bind[] {
  const [src = '', dest = ''] = text.split(':');
  return src === '' || dest === '' || anonymous.has(src) ? [] : [{ src, dest }];
}

function portOf(port: string, hostPort: string | undefined): readonly PortMapping[] {
  const number = Number(hostPort);
  return number > 0 ? [{ containerPort: port.replace(/\/tcp$/, ''), hostPort: number }] : [];
}

const nameOf = async (images: Images, id: string): Promise<string> => (await images.inspect(id))?.RepoTags?.[0] ?? id;
