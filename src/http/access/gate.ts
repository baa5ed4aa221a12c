// Who a request comes from. While the log has keys, each request needs one, from wherever it comes: a proxy on the same machine must not be a way
// round them.
import type { IncomingMessage } from 'node:http';
import { isSecretOf, partsOf } from '../../commands/request/keys/secret.ts';
import { type ApiKey, isLive, isRevoked } from '../../projections/keys/api-keys.ts';
import type { State } from '../../projections/state.ts';
import { claimedActor } from '../request/origin.ts';
import { Failure } from '../response/failure.ts';
import { Attempts } from './attempts.ts';
import { type Caller, STRANGER, seesAll, withKey, withoutKey } from './caller.ts';
import { clientAddress, isLoopbackAddress, Peers } from './proxies.ts';

/** The options of the server that decide who gets in. */
export interface AccessOptions {
  /** A key is needed even while the log has none. */
  readonly closed: boolean;
  readonly proxies: Peers;
  /** Whether the log has been read to its end, so that its keys are known. */
  readonly isRead: () => boolean;
}

/** A service that trusts whoever reaches it, while its log has no keys. */
export const OPEN: AccessOptions = { closed: false, proxies: new Peers([]), isRead: () => true };

interface GateDeps {
  readonly state: () => State;
  readonly options: AccessOptions;
  /** Ms since the epoch. */
  readonly now: () => number;
}

const REALM = 'Bearer realm="gpu-docker-api"';

interface Known {
  /** By the id in their text; the revoked ones are not in it. */
  readonly byId: ReadonlyMap<string, ApiKey>;
}

/** Made once for each change of a key: a look at all keys for each request would cost as much as there are keys. */
const known = new WeakMap<State['keys'], Known>();

function knownOf(keys: State['keys']): Known {
  let found = known.get(keys);
  if (found === undefined) {
    found = { byId: new Map([...keys.values()].filter((key) => !isRevoked(key)).map((key) => [key.id, key])) };
    known.set(keys, found);
  }
  return found;
}

/**
 *     const caller = gate.look(request);
 *     if (caller.role === 'none') gate.refuse(request, caller);     // throws Failure 401, 429 or 503
 *
 * Promises that what it says of a refused key is the same whether there is such a key or not, and that neither a key nor a part of it is in a message.
 */
export class Gate {
  readonly #deps: GateDeps;
  readonly #attempts = new Attempts();

  constructor(deps: GateDeps) {
    this.#deps = deps;
  }

  /**
   * Throws Failure: the key of this caller is missing or not valid (401), too often (429), or it is not known yet which keys there are (503).
   * Each refusal counts.
   */
  refuse(request: IncomingMessage, { address }: Caller): never {
    const { options } = this.#deps;
    if (!options.isRead())
      throw new Failure('unavailable', 503, 'not ready: the log is being read, and so it is not known yet who may do what');
    const seconds = this.#attempts.note(address, this.#deps.now());
    if (seconds !== null) {
      const message = `too many requests without a valid key from this address: try again in ${seconds} s, or with one`;
      throw new Failure('limited', 429, message, { 'Retry-After': String(seconds) });
    }
    if (request.headers.authorization !== undefined)
      throw new Failure('unauthorized', 401, 'the key is not valid', { 'WWW-Authenticate': `${REALM}, error="invalid_token"` });
    throw new Failure('unauthorized', 401, 'a key is needed: send the header Authorization: Bearer KEY', { 'WWW-Authenticate': REALM });
  }

  /** Counts a request that is refused for another reason than its key: whether there have been too many from its address. */
  isFlood(request: IncomingMessage): boolean {
    const { options, now } = this.#deps;
    return this.#attempts.note(clientAddress(request, options.proxies), now()) !== null;
  }

  /** Throws Failure 'invalid' for a claim that is not usable. */
  look(request: IncomingMessage): Caller {
    const { options } = this.#deps;
    const found = options.isRead() ? this.#find(request) : null;
    return found ?? { ...STRANGER, address: clientAddress(request, options.proxies) };
  }

  /**
   * Whether the key that somebody came in with can still be used, and sees no less than it did. Who came in without one may stay until there are
   * keys.
   */
  mayStay({ key: name, keyId, role, own }: Caller): boolean {
    const { state, now } = this.#deps;
    if (role === 'none') return false;
    if (name === undefined) return !this.#needsKey();
    const key = state().keys.get(name);
    // Another key of the same name is not his.
    if (key === undefined || key.id !== keyId || !isLive(key, now())) return false;
    const seen = withKey(key, name, '');
    return seesAll(seen) || seen.own === own;
  }

  /** An expired key still keeps the API closed: it must not open by the passing of time. */
  #needsKey(): boolean {
    return this.#deps.options.closed || knownOf(this.#deps.state().keys).byId.size > 0;
  }

  #find(request: IncomingMessage): Caller | null {
    const { state, options, now } = this.#deps;
    const peer = request.socket.remoteAddress ?? '';
    const isProxy = options.proxies.has(peer);
    const address = clientAddress(request, options.proxies);
    if (!this.#needsKey()) {
      // Without a named proxy, a claim is believed from this machine alone.
      const believed = options.proxies.isEmpty ? isLoopbackAddress(peer) : isProxy;
      return withoutKey(believed ? (claimedActor(request) ?? 'anonymous') : 'anonymous', address);
    }
    const [, text] = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '') ?? [];
    const parts = text === undefined ? null : partsOf(text);
    if (parts === null) return null;
    const key = knownOf(state().keys).byId.get(parts.id);
    const isRight = isSecretOf(key, parts.secret);
    if (key === undefined || !isRight || !isLive(key, now())) return null;
    const speaksForOthers = isProxy && key.role === 'admin';
    return withKey(key, (speaksForOthers ? claimedActor(request) : undefined) ?? key.name, address);
  }
}
