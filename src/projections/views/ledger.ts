// Sums over a span of the GPU ledger, taken holding by holding in any order. Computed in whole milliseconds, so that the sums over the parts
// of a span add up to the sum over the whole span exactly. Spans are half open: `from` belongs to the span, `to` does not.
import type { Handover, Holding } from '../mutable/gpu-ledger.ts';

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
  /** The number of holdings that lie in the span, at least in part. */
  readonly holdings: number;
}

export interface GpuUse {
  readonly gpu: string;
  readonly host: string;
  readonly index: number;
  readonly name: string;
  readonly gpuMs: number;
  readonly holdings: number;
  /** The time that the GPU was there, in ms: reported by the driver, or held without being reported. */
  readonly knownMs: number;
}

/** A holding as sums need it. `took` is null while the GPU is held. */
export interface Held {
  readonly gave: number;
  readonly took: number | null;
  readonly replicaSet: string;
  /** The one who ordered the allocation. */
  readonly actor: string;
}

const DAY_MS = 86_400_000;

/** The part of the span that lies between the two, in ms. */
const heldMs = (gave: number, took: number | null, { from, to }: Span): number =>
  Math.max(0, Math.min(took ?? to, to) - Math.max(gave, from));

/** Whether the holding touches the span. */
export const touches = (gave: number, took: number | null, { from, to }: Span): boolean => gave < to && (took === null || took >= from);

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

/** GPU time by replicaSet, actor or UTC day. By GPU it is the GPUs' use. */
export class Sums {
  readonly #span: Span;
  readonly #by: Group;
  readonly #found = new Map<string, Part>();
  /** By days since the epoch. */
  readonly #days = new Map<number, Part>();

  constructor(span: Span, by: Group) {
    this.#span = span;
    this.#by = by;
  }

  add({ gave, took, replicaSet, actor }: Held): void {
    if (this.#by === 'day') this.#addDays(gave, took);
    else add(this.#found, this.#by === 'actor' ? actor : replicaSet, heldMs(gave, took, this.#span));
  }

  #addDays(gave: number, took: number | null): void {
    const end = Math.min(took ?? this.#span.to, this.#span.to);
    for (let from = Math.max(gave, this.#span.from); from < end; ) {
      const day = Math.floor(from / DAY_MS);
      const to = Math.min((day + 1) * DAY_MS, end);
      add(this.#days, day, to - from);
      from = to;
    }
  }

  /** In no order. */
  *rows(): Generator<Sum, void, undefined> {
    for (const [day, sum] of this.#days) yield { key: new Date(day * DAY_MS).toISOString().slice(0, 10), ...sum };
    for (const [key, sum] of this.#found) yield { key, ...sum };
  }
}

/** The order of sums: the largest comes first; days come in order. */
export const orderOf = (by: Group): ((a: Sum, b: Sum) => number) => {
  const byKey = (a: Sum, b: Sum): number => (a.key < b.key ? -1 : 1);
  return by === 'day' ? byKey : (a, b) => b.gpuMs - a.gpuMs || byKey(a, b);
};

/** The use of one GPU in the span. Its times in the host (`known`) must not overlap; a `to` of null lasts on. */
export class Use {
  readonly #span: Span;
  readonly #known: readonly Span[];
  #gpuMs = 0;
  #holdings = 0;
  #unknownMs = 0;

  constructor(span: Span, known: readonly { readonly from: number; readonly to: number | null }[]) {
    this.#span = span;
    const within = known.map(({ from, to }) => ({ from: Math.max(from, span.from), to: Math.min(to ?? span.to, span.to) }));
    this.#known = within.filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from);
  }

  add(gave: number, took: number | null): void {
    const held = heldMs(gave, took, this.#span);
    if (held === 0) return;
    this.#gpuMs += held;
    this.#holdings++;
    this.#unknownMs += held - coveredMs(this.#known, Math.max(gave, this.#span.from), held);
  }

  /** Null: it was not there in the span. */
  row({ gpu, host, index, name }: Pick<GpuUse, 'gpu' | 'host' | 'index' | 'name'>): GpuUse | null {
    const knownMs = this.#known.reduce((sum, { from, to }) => sum + to - from, 0) + this.#unknownMs;
    return knownMs === 0 ? null : { gpu, host, index, name, gpuMs: this.#gpuMs, holdings: this.#holdings, knownMs };
  }
}

/** By host and index. */
export const inOrder = (uses: readonly GpuUse[]): GpuUse[] =>
  [...uses].sort((a, b) => (a.host === b.host ? a.index - b.index : a.host < b.host ? -1 : 1));

/** The part of the `length` ms from `from` on that lies in these ascending parts, which do not overlap; ms. */
function coveredMs(parts: readonly Span[], from: number, length: number): number {
  let [low, high] = [0, parts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((parts[middle]?.to ?? 0) <= from) low = middle + 1;
    else high = middle;
  }
  let sum = 0;
  for (let i = low; i < parts.length; i++) {
    const part = parts[i];
    if (part === undefined || part.from >= from + length) break;
    sum += Math.max(0, Math.min(part.to, from + length) - Math.max(part.from, from));
  }
  return sum;
}

/** Whether the list of a span's holdings has it: those that cover some of it, and those that begin and end in the same ms of it. */
export const isListed = (gave: number, took: number | null, span: Span): boolean =>
  touches(gave, took, span) && (gave >= span.from || heldMs(gave, took, span) > 0);

/** GPU time of one holding in the span, in ms. An open holding lasts to the end of the span. */
export const gpuMsOf = ({ gave, took }: Holding, span: Span): number => heldMs(gave.ms, took?.ms ?? null, span);

export type { Handover, Holding };
