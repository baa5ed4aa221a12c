// What the ledger says about a span of time. Inside, everything is whole milliseconds, so that the sums over the parts of a span are the sum
// over the whole of it, to the millisecond. Spans are half open: `from` belongs to it, `to` does not.
import type { GpuLedger, Handover, Holding, Ledger } from '../ledger.ts';

/** Milliseconds since the epoch. `to` must not lie in the future: a GPU that is held now counts as held to there. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export const GROUPS = ['replicaSet', 'gpu', 'actor', 'day'] as const;
export type Group = (typeof GROUPS)[number];

export interface Sum {
  /** The replicaSet, GPU, actor or UTC day (YYYY-MM-DD). */
  readonly key: string;
  readonly gpuMs: number;
  /** How many holdings have a part in it. */
  readonly holdings: number;
}

export interface GpuUse {
  readonly gpu: string;
  readonly host: string;
  readonly index: number;
  readonly name: string;
  readonly gpuMs: number;
  readonly holdings: number;
  /** How long it could have been held: reported by the driver, or held although it was not. */
  readonly knownMs: number;
}

const DAY_MS = 86_400_000;

/** How much of the span the holding covers. */
const heldMs = ({ gave, took }: Holding, { from, to }: Span): number => Math.max(0, Math.min(took?.ms ?? to, to) - Math.max(gave.ms, from));

/** Those that touch the span; the search is by halves, as they lie one after another. */
function within({ holdings }: GpuLedger, { from, to }: Span): readonly Holding[] {
  const ended = ({ took }: Holding): boolean => took !== null && took.ms < from;
  let low = 0;
  let high = holdings.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const holding = holdings[middle];
    if (holding !== undefined && ended(holding)) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < holdings.length && (holdings[end]?.gave.ms ?? to) < to) end++;
  return holdings.slice(low, end);
}

/** GPU time by replicaSet, GPU, actor (who ordered the allocation) or UTC day: largest first, days in order. */
export function sums(ledger: Ledger, span: Span, by: Group): Sum[] {
  const found = new Map<string, { gpuMs: number; holdings: number }>();
  const add = (key: string, gpuMs: number): void => {
    if (gpuMs <= 0) return;
    const sum = found.get(key) ?? { gpuMs: 0, holdings: 0 };
    sum.gpuMs += gpuMs;
    sum.holdings++;
    found.set(key, sum);
  };
  for (const gpu of ledger.gpus.values()) {
    for (const holding of within(gpu, span)) {
      if (by === 'day') for (const day of daysOf(holding, span)) add(dayName(day.from), heldMs(holding, day));
      else add(by === 'actor' ? holding.gave.actor : holding[by], heldMs(holding, span));
    }
  }
  const rows = [...found].map(([key, sum]) => ({ key, ...sum }));
  const byKey = (a: Sum, b: Sum): number => (a.key < b.key ? -1 : 1);
  return rows.sort((a, b) => (by === 'day' ? byKey(a, b) : b.gpuMs - a.gpuMs || byKey(a, b)));
}

const dayName = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** The span's part of each UTC day that the holding reaches. */
function* daysOf({ gave, took }: Holding, span: Span): Generator<Span> {
  const end = Math.min(took?.ms ?? span.to, span.to);
  for (let from = Math.max(gave.ms, span.from); from < end; ) {
    const to = Math.min((Math.floor(from / DAY_MS) + 1) * DAY_MS, end);
    yield { from, to };
    from = to;
  }
}

/** How much each GPU was used that was there at some time of the span, by host and index. */
export function usage(ledger: Ledger, span: Span): GpuUse[] {
  const uses: GpuUse[] = [];
  for (const one of ledger.gpus.values()) {
    const held = within(one, span).filter((holding) => heldMs(holding, span) > 0);
    const knownMs = unionMs(
      [
        ...one.known.map(({ from, to }) => ({ from, to: to ?? span.to })),
        ...held.map((h) => ({ from: h.gave.ms, to: h.took?.ms ?? span.to })),
      ],
      span,
    );
    if (knownMs === 0) continue;
    const { gpu, host, index, name } = one;
    uses.push({
      gpu,
      host,
      index,
      name,
      gpuMs: held.reduce((sum, holding) => sum + heldMs(holding, span), 0),
      holdings: held.length,
      knownMs,
    });
  }
  return uses.sort((a, b) => (a.host === b.host ? a.index - b.index : a.host < b.host ? -1 : 1));
}

/** How much of the span they cover together. */
function unionMs(parts: readonly Span[], { from, to }: Span): number {
  let sum = 0;
  let reached = from;
  for (const part of [...parts].sort((a, b) => a.from - b.from)) {
    const start = Math.max(reached, part.from);
    const end = Math.min(part.to, to);
    if (end <= start) continue;
    sum += end - start;
    reached = end;
  }
  return sum;
}

/** The ledgers of a GPU: several when it has been in several hosts. Empty: nobody has seen it. */
export const ledgersOf = (ledger: Ledger, gpu: string): readonly GpuLedger[] => [...ledger.gpus.values()].filter((one) => one.gpu === gpu);

/** The holdings of a GPU that cover some of the span (or begin and end in it at once), newest first. */
export function holdingsOf(ledgers: readonly GpuLedger[], span: Span): Holding[] {
  return ledgers
    .flatMap((one) => within(one, span).filter((h) => h.gave.ms >= span.from || heldMs(h, span) > 0))
    .sort((a, b) => b.gave.seq - a.gave.seq);
}

/** Who held it after that event. */
export function holderAt(ledgers: readonly GpuLedger[], seq: number): Holding | null {
  const holds = ({ gave, took }: Holding): boolean => gave.seq <= seq && (took === null || took.seq > seq);
  for (const { holdings } of ledgers) {
    const last = holdings.findLast(({ gave }) => gave.seq <= seq);
    if (last !== undefined && holds(last)) return last;
  }
  return null;
}

/** Of one holding in the span; an open one is held to the span's end. */
export const gpuMsOf = (holding: Holding, span: Span): number => heldMs(holding, span);

export type { Handover, Holding };
