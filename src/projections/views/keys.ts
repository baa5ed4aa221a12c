// API keys as the API shows them: never a hash.
import type { Quota, Role, Scope } from '../../events/key.ts';
import { isLive } from '../keys/api-keys.ts';
import { gpuUse } from '../keys/owned.ts';
import type { State } from '../state.ts';

export interface KeyListEntry {
  readonly name: string;
  /** The part of the key after `gda_`: it tells whose key a text is. */
  readonly id: string;
  readonly role: Role;
  readonly scope: Scope;
  readonly state: 'live' | 'expired' | 'revoked';
  /** ISO times. */
  readonly created: string;
  readonly by: string;
  readonly expires: string | null;
  readonly revoked: string | null;
  readonly quota: Quota;
  /** What its name has, whether there is a quota or not. GPU-hours of this calendar month, UTC. */
  readonly used: { readonly gpus: number; readonly gpuHoursMonth: number; readonly containers: number; readonly volumeBytes: number };
}

const HOUR_MS = 3_600_000;

/** By name. `only`: the one name that is shown; null: all. `now` in ms since the epoch. */
export function keyList(state: State, now: number, only: string | null): KeyListEntry[] {
  const uses = gpuUse(state, now);
  const keys = [...state.keys.values()].filter(({ name }) => only === null || name === only);
  return keys
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((key) => {
      const { name, id, role, scope, created, by, expires = null, revoked = null, quota } = key;
      const { gpus, monthMs } = uses.get(name) ?? { gpus: 0, monthMs: 0 };
      const { containers, volumeBytes } = state.owned.get(name) ?? { containers: 0, volumeBytes: 0 };
      const condition = revoked !== null ? 'revoked' : isLive(key, now) ? 'live' : 'expired';
      const used = { gpus, gpuHoursMonth: Math.round((monthMs / HOUR_MS) * 1e6) / 1e6, containers, volumeBytes };
      return { name, id, role, scope, state: condition, created, by, expires, revoked, quota, used };
    });
}
