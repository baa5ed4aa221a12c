// The origin of a request, as its headers claim it. It goes into the envelope of every event that the request causes.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Origin } from '../../commands/service.ts';
import type { Caller } from '../access/caller.ts';
import { invalid } from '../response/failure.ts';
import { requestText } from './body.ts';

const one = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value.join(', ') : value);

/** The client's own id where it is sane, else a new UUID. */
export function requestIdOf(request: IncomingMessage): string {
  const given = one(request.headers['x-request-id']);
  return given !== undefined && /^[A-Za-z0-9._:+/=@-]{1,128}$/.test(given) ? given : randomUUID();
}

/** Node gives the bytes of a header one by one; names are written in UTF-8. */
function asUtf8(header: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(header, 'latin1'));
  } catch {
    throw invalid('the header X-Actor is not valid UTF-8');
  }
}

/**
 * The actor that the request claims to come from; undefined where it claims none. Throws Failure 'invalid': an unusable claim is refused, not
 * logged as somebody else's.
 */
export function claimedActor(request: IncomingMessage): string | undefined {
  const given = one(request.headers['x-actor']);
  if (given === undefined || given.trim() === '') return undefined;
  const actor = asUtf8(given).trim();
  if (!/^[^\p{C}\p{Zl}\p{Zp}]{1,128}$/u.test(actor)) throw invalid('the header X-Actor must be 1 to 128 printable characters');
  // Also in letters of another width, which read the same.
  if (/^system(:|$)/i.test(actor.normalize('NFKC')))
    throw invalid('the header X-Actor must not begin with system: — that is what the service calls itself');
  return actor;
}

function idempotencyKeyOf(request: IncomingMessage): string | undefined {
  const given = one(request.headers['idempotency-key']);
  if (given !== undefined && !/^[\x20-\x7e]{1,255}$/.test(given)) {
    throw invalid('the header Idempotency-Key must be 1 to 255 printable ASCII characters');
  }
  return given;
}

/** Which request it was, and where from. */
export function claimOf(
  request: IncomingMessage,
  { actor, key, keyId, address }: Caller,
  requestId: string,
): Omit<Origin, 'idempotencyKey' | 'bodyHash'> {
  const traceparent = one(request.headers['traceparent']);
  return {
    actor,
    ...(key !== undefined && { key }),
    ...(keyId !== undefined && { keyId }),
    requestId,
    ...(traceparent !== undefined && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(traceparent) && { traceparent }),
    ...(address !== '' && { address }),
  };
}

/** `hash`: of the request's text. Throws Failure 'invalid' when a header cannot be used. */
export function originOf(
  request: IncomingMessage,
  caller: Caller,
  requestId: string,
  path: string,
  body: unknown,
  hash: (text: string) => string,
): Origin {
  const idempotencyKey = idempotencyKeyOf(request);
  return {
    ...claimOf(request, caller, requestId),
    ...(idempotencyKey !== undefined && { idempotencyKey, bodyHash: hash(requestText(request.method ?? '', path, body)) }),
  };
}
