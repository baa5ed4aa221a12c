// Chance by key: what a roll gives depends on the seed, on what it is rolled for, and on how often that was rolled for, not on what else
// happened before. So a run that leaves one command out meets the same fate in all else, which is what makes shrinking work.

/** FNV-1a: quick, and with murmur's finish good enough to look random. */
function hashOf(seed: number, key: string): number {
  let h = (seed ^ 0x811c9dc5) >>> 0;
  for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193);
  return h;
}

/** `hash`: of the key. */
function mix(hash: number, nth: number): number {
  let h = Math.imul(hash ^ nth, 0x9e3779b1);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export class Chance {
  readonly #seed: number;
  /** The hash of each key, and how often it was rolled for. */
  readonly #rolls = new Map<string, { readonly hash: number; nth: number }>();

  constructor(seed: number) {
    this.#seed = mix(hashOf(seed, 'seed'), 0);
  }

  /** In [0, 1). */
  roll(key: string): number {
    let rolls = this.#rolls.get(key);
    if (rolls === undefined) {
      rolls = { hash: hashOf(this.#seed, key), nth: 0 };
      this.#rolls.set(key, rolls);
    }
    return mix(rolls.hash, rolls.nth++) / 2 ** 32;
  }

  /** A whole number in [0, below). */
  int(key: string, below: number): number {
    return Math.floor(this.roll(key) * below);
  }

  happens(key: string, probability: number): boolean {
    return this.roll(key) < probability;
  }

  pick<T>(key: string, from: readonly T[]): T | undefined {
    return from[this.int(key, from.length)];
  }
}
