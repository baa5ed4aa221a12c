// The places of a queue, shared out fairly: who has many gets no more of them while there are few.

interface PlacesOptions {
  /** Things that have a place, with their verb: `commands wait`. */
  readonly what: string;
  /** Places in all. */
  readonly most: number;
  /** Places that one name may have, however many are free; `most` when left out. */
  readonly mostPerName?: number;
  /** The places that one name, and that one actor may have for each that is free: with 1 the first gets half, the next a quarter. */
  readonly perFree: { readonly name: number; readonly actor: number };
}

/**
 *     const place = places.take('replicaSet/foo', 'alice');
 *     if (typeof place === 'string') return busy(place);
 *     try { … } finally { place(); }
 *
 * Promises that neither one name nor one actor, nor any number of them, takes the last places: a name or an actor that has none gets one as
 * long as there is any room to speak of.
 */
export class Places {
  readonly #options: PlacesOptions;
  readonly #byName = new Map<string, number>();
  readonly #byActor = new Map<string, number>();
  #taken = 0;

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  /** The function that gives the place back, which may be called twice; or who has taken the places, as the beginning of a sentence. */
  take(name: string, actor: string): (() => void) | string {
    const { what, most, mostPerName = most, perFree } = this.#options;
    const free = most - this.#taken;
    const ofName = this.#byName.get(name) ?? 0;
    const ofActor = this.#byActor.get(actor) ?? 0;
    if (free <= 0) return `${this.#taken} ${what} already`;
    if (ofName >= Math.min(mostPerName, Math.max(1, Math.floor(free * perFree.name)))) return `${ofName} ${what} for ${name} already`;
    if (ofActor >= free * perFree.actor) return `${ofActor} ${what} already that ${actor} sent`;
    this.#count(name, actor, 1);
    let isTaken = true;
    return () => {
      if (isTaken) this.#count(name, actor, -1);
      isTaken = false;
    };
  }

  #count(name: string, actor: string, by: 1 | -1): void {
    this.#taken += by;
    for (const [counts, key] of [
      [this.#byName, name],
      [this.#byActor, actor],
    ] as const) {
      const count = (counts.get(key) ?? 0) + by;
      if (count === 0) counts.delete(key);
      else counts.set(key, count);
    }
  }
}
