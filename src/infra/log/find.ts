// Finds a moment in the log: times never run backwards in it.
import type { Envelope, Head } from '../../events/envelope.ts';

interface Readable {
  head(): Promise<Head>;
  read(from: number, to?: number): AsyncIterable<readonly Envelope[]>;
}

export async function eventAt(log: Readable, seq: number): Promise<Envelope | null> {
  for await (const [event] of log.read(seq, seq)) return event ?? null;
  return null;
}

/** The first sequence whose event is at `time` (as events have it) or later; the one after the log's end when none is. */
export async function sequenceAt(time: string, log: Readable): Promise<number> {
  let [low, high] = [1, (await log.head()).seq + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const event = await eventAt(log, middle);
    if (event !== null && event.time >= time) high = middle;
    else low = middle + 1;
  }
  return low;
}
