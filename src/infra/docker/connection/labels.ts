// The labels that mark our containers, disks and volumes. Docker hands labels down from container to committed image to container, and can
// overwrite but not remove them. So every container, disk and user's image gets all of them, with '' for those that do not apply.
import type { Owner } from '../../../commands/outside/engine.ts';

const PREFIX = 'gpu-docker-api';
export const LABEL = {
  kind: `${PREFIX}.kind`,
  log: `${PREFIX}.log`,
  name: `${PREFIX}.name`,
  uid: `${PREFIX}.uid`,
  version: `${PREFIX}.version`,
  operation: `${PREFIX}.operation`,
  /** Fingerprint of the create request: a leftover is reused only for the same one. */
  request: `${PREFIX}.request`,
  /** Of a container, what a log would have to know to take it back (containers/made.ts); its saved disk has the same. */
  made: `${PREFIX}.made`,
  diskOperation: `${PREFIX}.disk-operation`,
  /** `1` on a disk that is a single layer with all files. */
  flattened: `${PREFIX}.flattened`,
  /** The replicaSet that a user's image was committed from (`imageOrigin`). Whoever runs it hands it down, so on its own it marks nothing as ours. */
  committedFrom: `${PREFIX}.committed-from`,
  /** The name of the key of scope own that a user's image was committed with; '' where it is everybody's. */
  committedBy: `${PREFIX}.committed-by`,
  /** Names of a container's secret variables, as JSON; its saved disk has the same. */
  secretEnv: `${PREFIX}.secret-env`,
  /** Requested size of a volume, bytes. */
  bytes: `${PREFIX}.bytes`,
  /** The same as it was written: 20GB. */
  size: `${PREFIX}.size`,
} as const;

export type Labels = Readonly<Record<string, string>>;
type Kind = 'container' | 'disk' | 'volume';

/** Of the network that all logs share: `docker system prune --filter label!=gpu-docker-api.kind` leaves it alone. */
export const NETWORK_LABELS: Labels = { [LABEL.kind]: 'network' };
export type OwnerId = Omit<Owner, 'operation'>;

/** All our labels, empty. An image that a user commits carries them, so that a container run from it is not taken for ours. */
export const NOT_OURS: Labels = Object.fromEntries(Object.values(LABEL).map((key) => [key, '']));

function ownerLabels(kind: Kind, owner: OwnerId): Labels {
  return {
    ...NOT_OURS,
    [LABEL.kind]: kind,
    [LABEL.log]: owner.log,
    [LABEL.name]: owner.name,
    [LABEL.uid]: owner.uid,
    [LABEL.version]: String(owner.version),
  };
}

export const containerLabels = (owner: Owner, request: string, made: string, secretNames: readonly string[]): Labels => ({
  ...ownerLabels('container', owner),
  [LABEL.made]: made,
  [LABEL.operation]: owner.operation,
  [LABEL.request]: request,
  ...(secretNames.length > 0 && { [LABEL.secretEnv]: JSON.stringify(secretNames) }),
});

/** Without what a disk has of its container: by these an earlier try of the same save is known, too. */
export const diskLabels = (owner: OwnerId, operation: string): Labels => {
  const { [LABEL.made]: _, [LABEL.secretEnv]: __, ...labels } = ownerLabels('disk', owner);
  return { ...labels, [LABEL.diskOperation]: operation };
};

/** The names of a container's secret variables; none where it has none. */
export function secretNamesOf(labels: Labels | null | undefined): readonly string[] {
  const text = labels?.[LABEL.secretEnv] ?? '';
  if (text === '') return [];
  const names: unknown = JSON.parse(text);
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}

export const volumeLabels = (owner: Owner, size: string, bytes: number): Labels => ({
  ...ownerLabels('volume', owner),
  [LABEL.operation]: owner.operation,
  [LABEL.bytes]: String(bytes),
  [LABEL.size]: size,
});

/** The owner that the labels name; undefined when they do not mark a thing of this kind as ours. */
export function ownerOf(labels: Labels | null | undefined, kind: Kind): OwnerId | undefined {
  if (labels?.[LABEL.kind] !== kind || !labels[LABEL.log]) return undefined;
  return {
    log: labels[LABEL.log] ?? '',
    name: labels[LABEL.name] ?? '',
    uid: labels[LABEL.uid] ?? '',
    version: Number(labels[LABEL.version]),
  };
}

export const isSameOwner = (found: OwnerId | undefined, owner: OwnerId): boolean =>
  found !== undefined && found.log === owner.log && found.name === owner.name && found.uid === owner.uid && found.version === owner.version;

/** By the labels alone, which all that we make has. Whose a thing is that was there before the log: ownership.ts. */
export const belongsTo = (labels: Labels | null | undefined, kind: Kind, owner: OwnerId): boolean =>
  isSameOwner(ownerOf(labels, kind), owner);

/** A `label` filter for Docker's lists. All labels in it must match. */
export function labelFilter(kind: Kind, owner: Partial<OwnerId>): readonly string[] {
  const wanted = { [LABEL.kind]: kind, [LABEL.log]: owner.log, [LABEL.name]: owner.name, [LABEL.uid]: owner.uid };
  return Object.entries(wanted).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]));
}
