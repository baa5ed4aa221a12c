// The event log in memory, for tests. It behaves like the log in etcd; several logs on one store are several writers.
import { EMPTY_HEAD, type Envelope, type Head } from '../../src/events/envelope.ts';
import { type EventLog, FencedError, LogClosedError, LogCorruptError } from '../../src/events/log.ts';
import type { Fence } from '../../src/infra/etcd/log.ts';
import { decodeRecord, encodeRecord } from '../../src/infra/etcd/record.ts';

/** The store that logs share. Records are stored as text, as in etcd, so that no reader can change the events of another. */
export class MemoryStore {
  /** In the order of the log. `first` is the sequence of the record's first event. */
  readonly records: { readonly first: number; readonly text: string }[] = [];
  /** Lease key → its create revision, which a fence is compared with. */
  readonly leases = new Map<string, string>();
  readonly bells = new Set<() => void>();
  head: Head = EMPTY_HEAD;
}

interface MemoryLogOptions {
  readonly store?: MemoryStore;
  readonly fence?: () => Fence | null;
}

export class MemoryLog implements EventLog {
  readonly #store: MemoryStore;
  readonly #fence: () => Fence | null;
  readonly #closed = new AbortController();

  constructor(options: MemoryLogOptions = {}) {
    this.#store = options.store ?? new MemoryStore();
    this.#fence = options.fence ?? ((): null => null);
  }

  async head(): Promise<Head> {
    this.#closed.signal.throwIfAborted();
    return this.#store.head;
  }

  async append(events: readonly Envelope[], expected: Head): Promise<'committed' | 'conflict'> {
    this.#closed.signal.throwIfAborted();
    const text = encodeRecord('memory', events, expected);
    const { head, leases, records, bells } = this.#store;
    const fence = this.#fence();
    if (fence !== null && leases.get(fence.key) !== fence.revision)
      throw new FencedError(`another server has taken the lease ${fence.key}`);
    if (head.seq !== expected.seq || head.hash !== expected.hash) return 'conflict';
    const last = events.at(-1) ?? expected;
    records.push({ first: expected.seq + 1, text });
    this.#store.head = { seq: last.seq, hash: last.hash };
    for (const ring of bells) queueMicrotask(ring);
    return 'committed';
  }

  async *read(from: number, to?: number): AsyncGenerator<readonly Envelope[], void, undefined> {
    const end = Math.min(to ?? Number.MAX_SAFE_INTEGER, (await this.head()).seq);
    let next = Math.max(1, from);
    const { records } = this.#store;
    const start = records.findLastIndex(({ first }) => first <= next);
    for (const { first, text } of start < 0 ? [] : records.slice(start)) {
      if (next > end || first > next) break;
      const wanted = decodeRecord(first, text, null).filter(({ seq }) => seq >= next && seq <= end);
      const last = wanted.at(-1);
      if (last === undefined) continue;
      next = last.seq + 1;
      yield wanted;
    }
    if (next <= end) throw new LogCorruptError(next, 'is missing in the log');
  }

  onMoved(ring: () => void, signal: AbortSignal): void {
    const over = AbortSignal.any([signal, this.#closed.signal]);
    if (over.aborted) return;
    const bell = (): void => {
      if (!over.aborted) ring();
    };
    this.#store.bells.add(bell);
    over.addEventListener('abort', () => this.#store.bells.delete(bell), { once: true });
  }

  trouble(): null {
    return null;
  }

  close(): void {
    this.#closed.abort(new LogClosedError('the log is closed'));
  }
}
