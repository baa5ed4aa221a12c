/** A map of bounded weight: a new entry drives out the least recently used ones. Each entry weighs 1 unless `weightOf` says otherwise. */
export class LruCache<K, V extends object> {
  readonly #max: number;
  readonly #weightOf: (value: V) => number;
  /** The least recently used first: a Map iterates in the order of insertion, and each use inserts the entry again. */
  readonly #entries = new Map<K, V>();
  /** Its next key is always the oldest. One iterator for all: a new one would skip thousands of deleted entries each time. */
  readonly #oldest = this.#entries.keys();
  #weight = 0;

  /** `max`: of the sum of all weights. The weight of an entry must not change. */
  constructor(max: number, weightOf: (value: V) => number = () => 1) {
    this.#max = max;
    this.#weightOf = weightOf;
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  set(key: K, value: V): void {
    this.delete(key);
    this.#entries.set(key, value);
    this.#weight += this.#weightOf(value);
    while (this.#weight > this.#max && this.#entries.size > 1) {
      const { done, value: oldest } = this.#oldest.next();
      if (done === true) return;
      this.delete(oldest);
    }
  }

  delete(key: K): void {
    const value = this.#entries.get(key);
    if (value === undefined) return;
    this.#entries.delete(key);
    this.#weight -= this.#weightOf(value);
  }

  /** The least recently used first. Does not count as a use. */
  values(): IterableIterator<V> {
    return this.#entries.values();
  }
}
