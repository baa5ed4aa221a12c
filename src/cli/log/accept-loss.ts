// `hosts accept-loss`: the operator's word that what is missing from a host's Docker is lost.
import { apiOf, orderedBy, resultOf, SERVER_FLAGS } from '../ask.ts';
import { userOfShell } from '../hosts.ts';
import type { Arguments, ExitCode, Subcommand, Terminal } from '../subcommand.ts';

export const acceptLossCommand: Subcommand = {
  name: 'hosts accept-loss',
  operands: ['HOST'],
  summary: 'Give up the containers and volumes that are missing from the Docker of a host.',
  flags: {
    by: { value: 'NAME', help: 'name for the log (default: the user of this shell)' },
    'dry-run': { help: 'change nothing: list the losses' },
    json: { help: "print the server's data as one JSON object" },
    ...SERVER_FLAGS,
  },
  details:
    'GPUs and ports of what is given up are free again. Look first whether Docker is the right one and whether its disk is mounted: what comes\n' +
    'back later is taken back, but without its GPUs. Exit code: 0 done, 1 refused or no server, 2 wrong usage.',
  run,
};

async function run(args: Arguments, io: Terminal): Promise<ExitCode> {
  const [host = ''] = args.operands;
  const dryRun = args.has('dry-run');
  const api = apiOf(args, io, { headers: orderedBy(args.one('by') ?? userOfShell()) });
  const loss = await resultOf(api.POST('/api/v1/hosts/{host}/accept-loss', { params: { path: { host }, query: { dryRun } } }));
  if (args.has('json')) {
    io.out(`${JSON.stringify(loss)}\n`);
    return 0;
  }
  const names = [...loss.replicaSets.map((name) => `replicaSet ${name}`), ...loss.volumes.map((name) => `volume ${name}`)];
  if (names.length === 0) io.out(`Nothing is missing on ${host}.\n`);
  else io.out(`${dryRun ? 'Would be given up' : 'Given up'}: ${names.join(', ')}.\n`);
  return 0;
}
