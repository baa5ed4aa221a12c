// Reads a command line by the description of its command, with commander; and says what is wrong with one in our own sentences.
import { Command, CommanderError, Option } from 'commander';
import { closest } from '../../commands/request/closest.ts';
import type { Description, Flag } from './flags.ts';
import { UsageError } from './usage-error.ts';

/** The texts of each given flag: the last one, or all of a list; `true` of a switch. By the flag's name, without dashes. */
export type GivenFlags = ReadonlyMap<string, readonly string[]>;

interface CommandLine {
  readonly flags: GivenFlags;
  readonly operands: readonly string[];
}

export const PROGRAM = 'gpu-docker-api';
const seeHelp = (name: string): string => `see ${PROGRAM} ${name} --help`;

/** Returns 'help' for --help and -h. Throws UsageError. */
export function readCommandLine(description: Description, argv: readonly string[]): CommandLine | 'help' {
  const { name, operands: expected = [], passThrough = false } = description;
  const command = commandOf(description);
  const flags = new Map<string, readonly string[]>();
  for (const [flag, its] of Object.entries(description.flags)) {
    const take = (value: string | undefined) => flags.set(flag, taken(name, flag, its, value, argv, flags.get(flag)));
    for (const spelling of spellings(flag, its)) command.on(`option:${spelling}`, take);
  }
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return 'help';
    throw new UsageError(sentence(description, error, command.args));
  }
  const { args } = command;
  // With `passThrough` the terminator is left among the operands.
  const end = expected.length - 1;
  const operands = passThrough && args[end] === '--' ? args.toSpliced(end, 1) : args;
  return { flags, operands };
}

const spellings = (flag: string, { alias }: Flag): readonly string[] => (alias === undefined ? [flag] : [flag, alias]);

function taken(
  name: string,
  flag: string,
  { list, choices, value: word, example }: Flag,
  value: string | undefined,
  argv: readonly string[],
  before: readonly string[] = [],
): readonly string[] {
  // Where the value was forgotten, commander takes the next option for it.
  if (value !== undefined && /^--./.test(value) && !argv.some((typed) => typed.startsWith('--') && typed.endsWith(`=${value}`)))
    throw new UsageError(needsValue(name, `--${flag}`, { value: word, example }));
  if (choices !== undefined && value !== undefined && !choices.includes(value))
    throw new UsageError(`--${flag}: "${value}" is not one of ${choices.join(', ')}`);
  return [...(list === undefined ? [] : before), value ?? 'true'];
}

const needsValue = (
  name: string,
  typed: string,
  { value, example }: { value?: string | undefined; example?: string | undefined },
): string => `${typed} needs a value: ${example === undefined ? value : `for example ${typed} ${example}`}; ${seeHelp(name)}`;

