// What a sub-command is, and how its arguments are read. `serve` has a table of its own.
import { parseArgs } from 'node:util';
import { UsageError } from '../infra/options/parse.ts';
import { closest } from '../infra/options/table.ts';

export interface Flag {
  /** What stands for the value in the help; a switch has none. */
  readonly value?: string;
  /** May be given several times, and takes all that follows up to the next option. */
  readonly list?: true;
  readonly short?: string;
  readonly help: string;
}

export interface Arguments {
  readonly given: readonly string[];
  has(flag: string): boolean;
  one(flag: string): string | undefined;
  list(flag: string): readonly string[];
}

export interface Command {
  /** Its words, as typed: `log verify`. */
  readonly name: string;
  readonly summary: string;
  /** What follows the options: a name each, `FILE…` for several, `[SEQ]` for one that may be left out. */
  readonly operands?: readonly string[];
  readonly flags: Readonly<Record<string, Flag>>;
  /** More for the help: what it does, what its exit code says. */
  readonly details: string;
  run(args: Arguments, io: Terminal): Promise<ExitCode>;
}

/** ok, error, wrong usage, difference found. */
export type ExitCode = 0 | 1 | 2 | 3;

/** Where a command prints. */
export interface Terminal {
  out(text: string): void;
  /** For people only: never what a program reads. */
  err(text: string): void;
  /** Waits until what was printed has been taken. */
  drained(): Promise<void>;
  /** Both for people: colours and progress are shown only where they are seen. */
  readonly colours: boolean;
  readonly progress: boolean;
  /** Aborts on ^C. */
  readonly signal: AbortSignal;
}

/** Throws UsageError. */
export function readArguments(command: Command, argv: readonly string[]): Arguments | 'help' {
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(command.flags).map(([name, { value, short }]) => [
        name,
        { type: value === undefined ? ('boolean' as const) : ('string' as const), ...(short !== undefined && { short }) },
      ]),
    ),
  });
  const values = new Map<string, string[]>();
  const given: string[] = [];
  let collecting: string[] | null = null;
  for (const token of tokens) {
    if (token.kind === 'positional') (collecting ?? given).push(token.value);
    if (token.kind !== 'option') {
      if (token.kind === 'option-terminator') collecting = null;
      continue;
    }
    if (token.rawName === '--help' || token.rawName === '-h') return 'help';
    const flag = Object.hasOwn(command.flags, token.name) ? command.flags[token.name] : undefined;
    if (flag === undefined) throw unknown(command, token.rawName);
    if (flag.value === undefined && token.inlineValue === true) throw new UsageError(`${token.rawName} takes no value`);
    if (flag.value !== undefined && (token.value === undefined || (token.inlineValue !== true && /^--./.test(token.value)))) {
      throw new UsageError(`${token.rawName} needs a value: ${flag.value}; see gpu-docker-api ${command.name} --help`);
    }
    const list = flag.list === true ? (values.get(token.name) ?? []) : [];
    list.push(token.value ?? '');
    values.set(token.name, list);
    collecting = flag.list === true ? list : null;
  }
  checkOperands(command, given);
  return { given, has: (flag) => values.has(flag), one: (flag) => values.get(flag)?.[0], list: (flag) => values.get(flag) ?? [] };
}

function unknown(command: Command, rawName: string): UsageError {
  const near = closest(rawName.replace(/^-+/, ''), Object.keys(command.flags));
  return new UsageError(
    `${command.name} has no option ${rawName}${near === undefined ? '' : `: did you mean --${near}?`}; see gpu-docker-api ${command.name} --help`,
  );
}

function checkOperands({ name, operands = [] }: Command, given: readonly string[]): void {
  const needed = operands.filter((operand) => !operand.startsWith('['));
  const many = operands.some((operand) => operand.endsWith('…'));
  if (given.length < needed.length) throw new UsageError(`gpu-docker-api ${name} needs ${needed[given.length]}`);
  if (!many && given.length > operands.length)
    throw new UsageError(`"${given[operands.length]}" is not expected; see gpu-docker-api ${name} --help`);
}

const INDENT = 28;

export function helpOf({ name, summary, operands = [], flags, details }: Command): string {
  const lines = Object.entries(flags).map(([flag, { value, short, list, help }]) => {
    const left = `  ${short === undefined ? '' : `-${short}, `}--${flag}${value === undefined ? '' : ` ${value}${list === true ? '…' : ''}`}`;
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
