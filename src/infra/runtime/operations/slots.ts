// Fair limits for what is done at the same time on the host, kind by kind: three hundred restarts must not be three hundred commits at once.
import type { StepName } from '../../../commands/outside/engine.ts';
import type { Clock } from '../../../commands/outside/host.ts';
import { pause } from '../../async/time.ts';

/** save: commits; start: creates and starts; measure: counting the bytes of a container or a volume. */
export type SlotKind = 'save' | 'start' | 'stop' | 'remove' | 'copy' | 'measure';

interface SlotLimit {
  /** Slots that are lent at the same time, not counting those that are lent for longer than `lentMs`. */
  readonly limit: number;
  /** Time, ms, after which a holder no longer counts: who takes that long holds up nobody else. */
  readonly lentMs: number;
  /** Slots in all, whatever their age. */
  readonly most: number;
}

export type SlotLimits = { readonly [K in SlotKind]: SlotLimit };

/**
 * A stop is work when it is sent, and waits from then on; a start that hangs in a mount is no more work, either. A commit and a copy are work on
 * the disk for as long as they take: some more of them are let past the long ones, and no more than that.
 */
const SLOT_LIMITS: SlotLimits = {
  save: { limit: 4, lentMs: 60_000, most: 16 },
  start: { limit: 8, lentMs: 10_000, most: 64 },
  stop: { limit: 16, lentMs: 2_000, most: Number.POSITIVE_INFINITY },
  remove: { limit: 8, lentMs: 10_000, most: 64 },
  copy: { limit: 2, lentMs: 60_000, most: 8 },
  measure: { limit: 4, lentMs: 10_000, most: 16 },
};

/** The usual limits, with these numbers of commits and of starts. */
export const slotLimits = ({ saves, starts }: { readonly saves: number; readonly starts: number }): SlotLimits => ({
  ...SLOT_LIMITS,
  save: { ...SLOT_LIMITS.save, limit: saves, most: saves * 4 },
  start: { ...SLOT_LIMITS.start, limit: starts, most: starts * 8 },
});

const KIND_OF_STEP: { readonly [K in StepName]: SlotKind | null } = {
  createContainer: 'start',
  startContainer: 'start',
  stopContainer: 'stop',
  saveDisk: 'save',
  commitImage: 'save',
  removeContainer: 'remove',
  discardDisk: 'remove',
  removeDisks: 'remove',
  removeVolume: 'remove',
  copyVolume: 'copy',
  // A record in Docker, and a word to the kernel.
  createVolume: null,
  freezeContainer: null,
  thawContainer: null,
};

const WORK: { readonly [K in SlotKind]: string } = {
  save: 'the save of a system disk or a commit',
  start: 'a create or a start',
  stop: 'a stop',
  remove: 'a removal',
  copy: 'the copy of a volume',
  measure: 'a count of bytes',
};

/** The kind of slot that a step needs; null: none. */
export const slotOf = (step: StepName): SlotKind | null => KIND_OF_STEP[step];

/** A wait for a slot. */
export interface SlotWait {
  readonly for: SlotKind;
  /** ISO time since when. */
  readonly since: string;
}

interface Waiter {
  readonly since: string;
  readonly grant: (holder: Holder) => void;
}

interface Holder {
  readonly stream: string;
  /** ms since the boot. */
  readonly since: number;
}

interface Kind {
  readonly holders: Set<Holder>;
  /** By stream, the next one first. */
  readonly waiting: Map<string, Waiter[]>;
  /** Waits until the oldest holder that counts no longer does. */
  timer: AbortController | null;
}

/**
 * Lends slots:
 *
 *     const disk = await slots.use('save', stream, signal, () => engine.saveDisk(container, id));
 *
 * Promises that the task begins only with a slot, that the streams which wait get theirs in turn, whoever of them asks most often, and that a
 * wait ends with its signal. A stream that waits makes no failed attempt: it is not stalled.
 */
export class Slots {
  readonly #clock: Clock;
  readonly #limits: SlotLimits;
  readonly #kinds = new Map<SlotKind, Kind>();

