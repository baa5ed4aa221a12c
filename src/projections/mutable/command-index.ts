// Which events a command caused: command id → sequences, without keeping the ids. A hash table holds each command's last event, and every
// event points to the one of the same command before it. Ids with the same hash share a chain: whoever follows one compares the ids.

const EMPTY = 0;

/** FNV-1a over the id's code units. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

export class CommandIndex {
  #hashes = new Uint32Array(1024);
  /** The last event of the command in the same slot; EMPTY: a free slot. */
  #lasts = new Uint32Array(1024);
  #used = 0;
  /** By sequence: the event of the same command before it, 0 for the first. */
  #before = new Uint32Array(1024);

  /** `seq` must be larger than all before. */
  add(id: string, seq: number): void {
    if (seq >= this.#before.length) this.#before = grown(this.#before, seq);
    const hash = hashOf(id);
    const slot = this.#slotOf(hash);
    if (this.#lasts[slot] === EMPTY) {
      this.#hashes[slot] = hash;
      this.#used++;
    }
    this.#before[seq] = this.#lasts[slot] ?? EMPTY;
    this.#lasts[slot] = seq;
    if (this.#used * 2 > this.#lasts.length) this.#widen();
  }

  /** Ascending; with those of an id that happens to have the same hash. The newest `most` of them. */
  find(id: string, most = Number.POSITIVE_INFINITY): number[] {
    const found: number[] = [];
    let seq = this.#lasts[this.#slotOf(hashOf(id))] ?? EMPTY;
    for (; seq !== EMPTY && found.length < most; seq = this.#before[seq] ?? EMPTY) found.push(seq);
    return found.reverse();
  }

  #slotOf(hash: number): number {
    const mask = this.#lasts.length - 1;
    let slot = hash & mask;
    while (this.#lasts[slot] !== EMPTY && this.#hashes[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  #widen(): void {
    const [hashes, lasts] = [this.#hashes, this.#lasts];
    this.#hashes = new Uint32Array(hashes.length * 2);
    this.#lasts = new Uint32Array(lasts.length * 2);
    for (const [i, last] of lasts.entries()) {
      if (last === EMPTY) continue;
      const hash = hashes[i] ?? 0;
      const slot = this.#slotOf(hash);
      this.#hashes[slot] = hash;
      this.#lasts[slot] = last;
    }
  }
}

function grown(array: Uint32Array<ArrayBuffer>, index: number): Uint32Array<ArrayBuffer> {
  const wider = new Uint32Array(Math.max(index + 1, Math.ceil(array.length * 1.5)));
  wider.set(array);
  return wider;
}
