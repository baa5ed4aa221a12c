// Docker's framing of stdout and stderr in one stream: eight bytes of header (stream, three zeros, length), then that many bytes.

export type OnPiece = (stream: number, piece: Buffer) => void;

/** Gives the pieces in order without copying; frames may be cut anywhere by the chunks. */
export class Demultiplexer {
  readonly #onPiece: OnPiece;
  readonly #header = Buffer.alloc(8);
  #have = 0;
  #left = 0;
  #stream = 1;

  constructor(onPiece: OnPiece) {
    this.#onPiece = onPiece;
  }

  write(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at);
        this.#onPiece(this.#stream, chunk.subarray(at, at + taken));
        this.#left -= taken;
        at += taken;
        continue;
      }
      const taken = Math.min(8 - this.#have, chunk.length - at);
      chunk.copy(this.#header, this.#have, at, at + taken);
      this.#have += taken;
      at += taken;
      if (this.#have < 8) continue;
      this.#stream = this.#header.readUInt8(0);
      this.#left = this.#header.readUInt32BE(4);
      this.#have = 0;
    }
  }
}
