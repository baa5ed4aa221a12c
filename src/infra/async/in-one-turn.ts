import { setImmediate as turn } from 'node:timers/promises';

/** Looks that are asked for in one turn of the event loop become one, which begins when all of them have been asked for. */
export function inOneTurn<T>(look: () => Promise<T>): () => Promise<T> {
  let next: Promise<T> | null = null;
  return () => {
    next ??= turn().then(() => {
      next = null;
      return look();
    });
    return next;
  };
}
