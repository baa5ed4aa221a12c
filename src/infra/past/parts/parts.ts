import type { Logger } from '../../../commands/outside/logger.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import type { Head } from '../../../events/envelope.ts';
import { type EventLog, LogCorruptError } from '../../../events/log.ts';
import { EventPart } from '../../../projections/mutable/event-part.ts';
import { emptyLedger, endOf, type LedgerEnd } from '../../../projections/mutable/gpu-ledger.ts';
import { HandoverPart, type PartEnd, partEndOf, SpanPart } from '../../../projections/mutable/ledger-part.ts';
import { OpenPart, type PackedPart, type PartSummary, type Sections } from '../../../projections/mutable/open-part.ts';
import { Breather } from '../../async/breather.ts';
import { LruCache } from './lru-cache.ts';
import { type PartFiles, type SectionName, type StoredPart, UnusablePartError } from './part-files.ts';

export interface PartsOptions {
  /** Events of each part; PART_EVENTS by default, at most 65,536. */
  readonly size?: number;
  /** Absent: the parts stay in memory, as tests have it. */
  readonly files?: PartFiles;
  /** The whole log. Parts that cannot be used are made again from it. */
  readonly source: Pick<EventLog, 'read'>;
  readonly logger: Logger;
}

/** Events of a part. A part of so many has about 250 KB, and is read and checked in a millisecond. */
export const PART_EVENTS = 16_384;
/** Bytes of the sections in memory, of the events and again of the ledger. */
const CACHE_BYTES = 16 * 2 ** 20;
/** Bitmaps of records in memory: 2 KB each. */
const CACHED_RECORDS = 64;
/** Files read at once. */
const PARALLEL = 8;

interface Part {
  /** Null until it was read. */
  summary: PartSummary | null;
  /** Null until it is in a file. */
  stored: StoredPart | null;
  /** Null once it is in a file. */
  packed: Sections | null;
  /** While it is made again from the events. */
  healing: Promise<Sections> | null;
}

const EMPTY_END = endOf(emptyLedger());

/**
 * The full parts of the index, each of the same number of events, from the log's first on.
 *
 *     const end = await parts.open();              // what is open after the last part that can be used
 *     await parts.load();                          // reads the summaries of all others
 *     const part = await parts.events(3);          // from the file, or from memory
 *
 * Promises the content that the events give: a file that is missing or damaged is made again from the log, one of another log is not used.
 */
