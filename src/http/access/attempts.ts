// Requests without a valid key, counted by the address of the client. Nobody guesses a key: the limit spares the log and the processor.
import { isIPv6 } from 'node:net';

/** Requests without a valid key that one client may send in the time, ms. */
const MOST = 30;
const WINDOW_MS = 60_000;
/** Clients that are counted at the same time. The one that was counted the longest ago is forgotten for a new one. */
const MAX_CLIENTS = 4_096;

/** One machine has a whole /64 of IPv6 addresses. */
function clientOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address;
  const [head = '', tail = ''] = address.split('::');
  const [left, right] = [head, tail].map((part) => (part === '' ? [] : part.split(':')));
  const groups = [...(left ?? []), ...Array.from({ length: 8 - (left?.length ?? 0) - (right?.length ?? 0) }, () => '0'), ...(right ?? [])];
  return groups.slice(0, 4).join(':');
}

interface Counted {
  count: number;
  /** End of the time, ms. */
  until: number;
}

export class Attempts {
  readonly #clients = new Map<string, Counted>();

  /** Counts one. Returns the seconds that the client should wait where it has sent too many; null where it has not. `now` in ms from any start. */
  note(address: string, now: number): number | null {
    const client = clientOf(address);
    const known = this.#clients.get(client);
    // By a clock that was set back the time would end in years.
    const lasts = known !== undefined && now < known.until && known.until <= now + WINDOW_MS;
    const counted = lasts ? known : { count: 0, until: now + WINDOW_MS };
    counted.count++;
    this.#clients.delete(client);
    this.#clients.set(client, counted);
    const [oldest] = this.#clients.keys();
    if (this.#clients.size > MAX_CLIENTS && oldest !== undefined) this.#clients.delete(oldest);
    return counted.count <= MOST ? null : Math.max(1, Math.ceil((counted.until - now) / 1_000));
  }
}
