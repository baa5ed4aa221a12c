// The command line of `serve` and the environment as typed options. Flags come before the environment, the environment before the defaults.
import { helpOf, readCommandLine } from './command-line.ts';
import { GivenValues } from './given-values.ts';
import { type Environment, type Machine, thisMachine } from './machine.ts';
import { type ServeOptions, serveOptions } from './serve-options.ts';
import { OPTIONS, type Option, SERVE } from './table.ts';
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
  | { readonly command: 'help'; readonly text: string };

/**
 * Parses the words after `serve`. `further` are switches of a program that starts the server, as `npm start` does: the server itself has none of
 * them. Throws UsageError.
 */
export function parseOptions(
  argv: readonly string[],
  env: Environment = process.env,
  machine: Machine = thisMachine(),
  further: Readonly<Record<string, Option>> = {},
): Parsed {
  const given = readCommandLine({ ...SERVE, flags: { ...OPTIONS, ...further } }, argv);
  if (given === 'help') return { command: 'help', text: helpOf(SERVE) };
  const values = new GivenValues(OPTIONS, given.flags, env);
  const options = serveOptions(values, env, machine);
  const others = new GivenValues(further, given.flags, env);
  return {
    command: 'serve',
    options,
    warnings: [...unknownVariables(env), ...doubts(options)],
    switches: new Set(Object.keys(further).filter((name) => others.isOn(name))),
  };
}
