// The envelope of every event, and the hash chain that binds each to all before it.
import { createHash } from 'node:crypto';

/** Who ordered it and through what: kept on every event, so that the log alone answers "who and why". */
export interface CommandMeta {
  /** Unique; the operation that the command begins has the same id. */
  readonly id: string;
  /** run, patch, …; reconcile and start for what the system does by itself. */
  readonly name: string;
  /** `anonymous`, the client's claim, or `system:reconcile`. */
  readonly actor: string;
  readonly requestId?: string;
  readonly idempotencyKey?: string;
  /** SHA-256 of method, path and body of the request, kept with an idempotency key. */
  readonly bodyHash?: string;
  readonly traceparent?: string;
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

/** Where the log ends: the last sequence and its hash. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

export const GENESIS = '0'.repeat(64);
export const EMPTY_HEAD: Head = { seq: 0, hash: GENESIS };

/** JSON with the keys of every object sorted and nothing undefined: one text for one value (RFC 8785 for our value range). */
export function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const fields = value as Record<string, unknown>;
  const parts: string[] = [];
  for (const key of Object.keys(fields).sort()) {
    const field = fields[key];
    if (field !== undefined) parts.push(`${JSON.stringify(key)}:${canonical(field)}`);
  }
  return `{${parts.join(',')}}`;
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The hash that an envelope must have. */
export function hashOf(envelope: Omit<Envelope, 'hash'>): string {
  const { hash: _, ...rest } = envelope as Envelope;
  return sha256(canonical(rest));
}

/** Gives a chain's next envelope its hash. */
export function seal<T extends string, D>(envelope: Omit<Envelope<T, D>, 'hash'>): Envelope<T, D> {
  return { ...envelope, hash: hashOf(envelope) };
}
