// A value that is asked for at its first use and remembered.

/** Gives the result of `task`, which runs at the first call. A failure is not remembered: the next call runs the task again. */
export function once<T>(task: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | null = null;
  return () => {
    result ??= task().catch((error: unknown) => {
      result = null;
      throw error;
    });
    return result;
  };
}
