// The groups of the document, in its order. An operation is in the group that the first word of its path after /api/v1 names.
import type { ApiRoute } from '../route.ts';

const TAGS = {
  replicaSet: 'Containers with a history. Every change makes a new version with the same files.',
  volumes: 'Sized volumes, versioned in the same way.',
  gpus: 'The GPUs of the host and who holds them.',
  resources: 'GPUs, ports and disk space in use.',
  ledger: 'Who held which GPU, when and for how long.',
  events: 'The log itself: pages of it, single events, and a stream of what happens.',
  rejections: 'The last commands that were refused.',
  operations: 'Commands that are under way.',
  hosts: 'The hosts of the log, and an operator’s word about one of them.',
  log: 'The level of the log.',
  keys: 'API keys, their rights and quotas.',
  service: 'Probes, metrics and this document.',
} as const;
type Tag = keyof typeof TAGS;

const isTag = (text: string): text is Tag => Object.hasOwn(TAGS, text);

/** Throws where a new group has no description yet. */
export function tagOf({ path }: ApiRoute): Tag {
  const tag = path.startsWith('/api/') ? (path.split('/')[3] ?? '') : 'service';
  if (!isTag(tag)) throw new Error(`${path}: describe the group ${tag} in src/http/openapi/tags.ts`);
  return tag;
}

export const tags = Object.entries(TAGS).map(([name, description]) => ({ name, description }));
