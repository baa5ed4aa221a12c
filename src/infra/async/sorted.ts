import type { Breather } from './breather.ts';

/** Items that are sorted in one go. */
const RUN = 4_000;

/** The items in order, once: sorted a few thousand at a time, and merged while they are read. */
export async function sortedInTurns<T>(items: Iterable<T>, compare: (a: T, b: T) => number, breather: Breather): Promise<Iterable<T>> {
  const runs: T[][] = [];
  let run: T[] = [];
  for (const item of items) {
    run.push(item);
    if (run.length < RUN) continue;
    runs.push(run.sort(compare));
    run = [];
    await breather.breathe();
  }
  return merged([...runs, run.sort(compare)], compare);
}

function* merged<T>(runs: readonly (readonly T[])[], compare: (a: T, b: T) => number): Generator<T, void, undefined> {
  const [only = []] = runs;
  if (runs.length <= 1) {
    yield* only;
    return;
  }
  const middle = runs.length >> 1;
  const [left, right] = [merged(runs.slice(0, middle), compare), merged(runs.slice(middle), compare)];
  let [a, b] = [left.next(), right.next()];
  while (a.done !== true && b.done !== true) {
    if (compare(a.value, b.value) <= 0) {
      yield a.value;
      a = left.next();
    } else {
      yield b.value;
      b = right.next();
    }
  }
  if (a.done !== true) yield a.value;
  if (b.done !== true) yield b.value;
  yield* left;
  yield* right;
}
