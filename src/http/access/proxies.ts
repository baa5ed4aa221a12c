// The peers whose word about a request is taken: proxies that the operator named, and this machine itself.
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

const LOOPBACK = ['127.0.0.0/8', '::1'];

/**
 * Addresses whose answer a set remembers, at most, and characters of one: each request asks for its peer, and a look into Node's list takes as
 * long as koa needs for a whole request. Hops of X-Forwarded-For can be as many and as long as a client likes.
 */
const MAX_REMEMBERED = 256;
const LONGEST_REMEMBERED = 45;

/** A set of addresses and networks, as `10.0.0.7`, `10.0.0.0/8` or `fd00::/8`. An IPv4 address counts in its IPv6 form, too. */
export class Peers {
  readonly #list = new BlockList();
  readonly #remembered = new Map<string, boolean>();
  readonly isEmpty: boolean;

  constructor(entries: readonly string[]) {
    this.isEmpty = entries.length === 0;
    for (const entry of entries) {
      const [address = '', bits] = entry.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  has(address: string): boolean {
    if (this.isEmpty) return false;
    const before = this.#remembered.get(address);
    if (before !== undefined) return before;
    const version = isIP(address);
    const found = version !== 0 && this.#list.check(address, version === 6 ? 'ipv6' : 'ipv4');
    if (address.length > LONGEST_REMEMBERED) return found;
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(address, found);
    return found;
  }
}

const loopback = new Peers(LOOPBACK);
export const isLoopbackAddress = (address: string): boolean => loopback.has(address);

/** `1.2.3.4:80` and `[::1]:80` without their ports. */
const withoutPort = (hop: string): string => /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop;

/**
 * The address of the client: the peer's, or what a trusted proxy says in X-Forwarded-For. Each proxy adds its own peer at the end, so it is read from
 * there, up to the first address that is not trusted: what stands before that anybody may have written. '' where the connection is gone.
 */
export function clientAddress({ socket, headers }: IncomingMessage, proxies: Peers): string {
  let client = socket.remoteAddress ?? '';
  if (!proxies.has(client)) return client;
  const forwarded = headers['x-forwarded-for'];
  const hops = (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? '')).split(',');
  for (let hop = hops.pop(); hop !== undefined && proxies.has(client); hop = hops.pop()) {
    const address = withoutPort(hop.trim());
    if (isIP(address) === 0) break;
    client = address;
  }
  return client;
}