export class Parts {
  readonly size: number;
  readonly #options: PartsOptions;
  readonly #parts: Part[] = [];
  #isLoaded = true;
  readonly #unwritten = new Set<Part>();
  #writing: Promise<void> | null = null;
  #warned = '';
  readonly #eventSections = new LruCache<number, { readonly value: EventPart; readonly bytes: number }>(CACHE_BYTES, ({ bytes }) => bytes);
  readonly #records = new LruCache<number, Uint32Array>(CACHED_RECORDS);
  readonly #ledgerSections = new LruCache<string, { readonly value: SpanPart | HandoverPart; readonly bytes: number }>(
    CACHE_BYTES,
    // The decoded texts take as much again.
    ({ bytes }) => bytes * 2,
  );

  constructor(options: PartsOptions) {
    this.#options = options;
    this.size = options.size ?? PART_EVENTS;
  }

  get count(): number {
    return this.#parts.length;
  }

  /** The last event in them; 0 when there are none. */
  get last(): number {
    return this.count * this.size;
  }

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** The place of the part that has the event, if it is in one. */
  placeOf(seq: number): number {
    return Math.floor((seq - 1) / this.size);
  }

  summary(place: number): PartSummary {
    const summary = this.#at(place).summary;
    if (summary === null) throw new Error(`part ${place} of the index was not read`);
    return summary;
  }

  /** The place of the first part that ends at that time (ms since the epoch) or later; `count` when there is none. */
  endingAt(ms: number): number {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.summary(middle).to < ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Adds the part that follows, and has it written to a file in the background. */
  append(packed: PackedPart): void {
    const part: Part = { summary: summaryOf(packed), stored: null, packed: packed.sections, healing: null };
    this.#parts.push(part);
    this.#store(part);
  }

  /** Resolves when all that is to be written now is written, or has failed. */
  async written(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  /** Finds the last part whose file can be used and whose last event is in the log. Returns what is open after it. */
  async open(): Promise<LedgerEnd> {
    const { files, logger } = this.#options;
    if (files === undefined) return EMPTY_END;
    const places = (await files.list()).filter((first) => (first - 1) % this.size === 0).map((first) => this.placeOf(first));
    let [unusable, step] = [0, 1];
    for (let at = places.length - 1; at >= 0; ) {
      const place = places[at] ?? 0;
      const found = await this.#usable(place);
      if (found !== null && (await this.#isInLog({ seq: found.stored.last, hash: found.stored.hash }))) {
        for (let i = 0; i < place; i++) this.#parts.push({ summary: null, stored: null, packed: null, healing: null });
        this.#parts.push({ summary: found.stored, stored: found.stored, packed: null, healing: null });
        this.#isLoaded = place === 0;
        break;
      }
      unusable++;
      // Parts of another log are many: all after the last event that both have.
      at -= found === null ? 1 : step;
      if (found !== null) step *= 2;
    }
    if (unusable > 0) logger.warn({ dir: files.dir, from: this.last + 1 }, 'the index is made again: its last files cannot be used');
    return this.count === 0 ? EMPTY_END : (await this.end(this.count - 1)).end;
  }

  async #usable(place: number): Promise<{ readonly stored: StoredPart } | null> {
    try {
      const stored = await this.#read(place);
      await this.#options.files?.section(stored, 'end');
      return { stored };
    } catch (error) {
      if (error instanceof UnusablePartError) return null;
      throw error;
    }
  }

  /** Throws UnusablePartError. */
  async #read(place: number): Promise<StoredPart> {
    const { files } = this.#options;
    const first = place * this.size + 1;
    if (files === undefined) throw new UnusablePartError('there are no files');
    const stored = await files.read(first);
    if (stored.last !== first + this.size - 1) throw new UnusablePartError(`the part that begins at event ${first} has another size`);
    return stored;
  }

  async #isInLog({ seq, hash }: Head): Promise<boolean> {
    try {
      for await (const [event] of this.#options.source.read(seq, seq)) return event?.hash === hash;
    } catch (error) {
      if (!(error instanceof LogCorruptError)) throw error;
    }
    return false;
  }

  /** Reads the summaries of all parts, and makes those again that cannot be used. Throws the log's errors; it may then be tried again. */
  async load(): Promise<void> {
    if (this.#isLoaded) return;
    const missing = [...this.#parts.keys()].filter((place) => this.#at(place).summary === null).reverse();
    const worker = async (): Promise<void> => {
      for (let place = missing.pop(); place !== undefined; place = missing.pop()) await this.#loadOne(place);
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    const healed = new Set<number>();
    for (let bad = this.#misfits(healed); bad.length > 0; bad = this.#misfits(healed)) {
      for (const place of bad) {
        await this.#heal(place, 'cannot be used');
        healed.add(place);
      }
    }
    this.#isLoaded = true;
  }

  /** The parts without a summary, and those that do not end where the next begins: the last one is known to be of this log. Ascending. */
  #misfits(healed: ReadonlySet<number>): readonly number[] {
    const bad = new Set<number>();
    for (let place = this.count - 1; place >= 0; place--) {
      const [part, next] = [this.#at(place).summary, this.#parts[place + 1]?.summary];
      if (part === null) bad.add(place);
      else if (next !== undefined && next !== null && part.hash !== next.prev) bad.add(healed.has(place) ? place + 1 : place);
    }
    return [...bad].filter((place) => !healed.has(place)).sort((a, b) => a - b);
  }

  async #loadOne(place: number): Promise<void> {
    const part = this.#at(place);
    try {
      part.stored = await this.#read(place);
      part.summary = part.stored;
    } catch (error) {
      if (!(error instanceof UnusablePartError)) throw error;
    }
  }

  async events(place: number): Promise<EventPart> {
    const cached = this.#eventSections.get(place);
    if (cached !== undefined) return cached.value;
    const bytes = await this.#section(place, 'events');
    const value = new EventPart(this.summary(place), bytes);
    this.#eventSections.set(place, { value, bytes: bytes.byteLength });
    return value;
  }

  /** A bitmap of the events that begin a record. */
  async records(place: number): Promise<Uint32Array> {
    const cached = this.#records.get(place);
    if (cached !== undefined) return cached;
    const { buffer, byteOffset, byteLength } = await this.#section(place, 'records');
    const records = new Uint32Array(buffer, byteOffset, byteLength / 4);
    this.#records.set(place, records);
    return records;
  }

  spans(place: number): Promise<SpanPart> {
    return this.#ledgerSection(place, 'spans', SpanPart);
  }

  handovers(place: number): Promise<HandoverPart> {
    return this.#ledgerSection(place, 'handovers', HandoverPart);
  }

  async #ledgerSection<T extends SpanPart | HandoverPart>(
    place: number,
    name: 'spans' | 'handovers',
    Section: new (bytes: Uint8Array) => T,
  ): Promise<T> {
    const key = `${place} ${name}`;
    const cached = this.#ledgerSections.get(key)?.value;
    if (cached instanceof Section) return cached;
    const bytes = await this.#section(place, name);
    const value = new Section(bytes);
    this.#ledgerSections.set(key, { value, bytes: bytes.byteLength });
    return value;
  }

  async end(place: number): Promise<PartEnd> {
    return partEndOf(await this.#section(place, 'end'));
  }

  async #section(place: number, name: SectionName): Promise<Uint8Array> {
    const part = this.#at(place);
    if (part.packed !== null) return part.packed[name];
    try {
      if (part.stored === null || this.#options.files === undefined) throw new UnusablePartError('it was not read');
      return await this.#options.files.section(part.stored, name);
    } catch (error) {
      if (!(error instanceof UnusablePartError)) throw error;
      return (await this.#heal(place, error.message))[name];
    }
  }

  #heal(place: number, reason: string): Promise<Sections> {
    const part = this.#at(place);
    part.healing ??= this.#makeAgain(place, reason).finally(() => {
      part.healing = null;
    });
    return part.healing;
  }

  async #makeAgain(place: number, reason: string): Promise<Sections> {
    const { logger, files } = this.#options;
    const part = this.#at(place);
    const packed = await this.#rebuilt(place);
    logger.warn({ dir: files?.dir, from: packed.first, to: packed.last }, `a part of the index was made again from the events: ${reason}`);
    part.summary = summaryOf(packed);
    part.packed = packed.sections;
    this.#eventSections.delete(place);
    this.#records.delete(place);
    for (const name of ['spans', 'handovers']) this.#ledgerSections.delete(`${place} ${name}`);
    this.#store(part);
    return packed.sections;
  }

  /** From the events of the log, and what the part before it leaves open. */
  async #rebuilt(place: number): Promise<PackedPart> {
    const first = place * this.size + 1;
    const open = new OpenPart(place === 0 ? EMPTY_END : (await this.end(place - 1)).end);
    const breather = new Breather();
    for await (const record of this.#options.source.read(first, first + this.size - 1)) {
      for (const [i, event] of record.entries()) open.add(event, i === 0);
      await breather.breathe();
    }
    if (open.count < this.size) throw new LogCorruptError(open.events.last + 1, 'is missing in the log');
    return open.packed();
  }

  #at(place: number): Part {
    const part = this.#parts[place];
    if (part === undefined) throw new RangeError(`there is no part ${place} of the index`);
    return part;
  }

  #store(part: Part): void {
    if (this.#options.files === undefined) return;
    this.#unwritten.add(part);
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null;
    });
  }

  /** One after another. A part that cannot be written stays in memory, and is tried again with the next one. */
  async #writeAll(): Promise<void> {
    const { files, logger } = this.#options;
    try {
      for (let [part] = this.#unwritten; part !== undefined && files !== undefined; [part] = this.#unwritten) {
        const { summary, packed } = part;
        if (summary !== null && packed !== null) {
          part.stored = await files.write({ ...summary, sections: packed });
          // Made again meanwhile: that one is written next.
          if (part.packed === packed) part.packed = null;
        }
        if (part.packed === null) this.#unwritten.delete(part);
      }
      this.#warned = '';
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== this.#warned)
        logger.warn({ err: reason, dir: files?.dir }, 'a part of the index cannot be written: it stays in memory');
      this.#warned = reason;
    }
  }
}

const summaryOf = ({ first, last, prev, hash, to, keys }: PartSummary): PartSummary => ({ first, last, prev, hash, to, keys });
