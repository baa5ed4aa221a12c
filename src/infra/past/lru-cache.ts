/** A map of at most `max` entries: a new one replaces the least recently used. */
export class LruCache<K, V extends object> {
  readonly #max: number;
  /** The least recently used first: a Map iterates in the order of insertion, and each use inserts the entry again. */
  readonly #entries = new Map<K, V>();
  /** Its next key is always the oldest. One iterator for all: a new one would skip thousands of deleted entries each time. */
  readonly #oldest = this.#entries.keys();

  constructor(max: number) {
    this.#max = max;
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) this.#insert(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.#insert(key, value);
    if (this.#entries.size <= this.#max) return;
    const { done, value: oldest } = this.#oldest.next();
    if (done !== true) this.#entries.delete(oldest);
  }

  /** The least recently used first. Does not count as a use. */
  values(): IterableIterator<V> {
    return this.#entries.values();
  }

  #insert(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
  }
}
