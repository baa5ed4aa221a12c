// The ports through which the doors (http and the command line) read the log's past and the refused mutations. src/infra implements them.
import type { GpuLedger } from '../projections/mutable/gpu-ledger.ts';
import type { State } from '../projections/state.ts';
import type { GpuUse, Group, Holding, Span, Sum } from '../projections/views/ledger.ts';
import type { Rejection } from './decision.ts';
import type { Origin } from './service.ts';

/** After that event, or after the last event that is not later than `ms` (milliseconds since the epoch). */
export type Moment = { readonly seq: number } | { readonly ms: number };

/** The log has not reached that sequence, or the time lies in the future. */
export class FutureError extends Error {
  override readonly name = 'FutureError';
}

/** Not all of the log has been read yet, or it cannot be read. Asking again later may succeed. */
export class NotReadError extends Error {
  override readonly name = 'NotReadError';
}

export interface PastReads {
  /** Milliseconds since the epoch. */
  now(): number;
  /** The frozen state at that moment. Throws FutureError, NotReadError on a timeout, and the log's own errors when it cannot be read. */
  at(moment: Moment): Promise<State>;
  /** The time of that event, in ms since the epoch; null where there is no such event. Throws as `at`. */
  timeOf(seq: number): Promise<number | null>;
  /** The GPU ledger at the head of the log. Throws NotReadError while not all of the log has been read. */
  ledger(): LedgerReads;
}

/** The GPU ledger: holdings, and sums over them. Each method that gives a promise throws the log's errors where a part must be read again. */
export interface LedgerReads {
  /** Time of the log's first event, ms since the epoch; null on an empty log. */
  readonly began: number | null;
  /** GPU time in the span: summed up, the largest first and days in order, to be read once; and of each GPU that was there, by host and index. */
  time(span: Span, by: Group): Promise<{ readonly sums: Iterable<Sum>; readonly uses: readonly GpuUse[] }>;
  /** The GPU in each host that it has been in; empty when the log does not know it. */
  presences(gpu: string): Promise<readonly Omit<GpuLedger, 'holdings'>[]>;
  /** The newest `limit` holdings of a GPU in the span, newest first. One that began and ended in the same ms of the span is included. */
  holdings(gpu: string, span: Span, limit: number): Promise<{ readonly holdings: readonly Holding[]; readonly more: boolean }>;
  /** The GPU's holding after that event; null when it was free. */
  holderAt(gpu: string, seq: number): Promise<Holding | null>;
}

/** A mutation that was refused, whether by its decider or before it came to one. */
export interface RefusedMutation {
  /** The command's name: run, patch, … */
  readonly command: string;
  /** The stream it was about, as the client named it; '' where the client named none. */
  readonly stream: string;
  readonly origin: Origin;
  readonly rejection: Rejection;
}

/** A refused mutation as `GET /api/v1/rejections` shows it. */
export interface ShownRejection {
  readonly time: string;
  readonly command: string;
  readonly stream: string;
  readonly actor: string;
  readonly requestId?: string;
  readonly address?: string;
  readonly code: number;
  readonly kind: Rejection['kind'];
  readonly message: string;
}

export interface RejectionLog {
  /** Refused mutations since the server started. */
  readonly total: number;
  note(refused: RefusedMutation): void;
  /** The most recent ones, newest first. */
  list(): readonly ShownRejection[];
}
