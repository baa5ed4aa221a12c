// Stream names are built and taken apart here and nowhere else: `replicaSet/foo`, `volume/bar`, `host/gpu-box-1`, `log`.

const KINDS = ['replicaSet', 'volume', 'host', 'log'] as const;
export type StreamKind = (typeof KINDS)[number];

export const replicaSetStream = (name: string): string => `replicaSet/${name}`;
export const volumeStream = (name: string): string => `volume/${name}`;
export const hostStream = (name: string): string => `host/${name}`;
export const LOG_STREAM = 'log';

const isKind = (text: string): text is StreamKind => (KINDS as readonly string[]).includes(text);

/** `name` is '' for the stream `log`. Null for what is not a stream's name. */
export function parseStream(stream: string): { readonly kind: StreamKind; readonly name: string } | null {
  const slash = stream.indexOf('/');
  const kind = slash < 0 ? stream : stream.slice(0, slash);
  if (!isKind(kind) || slash < 0 !== (kind === 'log')) return null;
  return { kind, name: slash < 0 ? '' : stream.slice(slash + 1) };
}
