import { setImmediate as turn } from 'node:timers/promises';

/** Looks at one thing that are asked for in one turn of the event loop become one, which begins when all of them have been asked for. */
export function inOneTurnEach<T>(look: (what: string) => Promise<T>): (what: string) => Promise<T> {
  const asked = new Map<string, Promise<T>>();
  return (what) => {
    const known = asked.get(what);
    if (known !== undefined) return known;
    const next = turn().then(() => {
      asked.delete(what);
      return look(what);
    });
    asked.set(what, next);
    return next;
  };
}

/** As inOneTurnEach, where there is one thing to look at. */
export function inOneTurn<T>(look: () => Promise<T>): () => Promise<T> {
  const each = inOneTurnEach(() => look());
  return () => each('');
}
