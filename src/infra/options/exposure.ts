// Whether other machines reach the API, and what must be so then.
import { isIP } from 'node:net';
import type { ServeOptions } from './serve-options.ts';

type Exposed = Pick<ServeOptions, 'addr' | 'insecure' | 'etcd'>;

/** Another name than localhost counts as one of the network: where it leads can change. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** Whether each request needs a key, also while the log has none. */
export const isClosed = ({ addr, insecure }: Omit<Exposed, 'etcd'>): boolean => !isLoopback(addr.host) && !insecure;

/** Why the server must not go on with a log that has no key; `dataDir` is the one that it uses. */
export const noKeySentence = ({ addr, etcd }: Pick<Exposed, 'addr' | 'etcd'>, dataDir: string): string =>
  `--addr ${addr.host}:${addr.port} is open to other machines, and the log has no key that can be used. Create one, which is shown once:\n` +
  // Without --etcd the key would go to a log of its own in the data directory.
  `  gpu-docker-api keys create NAME --role admin${etcd.length === 0 ? '' : ` --etcd ${etcd.join(',')}`} --data-dir ${dataDir}\n` +
  'or listen on 127.0.0.1 alone, or let everybody who reaches the address do everything with --insecure';

/** A warning of the server: ended for that, it would start nothing again after a reboot. */
export const expiredSentence = (dataDir: string): string =>
  'all keys have expired, and nobody gets in (or the clock of this machine is ahead): ' +
  `gpu-docker-api keys create NAME --role admin --data-dir ${dataDir}, or keys set NAME --expires TIME`;
