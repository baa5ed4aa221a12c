// The command line and the environment as typed options. Flags come before the environment, the environment before the defaults.
import { closest } from '../../commands/request/closest.ts';
import { SUBCOMMAND_WORDS } from './commands.ts';
import { type FlagSentences, readFlags } from './flags.ts';
import { GivenValues } from './given-values.ts';
import { type Environment, type Machine, thisMachine } from './machine.ts';
import { type ServeOptions, serveOptions } from './serve-options.ts';
import { HELP, OPTIONS, type Option } from './table.ts';
import { UsageError } from './usage-error.ts';
import { doubts, unknownVariables } from './warnings.ts';

export type Parsed =
  | {
      readonly command: 'serve';
      readonly options: ServeOptions;
      /** Allowed, but probably not meant. */
      readonly warnings: readonly string[];
      /** The further switches that are on. */
      readonly switches: ReadonlySet<string>;
    }
  | { readonly command: 'help'; readonly text: string }
  | { readonly command: 'version' };

/** They have parsers of their own in src/cli, and are named here to be suggested. */
const COMMANDS = ['serve', ...SUBCOMMAND_WORDS];
const VERSION: Option = { short: 'v', example: '', help: 'the version' };

const SENTENCES: FlagSentences<Option> = {
  unknown: (rawName, near) => `there is no option ${rawName}${near === undefined ? '; see --help' : `: did you mean --${near}?`}`,
  takesNoValue: (rawName, value) => `${rawName} takes no value, "${value}" was given: write ${rawName} alone`,
  needsValue: (rawName, { example }) => `${rawName} needs a value: for example ${rawName} ${example}`,
};

/**
 * Parses `argv`, which does not contain the program itself. `further` are switches of a program that starts the server, as `npm start` does:
 * the server itself has none of them. Throws UsageError.
 */
export function parseOptions(
  argv: readonly string[],
  env: Environment = process.env,
  machine: Machine = thisMachine(),
  further: Readonly<Record<string, Option>> = {},
): Parsed {
  const command = argv[0] === undefined || argv[0].startsWith('-') ? undefined : argv[0];
  const given = readFlags(command === undefined ? argv : argv.slice(1), { ...OPTIONS, ...further, version: VERSION }, SENTENCES);
  if (given === 'help' || command === 'help') return { command: 'help', text: HELP };
  const { flags, operands } = given;
  if (operands[0] !== undefined) throw new UsageError(`"${operands[0]}" is not expected: options begin with -- ; see --help`);
  if (flags.has('version') || command === 'version') return { command: 'version' };
  if (command !== undefined && !COMMANDS.includes(command)) {
    const near = closest(command, COMMANDS);
    throw new UsageError(`there is no command "${command}"${near === undefined ? '' : `: did you mean ${near}?`}; see --help`);
  }
  const values = new GivenValues(OPTIONS, flags, env);
  const options = serveOptions(values, env, machine);
  const others = new GivenValues(further, flags, env);
  return {
    command: 'serve',
    options,
    warnings: [...unknownVariables(env), ...doubts(options, values.has('port-range'), machine)],
    switches: new Set(Object.keys(further).filter((name) => others.isOn(name))),
  };
}
