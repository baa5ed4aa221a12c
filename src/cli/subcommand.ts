// A sub-command: its description, what it does, and where it prints.
import { readCommandLine } from '../infra/options/command-line.ts';
import type { Description } from '../infra/options/flags.ts';
import { GivenValues } from '../infra/options/given-values.ts';

export interface Arguments {
  /** In the order of the command line, as Description.operands names them. */
  readonly operands: readonly string[];
  has(flag: string): boolean;
  /** The text of a flag, or its fallback. */
  one(flag: string): string | undefined;
  list(flag: string): readonly string[];
  /** As `one`, parsed: `parse` throws an Error that says what was expected, as those of infra/options/values.ts do. Throws UsageError. */
  value<T>(flag: string, parse: (text: string) => T): T | undefined;
}

export interface Subcommand extends Description {
  run(args: Arguments, io: Terminal): Promise<ExitCode>;
}

/** 0 ok, 1 error, 2 wrong usage, 3 difference found; of `exec` that of its command. */
export type ExitCode = number;

/** The output of a sub-command. */
export interface Terminal {
  out(text: string): void;
  /** For people only: a program reads nothing of it. */
  err(text: string): void;
  /** Resolves when everything printed so far has been taken by its reader. */
  drained(): Promise<void>;
  /** Colours and progress are for people: both are off where standard output or error is not a terminal. */
  readonly colours: boolean;
  /** Columns; null where standard output is not a terminal, and nothing is cut. */
  readonly width: number | null;
  readonly progress: boolean;
  /** Standard output is a terminal that can be drawn anew. */
  readonly live: boolean;
  /** Aborts on ^C. */
  readonly signal: AbortSignal;
}

/** Throws UsageError. */
export function readArguments(subcommand: Description, argv: readonly string[]): Arguments | 'help' {
  const given = readCommandLine(subcommand, argv);
  if (given === 'help') return 'help';
  const { flags, operands } = given;
  const values = new GivenValues(subcommand.flags, flags);
  const one = (flag: string): string | undefined => flags.get(flag)?.at(-1) ?? subcommand.flags[flag]?.fallback;
  return {
    operands,
    has: (flag) => flags.has(flag),
    one,
    list: (flag) => flags.get(flag) ?? [],
    value: (flag, parse) => (one(flag) === undefined ? undefined : values.one(flag, parse)),
  };
}
