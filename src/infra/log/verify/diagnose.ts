// Says, at a break of the chain, what was done to the log: changed, removed, inserted or reordered. The hashes alone tell: an event's own
// hash shows its content when it was sealed, and `prev` shows the event that stood in front of it then.
import type { Envelope, Head } from '../../../events/envelope.ts';
import { hashOf } from '../../../events/hash.ts';

type ChainFault = 'changed' | 'removed' | 'inserted' | 'reordered' | 'unreadable';

export interface ChainProblem {
  /** The first sequence whose event is not as it was sealed. */
  readonly seq: number;
  readonly fault: ChainFault;
  /** The evidence, as a sentence for the operator. */
  readonly because: string;
}

/** The chain in front of the fault. `recent` holds its last events, the newest last. */
export interface Before {
  readonly head: Head;
  readonly recent: readonly { readonly seq: number; readonly hash: string; readonly prev: string; readonly time: string }[];
}

/** Longest distance, in sequences, between an event's place and the place it was sealed for. */
const MAX_SHIFT = 500;

/** The sequence that the event was sealed with: the one with which its hash is right. Null when its content was changed. */
function sealedAs(event: Envelope, near: number): number | null {
  const { hash, ...rest } = event;
  const is = (seq: number): boolean => hashOf({ ...rest, seq }) === hash;
  if (is(event.seq)) return event.seq;
  for (let away = 0; away <= MAX_SHIFT; away++) {
    for (const seq of [near + away, near - away]) if (seq > 0 && is(seq)) return seq;
  }
  return null;
}

const short = (hash: unknown): string => String(hash).slice(0, 12);

/** `window` begins with the event at which the chain breaks, and holds some of the events after it. */
export function diagnose({ head, recent }: Before, window: readonly Envelope[]): ChainProblem {
  const due = head.seq + 1;
  const event = window[0];
  if (event === undefined) return { seq: due, fault: 'removed', because: 'the log ends before it' };
  if (!isEnvelope(event)) return { seq: due, fault: 'unreadable', because: 'what stands in its place is not an event' };
  const at = window.findIndex((one) => isEnvelope(one) && one.prev === head.hash && hashOf({ ...one, seq: due }) === one.hash);
  if (at > 0) return foundLater(due, window, at);
  if (at === 0) return inItsPlace(due, event, recent.at(-1)?.time ?? '');
  const sealed = sealedAs(event, due);
  if (sealed === null) return unsealed(due, event);
  if (sealed > due) {
    const what = sealed === due + 1 ? `event ${due} is` : `events ${due} to ${sealed - 1} are`;
    return { seq: due, fault: 'removed', because: `${what} missing: next comes the event that was sealed as ${sealed}` };
  }
  if (sealed === due) return rewritten(due, event, head);
  const follows = recent.find((one) => one.hash === event.prev && one.seq === sealed - 1);
  const copy = recent.find((one) => one.hash === event.hash);
  if (copy !== undefined) return { seq: due, fault: 'inserted', because: `in its place event ${copy.seq} stands a second time` };
  if (follows !== undefined || sealed === 1) {
    const added = due - sealed;
    const because = `the event that was sealed as ${sealed} comes ${added} later: what stands in front of it was not there when it was written`;
    return { seq: sealed, fault: 'inserted', because };
  }
  return { seq: due, fault: 'inserted', because: `in its place stands an event that was sealed as ${sealed} in another chain` };
}

/** The event that belongs here stands further on. */
function foundLater(due: number, window: readonly Envelope[], at: number): ChainProblem {
  const skipped = window.slice(0, at);
  const successors = skipped.filter((one) => isEnvelope(one) && (sealedAs(one, due) ?? 0) > due);
  if (successors.length > 0) {
    return { seq: due, fault: 'reordered', because: `it stands after ${successors.length} event(s) that were sealed after it` };
  }
  return { seq: due, fault: 'inserted', because: `${at} event(s) stand in front of the one that continues the chain as event ${due}` };
}

function inItsPlace(due: number, event: Envelope, lastTime: string): ChainProblem {
  if (event.seq !== due) return { seq: due, fault: 'changed', because: `it was sealed as ${due} but says that it is ${event.seq}` };
  return { seq: due, fault: 'changed', because: `its time ${event.time} is before that of the event in front of it, ${lastTime}` };
}

function unsealed(due: number, event: Envelope): ChainProblem {
  if (event.seq > due) return { seq: due, fault: 'removed', because: `next comes an event that says it is ${event.seq}` };
  if (event.seq < due) return { seq: due, fault: 'inserted', because: `in its place stands an event that says it is ${event.seq}` };
  const { hash, ...rest } = event;
  return {
    seq: due,
    fault: 'changed',
    because: `its content has the hash ${short(hashOf(rest))}…, but it was sealed with ${short(hash)}…`,
  };
}

/** The event is unchanged, but was sealed after another event than the one in front of it: that one was changed and sealed again. */
function rewritten(due: number, event: Envelope, head: Head): ChainProblem {
  const because = `event ${due} was sealed after an event ${due - 1} with the hash ${short(event.prev)}…, but the one there has ${short(head.hash)}…`;
  return { seq: Math.max(1, due - 1), fault: 'changed', because };
}

function isEnvelope(one: unknown): one is Envelope {
  const event = one as Partial<Envelope> | null;
  return (
    typeof event === 'object' &&
    event !== null &&
    Number.isSafeInteger(event.seq) &&
    typeof event.hash === 'string' &&
    typeof event.prev === 'string'
  );
}
