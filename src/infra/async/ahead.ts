/** Loads under way at once, at most. */
const MOST = 8;

/**
 * The results of `load` for each place, in order. It reads ahead, one place at first and up to eight later: while others use the event loop each
 * wait costs a turn of it, and a reader who stops early should not have loaded much in vain. Throws what `load` throws.
 */
export async function* loadedAhead<P, T>(places: Iterable<P>, load: (place: P) => Promise<T>): AsyncGenerator<T, void, undefined> {
  const iterator = places[Symbol.iterator]();
  const loading: Promise<T>[] = [];
  for (let width = 1; ; width = Math.min(MOST, width * 2)) {
    for (let next = loading.length < width ? iterator.next() : null; next !== null && next.done !== true; ) {
      const one = load(next.value);
      one.catch(() => undefined); // thrown where it is awaited
      loading.push(one);
      next = loading.length < width ? iterator.next() : null;
    }
    const first = loading.shift();
    if (first === undefined) return;
    yield await first;
  }
}
