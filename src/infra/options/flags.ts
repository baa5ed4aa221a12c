// Reads the options of a command line by a table of them. `serve` and every sub-command have a table each.
import { parseArgs } from 'node:util';
import { closest } from '../../commands/request/closest.ts';
import { UsageError } from './usage-error.ts';

export interface Flag {
  /** The word that stands for the value in the help; a switch has none. */
  readonly value?: string;
  /** `repeat`: may be given several times. `rest`: also takes all words that follow, up to the next option. */
  readonly list?: 'repeat' | 'rest';
  readonly short?: string;
  /** Another spelling, which the help does not show. */
  readonly alias?: string;
  readonly help: string;
}

/** The sentences of a UsageError. `rawName` is the option as typed, with its dashes. */
export interface FlagSentences<F extends Flag> {
  /** `near`: the name of an option that was probably meant. */
  unknown(rawName: string, near: string | undefined): string;
  takesNoValue(rawName: string, value: string): string;
  needsValue(rawName: string, flag: F): string;
}

export interface GivenFlag {
  readonly rawName: string;
  /** The last value, or all of a list; `true` of a switch. */
  readonly values: readonly string[];
}

export interface GivenFlags {
  readonly flags: ReadonlyMap<string, GivenFlag>;
  /** Words that belong to no option. */
  readonly operands: readonly string[];
}

/** Returns 'help' as soon as --help or -h comes. Throws UsageError. */
export function readFlags<F extends Flag>(
  args: readonly string[],
  table: Readonly<Record<string, F>>,
  sentences: FlagSentences<F>,
): GivenFlags | 'help' {
  const { tokens } = parseArgs({ args: [...args], strict: false, allowPositionals: true, tokens: true, options: parseArgsOptions(table) });
  const names = new Map(Object.entries(table).flatMap(([name, { alias = name }]) => [[name, name] as const, [alias, name] as const]));
  const flags = new Map<string, { rawName: string; values: string[] }>();
  const operands: string[] = [];
  let rest: string[] | null = null;
  for (const token of tokens) {
    if (token.kind === 'positional') (rest ?? operands).push(token.value);
    if (token.kind === 'option-terminator') rest = null;
    if (token.kind !== 'option') continue;
    const { rawName, value, inlineValue } = token;
    if (rawName === '--help' || rawName === '-h') return 'help';
    const name = names.get(token.name);
    const flag = name === undefined ? undefined : table[name];
    if (name === undefined || flag === undefined || (!rawName.startsWith('--') && flag.short === undefined))
      throw new UsageError(sentences.unknown(rawName, closest(rawName.replace(/^-+/, ''), Object.keys(table))));
    if (flag.value === undefined && inlineValue === true) throw new UsageError(sentences.takesNoValue(rawName, value));
    if (flag.value !== undefined && (value === undefined || (!inlineValue && /^--./.test(value))))
      throw new UsageError(sentences.needsValue(rawName, flag));
    const before = flag.list === undefined ? [] : (flags.get(name)?.values ?? []);
    const values = [...before, value ?? 'true'];
    flags.set(name, { rawName, values });
    rest = flag.list === 'rest' ? values : null;
  }
  return { flags, operands };
}

type ParseArgsOption = { readonly type: 'boolean' | 'string'; readonly short?: string };

function parseArgsOptions(table: Readonly<Record<string, Flag>>): Record<string, ParseArgsOption> {
  return Object.fromEntries(
    Object.entries(table).flatMap(([name, { value, short, alias }]) => {
      const type = value === undefined ? 'boolean' : 'string';
      return [
        [name, { type, ...(short !== undefined && { short }) }] as const,
        ...(alias === undefined ? [] : [[alias, { type }] as const]),
      ];
    }),
  );
}
