// A sub-command: its name, options and help, and where it prints.
import type { SubcommandName } from '../infra/options/commands.ts';
import { type Flag, readFlags } from '../infra/options/flags.ts';
import { UsageError } from '../infra/options/usage-error.ts';

export interface Arguments {
  readonly operands: readonly string[];
  has(flag: string): boolean;
  one(flag: string): string | undefined;
  list(flag: string): readonly string[];
}

export interface Subcommand {
  /** Its words, as typed: `log verify`. */
  readonly name: SubcommandName;
  readonly summary: string;
  /** The words that follow the options: a name each, `FILE…` for several, `[SEQ]` for one that may be left out. */
  readonly operands?: readonly string[];
  readonly flags: Readonly<Record<string, Flag>>;
  /** Further paragraphs of the help: effects, exit codes. */
  readonly details: string;
  run(args: Arguments, io: Terminal): Promise<ExitCode>;
}

/** ok, error, wrong usage, difference found. */
export type ExitCode = 0 | 1 | 2 | 3;

/** The output of a sub-command. */
export interface Terminal {
  out(text: string): void;
  /** For people only: a program reads nothing of it. */
  err(text: string): void;
  /** Resolves when everything printed so far has been taken by its reader. */
  drained(): Promise<void>;
  /** Colours and progress are for people: both are off where standard output or error is not a terminal. */
  readonly colours: boolean;
  readonly progress: boolean;
  /** Aborts on ^C. */
  readonly signal: AbortSignal;
}

/** Throws UsageError. */
export function readArguments(subcommand: Subcommand, argv: readonly string[]): Arguments | 'help' {
  const { name, flags: table } = subcommand;
  const help = `see gpu-docker-api ${name} --help`;
  const given = readFlags(argv, table, {
    unknown: (rawName, near) => `${name} has no option ${rawName}${near === undefined ? '' : `: did you mean --${near}?`}; ${help}`,
    takesNoValue: (rawName) => `${rawName} takes no value`,
    needsValue: (rawName, { value }) => `${rawName} needs a value: ${value}; ${help}`,
  });
  if (given === 'help') return 'help';
  const { flags, operands } = given;
  checkOperands(subcommand, operands);
  return {
    operands,
    has: (flag) => flags.has(flag),
    one: (flag) => flags.get(flag)?.values[0],
    list: (flag) => flags.get(flag)?.values ?? [],
  };
}

function checkOperands({ name, operands = [] }: Subcommand, given: readonly string[]): void {
  const needed = operands.filter((operand) => !operand.startsWith('['));
  const many = operands.some((operand) => operand.endsWith('…'));
  if (given.length < needed.length) throw new UsageError(`gpu-docker-api ${name} needs ${needed[given.length]}`);
  if (!many && given.length > operands.length)
    throw new UsageError(`"${given[operands.length]}" is not expected; see gpu-docker-api ${name} --help`);
}

const INDENT = 28;

export function helpOf({ name, summary, operands = [], flags, details }: Subcommand): string {
  const lines = Object.entries(flags).map(([flag, { value, short, list, help }]) => {
    const left = `  ${short === undefined ? '' : `-${short}, `}--${flag}${value === undefined ? '' : ` ${value}${list === 'rest' ? '…' : ''}`}`;
    return left.length < INDENT ? `${left.padEnd(INDENT)}${help}` : `${left}\n${' '.repeat(INDENT)}${help}`;
  });
  return [
    `${summary}\n`,
    `Usage: ${['gpu-docker-api', name, ...operands, ...(lines.length > 0 ? ['[options]'] : [])].join(' ')}\n`,
    ...(details === '' ? [] : [`${details}\n`]),
    'Options',
    ...lines,
    `${'  --help'.padEnd(INDENT)}this text`,
  ].join('\n');
}
