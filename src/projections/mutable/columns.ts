// Typed arrays as bytes and back. The bytes hold the length of each array, and then the arrays, each at a multiple of 8 bytes, so that a
// reader takes views of them and decodes nothing. Numbers lie in the byte order of the machine.

export type Column = Float64Array | Uint32Array | Uint16Array | Uint8Array;

/** A multiple of 8. */
export const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** Their number of bytes is a multiple of 8. */
export function packed(columns: readonly Column[]): Uint8Array<ArrayBuffer> {
  const lengths = Uint32Array.of(columns.length, ...columns.map(({ byteLength }) => byteLength));
  const size = columns.reduce((sum, { byteLength }) => sum + aligned(byteLength), aligned(lengths.byteLength));
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const column of [lengths, ...columns]) {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += aligned(column.byteLength);
  }
  return bytes;
}

/** Views of packed columns by their place. `bytes` must begin at a multiple of 8 in its buffer. */
export class Columns {
  readonly #bytes: Uint8Array;
  /** The first byte of each column, and its length in bytes. */
  readonly #places: readonly (readonly [at: number, length: number])[];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    const [count = 0] = new Uint32Array(bytes.buffer, bytes.byteOffset, 1);
    const lengths = new Uint32Array(bytes.buffer, bytes.byteOffset + 4, count);
    let at = bytes.byteOffset + aligned((count + 1) * 4);
    this.#places = [...lengths].map((length) => {
      const place = [at, length] as const;
      at += aligned(length);
      return place;
    });
  }

  float64s(column: number): Float64Array {
    const [at, length] = this.#placeOf(column);
    return new Float64Array(this.#bytes.buffer, at, length / 8);
  }

  uint32s(column: number): Uint32Array {
    const [at, length] = this.#placeOf(column);
    return new Uint32Array(this.#bytes.buffer, at, length / 4);
  }

  uint16s(column: number): Uint16Array {
    const [at, length] = this.#placeOf(column);
    return new Uint16Array(this.#bytes.buffer, at, length / 2);
  }

  uint8s(column: number): Uint8Array {
    const [at, length] = this.#placeOf(column);
    return new Uint8Array(this.#bytes.buffer, at, length);
  }

  #placeOf(column: number): readonly [at: number, length: number] {
    const place = this.#places[column];
    if (place === undefined) throw new RangeError(`there is no column ${column}`);
    return place;
  }
}

const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder() };

/** Two columns: where each text ends, and all of them in UTF-8. */
export function packedTexts(texts: readonly string[]): readonly [ends: Uint32Array, bytes: Uint8Array] {
  const ends = new Uint32Array(texts.length);
  // A code unit takes three bytes at most.
  const bytes = new Uint8Array(texts.reduce((sum, { length }) => sum + length * 3, 0));
  let at = 0;
  for (const [i, text] of texts.entries()) {
    at += utf8.encoder.encodeInto(text, bytes.subarray(at)).written;
    ends[i] = at;
  }
  return [ends, bytes.subarray(0, at)];
}

/** The text at that place of packed texts. */
export function textAt(ends: Uint32Array, bytes: Uint8Array, place: number): string {
  return utf8.decoder.decode(bytes.subarray(place === 0 ? 0 : ends[place - 1], ends[place]));
}
