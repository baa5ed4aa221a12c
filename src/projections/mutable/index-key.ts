// The keys of an index: what an event is found under, as one text and as a hash of 32 bits.
import type { Clause } from '../../events/query.ts';

export const indexKey = (field: Clause['field'], value: string): string => `${field} ${value}`;

/** Under these the ledger's parts are found: a GPU's holdings that ended in a part, and its times in a host that did. */
export const heldKey = (host: string, gpu: string): string => `held ${host}/${gpu}`;
export const knownKey = (host: string, gpu: string): string => `known ${host}/${gpu}`;

/** FNV-1a over the key's code units. */
export function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** The place of the first item that is not smaller; the length when all are. `items` ascend. */
export function placeOf(items: Uint32Array, item: number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((items[middle] ?? 0) < item) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const has = (hashes: Uint32Array, hash: number): boolean => hashes[placeOf(hashes, hash)] === hash;