/** The sentence for what commander has found. */
function sentence(
  { name, flags, operands = [], refuses = {} }: Description,
  { code, message }: CommanderError,
  args: readonly string[],
): string {
  const named = /'(--?[^\s',=]+)[^']*'/.exec(message)?.[1] ?? '';
  const flag = Object.entries(flags).find(([long, { short, alias }]) => [`--${long}`, `-${short}`, `--${alias}`].includes(named));
  switch (code) {
    case 'commander.unknownOption': {
      if (flag !== undefined) {
        const value = /=([^']*)'/.exec(message)?.[1];
        return `${named} takes no value, "${value}" was given: write ${named} alone`;
      }
      // Of letters that are joined, such as -it, the first is meant.
      const refused = named.startsWith('--') ? named : named.slice(0, 2);
      const why = new Map(Object.entries(refuses)).get(refused.replace(/^-+/, ''));
      if (why !== undefined) return `${name} has no ${refused}: ${why}`;
      const near = closest(named.replace(/^-+/, ''), Object.keys(flags));
      return `${name} has no option ${named}${near === undefined ? `; ${seeHelp(name)}` : `: did you mean --${near}? ${PROGRAM} ${name} --help lists all`}`;
    }
    case 'commander.optionMissingArgument':
      return needsValue(name, flag === undefined ? named : `--${flag[0]}`, flag?.[1] ?? {});
    case 'commander.missingArgument':
      return `${name} needs ${operands[args.length]}; ${seeHelp(name)}`;
    case 'commander.excessArguments':
      return `"${args[operands.length]}" is not expected; ${seeHelp(name)}`;
    default:
      return message;
  }
}

/** Columns of the help: more are not easily read. */
const WIDTH = 100;

function commandOf({ name, summary, operands = [], passThrough = false, flags, details, examples = [] }: Description): Command {
  // A paragraph is wrapped to the width of the help.
  const paragraphs = [summary, ...details.replace(/(?<!\n)\n(?!\n)/g, ' ').split('\n\n')].filter((text) => text !== '');
  const options = Object.keys(flags).length > 0 ? ['[options]'] : [];
  const command = new Command(`${PROGRAM} ${name}`)
    .usage((passThrough ? [...options, ...operands] : [...operands, ...options]).join(' '))
    .description(paragraphs.join('\n\n'))
    .helpOption('-h, --help', 'this text')
    .exitOverride()
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined })
    .configureHelp({ helpWidth: WIDTH, optionTerm: ({ flags: typed }) => typed.replace(/[<>]/g, '') })
    .allowExcessArguments(false)
    .passThroughOptions(passThrough);
  for (const operand of operands) command.argument(operand.startsWith('[') ? dotted(operand) : `<${dotted(operand)}>`);
  for (const [flag, its] of Object.entries(flags))
    for (const spelling of spellings(flag, its)) command.addOption(optionOf(spelling, its).hideHelp(spelling !== flag));
  if (examples.length > 0) command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}`);
  return command;
}

/** As commander writes an operand or a value of which there may be several. */
const dotted = (word: string): string => word.replace('…', '...');

function optionOf(spelling: string, { value, short, alias, list, help, choices, fallback }: Flag): Option {
  const other = short === undefined || spelling === alias ? '' : `-${short}, `;
  // A text that explains each choice names them all.
  const isNamed = choices === undefined || choices.every((choice) => help.includes(choice));
  const notes = [...(isNamed ? [] : [choices.join(', ')]), ...(fallback === undefined ? [] : [`default: ${fallback}`])];
  const option = new Option(
    `${other}--${spelling}${value === undefined ? '' : ` <${value}${list === 'rest' ? '...' : ''}>`}`,
    `${help}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`,
  );
  // Brackets in the word for the value would say that it may be left out.
  option.optional = false;
  return option;
}

/** How a command line looks: its words and the names of its operands. */
export const usageOf = ({ name, operands = [], flags }: Description): string =>
  [PROGRAM, name, ...operands, ...(Object.keys(flags).length > 0 ? ['[options]'] : [])].join(' ');

/** The options as the help shows them: `-n, --limit N`, and the sentence. */
export const optionsOf = (description: Description): readonly (readonly [term: string, help: string])[] =>
  commandOf(description)
    .options.filter(({ hidden }) => !hidden)
    .map(({ flags, description: help }) => [flags.replace(/[<>]/g, ''), help]);

/** The help, with a line break at its end. */
export function helpOf(description: Description): string {
  const parts: string[] = [];
  commandOf(description)
    .configureOutput({ writeOut: (part) => parts.push(part) })
    .outputHelp();
  return parts.join('');
}

/** The help of several commands: a heading for each group, and a line for each of its commands. */
export function overviewOf(
  usage: string,
  about: string,
  groups: readonly (readonly [title: string, members: readonly Description[]])[],
): string {
  const program = new Command(PROGRAM).usage(usage).description(about).helpOption(false).helpCommand(false);
  program.configureHelp({ helpWidth: WIDTH, subcommandTerm: (command) => command.name() });
  for (const [title, members] of groups) {
    program.commandsGroup(`${title}:`);
    for (const { name, summary, operands = [] } of members) program.addCommand(new Command([name, ...operands].join(' ')).summary(summary));
  }
  return program.helpInformation();
}
