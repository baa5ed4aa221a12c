// Answers that were rendered before, sent again as they are. Most requests of a service like this are the same few reads, by every dashboard
// and every client that polls, and between two events their answers are the same bytes.
import { isAscii } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ForeignGpus } from '../../commands/host/foreign.ts';
import type { Service } from '../../commands/service.ts';
import type { State } from '../../projections/state.ts';

interface Rendered {
  /** The path as the route table has it. */
  readonly route: string;
  readonly etag: string | undefined;
  readonly body: Buffer;
}

interface Prepared {
  readonly route: string;
  /** Beside those of every answer: name, value, name and so on. */
  readonly headers: readonly string[];
  /** A text is one piece with the headers when it is sent. */
  readonly body: Buffer | string;
}

/** Bytes of the longest body that is sent as a text: Node copies it, on its stack up to twice this size. */
const LONGEST_TEXT = 8 * 1024;
/** Characters of the longest URL whose answer is held: no route needs more, and clients can make them as long as they like. */
const MAX_URL = 512;
/** Bytes of all answers that are held and characters of their URLs, at most. One of more than a quarter of it is rendered each time. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Answers that are held, at most: one name can be written in many ways. */
const MAX_ENTRIES = 4_096;

/** Headers that a route may answer differently for, or refuse. With one of them a request takes the whole way. */
const MEANINGFUL = ['idempotency-key', 'if-match', 'content-length', 'transfer-encoding', 'expect', 'upgrade'] as const;

const asksForMore = ({ headers }: IncomingMessage): boolean => {
  for (const name of MEANINGFUL) if (headers[name] !== undefined) return true;
  return false;
};

/**
 * Answers to GETs by their URL, for as long as nothing has changed:
 *
 *     const found = prepared.find(request);
 *     if (found === undefined) prepared.hold(url, render());
 *
 * Promises that what it finds is what the route would answer now: an answer is good for one state of the log and one observation of the GPUs.
 */
export class PreparedAnswers {
  readonly #service: Pick<Service, 'state' | 'foreignGpus'>;
  #state: State | null = null;
  #foreign: ForeignGpus | null = null;
  #byUrl = new Map<string, Prepared>();
  #bytes = 0;

  constructor(service: Pick<Service, 'state' | 'foreignGpus'>) {
    this.#service = service;
  }

  /** Undefined: the request is to take the whole way. */
  find(request: IncomingMessage): Prepared | undefined {
    if (request.method !== 'GET') return undefined;
    this.#forgetOld();
    const found = this.#byUrl.get(request.url ?? '');
    return found === undefined || asksForMore(request) ? undefined : found;
  }

  /** An answer that `state` and `foreign` alone decided, and that are still the ones of now. */
  hold(url: string, { route, etag, body }: Rendered, state: State, foreign: ForeignGpus): void {
    this.#forgetOld();
    const length = body.length + url.length;
    if (state !== this.#state || foreign !== this.#foreign || length > MAX_BYTES / 4 || url.length > MAX_URL) return;
    if (this.#byUrl.size >= MAX_ENTRIES || this.#bytes + length > MAX_BYTES) this.#forget();
    if (this.#byUrl.has(url)) return;
    this.#byUrl.set(url, {
      route,
      headers: ['Content-Type', JSON_TYPE, 'Content-Length', String(body.length), ...(etag === undefined ? [] : ['ETag', etag])],
      body: body.length <= LONGEST_TEXT && isAscii(body) ? body.toString('latin1') : body,
    });
    this.#bytes += length;
  }

  #forgetOld(): void {
    const state = this.#service.state();
    const foreign = this.#service.foreignGpus();
    if (state === this.#state && foreign === this.#foreign) return;
    this.#state = state;
    this.#foreign = foreign;
    this.#forget();
  }

  #forget(): void {
    this.#byUrl = new Map();
    this.#bytes = 0;
  }
}

/** The headers of every answer. */
export const COMMON_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-store',
} as const;

export const JSON_TYPE = 'application/json; charset=utf-8';
const COMMON = Object.entries(COMMON_HEADERS).flat();

export function sendPrepared(response: ServerResponse, { body, headers }: Prepared, requestId: string): void {
  response.writeHead(200, [...COMMON, ...headers, 'X-Request-Id', requestId]);
  response.end(body, 'latin1');
}
