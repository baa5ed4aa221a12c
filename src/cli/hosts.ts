// `hosts list`: the hosts that the log knows. `hosts adopt`: an operator's word that this machine is one of them.
import { userInfo } from 'node:os';
import { adoptHost } from '../infra/host/machine-identity.ts';
import { UsageError } from '../infra/options/usage-error.ts';
import { hostName } from '../infra/options/values.ts';
import { answerOf, apiOf } from './ask.ts';
import type { Schemas } from './client/client.ts';
import { dataDirOf, LOG_FLAGS } from './log/open-log.ts';
import { type Column, printRows, rowFlags } from './output/rows.ts';
import { asOf, EXIT_CODES, moment, VIEW_FLAGS } from './reads/views.ts';
import type { Subcommand } from './subcommand.ts';

const COLUMNS: readonly Column<Schemas['Host']>[] = [
  { field: 'name', head: 'HOST', of: ({ name }) => name },
  { field: 'machine', of: ({ machine }) => machine, least: 8 },
  { field: 'hostId', head: 'HOST ID', of: ({ hostId }) => hostId, least: 9 },
  { field: 'engineId', head: 'DOCKER ID', of: ({ engineId }) => engineId, least: 9 },
  { field: 'dataRoot', head: 'DATA ROOT', of: ({ dataRoot }) => dataRoot, least: 9 },
  { field: 'gpus', of: ({ gpus }) => gpus },
];

export const hostsList: Subcommand = {
  name: 'hosts list',
  summary: 'List the hosts of the log, and the machine and Docker that each is bound to.',
  flags: { ...VIEW_FLAGS, ...rowFlags() },
  details: EXIT_CODES,
  run: async (args, io) => {
    const { data, at } = await answerOf(apiOf(args, io).GET('/api/v1/hosts', { params: { query: moment(args) } }));
    return printRows(io, args, { columns: COLUMNS, rows: data.hosts, json: data, none: 'No hosts.', above: asOf(at) });
  },
};

export const hostsAdopt: Subcommand = {
  name: 'hosts adopt',
  summary: 'Say that this machine is a host that the log knows.',
  operands: ['HOST'],
  flags: {
    seen: {
      value: 'CODE',
      help: 'code from the refusal of the server (in /readyz and its log): it stands for the machine and Docker named there',
    },
    by: { value: 'NAME', help: 'name for the log (default: the user of this shell)' },
    'data-dir': LOG_FLAGS['data-dir'] ?? { value: 'DIR', help: 'data directory of the server' },
  },
  details:
    'For a server that does not lead because its machine, its Docker or its data directory is not the one that the log knows, and\n' +
    'only if that is right: new hardware, another data root, a reinstalled Docker. What the log knows of the host and Docker does not\n' +
    'have is then missing. The refusal ends with the whole command; should anything change meanwhile, it counts for nothing.\n' +
    'A running server takes the word within seconds; one that was started under another host must be restarted.\n' +
    'It is about the machine as a whole, and takes no container back: that is adopt NAME.\n\n' +
    EXIT_CODES,
  run: async (args, io) => {
    const name = checked(args.operands[0] ?? '');
    const dataDir = dataDirOf(args);
    const seen = args.one('seen');
    if (seen === undefined) {
      throw new UsageError('--seen CODE is missing: the server that refuses to lead shows the whole command, in its log and in /readyz');
    }
    const { id } = adoptHost(dataDir, name, actor(args.one('by') ?? userOfShell()), seen);
    io.out(`This machine (host id ${id}, in ${dataDir}) is host ${name} from its server's next attempt to lead on.\n`);
    return 0;
  },
};

function checked(name: string): string {
  try {
    return hostName(name);
  } catch (error) {
    throw new UsageError(`"${name}" was given, but it must be ${(error as Error).message}`);
  }
}

/** The log must tell people from the service, which calls itself system:…. */
export function actor(name: string): string {
  if (!/^[^\p{C}\p{Zl}\p{Zp}]{1,128}$/u.test(name) || /^system(:|$)/i.test(name.normalize('NFKC')))
    throw new UsageError(`--by "${name}": 1 to 128 printable characters that do not begin with system:`);
  return name;
}

/** A user id that no password file names, as in a container, has only a number. */
export function userOfShell(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
