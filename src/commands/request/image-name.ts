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
