// Whether other machines reach the API, and what must be so then.
import { isIP } from 'node:net';
import { type ApiKey, isLive, isRevoked } from '../../projections/keys/api-keys.ts';
import type { ServeOptions } from './serve-options.ts';

type Exposed = Pick<ServeOptions, 'addr' | 'insecure'>;

/** Another name than localhost counts as one of the network: where it leads can change. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** Whether each request needs a key, also while the log has none. */
export const isClosed = ({ addr, insecure }: Exposed): boolean => !isLoopback(addr.host) && !insecure;

/** Why the server must not go on with a log that has no key; `dataDir` is the one that it uses. */
const noKeySentence = ({ addr }: Exposed, dataDir: string): string =>
  `--addr ${addr.host}:${addr.port} is open to other machines, and the log has no key that can be used. Create one, which is shown once:\n` +
  `  gpu-docker-api keys create NAME --role admin --data-dir ${dataDir}\n` +
  'or listen on 127.0.0.1 alone, or let everybody who reaches the address do everything with --insecure';

/**
 * What is wrong with the keys of the log that was read, as a sentence; null where somebody may come in. `isFatal`: the server must not go on. It
 * does where all keys have expired, which lets nobody in: ended for that, it would start nothing again after a reboot. `now`: ms since the epoch.
 */
export function doorProblem(
  options: Exposed,
  keys: ReadonlyMap<string, ApiKey>,
  now: number,
  dataDir: string,
): { readonly isFatal: boolean; readonly message: string } | null {
  const known = [...keys.values()].filter((key) => !isRevoked(key));
  if (known.some((key) => isLive(key, now))) return null;
  if (known.length === 0) return isClosed(options) ? { isFatal: true, message: noKeySentence(options, dataDir) } : null;
  const way = `gpu-docker-api keys create NAME --role admin --data-dir ${dataDir}, or keys set NAME --expires TIME`;
  return { isFatal: false, message: `all keys have expired, and nobody gets in (or the clock of this machine is ahead): ${way}` };
}
