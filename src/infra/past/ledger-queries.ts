import type { LedgerReads } from '../../commands/reads.ts';
import type { GpuLedger, Holding, Ledger, LedgerEnd, Presence } from '../../projections/mutable/gpu-ledger.ts';
import { has, hashOf, heldKey, knownKey } from '../../projections/mutable/index-key.ts';
import {
  type GpuUse,
  type Group,
  inOrder,
  isListed,
  orderOf,
  type Span,
  type Sum,
  Sums,
  touches,
  Use,
} from '../../projections/views/ledger.ts';
import { loadedAhead } from '../async/ahead.ts';
import { Breather } from '../async/breather.ts';
import { sortedInTurns } from '../async/sorted.ts';
import type { LogIndex } from './log-index.ts';

/** The ledger at one moment: its full parts, and the open one after them. */
interface View {
  readonly count: number;
  readonly open: Ledger;
}

/** A GPU in one host, and its place in the order of discovery. */
interface Placed {
  readonly place: number;
  readonly ledger: GpuLedger;
}

/** The parts `from` up to `to` (not included) of a span. `open`: the state at the end of the last of them; null where the open part belongs to it. */
interface SpanEnd {
  readonly from: number;
  readonly to: number;
  readonly open: LedgerEnd | null;
}

/**
 * Answers questions about the ledger from the parts of the index that the span touches, with as little of them in memory as possible.
 *
 *     const ledger = new LedgerQueries(index);
 *     await ledger.time({ from, to }, 'replicaSet');
 *
 * Promises the answers of one ledger over all events, however they are divided.
 */
export class LedgerQueries implements LedgerReads {
  readonly #index: LogIndex;

  constructor(index: LogIndex) {
    this.#index = index;
  }

  get began(): number | null {
    return this.#index.openPart.ledger.began;
  }

  async time(span: Span, by: Group): Promise<{ readonly sums: Iterable<Sum>; readonly uses: readonly GpuUse[] }> {
    const { parts } = this.#index;
    const view = this.#view();
    const gpus = [...view.open.gpus.values()];
    const { from, to, open } = await this.#spanEnd(span, view);
    const known: Presence[][] = gpus.map(() => []);
    const breather = new Breather();
    const places = Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
    for await (const end of loadedAhead(places, (place) => parts.end(place))) {
      for (const one of end.known) if (touches(one.from, one.to, span)) known[one.gpu]?.push(one);
      await breather.breathe();
    }
    for (const [gpu, ledger] of gpus.entries()) known[gpu]?.push(...openPresences(ledger, open?.gpus[gpu] ?? null, open !== null));
    const uses = known.map((presences) => new Use(span, presences));
    const sums = new Sums(span, by);
    const add = (gpu: number, gave: number, took: number | null, replicaSet: string, actor: string): void => {
      if (!touches(gave, took, span)) return;
      uses[gpu]?.add(gave, took);
      if (by !== 'gpu') sums.add({ gave, took, replicaSet, actor });
    };
    for await (const spans of loadedAhead(places, (place) => parts.spans(place))) {
      spans.each(add);
      await breather.breathe();
    }
    for (const [gpu, { holdings }] of gpus.entries()) {
      const held = open?.gpus[gpu]?.held;
      const last = open === null ? holdings : held === null || held === undefined ? [] : [held];
      for (const { gave, took, replicaSet } of last) add(gpu, gave.ms, took?.ms ?? null, replicaSet, gave.actor);
    }
    const rows = uses.flatMap((use, gpu) => {
      const about = gpus[gpu];
      return (about === undefined ? null : use.row(about)) ?? [];
    });
    return { sums: await sortedInTurns(sums.rows(), orderOf(by), breather), uses: inOrder(rows) };
  }

