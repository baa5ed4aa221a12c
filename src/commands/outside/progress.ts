// How far a call of the engine is that takes long.

export interface Progress {
  /** download, unpack: of an image; write: of a saved disk; copy, compare: of a volume. */
  readonly doing: 'download' | 'unpack' | 'write' | 'copy' | 'compare';
  /** Bytes done, where the engine tells. */
  readonly bytes?: number;
  /** Bytes in all, where they are known by now. */
  readonly of?: number;
}

export type OnProgress = (progress: Progress) => void;
