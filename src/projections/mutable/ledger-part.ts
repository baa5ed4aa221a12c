// The holdings that ended in a full part of the log, as bytes: the spans, which sums need, apart from the handovers, which lists need. Beside
// them, as JSON, the state at the part's end.
import { Columns, packed, packedTexts, textAt } from './columns.ts';
import type { Ended, Holding, LedgerEnd } from './gpu-ledger.ts';

/** The columns of the spans, in the order of packing. Times are ms since the epoch. */
const GAVE = 0;
const TOOK = 1;
const GPU = 2;
const REPLICA_SET = 3;
const ACTOR = 4;
const NAME_ENDS = 5;
const NAMES = 6;

/** The columns of the handovers. */
const GAVE_SEQ = 0;
const TOOK_SEQ = 1;
const VERSION = 2;
const GAVE_COMMAND = 3;
const GAVE_NAME = 4;
const TOOK_COMMAND = 5;
const TOOK_NAME = 6;
const TOOK_ACTOR = 7;
const TEXT_ENDS = 8;
const TEXTS = 9;

export interface PackedLedger {
  readonly spans: Uint8Array<ArrayBuffer>;
  readonly handovers: Uint8Array<ArrayBuffer>;
  /** A PartEnd as JSON. */
  readonly end: Uint8Array<ArrayBuffer>;
}

export interface PartEnd {
  readonly end: LedgerEnd;
  readonly known: Ended['known'];
}

/** Numbers texts in the order in which they come. */
class Texts {
  readonly #places = new Map<string, number>();

  place(text: string): number {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    this.#places.set(text, this.#places.size);
    return this.#places.size - 1;
  }

  packed(): readonly [ends: Uint32Array, bytes: Uint8Array] {
    return packedTexts([...this.#places.keys()]);
  }
}

export function packedLedger({ holdings, known }: Ended, end: LedgerEnd): PackedLedger {
  const [names, texts] = [new Texts(), new Texts()];
  const spans = [
    Float64Array.from(holdings, ({ holding }) => holding.gave.ms),
    Float64Array.from(holdings, ({ took }) => took.ms),
    Uint32Array.from(holdings, ({ gpu }) => gpu),
    Uint32Array.from(holdings, ({ holding }) => names.place(holding.replicaSet)),
    Uint32Array.from(holdings, ({ holding }) => names.place(holding.gave.actor)),
  ];
  const handovers = [
    Float64Array.from(holdings, ({ holding }) => holding.gave.seq),
    Float64Array.from(holdings, ({ took }) => took.seq),
    Uint32Array.from(holdings, ({ holding }) => holding.version),
    Uint32Array.from(holdings, ({ holding }) => texts.place(holding.gave.command)),
    Uint32Array.from(holdings, ({ holding }) => texts.place(holding.gave.commandName)),
    Uint32Array.from(holdings, ({ took }) => texts.place(took.command)),
    Uint32Array.from(holdings, ({ took }) => texts.place(took.commandName)),
    Uint32Array.from(holdings, ({ took }) => texts.place(took.actor)),
  ];
  return {
    spans: packed([...spans, ...names.packed()]),
    handovers: packed([...handovers, ...texts.packed()]),
    end: new TextEncoder().encode(JSON.stringify({ end, known } satisfies PartEnd)),
  };
}

export const partEndOf = (end: Uint8Array): PartEnd => JSON.parse(new TextDecoder().decode(end)) as PartEnd;

/** `gpu` is its place in the order of discovery. */
export type OnSpan = (gpu: number, gave: number, took: number, replicaSet: string, actor: string) => void;

/** The holdings that ended in a part, in the order of their end. */
export class SpanPart {
  readonly #columns: Columns;
  readonly #names: (string | undefined)[] = [];

  constructor(bytes: Uint8Array) {
    this.#columns = new Columns(bytes);
  }

  each(on: OnSpan): void {
    const { gave, took, gpus, replicaSets, actors } = this.#read();
    for (const [i, gpu] of gpus.entries()) on(gpu, gave[i] ?? 0, took[i] ?? 0, this.#name(replicaSets[i] ?? 0), this.#name(actors[i] ?? 0));
  }

  /** The places of a GPU's holdings, in the order of their end. */
  ofGpu(gpu: number): readonly number[] {
    const places: number[] = [];
    for (const [i, one] of this.#columns.uint32s(GPU).entries()) if (one === gpu) places.push(i);
    return places;
  }

  /** Ms since the epoch. */
  times(place: number): { readonly gave: number; readonly took: number } {
    const { gave, took } = this.#read();
    return { gave: gave[place] ?? 0, took: took[place] ?? 0 };
  }

  /** The holding at that place; `handovers` are of the same part. */
  holding(place: number, { gpu, host }: { readonly gpu: string; readonly host: string }, handovers: HandoverPart): Holding {
    const { gave, took, replicaSets, actors } = this.#read();
    const of = handovers.at(place);
    return {
      gpu,
      host,
      replicaSet: this.#name(replicaSets[place] ?? 0),
      version: of.version,
      gave: { ...of.gave, ms: gave[place] ?? 0, actor: this.#name(actors[place] ?? 0) },
      took: { ...of.took, ms: took[place] ?? 0 },
    };
  }

  #read() {
    const columns = this.#columns;
    return {
      gave: columns.float64s(GAVE),
      took: columns.float64s(TOOK),
      gpus: columns.uint32s(GPU),
      replicaSets: columns.uint32s(REPLICA_SET),
      actors: columns.uint32s(ACTOR),
    };
  }

  #name(place: number): string {
    const known = this.#names[place];
    if (known !== undefined) return known;
    const name = textAt(this.#columns.uint32s(NAME_ENDS), this.#columns.uint8s(NAMES), place);
    this.#names[place] = name;
    return name;
  }
}

/** The handovers of the holdings of a SpanPart. */
export class HandoverPart {
  readonly #columns: Columns;

  constructor(bytes: Uint8Array) {
    this.#columns = new Columns(bytes);
  }

  seqs(place: number): { readonly gave: number; readonly took: number } {
    return { gave: this.#columns.float64s(GAVE_SEQ)[place] ?? 0, took: this.#columns.float64s(TOOK_SEQ)[place] ?? 0 };
  }

  at(place: number) {
    const { gave, took } = this.seqs(place);
    const text = (column: number): string => this.#text(this.#columns.uint32s(column)[place] ?? 0);
    return {
      version: this.#columns.uint32s(VERSION)[place] ?? 0,
      gave: { seq: gave, command: text(GAVE_COMMAND), commandName: text(GAVE_NAME) },
      took: { seq: took, command: text(TOOK_COMMAND), commandName: text(TOOK_NAME), actor: text(TOOK_ACTOR) },
    };
  }

  #text(place: number): string {
    return textAt(this.#columns.uint32s(TEXT_ENDS), this.#columns.uint8s(TEXTS), place);
  }
}
