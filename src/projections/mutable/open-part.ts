// The last part of the log while it grows: its index of events, and the ledger. Once full it is packed.
import { type Envelope, GENESIS } from '../../events/envelope.ts';
import { EventIndex } from './event-index.ts';
import { packedEvents, packedRecords } from './event-part.ts';
import { addToLedger, endedIn, endOf, type Ledger, type LedgerEnd, ledgerAfter } from './gpu-ledger.ts';
import { hashOf, heldKey, knownKey } from './index-key.ts';
import { type PackedLedger, packedLedger } from './ledger-part.ts';

/** The facts of a part that lie in memory. */
export interface PartSummary {
  readonly first: number;
  readonly last: number;
  /** The hash that its first event follows, and that of its last event. */
  readonly prev: string;
  readonly hash: string;
  /** Time of its last event, ms since the epoch. */
  readonly to: number;
  /** Hashes of all keys under which the part has something, ascending: what is not among them need not be looked for in the part. */
  readonly keys: Uint32Array;
}

/** The sections of a part, each of which can be read without the others. */
export interface Sections extends PackedLedger {
  readonly events: Uint8Array<ArrayBuffer>;
  /** A bitmap of the events that begin a record. */
  readonly records: Uint8Array<ArrayBuffer>;
}

export const SECTIONS = ['events', 'records', 'spans', 'handovers', 'end'] as const;

export interface PackedPart extends PartSummary {
  readonly sections: Sections;
}

export class OpenPart {
  readonly events: EventIndex;
  readonly ledger: Ledger;
  #prev = GENESIS;
  #hash = GENESIS;

  /** `after`: what the parts before it leave open. */
  constructor(after: LedgerEnd) {
    this.events = new EventIndex(after.seq + 1);
    this.ledger = ledgerAfter(after);
  }

  get count(): number {
    return this.events.last - this.events.first + 1;
  }

  /** Adds the event that follows. Throws LogCorruptError for a hold that cannot have been. */
  add(event: Envelope, begins: boolean): void {
    addToLedger(this.ledger, [event]);
    this.events.add(event, begins);
    if (event.seq === this.events.first) this.#prev = event.prev;
    this.#hash = event.hash;
  }

  end(): LedgerEnd {
    return endOf(this.ledger);
  }

  packed(): PackedPart {
    const { events, ledger } = this;
    const ended = endedIn(ledger);
    const gpus = [...ledger.gpus.values()];
    const keysOf = (some: readonly { readonly gpu: number }[], key: typeof heldKey): number[] =>
      [...new Set(some.map(({ gpu }) => gpu))].flatMap((place) => {
        const gpu = gpus[place];
        return gpu === undefined ? [] : hashOf(key(gpu.host, gpu.gpu));
      });
    const keys = new Set([
      ...[...events.lists.keys()].map(hashOf),
      ...events.commands.keys(),
      ...keysOf(ended.holdings, heldKey),
      ...keysOf(ended.known, knownKey),
    ]);
    return {
      first: events.first,
      last: events.last,
      prev: this.#prev,
      hash: this.#hash,
      to: events.times.at(-1) ?? 0,
      keys: Uint32Array.from(keys).sort(),
      sections: { events: packedEvents(events), records: packedRecords(events), ...packedLedger(ended, this.end()) },
    };
  }
}