  constructor(clock: Clock, limits: SlotLimits = SLOT_LIMITS) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Rejects with the signal's reason when that aborts before there is a slot. */
  async use<T>(kind: SlotKind, stream: string, signal: AbortSignal | undefined, task: () => Promise<T>): Promise<T> {
    const holder = await this.#lent(kind, stream, signal);
    try {
      signal?.throwIfAborted();
      return await task();
    } finally {
      this.#of(kind).holders.delete(holder);
      this.#lend(kind);
    }
  }

  /** The wait of a stream; undefined where it waits for none. */
  waitOf(stream: string): SlotWait | undefined {
    for (const [kind, { waiting }] of this.#kinds) {
      const first = waiting.get(stream)?.[0];
      if (first !== undefined) return { for: kind, since: first.since };
    }
    return undefined;
  }

  /** The kinds of which nothing more begins, as all that is under way takes long and somebody waits. As sentences. */
  warnings(): readonly string[] {
    const now = this.#clock.boot();
    return [...this.#kinds].flatMap(([kind, { holders, waiting }]) => {
      const { most, lentMs } = this.#limits[kind];
      const [oldest] = holders;
      if (waiting.size === 0 || oldest === undefined || holders.size < most || counting(holders, now, lentMs) > 0) return [];
      const minutes = Math.floor((now - oldest.since) / 60_000);
      const longest = `the longest, of ${oldest.stream}, ${minutes < 1 ? 'less than a minute' : `${minutes} min`}`;
      return [
        `${waiting.size} wait for ${WORK[kind]}: all ${most} slots are taken by what takes long (${longest}); GET /api/v1/operations`,
      ];
    });
  }

  #of(kind: SlotKind): Kind {
    let of = this.#kinds.get(kind);
    if (of === undefined) {
      of = { holders: new Set(), waiting: new Map(), timer: null };
      this.#kinds.set(kind, of);
    }
    return of;
  }

  #lent(kind: SlotKind, stream: string, signal: AbortSignal | undefined): Promise<Holder> {
    const { waiting } = this.#of(kind);
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const onAbort = (): void => {
        const left = (waiting.get(stream) ?? []).filter((one) => one !== waiter);
        if (left.length > 0) waiting.set(stream, left);
        else waiting.delete(stream);
        this.#lend(kind);
        reject(signal?.reason);
      };
      const grant = (holder: Holder): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve(holder);
      };
      const waiter: Waiter = { since: new Date(this.#clock.now()).toISOString(), grant };
      waiting.set(stream, [...(waiting.get(stream) ?? []), waiter]);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#lend(kind);
    });
  }

  #lend(kind: SlotKind): void {
    const of = this.#of(kind);
    const { limit, lentMs, most } = this.#limits[kind];
    const now = this.#clock.boot();
    for (const [stream, [first, ...others]] of of.waiting) {
      if (of.holders.size >= most || counting(of.holders, now, lentMs) >= limit) break;
      // To the end of the line, with what else this stream wants.
      of.waiting.delete(stream);
      if (others.length > 0) of.waiting.set(stream, others);
      if (first === undefined) continue;
      const holder: Holder = { stream, since: now };
      of.holders.add(holder);
      first.grant(holder);
    }
    this.#look(kind, of, now);
  }

  /** Looks again when a holder ceases to count, for as long as somebody waits. */
  #look(kind: SlotKind, of: Kind, now: number): void {
    of.timer?.abort(new Error('looked at anew'));
    of.timer = null;
    if (of.waiting.size === 0) return;
    const { lentMs } = this.#limits[kind];
    // Holders are in the order of their age.
    const oldest = [...of.holders].find(({ since }) => now - since < lentMs);
    if (oldest === undefined) return;
    const timer = new AbortController();
    of.timer = timer;
    void pause(this.#clock, oldest.since + lentMs - now, timer.signal).then(() => {
      if (!timer.signal.aborted) this.#lend(kind);
    });
  }
}

function counting(holders: ReadonlySet<Holder>, now: number, lentMs: number): number {
  let count = 0;
  for (const { since } of holders) if (now - since < lentMs) count++;
  return count;
}
