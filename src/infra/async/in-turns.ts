import type { Sleeper } from './time.ts';

/** Items that are looked at in one turn of the event loop. */
const ITEMS_PER_TURN = 200;

/** The items one by one, with a turn of the event loop after every few: a loop over all of them holds nothing else up. */
export async function* inTurns<T>(items: readonly T[], clock: Sleeper, signal: AbortSignal): AsyncGenerator<T> {
  for (const [i, item] of items.entries()) {
    if (i > 0 && i % ITEMS_PER_TURN === 0) await clock.sleep(0, signal);
    yield item;
  }
}
