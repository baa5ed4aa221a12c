// The names of the sub-commands: main and the option parser know them without loading any. src/cli/run.ts has the loader of each.

/** Every sub-command but `serve`, by the words that name it. */
export const SUBCOMMANDS = [
  'log tail',
  'log show',
  'log export',
  'log import',
  'log restored',
  'log verify',
  'log archive',
  'log raise',
  'log secrets',
  'replay',
  'gpus',
  'ports',
  'ps',
  'history',
  'ledger',
  'hosts list',
  'hosts adopt',
  'hosts accept-loss',
  'hosts accept-restore',
  'adopt',
  'keys create',
  'keys list',
  'keys set',
  'keys revoke',
] as const;
export type SubcommandName = (typeof SUBCOMMANDS)[number];

const firstWord = (name: string): string => name.split(' ')[0] ?? '';

/** First words that stand for a group of sub-commands, such as `log`. */
export const GROUPS: readonly string[] = [...new Set(SUBCOMMANDS.filter((name) => name.includes(' ')).map(firstWord))];

/** The first words of the command lines that run a sub-command. */
export const SUBCOMMAND_WORDS: readonly string[] = [...new Set(SUBCOMMANDS.map(firstWord))];
