// A command as its parser, its help, the completion and the manual read it. `serve` and every sub-command have one.

/** A kind of name that completion asks a server for; `file` is left to the shell. The words FILE, PATH, DIR, HOST and GPU say theirs by themselves. */
export type NameKind = 'replicaSet' | 'volume' | 'host' | 'key' | 'gpu' | 'file';

export interface Flag {
  /** The word that stands for the value in the help; a switch has none. */
  readonly value?: string;
  /** `repeat`: may be given several times. `rest`: also takes all words that follow, up to the next option. */
  readonly list?: 'repeat' | 'rest';
  /** One letter. */
  readonly short?: string;
  /** Another spelling, which the help does not show. */
  readonly alias?: string;
  /** The only values that are accepted. */
  readonly choices?: readonly string[];
  /** The value of a flag that is not given. */
  readonly fallback?: string;
  /** A value for the message that refuses another. */
  readonly example?: string;
  readonly completes?: NameKind;
  readonly help: string;
}

export interface Description {
  /** Its words, as typed: `log verify`. */
  readonly name: string;
  /** A sentence. */
  readonly summary: string;
  /** The words beside the options: a name each, `FILE…` for one or more, `[SEQ]` for one that may be left out, `[CMD…]` for any number. */
  readonly operands?: readonly string[];
  /** Kind of the first operand, or of all where the first may be several. */
  readonly completes?: NameKind;
  /** The only words that are accepted as the first operand, in the help and completion; `run` refuses others. */
  readonly choices?: readonly string[];
  /** From the first operand on every word is an operand, also one with a dash, as in `docker run`. */
  readonly passThrough?: boolean;
  /** Options that docker has and this command does not, by name or letter, and the sentence that says why and what to do. */
  readonly refuses?: Readonly<Record<string, string>>;
  readonly flags: Readonly<Record<string, Flag>>;
  /** Further paragraphs of the help: effects, exit codes. */
  readonly details: string;
  /** Whole command lines. */
  readonly examples?: readonly string[];
}
