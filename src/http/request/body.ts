// Reads a request's body: bounded, strict UTF-8, strict JSON. The content type does not matter, as with the Go program.

import type { IncomingMessage } from 'node:http';
import { Code } from '../../commands/api-codes.ts';
import { messageOf } from '../../commands/outside/message-of.ts';
import { canonical, sha256 } from '../../events/hash.ts';
import { Failure, invalid } from '../response/failure.ts';
import { withoutNulls } from './validate.ts';

/** A specification is kept in an event, whose record is limited to 512 KiB: half of that is left to the rest. */
export const MAX_SPEC_BYTES = 256 * 1024;

/** The client hung up before its body was there: nobody is left to answer. */
export class RequestAbortedError extends Error {
  override readonly name = 'RequestAbortedError';
}

/** How long the rest of a body that nobody wants is read before the answer is sent all the same. */
const DRAIN_MS = 2_000;

/**
 * Reads and drops what is still to come of a body. Without that, closing the connection would reset it, and the client would lose the
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

/** The whole body. Throws Failure 'too-large' as soon as that is known. */
function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const message = `the body is larger than ${maxBytes} bytes, the limit that --max-body sets`;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const fail = (error: Error): void => {
      request.removeAllListeners('data');
      reject(error);
    };
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) return fail(tooLarge(message));
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) fail(tooLarge(message));
      else chunks.push(chunk);
    });
    request.once('end', () => resolve(Buffer.concat(chunks, size)));
    request.once('error', () => reject(new RequestAbortedError('the client hung up while it sent its body')));
    request.once('close', () => reject(new RequestAbortedError('the client hung up while it sent its body')));
  });
}

function parse(bytes: Buffer): unknown {
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
    throw invalid(`the body is not JSON: ${messageOf(error)}`);
  }
}

/**
 * The parsed body without null properties; undefined when it is empty. Throws Failure: 'too-large', or 'invalid' (1000) when it cannot
 * be read; RequestAbortedError when the client hung up.
 */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw invalid(`content-encoding ${encoding} is not supported: send the body as it is`);
  }
  const value = withoutNulls(parse(await readBytes(request, maxBytes)));
  if (value !== undefined && Buffer.byteLength(JSON.stringify(value)) > MAX_SPEC_BYTES) {
    throw tooLarge(`the body holds more than the ${MAX_SPEC_BYTES} bytes that one event can keep`);
  }
  return value;
}

/** What two requests must share to count as the same one: SHA-256 over method, path and canonical body. */
export const bodyHash = (method: string, path: string, body: unknown): string => sha256(`${method}\n${path}\n${canonical(body ?? null)}`);
