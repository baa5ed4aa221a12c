// Whether anybody can come in with the keys of the log that was read.
import { type ApiKey, isLive, isRevoked } from '../../projections/keys/api-keys.ts';

/** The best of the keys; the revoked ones do not count. `now` in ms since the epoch. */
export function bestOf(keys: ReadonlyMap<string, ApiKey>, now: number): 'live' | 'expired' | 'none' {
  const known = [...keys.values()].filter((key) => !isRevoked(key));
  return known.some((key) => isLive(key, now)) ? 'live' : known.length > 0 ? 'expired' : 'none';
}
