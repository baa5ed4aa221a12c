// Runs a command line that is not the server's: a sub-command, or the help.
import { explained } from '../infra/host/file-error.ts';
import { helpOf, overviewOf, PROGRAM } from '../infra/options/command-line.ts';
import { UsageError } from '../infra/options/usage-error.ts';
import { plainLines } from './output/table.ts';
import { withoutEightBit } from './output/terminal-text.ts';
import { describe, described, FAMILIES, load, NAMES } from './program/commands.ts';
import { noSuch } from './program/no-such.ts';
import { type ExitCode, readArguments, type Terminal } from './subcommand.ts';

/** Prints errors itself. Never rejects. */
export async function runSubCommand(argv: readonly string[], io: Terminal): Promise<ExitCode> {
  try {
    return await runWords(argv, io);
  } catch (error) {
    if (io.signal.aborted) return 1;
    // A server's words may quote a registry's, or a container's.
    io.err(`${PROGRAM}: ${plainLines(explained(error))}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

const asksHelp = (word: string): boolean => word === '--help' || word === '-h';

async function runWords(argv: readonly string[], io: Terminal): Promise<ExitCode> {
  const [first = 'help', ...others] = argv;
  if (first === '__complete') return (await import('./program/complete.ts')).complete(others, io);
  if (first === 'help' || asksHelp(first)) {
    io.out(await helpFor(others.filter((word) => !asksHelp(word))));
    return 0;
  }
  if (first.startsWith('-')) {
    const line = [PROGRAM, 'serve', ...argv].join(' ');
    throw new UsageError(`options come after a command, and ${first} came before any; to start the server: ${line}`);
  }
  const { name, words } = named(argv);
  if (isFamily(name)) {
    const isAsked = words[0] !== undefined && asksHelp(words[0]);
    (isAsked ? io.out : io.err)(await helpFor([name]));
    return isAsked ? 0 : 2;
  }
  const subcommand = await load(name);
  if (subcommand === undefined) throw noSuch(name);
  const args = readArguments(subcommand, words);
  if (args !== 'help') return subcommand.run(args, io);
  io.out(helpOf(subcommand));
  return 0;
}

/** A command of that name counts more than the family. */
const isFamily = (name: string): boolean => FAMILIES.includes(name) && !NAMES.includes(name);

/** The words that name a command, or its family alone; and those that follow. */
function named(argv: readonly string[]): { name: string; words: readonly string[] } {
  const [first = '', second] = argv;
  const isPair = isFamily(first) ? second !== undefined && !second.startsWith('-') : NAMES.includes(`${first} ${second}`);
  return { name: isPair ? `${first} ${second}` : first, words: argv.slice(isPair ? 2 : 1) };
}

/** Of a command, of a family of commands, or, without a word, of the program. Throws UsageError. */
async function helpFor(words: readonly string[]): Promise<string> {
  const end = `\n${PROGRAM} help COMMAND says all of one.\n`;
  if (words.length === 0) {
    const about = 'Leases the GPUs of a Docker host. Every change is an event in a log in etcd.';
    return overviewOf('COMMAND [options]', about, await described()) + end;
  }
  const { name } = named(words);
  if (isFamily(name)) return overviewOf(`${name} COMMAND [options]`, '', await described(name)) + end;
  const description = await describe(name);
  if (description === undefined) throw noSuch(name);
  return helpOf(description);
}

/** This process's own terminal. */
export function thisTerminal(): Terminal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(`${signal}`)));
  // The reader of a pipe went away, as head does when it has enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const quiet = process.env['NO_COLOR'] !== undefined && process.env['NO_COLOR'] !== '';
  const isTerminal = process.stdout.isTTY === true;
  return {
    // What JSON escapes does nothing, and tables and texts are escaped where they are made.
    out: (text) => void process.stdout.write(isTerminal ? withoutEightBit(text) : text),
    err: (text) => void process.stderr.write(text),
    drained: () => new Promise((resolve) => process.stdout.write('', () => resolve())),
    colours: isTerminal && !quiet,
    // 0 is what a terminal says that does not know.
    width: isTerminal ? process.stdout.columns || 80 : null,
    live: isTerminal,
    progress: process.stderr.isTTY === true,
    signal: stop.signal,
  };
}
