// Docker's framing of stdout and stderr in one stream: eight bytes of header (stream, three zeros, length), then that many bytes.

type OnPiece = (stream: number, piece: Buffer) => void;

/** Passes on the pieces in order and without copying them. Chunks may cut the frames anywhere. */
export class Demultiplexer {
  readonly #onPiece: OnPiece;
  readonly #header = Buffer.alloc(8);
  /** Bytes of the header that are there. */
  #headerBytes = 0;
  /** Bytes of the frame that are still to come. */
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
      const taken = Math.min(8 - this.#headerBytes, chunk.length - at);
      chunk.copy(this.#header, this.#headerBytes, at, at + taken);
      this.#headerBytes += taken;
      at += taken;
      if (this.#headerBytes < 8) continue;
      this.#stream = this.#header.readUInt8(0);
      this.#left = this.#header.readUInt32BE(4);
      this.#headerBytes = 0;
    }
  }
}
