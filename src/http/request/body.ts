// Reads a request's body: bounded, strict UTF-8, strict JSON. The content type does not matter, as with the Go program.

import type { IncomingMessage } from 'node:http';
import { Code } from '../../commands/api-codes.ts';
import { messageOf } from '../../commands/outside/message-of.ts';
import { cut } from '../../commands/request/quoted.ts';
import { canonical, sha256 } from '../../events/hash.ts';
import { Failure, invalid } from '../response/failure.ts';
import { MAX_DEPTH, withoutNulls } from './validate.ts';

/** Bytes of a specification, at most. It is recorded in an event, whose record is limited to 512 KiB: the rest of the record gets half. */
export const MAX_SPEC_BYTES = 256 * 1024;

/** Bytes of a body as it is sent, at most: twice of what an event can hold, for spaces and escapes. */
const MAX_RAW_BYTES = 512 * 1024;

/** Values in a body, at most: lists and objects, and what is in them. Ours have some thousand. */
const MAX_VALUES = 20_000;

/** Characters of what the parser says, at most. */
const MAX_REASON = 200;

/** The client hung up before its body was there: nobody is left to answer. */
export class RequestAbortedError extends Error {
  override readonly name = 'RequestAbortedError';
}

/** Time limit, ms: the rest of an unwanted body is read for so long before the answer is sent all the same. */
const DRAIN_MS = 2_000;

/**
 * Reads and drops the rest of a body. Without that, closing the connection would reset it, and the client would lose the
 * answer while it is still sending.
 */
export function drain(request: IncomingMessage): Promise<void> {
  const { headers } = request;
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (!hasBody || request.readableEnded || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, DRAIN_MS);
    request.once('end', done);
    request.once('close', done);
    request.resume();
  });
}

const tooLarge = (what: string): Failure => new Failure('too-large', Code.invalidBody, what);

/** A body as it arrives: one buffer, so that a body in many small chunks costs no more than another. */
class Gathered {
  #bytes = Buffer.alloc(0);
  #size = 0;
  readonly #take: (bytes: number) => void;

  constructor(take: (bytes: number) => void) {
    this.#take = take;
  }

  add(chunk: Buffer): void {
    const size = this.#size + chunk.length;
    if (size > this.#bytes.length) this.#grow(size);
    chunk.copy(this.#bytes, this.#size);
    this.#size = size;
  }

  #grow(least: number): void {
    const capacity = Math.max(least, Math.min(2 * this.#bytes.length, MAX_RAW_BYTES));
    this.#take(capacity - this.#bytes.length);
    const larger = Buffer.allocUnsafeSlow(capacity);
    this.#bytes.copy(larger, 0, 0, this.#size);
    this.#bytes = larger;
  }

  all(): Buffer {
    return this.#bytes.subarray(0, this.#size);
  }
}

/** The whole body. Throws Failure 'too-large' as soon as that is known, and what `take` throws. */
function readBytes(request: IncomingMessage, maxBytes: number, take: (bytes: number) => void): Promise<Buffer> {
  const most = Math.min(maxBytes, MAX_RAW_BYTES);
  const message = `the body is larger than ${most} bytes, ${maxBytes <= MAX_RAW_BYTES ? 'the limit that --max-body sets' : 'the most that one can have'}`;
  return new Promise((resolve, reject) => {
    const gathered = new Gathered(take);
    let size = 0;
    const fail = (error: unknown): void => {
      request.removeAllListeners('data');
      reject(error);
    };
    if (Number(request.headers['content-length'] ?? 0) > most) return fail(tooLarge(message));
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > most) return fail(tooLarge(message));
      try {
        gathered.add(chunk);
      } catch (error) {
        fail(error);
      }
    });
    request.once('end', () => resolve(gathered.all()));
    request.once('error', () => reject(new RequestAbortedError('the client hung up while it sent its body')));
    request.once('close', () => reject(new RequestAbortedError('the client hung up while it sent its body')));
  });
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Looks at the text before it becomes values, which take many times its memory: its nesting, and how many values there are. Throws Failure 'invalid'. */
function checkExtent(bytes: Buffer): void {
  let depth = 0;
  let values = 0;
  let inText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inText) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (byte === COMMA) values++;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      values++;
      depth++;
      if (depth > MAX_DEPTH) throw invalid(`the body is nested deeper than ${MAX_DEPTH} levels`);
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
    if (values > MAX_VALUES) throw invalid(`the body has more than ${MAX_VALUES} values`);
  }
}

function parse(bytes: Buffer): unknown {
  checkExtent(bytes);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid('the body is not valid UTF-8');
  }
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(`the body is not JSON: ${cut(messageOf(error), MAX_REASON)}`);
  }
}

/**
 * The parsed body without null properties; undefined when it is empty. Throws Failure: 'too-large', 'unavailable' while too many others are
 * held, or 'invalid' (1000) when it cannot be read; RequestAbortedError when the client hung up.
 */
export async function readJson(request: IncomingMessage, maxBytes: number, take: (bytes: number) => void): Promise<unknown> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw invalid(`content-encoding ${cut(encoding)} is not supported: send the body as it is`);
  }
  const value = withoutNulls(parse(await readBytes(request, maxBytes, take)));
  if (value !== undefined && Buffer.byteLength(JSON.stringify(value)) > MAX_SPEC_BYTES) {
    throw tooLarge(`the body holds more than the ${MAX_SPEC_BYTES} bytes that one event can keep`);
  }
  return value;
}

/** Two requests with the same hash count as the same one: SHA-256 over method, path and canonical body. */
export const bodyHash = (method: string, path: string, body: unknown): string => sha256(`${method}\n${path}\n${canonical(body ?? null)}`);
