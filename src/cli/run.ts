// Runs a sub-command, which is everything but `serve`. Each is loaded only when it is asked for.
import { messageOf } from '../commands/outside/message-of.ts';
import { closest } from '../commands/request/closest.ts';
import { GROUPS, SUBCOMMANDS, type SubcommandName } from '../infra/options/commands.ts';
import { UsageError } from '../infra/options/usage-error.ts';
import { type ExitCode, helpOf, readArguments, type Subcommand, type Terminal } from './subcommand.ts';

const LOADERS: Readonly<Record<SubcommandName, () => Promise<Subcommand>>> = {
  'log tail': async () => (await import('./log/read.ts')).logTail,
  'log show': async () => (await import('./log/read.ts')).logShow,
  'log export': async () => (await import('./log/read.ts')).logExport,
  'log import': async () => (await import('./log/import.ts')).logImport,
  'log restored': async () => (await import('./log/restored.ts')).logRestored,
  'log verify': async () => (await import('./log/verify.ts')).logVerify,
  'log archive': async () => (await import('./log/archive.ts')).logArchive,
  'log raise': async () => (await import('./log/raise.ts')).logRaise,
  'log secrets': async () => (await import('./log/secrets.ts')).logSecrets,
  replay: async () => (await import('./replay.ts')).replayCommand,
  gpus: async () => (await import('./views.ts')).gpusCommand,
  ports: async () => (await import('./views.ts')).portsCommand,
  ps: async () => (await import('./views.ts')).psCommand,
  history: async () => (await import('./history.ts')).historyCommand,
  'hosts list': async () => (await import('./hosts.ts')).hostsList,
  'hosts adopt': async () => (await import('./hosts.ts')).hostsAdopt,
  'hosts accept-loss': async () => (await import('./accept-loss.ts')).acceptLossCommand,
  'hosts accept-restore': async () => (await import('./log/adopt.ts')).acceptRestoreCommand,
  adopt: async () => (await import('./log/adopt.ts')).adoptCommand,
  'keys create': async () => (await import('./keys.ts')).keysCreate,
  'keys list': async () => (await import('./keys.ts')).keysList,
  'keys set': async () => (await import('./keys.ts')).keysSet,
  'keys revoke': async () => (await import('./keys.ts')).keysRevoke,
  ledger: async () => (await import('./ledger.ts')).ledgerCommand,
};

/** Prints errors itself. Never rejects. */
export async function runSubCommand(argv: readonly string[], io: Terminal): Promise<ExitCode> {
  try {
    const [first = '', second] = argv;
    const group = GROUPS.includes(first);
    if (group && (second === undefined || second.startsWith('-'))) {
      const asked = second === '--help' || second === '-h';
      (asked ? io.out : io.err)(await groupHelp(first));
      return asked ? 0 : 2;
    }
    const typed = group ? `${first} ${second}` : first;
    const name = SUBCOMMANDS.find((known) => known === typed);
    if (name === undefined) throw noSuch(typed);
    const subcommand = await LOADERS[name]();
    const args = readArguments(subcommand, argv.slice(group ? 2 : 1));
    if (args !== 'help') return await subcommand.run(args, io);
    io.out(`${helpOf(subcommand)}\n`);
    return 0;
  } catch (error) {
    if (io.signal.aborted) return 1;
    io.err(`gpu-docker-api: ${messageOf(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

function noSuch(name: string): UsageError {
  const near = closest(name, SUBCOMMANDS);
  return new UsageError(`there is no command "${name}"${near === undefined ? '' : `: did you mean ${near}?`}`);
}

async function groupHelp(group: string): Promise<string> {
  const names = SUBCOMMANDS.filter((name) => name.startsWith(`${group} `));
  const members = await Promise.all(names.map((name) => LOADERS[name]()));
  const rows = members.map(({ name, operands = [], summary }) => ({ typed: [name, ...operands].join(' '), summary }));
  const width = Math.max(18, ...rows.map(({ typed }) => typed.length)) + 2;
  const lines = rows.map(({ typed, summary }) => `  ${typed.padEnd(width)}${summary}`);
  return `Usage: gpu-docker-api ${group} COMMAND\n\n${lines.join('\n')}\n\nEach has a --help.\n`;
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
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    drained: () => new Promise((resolve) => process.stdout.write('', () => resolve())),
    colours: process.stdout.isTTY === true && !quiet,
    progress: process.stderr.isTTY === true,
    signal: stop.signal,
  };
}
