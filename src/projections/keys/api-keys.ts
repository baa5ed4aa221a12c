// API keys as the log knows them, and what each of their names owns and has used.
import type { Quota, Role, Scope } from '../../events/key.ts';

export interface ApiKey {
  /** The actor of what is done with it. */
  name: string;
  /** The part of the key by which it is found. */
  id: string;
  /** Hex. */
  salt: string;
  /** SHA-256 (hex) of the salt and the secret part. */
  hash: string;
  role: Role;
  scope: Scope;
  quota: Quota;
  /** ISO time. */
  created: string;
  /** The actor who made it. */
  by: string;
  /** ISO time; absent: never. */
  expires?: string;
  /** ISO time of its end, which its name outlives. */
  revoked?: string;
}

/** What one owner has. */
export interface Owned {
  containers: number;
  /** Sizes of his volumes; of one that is being resized, the larger one. */
  volumeBytes: number;
}

/** GPU time of the holdings that ended in this month, by owner, ms; only of owners who have a key. A holding that lasts is not in it. */
export interface GpuTime {
  /** YYYY-MM, UTC; '' before the first. */
  month: string;
  ms: Map<string, number>;
}

/** Whether the key can be used at this time, ms since the epoch. */
export const isLive = ({ revoked, expires }: ApiKey, now: number): boolean =>
  revoked === undefined && (expires === undefined || now < Date.parse(expires));

export const isRevoked = ({ revoked }: ApiKey): boolean => revoked !== undefined;
