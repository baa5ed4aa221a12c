import type { Clock, Ids } from '../../commands/outside/host.ts';
import { messageOf } from '../../commands/outside/message-of.ts';
import { EMPTY_HEAD, type Envelope, type Head } from '../../events/envelope.ts';
import { type EventLog, FencedError, LogClosedError, LogCorruptError, LogFullError, MAX_EVENTS_PER_RECORD } from '../../events/log.ts';
import { repeat, retry } from '../async/retry.ts';
import { type EtcdKv, EtcdNoSpaceError, EtcdUnavailableError, type KeyValue, type Txn, type TxnResult } from './kv.ts';
import { decodeRecord, encodeRecord, txOf } from './record.ts';

/** Every append compares it, besides the head: the lease key and its create revision, which is another after the term. */
export interface Fence {
  readonly key: string;
  readonly revision: string;
}

interface EtcdLogOptions {
  readonly kv: EtcdKv;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Called at each append. Once a term has begun, return its fence even after the term is lost: etcd itself then refuses the append. */
  readonly fence?: () => Fence | null;
}

export const LOG_PREFIX = '/gpu-docker-api/v1/log/';
export const HEAD_KEY = '/gpu-docker-api/v1/head';
/** Sequences per page. A closed range costs what it holds; a limit on an open range costs the rest of the log (etcd 3.4). */
const PAGE = 1_000;
/** Period in ms of the rings that need no watch event: a watch can lose events silently. */
const POLL_MS = 1_000;
/** Pause in ms before a call is repeated; doubled up to `most`. */
const RETRY_MS = { first: 20, most: 1_000 };

/** 16 digits, as many as the largest exact integer has, so that keys sort as their sequences do. */
export const recordKey = (seq: number): string => LOG_PREFIX + String(seq).padStart(16, '0');
const seqOfKey = (key: string): number => Number(key.slice(LOG_PREFIX.length));
export const headText = ({ seq, hash }: Head): string => JSON.stringify({ seq, hash });

/**
 * The event log in etcd: one key per record, one key for the head, one transaction per append.
 *
 *     const log = new EtcdLog({ kv, clock, ids, fence: () => term.fence });
 *     if ((await log.append(events, state.head)) === 'conflict') decideAgain();
 *     for await (const record of log.read(state.head.seq + 1)) apply(record);
 *
 * Promises that an append is committed at most once, at the expected head, under the fence, and that its outcome is never unknown to the
 * caller: without a definite answer the same transaction is sent again. Reads have no hole.
 */
export class EtcdLog implements EventLog {
  readonly #kv: EtcdKv;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #fence: () => Fence | null;
  readonly #closed = new AbortController();
  /** The last event that this process read or wrote. A later read must continue it, also when etcd was restored to another history. */
  #known: Head = EMPTY_HEAD;
  /** The head that the last append leaves, once it is committed. */
  #own: Head = EMPTY_HEAD;
  #trouble: { readonly since: number; readonly reason: string } | null = null;

  constructor(options: EtcdLogOptions) {
    this.#kv = options.kv;
    this.#clock = options.clock;
    this.#ids = options.ids;
    this.#fence = options.fence ?? ((): null => null);
  }

  async head(): Promise<Head> {
    return headOf(await this.#untilAnswered(() => this.#kv.get(HEAD_KEY)));
  }

  async append(events: readonly Envelope[], expected: Head, texts?: readonly string[]): Promise<'committed' | 'conflict'> {
    const tx = this.#ids.next();
    const record = encodeRecord(tx, events, expected, texts);
    const last = events.at(-1) ?? expected;
    const key = recordKey(expected.seq + 1);
    const fence = this.#fence();
    // Made once and repeated unchanged: a late first attempt then compares the same head as its repetition, and at most one succeeds.
    const txn: Txn = {
      if: [
        expected.seq === 0 ? { key: HEAD_KEY, absent: true } : { key: HEAD_KEY, value: headText(expected) },
        ...(fence === null ? [] : [{ key: fence.key, createRevision: fence.revision }]),
      ],
      write: [
        { put: key, value: record },
        { put: HEAD_KEY, value: headText(last) },
      ],
      orGet: [HEAD_KEY, key, ...(fence === null ? [] : [fence.key])],
    };
    this.#own = { seq: last.seq, hash: last.hash };
    let unknown = 0;
    const answer = await this.#untilAnswered(
      () => this.#kv.txn(txn).catch((error: unknown) => this.#withoutSpace(error, txn, unknown > 0)),
      () => unknown++,
    );
    const committed = answer.succeeded || this.#wasOurs(answer, tx, expected, unknown > 0);
    if (committed) this.#known = { seq: last.seq, hash: last.hash };
    else if (fence !== null && answer.found[2]?.createRevision !== fence.revision) {
      throw new FencedError(`another server has taken the lease ${fence.key}`);
    }
    return committed ? 'committed' : 'conflict';
  }

