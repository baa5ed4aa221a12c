// Counts the turns of the event loop that a task takes, with a clock by which every look finds a whole slice gone: what it then does between
// two turns is the least that it ever does, and no machine is too slow or too fast for that.
import { deferred } from '../../src/infra/async/deferred.ts';

/** Time that each look at the clock takes, ms: longer than any slice. */
const LOOK_MS = 50;

/** `onTurn` is called at each turn. */
export async function countedTurns<T>(
  task: () => Promise<T>,
  onTurn: () => void = () => {},
): Promise<{ readonly turns: number; readonly result: T }> {
  const real = performance.now;
  let now = real.call(performance);
  let turns = 0;
  const over = deferred<void>();
  let isOver = false;
  const count = (): void => {
    if (isOver) {
      over.resolve();
      return;
    }
    turns++;
    onTurn();
    setImmediate(count);
  };
  performance.now = () => {
    now += LOOK_MS;
    return now;
  };
  try {
    setImmediate(count);
    const result = await task();
    return { turns, result };
  } finally {
    performance.now = real;
    isOver = true;
    await over.promise;
  }
}
