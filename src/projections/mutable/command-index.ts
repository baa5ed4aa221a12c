// A mutable fold: for each command, the sequences of its events. Unlike the state it is changed in place, because it only ever grows.
// A hash table holds each command's last event, and each event points to the one before it of the same command. Takes 4 bytes an event and
// about 24 a command: the ids themselves, at 100 bytes each, are not stored.

import { grown, uint32s } from './grown.ts';

const EMPTY = 0;

/** FNV-1a over the id's code units. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

export class CommandIndex {
  #hashes = uint32s(1024);
  /** By slot: the last event of the command with that hash; EMPTY for a free slot. */
  #lasts = uint32s(1024);
  #used = 0;
  /** By sequence: the event before it of the same command; EMPTY for the first. */
  #before = uint32s(1024);

  /** `seq` must be larger than all before. */
  add(id: string, seq: number): void {
    if (seq >= this.#before.length) this.#before = grown(this.#before, seq, uint32s);
    const hash = hashOf(id);
    const slot = this.#slotOf(hash);
    if (this.#lasts[slot] === EMPTY) {
      this.#hashes[slot] = hash;
      this.#used++;
    }
    this.#before[seq] = this.#lasts[slot] ?? EMPTY;
    this.#lasts[slot] = seq;
    if (this.#used * 2 > this.#lasts.length) this.#rehash();
  }

  /**
   * The newest `most` events that may be the command's, ascending. All of the command's are among them, and now and then some of another
   * command whose id has the same hash: compare the ids when the events have been read.
   */
  candidates(id: string, most = Number.POSITIVE_INFINITY): number[] {
    const found: number[] = [];
    let seq = this.#lasts[this.#slotOf(hashOf(id))] ?? EMPTY;
    for (; seq !== EMPTY && found.length < most; seq = this.#before[seq] ?? EMPTY) found.push(seq);
    return found.reverse();
  }

  /** The slot of this hash, or the free one where it belongs. */
  #slotOf(hash: number): number {
    const mask = this.#lasts.length - 1;
    let slot = hash & mask;
    while (this.#lasts[slot] !== EMPTY && this.#hashes[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  /** Doubles the table, so that at most half of it is used and a search is short. */
  #rehash(): void {
    const [hashes, lasts] = [this.#hashes, this.#lasts];
    this.#hashes = uint32s(hashes.length * 2);
    this.#lasts = uint32s(lasts.length * 2);
    for (const [i, last] of lasts.entries()) {
      if (last === EMPTY) continue;
      const hash = hashes[i] ?? 0;
      const slot = this.#slotOf(hash);
      this.#hashes[slot] = hash;
      this.#lasts[slot] = last;
    }
  }
}
