// Reads a request's body: bounded, strict UTF-8, strict JSON. The content type does not matter, as with the Go program.

import type { IncomingMessage } from 'node:http';
import { Code } from '../../commands/api-codes.ts';
import { messageOf } from '../../commands/outside/message-of.ts';
import { cut } from '../../commands/request/quoted.ts';
import { LONGEST } from '../../commands/request/schema.ts';
import { canonical } from '../../events/hash.ts';
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

/** Bytes: the first block of a body, and each further one. */
const BLOCK = { first: 4 * 1024, next: 64 * 1024 };

/** A body as it arrives: blocks that are filled, so that a body in many small chunks costs no more than another, and none is ever copied to grow. */
class Gathered {
  readonly #blocks: Buffer[] = [];
  readonly #take: (bytes: number) => void;
  /** Free bytes of the last block. */
  #free = 0;

  constructor(take: (bytes: number) => void) {
    this.#take = take;
  }

  add(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#free === 0) this.#addBlock();
      const last = this.#blocks.at(-1);
      if (last === undefined) return;
      const count = chunk.copy(last, last.length - this.#free, at);
      this.#free -= count;
      at += count;
    }
  }

  #addBlock(): void {
    const bytes = this.#blocks.length === 0 ? BLOCK.first : BLOCK.next;
    this.#take(bytes);
    this.#blocks.push(Buffer.allocUnsafeSlow(bytes));
    this.#free = bytes;
  }

  /** Nothing of it is needed any more, though its client may go on sending. */
  drop(): void {
    this.#blocks.length = 0;
    this.#free = 0;
  }

  /** Throws Failure 'invalid' for what is not UTF-8. */
  text(): string {
    const size = this.#blocks.reduce((sum, block) => sum + block.length, 0) - this.#free;
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(this.#blocks, size));
    } catch {
      throw invalid('the body is not valid UTF-8');
    }
  }
}

/** The whole body. Throws Failure 'too-large' as soon as that is known, and what `take` throws. */
function readText(request: IncomingMessage, maxBytes: number, take: (bytes: number) => void): Promise<string> {
  const most = Math.min(maxBytes, MAX_RAW_BYTES);
  const message = `the body is larger than ${most} bytes, ${maxBytes <= MAX_RAW_BYTES ? 'the limit that --max-body sets' : 'the most that one can have'}`;
  return new Promise((resolve, reject) => {
    const gathered = new Gathered(take);
    const extent = new Extent();
    let size = 0;
    const fail = (error: unknown): void => {
      request.removeAllListeners('data');
      gathered.drop();
      reject(error);
    };
    if (Number(request.headers['content-length'] ?? 0) > most) return fail(tooLarge(message));
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > most) return fail(tooLarge(message));
      try {
        extent.look(chunk);
        gathered.add(chunk);
      } catch (error) {
        fail(error);
      }
    });
    request.once('end', () => {
      try {
        resolve(gathered.text());
      } catch (error) {
        reject(error);
      }
    });
    request.once('error', () => reject(new RequestAbortedError('the client hung up while it sent its body')));
    request.once('close', () => reject(new RequestAbortedError('the client hung up while it sent its body')));
  });
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const COMMA = 0x2c;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** The nesting of a body, the number of its values and the lengths of its texts, as it arrives: once they are values they take many times its memory. */
class Extent {
  #depth = 0;
  #values = 0;
  #inText = false;
  #escaped = false;
  /** Characters of the text so far, and bytes to come of an escape. */
  #length = 0;
  #skip = 0;

  /** Throws Failure 'invalid'. */
  look(chunk: Buffer): void {
    for (const byte of chunk) {
      if (this.#skip > 0) this.#skip--;
      else if (this.#escaped) {
        this.#escaped = false;
        if (byte === LETTER_U) this.#skip = 4;
      } else if (byte === QUOTE) {
        this.#inText = !this.#inText;
        this.#length = 0;
      } else if (this.#inText) {
        this.#escaped = byte === BACKSLASH;
        if ((byte & 0xc0) !== 0x80) this.#length++;
        if (this.#length > LONGEST.argument) throw invalid(`the body has a text of more than ${LONGEST.argument} characters`);
      } else if (byte === COMMA) this.#values++;
      else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
        this.#values++;
        this.#depth++;
      } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) this.#depth--;
      if (this.#depth > MAX_DEPTH) throw invalid(`the body is nested deeper than ${MAX_DEPTH} levels`);
      if (this.#values > MAX_VALUES) throw invalid(`the body has more than ${MAX_VALUES} values`);
    }
  }
}

function parse(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    // Without the piece of the body that the parser quotes: it may be a secret.
    const reason = messageOf(error).replace(/, ?(\.{3})?".*is not valid JSON$/s, '');
    throw invalid(`the body is not JSON: ${cut(reason, MAX_REASON)}`);
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
  const text = await readText(request, maxBytes, take);
  const value = withoutNulls(parse(text));
  // Spaces and escapes are not recorded. A text of few characters cannot be long: each is three bytes at most.
  if (3 * text.length > MAX_SPEC_BYTES && value !== undefined && Buffer.byteLength(JSON.stringify(value)) > MAX_SPEC_BYTES) {
    throw tooLarge(`the body holds more than the ${MAX_SPEC_BYTES} bytes that one event can keep`);
  }
  return value;
}

/** Two requests with the same text count as the same one: method, path and canonical body. */
export const requestText = (method: string, path: string, body: unknown): string => `${method}\n${path}\n${canonical(body ?? null)}`;
