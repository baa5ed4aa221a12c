// The names of images, read as Docker reads them (distribution/reference).

const DEFAULT_DOMAIN = 'docker.io';
const OLD_DEFAULT_DOMAIN = 'index.docker.io';
const OFFICIAL = 'library/';

/** A registry's name has a dot, a port or a capital letter, or is localhost: all else before the first slash is part of the path. */
const isDomain = (part: string): boolean => /[.:]/.test(part) || part === 'localhost' || part.toLowerCase() !== part;

/** The repository that Docker takes a name for, without tag and digest: `ubuntu:22.04` → `docker.io/library/ubuntu`. */
export function repositoryOf(name: string): string {
  const [beforeDigest = ''] = name.split('@');
  const colon = beforeDigest.lastIndexOf(':');
  const bare = colon > beforeDigest.lastIndexOf('/') ? beforeDigest.slice(0, colon) : beforeDigest;
  const slash = bare.indexOf('/');
  const first = slash < 0 ? '' : bare.slice(0, slash);
  const [domain, path] = slash >= 0 && isDomain(first) ? [first, bare.slice(slash + 1)] : [DEFAULT_DOMAIN, bare];
  if (domain !== DEFAULT_DOMAIN && domain !== OLD_DEFAULT_DOMAIN) return `${domain}/${path}`;
  return `${DEFAULT_DOMAIN}/${path.includes('/') ? path : `${OFFICIAL}${path}`}`;
}

/** The one name of an image, whatever its spelling, with its digest or else its tag: `ubuntu` → `docker.io/library/ubuntu:latest`. */
export function wholeName(name: string): string {
  const [beforeDigest = '', digest] = name.split('@');
  if (digest !== undefined) return `${repositoryOf(name)}@${digest}`;
  const colon = beforeDigest.lastIndexOf(':');
  const tag = colon > beforeDigest.lastIndexOf('/') ? beforeDigest.slice(colon + 1) : '';
  return `${repositoryOf(name)}:${tag === '' ? 'latest' : tag}`;
}

/** The registry that Docker asks for an image of this name: `10.0.0.5:5000/x` → `10.0.0.5:5000`. */
export const registryOf = (name: string): string => repositoryOf(name).split('/', 1)[0] ?? '';

/** Stands for every registry. */
export const ANY_REGISTRY = 'any';

/** Whether Docker would ask one of these registries for the image. Each is `HOST[:PORT][/PREFIX]`, the host in lower case, or `any`. */
export function isFrom(name: string, registries: readonly string[]): boolean {
  const registry = registryOf(name);
  const repository = `${registry.toLowerCase()}${repositoryOf(name).slice(registry.length)}/`;
  return registries.some((one) => one === ANY_REGISTRY || repository.startsWith(`${one}/`));
}

/** A registry as somebody wrote it, in the form that `isFrom` takes; null where Docker would not take its first part for one. */
export function registryIn(text: string): string | null {
  if (text === ANY_REGISTRY) return text;
  const [, host = '', prefix = ''] =
    /^((?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?)((?:\/[a-z0-9][a-z0-9._-]*)*)\/?$/i.exec(text) ?? [];
  if (!isDomain(host)) return null;
  const domain = host.toLowerCase();
  return `${domain === OLD_DEFAULT_DOMAIN ? DEFAULT_DOMAIN : domain}${prefix}`;
}

/** Whether a name leads to the repository of the saved system disks, whatever its spelling. */
export const isDiskRepository = (name: string): boolean => repositoryOf(name) === `${DEFAULT_DOMAIN}/gpu-docker-api/disk`;

/** Digits of an image's id that a client has to give: fewer may be any image's, now or later. */
const MIN_ID_DIGITS = 12;

const digitsOf = (reference: string): string => reference.replace(/^sha256:/, '');

/** Whether a reference is this image's id, or the beginning of it. */
export function isId(reference: string, id: string): boolean {
  const digits = digitsOf(reference);
  return /^[0-9a-f]+$/.test(digits) && id.startsWith(`sha256:${digits}`);
}

/** Whether a reference is the beginning of this image's id, and too short to be meant as one. */
export const isShortId = (reference: string, id: string): boolean => isId(reference, id) && digitsOf(reference).length < MIN_ID_DIGITS;
