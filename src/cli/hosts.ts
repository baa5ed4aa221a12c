// `hosts list`: the hosts that the log knows. `hosts adopt`: an operator's word that this machine is one of them.
import { userInfo } from 'node:os';
import { adoptHost } from '../infra/host/machine-identity.ts';
import { UsageError } from '../infra/options/usage-error.ts';
import { hostName } from '../infra/options/values.ts';
import type { HostListEntry } from '../projections/views/resources.ts';
import { ask } from './ask.ts';
import { dataDirOf, LOG_FLAGS } from './log/open-log.ts';
import { EXIT_CODES, moment, printJson, show, VIEW_FLAGS } from './reads/views.ts';
import type { Subcommand } from './subcommand.ts';

export const hostsList: Subcommand = {
  name: 'hosts list',
  summary: 'List the hosts of the log, and the machine and Docker that each is bound to.',
  flags: VIEW_FLAGS,
  details: EXIT_CODES,
  run: async (args, io) => {
    const { data, at } = await ask<{ readonly hosts: readonly HostListEntry[] }>(args, io, '/api/v1/hosts', moment(args));
    if (args.has('json')) return printJson(io, data);
    const rows = data.hosts.map(({ name, machine, hostId, engineId, dataRoot, gpus }) => [name, machine, hostId, engineId, dataRoot, gpus]);
    return show(io, { columns: ['HOST', 'MACHINE', 'HOST ID', 'DOCKER ID', 'DATA ROOT', 'GPUS'], rows }, at, 'No hosts.');
  },
};

export const hostsAdopt: Subcommand = {
  name: 'hosts adopt',
  summary: 'Say that this machine is a host that the log knows.',
  operands: ['HOST'],
  flags: {
    seen: {
      value: 'CODE',
      help: "the code in the server's refusal (/readyz, its log): the word is about the machine and Docker that it names",
    },
    by: { value: 'NAME', help: 'who says so, for the log (default: the user of this shell)' },
    'data-dir': LOG_FLAGS['data-dir'] ?? { value: 'DIR', help: 'the data directory of the server' },
  },
  details:
    'For a server that does not lead because its machine, its Docker or its data directory is not the one that the log knows, and\n' +
    'only if that is right: new hardware, another data root, a reinstalled Docker. What the log knows of the host and Docker does not\n' +
    'have is then missing. The refusal ends with the whole command; should anything change meanwhile, it counts for nothing.\n' +
    'A running server takes the word within seconds; one that was started under another host must be restarted.\n\n' +
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
  if (!/^[^\p{C}\p{Zl}\p{Zp}]{1,128}$/u.test(name) || /^system(:|$)/i.test(name))
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
