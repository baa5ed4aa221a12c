// Sums and lists over a span of a GPU ledger that lies whole in memory: what the ledger in parts is compared with.
import type { GpuLedger, Holding, Ledger } from '../../src/projections/mutable/gpu-ledger.ts';
import type { GpuUse, Group, Span, Sum } from '../../src/projections/views/ledger.ts';

const DAY_MS = 86_400_000;

/** How much of the span the holding covers, in ms. */
const heldMs = ({ gave, took }: Holding, { from, to }: Span): number => Math.max(0, Math.min(took?.ms ?? to, to) - Math.max(gave.ms, from));

/** The holdings that touch the span. They lie one after another, so a binary search finds the first. */
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

type Part = { gpuMs: number; holdings: number };

function add<K>(sums: Map<K, Part>, key: K, gpuMs: number): void {
  if (gpuMs <= 0) return;
  const sum = sums.get(key);
  if (sum === undefined) sums.set(key, { gpuMs, holdings: 1 });
  else {
    sum.gpuMs += gpuMs;
    sum.holdings++;
  }
}

/** GPU time by replicaSet, GPU, actor (who ordered the allocation) or UTC day. The largest comes first; days come in order. */
export function sums(ledger: Ledger, span: Span, by: Group): Sum[] {
  if (by === 'day') return sumsByDay(ledger, span);
  const found = new Map<string, Part>();
  for (const gpu of ledger.gpus.values()) {
    for (const holding of within(gpu, span)) add(found, by === 'actor' ? holding.gave.actor : holding[by], heldMs(holding, span));
  }
  return [...found].map(([key, sum]) => ({ key, ...sum })).sort((a, b) => b.gpuMs - a.gpuMs || (a.key < b.key ? -1 : 1));
}

function sumsByDay(ledger: Ledger, span: Span): Sum[] {
  /** The keys are days since the epoch. */
  const found = new Map<number, Part>();
  for (const gpu of ledger.gpus.values()) {
    for (const { gave, took } of within(gpu, span)) {
      const end = Math.min(took?.ms ?? span.to, span.to);
      for (let from = Math.max(gave.ms, span.from); from < end; ) {
        const day = Math.floor(from / DAY_MS);
        const to = Math.min((day + 1) * DAY_MS, end);
        add(found, day, to - from);
        from = to;
      }
    }
  }
  const days = [...found].sort(([a], [b]) => a - b);
  return days.map(([day, sum]) => ({ key: new Date(day * DAY_MS).toISOString().slice(0, 10), ...sum }));
}

/** The use of each GPU that was there at some time of the span, ordered by host and index. */
export function usage(ledger: Ledger, span: Span): GpuUse[] {
  const uses: GpuUse[] = [];
  for (const one of ledger.gpus.values()) {
    const known = one.known.map(({ from, to }) => ({ from: Math.max(from, span.from), to: Math.min(to ?? span.to, span.to) }));
    let [gpuMs, holdings, unknownMs] = [0, 0, 0];
    for (const holding of within(one, span)) {
      const held = heldMs(holding, span);
      if (held === 0) continue;
      gpuMs += held;
      holdings++;
      unknownMs += held - coveredMs(known, Math.max(holding.gave.ms, span.from), held);
    }
    const knownMs = known.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0) + unknownMs;
    if (knownMs === 0) continue;
    const { gpu, host, index, name } = one;
    uses.push({ gpu, host, index, name, gpuMs, holdings, knownMs });
  }
  return uses.sort((a, b) => (a.host === b.host ? a.index - b.index : a.host < b.host ? -1 : 1));
}

/** How much of the `length` ms from `from` on lies in these parts, which do not overlap. */
function coveredMs(parts: readonly Span[], from: number, length: number): number {
  let sum = 0;
  for (const part of parts) sum += Math.max(0, Math.min(part.to, from + length) - Math.max(part.from, from));
  return sum;
}

/** The ledgers of a GPU: several when it has been in several hosts, none when it is unknown. */
export const ledgersOf = (ledger: Ledger, gpu: string): readonly GpuLedger[] => [...ledger.gpus.values()].filter((one) => one.gpu === gpu);

/** The holdings of a GPU that cover some of the span, newest first. One that began and ended in the same ms of the span is included. */
export function holdingsOf(ledgers: readonly GpuLedger[], span: Span): Holding[] {
  return ledgers
    .flatMap((one) => within(one, span).filter((h) => h.gave.ms >= span.from || heldMs(h, span) > 0))
    .sort((a, b) => b.gave.seq - a.gave.seq);
}

/** The GPU's holding after that event; null when it was free. */
export function holderAt(ledgers: readonly GpuLedger[], seq: number): Holding | null {
  const holds = ({ gave, took }: Holding): boolean => gave.seq <= seq && (took === null || took.seq > seq);
  for (const { holdings } of ledgers) {
    const last = holdings.findLast(({ gave }) => gave.seq <= seq);
    if (last !== undefined && holds(last)) return last;
  }
  return null;
}
