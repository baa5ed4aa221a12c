// The envelope of every event. Its hashes chain each event to all before it: see hash.ts.

/** The command behind an event. Every event has it, so that the log alone answers "who and why". */
export interface CommandMeta {
  /** Unique; the operation that the command begins has the same id. */
  readonly id: string;
  /** run, patch, …; for the system's own acts reconcile, start, … */
  readonly name: string;
  /** The name of the API key; without keys `anonymous` or the client's claim; or `system:reconcile`. */
  readonly actor: string;
  readonly requestId?: string;
  readonly idempotencyKey?: string;
  /** SHA-256 of method, path and body of the request, recorded with an idempotency key. With secret values in it: HMAC, by a key outside the log. */
  readonly bodyHash?: string;
  readonly traceparent?: string;
  /** The API key that the request came with; absent where none was needed. */
  readonly key?: string;
  /** Which of the keys that this name has had: the part of the key by which it is found. */
  readonly keyId?: string;
  /** The address that the request came from. */
  readonly address?: string;
}

export interface Envelope<T extends string = string, D = unknown> {
  /** Dense from 1 over the whole log. */
  readonly seq: number;
  readonly type: T;
  readonly schema: number;
  readonly stream: string;
  /** UTC, to the millisecond, as 2026-01-31T12:00:00.000Z; never before the event in front of it. */
  readonly time: string;
  readonly host: string;
  readonly command: CommandMeta;
  readonly data: D;
  /** The hash of the event before it; GENESIS for the first. */
  readonly prev: string;
  /** SHA-256 (hex) over the canonical JSON of all the rest. */
  readonly hash: string;
}

/** The end of the log: the last sequence and its hash. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

export const GENESIS = '0'.repeat(64);
export const EMPTY_HEAD: Head = { seq: 0, hash: GENESIS };