  /** The parts whose ends have to do with the span: what ended before them ended before it, and what ends after them ends after it. */
  async #spanEnd(span: Span, { count }: View): Promise<SpanEnd> {
    const { parts } = this.#index;
    const [from, last] = [parts.endingAt(span.from), parts.endingAt(span.to)];
    if (last >= count) return { from, to: count, open: null };
    return { from, to: last + 1, open: (await parts.end(last)).end };
  }

  async presences(gpu: string): Promise<readonly Omit<GpuLedger, 'holdings'>[]> {
    const found: Omit<GpuLedger, 'holdings'>[] = [];
    const view = this.#view();
    for (const { place, ledger } of placesOf(gpu, view)) {
      const { host, index, name } = ledger;
      const known: Presence[] = [];
      for (const part of this.#partsWith(knownKey(host, gpu), view)) {
        for (const { gpu: one, from, to } of (await this.#index.parts.end(part)).known) if (one === place) known.push({ from, to });
      }
      found.push({ gpu, host, index, name, known: [...known, ...ledger.known.map((one) => ({ ...one }))] });
    }
    return found;
  }

  async holdings(gpu: string, span: Span, limit: number): Promise<{ readonly holdings: readonly Holding[]; readonly more: boolean }> {
    const found: Holding[] = [];
    const view = this.#view();
    for (const placed of placesOf(gpu, view)) found.push(...(await this.#newest(placed, span, limit + 1, view)));
    found.sort((a, b) => b.gave.seq - a.gave.seq);
    return { holdings: found.slice(0, limit), more: found.length > limit };
  }

  /** Newest first. */
  async #newest({ place, ledger }: Placed, span: Span, most: number, view: View): Promise<Holding[]> {
    const { parts } = this.#index;
    const partsWith = this.#partsWith(heldKey(ledger.host, ledger.gpu), view);
    const { from, to, open } = await this.#spanEnd(span, view);
    const found: Holding[] = [];
    if (open === null) found.push(...ledger.holdings.filter(({ gave, took }) => isListed(gave.ms, took?.ms ?? null, span)).reverse());
    const held = open?.gpus[place]?.held;
    // It ended after the span, if it has ended: the answer says when.
    if (held !== null && held !== undefined && isListed(held.gave.ms, null, span))
      found.push(
        await this.#ended(
          held,
          { place, ledger },
          partsWith.filter((part) => part >= to),
        ),
      );
    for (const part of partsWith.filter((one) => one >= from && one < to).reverse()) {
      const [spans, handovers] = [await parts.spans(part), await parts.handovers(part)];
      for (const at of [...spans.ofGpu(place)].reverse()) {
        if (found.length >= most) return found;
        const { gave, took } = spans.times(at);
        if (isListed(gave, took, span)) found.push(spans.holding(at, ledger, handovers));
      }
    }
    return found.slice(0, most);
  }

  /** The holding with its end, which lies in one of these parts or in the open one; as it is while it has none. */
  async #ended(held: Holding, { place, ledger }: Placed, later: readonly number[]): Promise<Holding> {
    const { parts } = this.#index;
    for (const part of later) {
      const spans = await parts.spans(part);
      const [first] = spans.ofGpu(place);
      if (first !== undefined) return spans.holding(first, ledger, await parts.handovers(part));
    }
    return ledger.holdings.find(({ gave }) => gave.seq === held.gave.seq) ?? held;
  }

  async holderAt(gpu: string, seq: number): Promise<Holding | null> {
    const view = this.#view();
    for (const placed of placesOf(gpu, view)) {
      const holding = await this.#notEndedAt(placed, seq, view);
      if (holding !== null && holding.gave.seq <= seq) return holding;
    }
    return null;
  }

  /** The GPU's first holding that ends after that event, or never. */
  async #notEndedAt({ place, ledger }: Placed, seq: number, view: View): Promise<Holding | null> {
    const { parts } = this.#index;
    const from = parts.placeOf(seq);
    for (const part of this.#partsWith(heldKey(ledger.host, ledger.gpu), view).filter((one) => one >= from)) {
      const [spans, handovers] = [await parts.spans(part), await parts.handovers(part)];
      const at = spans.ofGpu(place).find((one) => handovers.seqs(one).took > seq);
      if (at !== undefined) return spans.holding(at, ledger, handovers);
    }
    return ledger.holdings.find(({ took }) => took === null || took.seq > seq) ?? null;
  }

  #view(): View {
    const { parts, openPart } = this.#index;
    return { count: parts.count, open: openPart.ledger };
  }

  /** The places of the parts that may have something under the key. */
  #partsWith(key: string, { count }: View): readonly number[] {
    const { parts } = this.#index;
    const hash = hashOf(key);
    return Array.from({ length: count }, (_, place) => place).filter((place) => has(parts.summary(place).keys, hash));
  }
}

const placesOf = (gpu: string, { open }: View): readonly Placed[] =>
  [...open.gpus.values()].flatMap((ledger, place) => (ledger.gpu === gpu ? [{ place, ledger }] : []));

/** A GPU's times in its host that did not end in the parts before: of the open part, or what is open at the end of the span's last part. */
const openPresences = (ledger: GpuLedger, end: LedgerEnd['gpus'][number] | null, isPart: boolean): readonly Presence[] => {
  if (!isPart) return ledger.known;
  return end === null || end.knownFrom === null ? [] : [{ from: end.knownFrom, to: null }];
};
