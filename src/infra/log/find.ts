// Finds an event by sequence, or a sequence by time: times never run backwards in the log, so a binary search finds them.
import type { Envelope } from '../../events/envelope.ts';
import type { EventLog } from '../../events/log.ts';

export async function eventAt(log: Pick<EventLog, 'read'>, seq: number): Promise<Envelope | null> {
  for await (const [event] of log.read(seq, seq)) return event ?? null;
  return null;
}

/** The first sequence whose event is at `time` (ISO, as events have it) or later; the sequence after the head when there is none. */
export async function sequenceAt(time: string, log: Pick<EventLog, 'head' | 'read'>): Promise<number> {
  let [low, high] = [1, (await log.head()).seq + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const event = await eventAt(log, middle);
    if (event !== null && event.time >= time) high = middle;
    else low = middle + 1;
  }
  return low;
}
