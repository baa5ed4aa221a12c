// Stream names are built and taken apart here and nowhere else: `replicaSet/foo`, `volume/bar`, `host/gpu-box-1`, `key/alice`, `log`.

const REPLICA_SET = 'replicaSet/';
const VOLUME = 'volume/';
const KEY = 'key/';

export const replicaSetStream = (name: string): string => `${REPLICA_SET}${name}`;
export const volumeStream = (name: string): string => `${VOLUME}${name}`;
export const hostStream = (name: string): string => `host/${name}`;
export const keyStream = (name: string): string => `${KEY}${name}`;
export const LOG_STREAM = 'log';

/** The name of the replicaSet that the stream is about; null for any other stream. */
export const replicaSetOfStream = (stream: string): string | null =>
  stream.startsWith(REPLICA_SET) ? stream.slice(REPLICA_SET.length) : null;

/** The name of the volume that the stream is about; null for any other stream. */
export const volumeOfStream = (stream: string): string | null => (stream.startsWith(VOLUME) ? stream.slice(VOLUME.length) : null);

/** The name of the API key that the stream is about; null for any other stream. */
export const keyOfStream = (stream: string): string | null => (stream.startsWith(KEY) ? stream.slice(KEY.length) : null);
