import { createHash } from 'node:crypto';
import type { Envelope } from '../../../events/envelope.ts';
import { emptyLedger, endOf } from '../../../projections/mutable/gpu-ledger.ts';
import { OpenPart, SECTIONS } from '../../../projections/mutable/open-part.ts';
import { type PartFiles, UnusablePartError } from './part-files.ts';
import { PART_EVENTS } from './parts.ts';

interface Differing {
  readonly from: number;
  readonly to: number;
}

export interface IndexVerdict {
  /** Parts whose file says what the events say. */
  readonly same: number;
  /** Parts without a file that this program reads: a server makes them. */
  readonly missing: number;
  readonly differing: readonly Differing[];
}

/**
 * Whether the files of the index say what the events say. How the events are divided into records is left out: no answer depends on it.
 *
 *     const check = new IndexCheck(files);
 *     check.add(events);             // all of the log, from the first event on
 *     await check.verdict();
 */
export class IndexCheck {
  readonly #files: PartFiles;
  readonly #size: number;
  #open = new OpenPart(endOf(emptyLedger()));
  readonly #expected: { readonly first: number; readonly last: number; readonly digests: ReadonlyMap<string, string> }[] = [];

  /** `size`: for tests. */
  constructor(files: PartFiles, size = PART_EVENTS) {
    this.#files = files;
    this.#size = size;
  }

  /** Throws LogCorruptError for an event that does not follow, and for a hold that cannot have been. */
  add(events: readonly Envelope[]): void {
    for (const event of events) {
      this.#open.add(event, false);
      if (this.#open.count < this.#size) continue;
      const { first, last, sections } = this.#open.packed();
      this.#expected.push({ first, last, digests: new Map(SECTIONS.map((name) => [name, digest(sections[name])])) });
      this.#open = new OpenPart(this.#open.end());
    }
  }

  async verdict(): Promise<IndexVerdict> {
    let [same, missing] = [0, 0];
    const differing: Differing[] = [];
    for (const { first, last, digests } of this.#expected) {
      try {
        const stored = await this.#files.read(first);
        const found = await Promise.all(SECTIONS.map(async (name) => [name, digest(await this.#files.section(stored, name))] as const));
        if (found.every(([name, sum]) => name === 'records' || digests.get(name) === sum)) same++;
        else differing.push({ from: first, to: last });
      } catch (error) {
        if (!(error instanceof UnusablePartError)) throw error;
        missing++;
      }
    }
    return { same, missing, differing };
  }
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
