// A range as etcd sends it. The generated decoder makes an object of every field and a text of every 64-bit number, which costs a replay
// more than the parsing of the events; here only what is in the keys and values is read.
import type { KeyValue } from './kv.ts';

export const RANGE_PATH = '/etcdserverpb.KV/Range';

/** Wire types of protobuf. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** The request for [from, to): fields 1 and 2 of RangeRequest. */
export const encodeRange = ({ from, to }: { readonly from: string; readonly to: string }): Buffer =>
  Buffer.concat([field(1, Buffer.from(from)), field(2, Buffer.from(to))]);

function field(number: number, bytes: Buffer): Buffer {
  const head: number[] = [(number << 3) | BYTES];
  let { length } = bytes;
  for (; length > 127; length >>>= 7) head.push((length & 127) | 128);
  return Buffer.concat([Buffer.from([...head, length]), bytes]);
}

/** The keys of a RangeResponse (its field 2), in its order. Throws RangeError for bytes that are none. */
export function decodeRange(bytes: Buffer): readonly KeyValue[] {
  const found: KeyValue[] = [];
  const reader = new Reader(bytes, 0, bytes.length);
  while (reader.next()) {
    if (reader.field === 2 && reader.wire === BYTES) found.push(keyValue(reader.message()));
    else reader.skip();
  }
  return found;
}

/** Fields 1 to 6 of KeyValue: key, create_revision, mod_revision, version, value, lease. One that is 0 or empty is not sent. */
function keyValue(reader: Reader): KeyValue {
  let [key, value, createRevision, modRevision, lease] = ['', '', '0', '0', '0'];
  while (reader.next()) {
    if (reader.field === 1) key = reader.text();
    else if (reader.field === 2) createRevision = reader.integer();
    else if (reader.field === 3) modRevision = reader.integer();
    else if (reader.field === 5) value = reader.text();
    else if (reader.field === 6) lease = reader.integer();
    else reader.skip();
  }
  return { key, value, createRevision, modRevision, lease };
}

class Reader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;
  field = 0;
  wire = VARINT;

  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  /** Goes to the next field; false at the end. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    const tag = this.#length();
    this.field = tag >>> 3;
    this.wire = tag & 7;
    return true;
  }

  text(): string {
    const start = this.#part();
    return this.#bytes.toString('utf8', start, this.#at);
  }

  message(): Reader {
    const start = this.#part();
    return new Reader(this.#bytes, start, this.#at);
  }

  /** A 64-bit integer in decimal, as two's complement. */
  integer(): string {
    let low = 0;
    for (let shift = 1, count = 0; ; shift *= 128, count++) {
      const byte = this.#byte();
      // Seven bytes hold 49 bits, which a number has exactly.
      if (count === 7) return this.#long(BigInt(low), byte);
      low += (byte & 127) * shift;
      if (byte < 128) return String(low);
    }
  }

  skip(): void {
    if (this.wire === VARINT) while (this.#byte() > 127);
    else if (this.wire === BYTES) this.#part();
    else this.#go(this.wire === FIXED64 ? 8 : this.wire === FIXED32 ? 4 : Number.NaN);
  }

  #long(low: bigint, first: number): string {
    let value = low;
    for (let byte = first, shift = 49n; ; byte = this.#byte(), shift += 7n) {
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return String(BigInt.asIntN(64, value));
    }
  }

  /** Goes behind a field of bytes; its start. */
  #part(): number {
    const length = this.#length();
    const start = this.#at;
    this.#go(length);
    return start;
  }

  #length(): number {
    let value = 0;
    for (let shift = 0; shift < 32; shift += 7) {
      const byte = this.#byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
    throw new RangeError('an answer of etcd is not a range: a length has too many bytes');
  }

  #byte(): number {
    const byte = this.#at < this.#end ? this.#bytes[this.#at++] : undefined;
    if (byte === undefined) throw new RangeError('an answer of etcd is not a range: it is cut off');
    return byte;
  }

  #go(length: number): void {
    this.#at += length;
    if (!(this.#at <= this.#end)) throw new RangeError('an answer of etcd is not a range: it is cut off');
  }
}