  /**
   * An etcd without space refuses an append before it compares anything, but for the one that crosses the quota while it is carried out: that is
   * written, and answered as if it were not. The keys tell. If an earlier attempt had no answer (`asked`), it may still be carried out as long as they
   * do not have it, so the append is sent again.
   */
  async #withoutSpace(error: unknown, txn: Txn, asked: boolean): Promise<TxnResult> {
    if (!(error instanceof EtcdNoSpaceError)) throw error;
    const message = `etcd has no space left: ${error.message}`;
    const answer = await this.#untilAnswered(() => this.#kv.txn({ ...txn, write: [] }));
    if (!answer.succeeded) return answer;
    if (!asked) throw new LogFullError(message, { cause: error });
    throw new EtcdUnavailableError(`${message}; an append before that has no answer yet`, { cause: error });
  }

  /** Whether the commit that moved the head was an earlier attempt of this append, whose answer was lost. */
  #wasOurs(answer: TxnResult, tx: string, expected: Head, asked: boolean): boolean {
    const [head = null, record = null] = answer.found;
    if (record !== null) return txOf(record.value) === tx;
    if (asked && headOf(head).seq > expected.seq) {
      throw new LogCorruptError(expected.seq + 1, 'its record was taken away before it could be seen who wrote it');
    }
    return false;
  }

  async *read(from: number, to?: number): AsyncGenerator<readonly Envelope[], void, undefined> {
    let end = to ?? (await this.head()).seq;
    let next = yield* this.#run(Math.max(1, from), end);
    if (next > end) return;
    if (to !== undefined) {
      // `to` was not reached: the log ends before it, or grew meanwhile, or has a hole. The head tells.
      end = Math.min(to, (await this.head()).seq);
      next = yield* this.#run(next, end);
    }
    if (next <= end) throw new LogCorruptError(next, 'is missing in the log');
  }

  async records(firsts: readonly number[]): Promise<readonly (readonly Envelope[] | null)[]> {
    // The compare fails on purpose, so that the transaction only reads: etcd answers all its gets at once.
    const txn: Txn = { if: [{ key: HEAD_KEY, absent: true }], write: [], orGet: firsts.map(recordKey) };
    const { found } = await this.#untilAnswered(() => this.#kv.txn(txn));
    return firsts.map((first, i) => {
      const kv = found[i] ?? null;
      return kv === null ? null : decodeRecord(first, kv.value, null);
    });
  }

  /** Yields from..end as far as one event follows the other; returns the first sequence that it did not find. */
  async *#run(from: number, end: number): AsyncGenerator<readonly Envelope[], number, undefined> {
    let next = from;
    let before = from === this.#known.seq + 1 ? this.#known.hash : null;
    let page = from <= end ? this.#firstPage(from, end) : null;
    for (let at = from + PAGE; page !== null; at += PAGE) {
      const records: readonly KeyValue[] = await page;
      page = at <= end ? this.#page(at, end) : null;
      page?.catch(() => undefined); // its error is thrown where it is awaited, unless the reader stops before
      for (const { key, value } of records) {
        const first = seqOfKey(key);
        if (first > next) return next;
        if (first < next && next !== from) throw new LogCorruptError(first, 'stands in two records');
        const events = decodeRecord(first, value, first === next ? before : null);
        const last = events.at(-1);
        if (last === undefined || last.seq < next) continue;
        const wanted = first >= next && last.seq <= end ? events : events.filter(({ seq }) => seq >= next && seq <= end);
        next = last.seq + 1;
        before = last.hash;
        if (last.seq > this.#known.seq) this.#known = { seq: last.seq, hash: last.hash };
        yield wanted;
      }
      if (next < at) return next;
    }
    return next;
  }

  onMoved(ring: () => void, signal: AbortSignal): void {
    const over = AbortSignal.any([signal, this.#closed.signal]);
    // Of an append of its own it gets the answer: to read the log on would be one more look at etcd for each, for which the next one waits.
    const moved = (head?: string): void => {
      if (head === undefined || head !== headText(this.#own)) ring();
    };
    this.#kv.watch(HEAD_KEY, moved, over);
    void repeat(ring, { clock: this.#clock, everyMs: POLL_MS, signal: over, onFailure: () => undefined });
  }

  trouble(): { readonly since: number; readonly reason: string } | null {
    return this.#trouble;
  }

  /** Ends every waiting call with LogClosedError, and every doorbell. The connection stays open: it is the caller's. */
  close(): void {
    this.#closed.abort(new LogClosedError('the log is closed; an append that was waiting for etcd may have been written'));
  }

  /** The records that begin in the PAGE sequences from `from`, and not after `end`. */
  #page(from: number, end: number): Promise<readonly KeyValue[]> {
    return this.#untilAnswered(() => this.#kv.range(recordKey(from), recordKey(Math.min(from + PAGE, end + 1))));
  }

  /**
   * Like #page. Where no record begins at `from`, the page has the record before in front: it may hold `from`, and begins at most 499
   * earlier.
   */
  async #firstPage(from: number, end: number): Promise<readonly KeyValue[]> {
    const page = await this.#page(from, end);
    if (page[0]?.key === recordKey(from)) return page;
    const earlier = await this.#page(Math.max(1, from - MAX_EVENTS_PER_RECORD + 1), from - 1);
    return [...earlier.slice(-1), ...page];
  }

  /** Asks again until there is a definite answer. `lost` is called after every attempt without one. */
  async #untilAnswered<T>(ask: () => Promise<T>, lost: () => void = () => undefined): Promise<T> {
    const answer = await retry(ask, {
      clock: this.#clock,
      signal: this.#closed.signal,
      firstMs: RETRY_MS.first,
      maxMs: RETRY_MS.most,
      isPassing: (error) => error instanceof EtcdUnavailableError,
      onPause: (error) => {
        lost();
        this.#trouble ??= { since: this.#clock.now(), reason: messageOf(error) };
      },
    });
    this.#trouble = null;
    return answer;
  }
}

/** The head in the head key; EMPTY_HEAD when there is no such key. Throws LogCorruptError. */
export function headOf(kv: KeyValue | null): Head {
  if (kv === null) return EMPTY_HEAD;
  try {
    const { seq, hash } = JSON.parse(kv.value) as Partial<Head>;
    if (typeof seq === 'number' && typeof hash === 'string') return { seq, hash };
  } catch {
    // Not JSON: thrown below, like JSON that is not a head.
  }
  throw new LogCorruptError(0, `the log's head is unreadable: ${kv.value.slice(0, 100)}`);
}
