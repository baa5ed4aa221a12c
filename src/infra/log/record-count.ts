// How many records of the log etcd had at the last look. A record in the middle that is deleted shows in nothing else until somebody reads it.
import { readFile } from 'node:fs/promises';
import type { EtcdKv } from '../etcd/kv.ts';
import { recordKey } from '../etcd/log.ts';
import { writeWhole } from '../host/files.ts';

/** The part of a log in etcd, by sequences: `low` is the first event of a record. */
interface Part {
  readonly logId: string;
  readonly low: number;
  readonly through: number;
}
interface Counted extends Part {
  readonly records: number;
}

/** Sequences in which etcd counts the records at once: it walks over all of them. */
const PAGE = 200_000;

/**
 * Counts the records at each look, and tells whether some of those counted before are gone:
 *
 *     const counts = new RecordCount(kv, join(dataDir, 'records.json'));
 *     if (await counts.isLess({ logId, low, through })) …   // look for the hole, and call noted() where there is none
 *
 * Promises to remember the count beyond the process. The archive takes records away and an import packs them anew, so less is a suspicion only.
 */
export class RecordCount {
  readonly #kv: EtcdKv;
  readonly #path: string;
  #last: Counted | null = null;
  #isRead = false;

  constructor(kv: EtcdKv, path: string) {
    this.#kv = kv;
    this.#path = path;
  }

  /** Whether records between the last look's ends have gone since. Where none have, this look counts from now on. */
  async isLess(part: Part): Promise<boolean> {
    const last = await this.#recall();
    const isKnown = last !== null && last.logId === part.logId && last.low === part.low && last.through <= part.through;
    const before = isKnown ? await this.#count(part.low, last.through) : 0;
    if (isKnown && before < last.records) return true;
    const from = isKnown ? last.through + 1 : part.low;
    await this.#note({ ...part, records: before + (await this.#count(from, part.through)) });
    return false;
  }

  /** Takes what is there as whole. */
  async noted(part: Part): Promise<void> {
    await this.#note({ ...part, records: await this.#count(part.low, part.through) });
  }

  async #count(from: number, through: number): Promise<number> {
    let records = 0;
    for (let at = from; at <= through; at += PAGE)
      records += await this.#kv.count(recordKey(at), recordKey(Math.min(at + PAGE, through + 1)));
    return records;
  }

  async #recall(): Promise<Counted | null> {
    if (!this.#isRead) this.#last = await readFile(this.#path, 'utf8').then(parsed, () => null);
    this.#isRead = true;
    return this.#last;
  }

  async #note(counted: Counted): Promise<void> {
    const { logId, low, through, records } = counted;
    const last = this.#last;
    this.#last = counted;
    if (last?.logId === logId && last.low === low && last.through === through && last.records === records) return;
    // Without the file the next start cannot tell: the looks of this process do.
    await writeWhole(this.#path, (file) => file.writeFile(`${JSON.stringify({ logId, low, through, records })}\n`)).catch(() => undefined);
  }
}

function parsed(text: string): Counted | null {
  try {
    const { logId, low, through, records } = JSON.parse(text) as Partial<Counted>;
    const isCounted = typeof logId === 'string' && [low, through, records].every(Number.isSafeInteger);
    return isCounted && low !== undefined && through !== undefined && records !== undefined ? { logId, low, through, records } : null;
  } catch {
    return null;
  }
}
