// Growth of the typed arrays of this folder.

/** Items from which an array grows by half instead of doubling, so that a large one wastes at most a third. */
const LARGE = 1_024;

/** A longer copy that has a place for `index`; the new places hold 0. `make` makes an array of the same type. */
export function grown<A extends Uint16Array | Uint32Array>(array: A, index: number, make: (length: number) => A): A {
  const longer = make(Math.max(index + 1, Math.ceil(array.length * (array.length < LARGE ? 2 : 1.5))));
  longer.set(array);
  return longer;
}

export const uint16s = (length: number): Uint16Array<ArrayBuffer> => new Uint16Array(length);
export const uint32s = (length: number): Uint32Array<ArrayBuffer> => new Uint32Array(length);
