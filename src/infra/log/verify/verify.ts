// Verifying a chain: computes every hash again and checks that each event follows the one before it.
import { EMPTY_HEAD, type Envelope, type Head } from '../../../events/envelope.ts';
import { hashOf } from '../../../events/hash.ts';
import { LogCorruptError } from '../../../events/log.ts';
import { type Before, type ChainProblem, diagnose } from './diagnose.ts';

export type Verdict =
  | { readonly ok: true; readonly events: number; readonly head: Head }
  /** `head`: the chain is whole up to this event. */
  | { readonly ok: false; readonly events: number; readonly head: Head; readonly problem: ChainProblem };

interface VerifyOptions {
  /** The event that the first one must follow; by default the chain begins with event 1. */
  readonly from?: Head;
  /** Called with the verified events, a part at a time. */
  readonly onWhole?: (events: readonly Envelope[]) => void;
}

/** Events remembered before a fault, for the diagnosis. */
const RECENT = 500;
/** Events read after a fault, for the diagnosis. */
const AHEAD = 2_000;

/**
 * Stops at the first fault and diagnoses it. `events` come as they are stored: not sorted, not checked, not upcast.
 *
 *     const verdict = await verifyChain(segments.read(1));
 *     if (!verdict.ok) console.log(verdict.problem);  // { seq: 4711, fault: 'changed', because: '…' }
 */
export async function verifyChain(events: AsyncIterable<readonly Envelope[]>, options: VerifyOptions = {}): Promise<Verdict> {
  const chain = new Chain(options.from ?? EMPTY_HEAD);
  const iterator = events[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await iterator.next();
      if (done === true) return { ok: true, events: chain.count, head: chain.head };
      const bad = chain.extend(value);
      if (bad < 0) {
        options.onWhole?.(value);
        continue;
      }
      const problem = diagnose(chain.before(), [...value.slice(bad), ...(await readAhead(iterator))]);
      return { ok: false, events: chain.count, head: chain.head, problem };
    }
  } catch (error) {
    if (!(error instanceof LogCorruptError)) throw error;
    const seq = Math.min(error.seq, chain.head.seq + 1);
    const problem: ChainProblem = { seq, fault: 'unreadable', because: error.message };
    return { ok: false, events: chain.count, head: chain.head, problem };
  } finally {
    await iterator.return?.();
  }
}

class Chain {
  #head: Head;
  #time = '';
  #recent: (readonly Envelope[])[] = [];
  count = 0;

  constructor(from: Head) {
    this.#head = from;
  }

  get head(): Head {
    return this.#head;
  }

  /** Returns the index at which the list breaks the chain; -1 when it does not. */
  extend(events: readonly Envelope[]): number {
    let { seq, hash } = this.#head;
    let bad = -1;
    for (const [i, event] of events.entries()) {
      if (event?.seq !== seq + 1 || event.prev !== hash || !(event.time >= this.#time) || hashOf(event) !== event.hash) {
        bad = i;
        break;
      }
      ({ seq, hash } = event);
      this.#time = event.time;
      this.count++;
    }
    this.#head = { seq, hash };
    this.#recent.push(bad < 0 ? events : events.slice(0, bad));
    while (this.#recent.length > 1 && this.#recent.slice(1).reduce((sum, part) => sum + part.length, 0) >= RECENT) this.#recent.shift();
    return bad;
  }

  before(): Before {
    return { head: this.#head, recent: this.#recent.flat() };
  }
}

/** The events that follow, as far as they can be read. */
async function readAhead(iterator: AsyncIterator<readonly Envelope[]>): Promise<readonly Envelope[]> {
  const ahead: Envelope[] = [];
  try {
    while (ahead.length < AHEAD) {
      const { done, value } = await iterator.next();
      if (done === true) break;
      ahead.push(...value);
    }
  } catch (error) {
    if (!(error instanceof LogCorruptError)) throw error;
  }
  return ahead;
}
