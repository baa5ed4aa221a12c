// What an operator says of a host whose log was restored: `adopt` takes back what the log does not know, `hosts accept-restore` settles the rest.
import { apiOf, orderedBy, resultOf, SERVER_FLAGS } from '../ask.ts';
import type { ApiClient, Plan } from '../client/client.ts';
import { actor, userOfShell } from '../hosts.ts';
import { plain } from '../output/table.ts';
import type { Arguments, ExitCode, Subcommand, Terminal } from '../subcommand.ts';
import { versionNumber } from '../values.ts';

const FLAGS = {
  by: { value: 'NAME', help: 'name for the log (default: the user of this shell)' },
  json: { help: "print the server's data as one JSON object" },
  ...SERVER_FLAGS,
} as const;

const orderingApi = (args: Arguments, io: Terminal): ApiClient =>
  apiOf(args, io, { headers: orderedBy(actor(args.one('by') ?? userOfShell())) });

export const acceptRestoreCommand: Subcommand = {
  name: 'hosts accept-restore',
  operands: ['HOST'],
  summary: 'Accept a restored log as it is: from then on the host works as usual.',
  flags: { ...FLAGS, 'dry-run': { help: 'change nothing: list the differences' } },
  details:
    'What the log has and Docker does not is then doubted and given up, with its GPUs; what Docker has and the log does not is stopped, its disk\n' +
    'stays; operations of the log go on. Adopt first what is to be taken back. Exit code: 0 done, 1 refused or no server, 2 wrong usage.',
  run: settle,
};

async function settle(args: Arguments, io: Terminal): Promise<ExitCode> {
  const [host = ''] = args.operands;
  const dryRun = args.has('dry-run');
  const asked = { params: { path: { host }, query: { dryRun } } };
  const settlement = await resultOf(orderingApi(args, io).POST('/api/v1/hosts/{host}/accept-restore', asked));
  if (args.has('json')) {
    io.out(`${JSON.stringify(settlement)}\n`);
    return 0;
  }
  const { wasRestored, differences } = settlement;
  if (!wasRestored) io.out(`There is nothing to settle on ${host}: Docker and the log agree, or it was said before.\n`);
  else
    io.out(
      `${dryRun ? 'Would be settled' : 'Settled'} on ${host}, with ${differences.length} differences.\n${differences.map((one) => `  ${plain(one)}\n`).join('')}`,
    );
  return 0;
}

export const adoptCommand: Subcommand = {
  name: 'adopt',
  operands: ['NAME'],
  summary: 'Take back a container of the service that Docker has and the log does not know.',
  flags: {
    ...FLAGS,
    volume: { help: 'NAME is a volume' },
    unlabelled: { value: 'VERSION', help: 'take in NAME-VERSION, which was there before the log and has no label of the service' },
    'dry-run': { help: 'change nothing: print the events' },
  },
  details:
    'For a log that was restored from a backup: a container that was run or patched after it. It becomes the current version of NAME, with the GPUs and\n' +
    'host ports that it uses, which must not be leased to another. The volumes that it mounts are taken back with it. One that does not run holds\n' +
    'nothing: restart it. Ask the server of the host that the container is on. With --unlabelled a container or volume of other hands is taken in as it is,\n' +
    'without being stopped; import-go does so for all of the Go program. (For a machine that is to be a host of the log: hosts adopt.)\n' +
    'Exit code: 0 done, 1 refused or no server, 2 wrong usage.',
  run: adopt,
};

export interface Adopted {
  readonly name: string;
  readonly version: number;
  readonly state: string;
  readonly gpus: readonly string[];
  readonly ports: Readonly<Record<string, number>>;
  readonly volumes: readonly string[];
  readonly approximate: readonly string[];
}

async function adopt(args: Arguments, io: Terminal): Promise<ExitCode> {
  const [name = ''] = args.operands;
  const api = orderingApi(args, io);
  const given = args.one('unlabelled');
  const version = given === undefined ? undefined : versionNumber(given, '--unlabelled');
  const asked = { params: { path: { name } }, body: version === undefined ? {} : { unlabelled: { version } } };
  const isVolume = args.has('volume');
  const print = <T>(answer: T, text: (answer: T) => string): void =>
    io.out(args.has('json') ? `${JSON.stringify(answer)}\n` : text(answer));
  if (args.has('dry-run')) {
    const { POST } = api.plan;
    print(
      await resultOf(isVolume ? POST('/api/v1/volumes/{name}/adopt', asked) : POST('/api/v1/replicaSet/{name}/adopt', asked)),
      plannedText,
    );
    return 0;
  }
  const { POST } = api;
  print(
    await resultOf(isVolume ? POST('/api/v1/volumes/{name}/adopt', asked) : POST('/api/v1/replicaSet/{name}/adopt', asked)),
    (adopted) => adoptedText(adopted, version === undefined ? 'taken back' : 'taken in'),
  );
  return 0;
}

const listed = (sentences: readonly string[]): string => sentences.map((one) => `  ${plain(one)}\n`).join('');

function plannedText({ events }: Plan): string {
  if (events.length === 0) return 'Nothing would be recorded: the log has it already.\n';
  const approximate = events.flatMap((event) => (event.type === 'ContainerAdopted' ? event.data.approximate : []));
  const notes = approximate.length === 0 ? '' : `With these differences:\n${listed(approximate)}`;
  return `Would be recorded:\n${listed(events.map(({ type, stream }) => `${type} ${stream}`))}${notes}`;
}

function adoptedText({ name, version, state, gpus, ports, volumes, approximate }: Adopted, done: 'taken back' | 'taken in'): string {
  if (version === 0) return `The log has ${name} already: there is nothing to take ${done === 'taken in' ? 'in' : 'back'}.\n`;
  const list = Object.entries(ports).map(([container, host]) => `${host}->${container}`);
  const with_ = [
    ...(gpus.length > 0 ? [`GPUs ${gpus.join(', ')}`] : []),
    ...(list.length > 0 ? [`ports ${list.join(', ')}`] : []),
    ...(volumes.length > 0 ? [`volumes ${volumes.join(', ')}`] : []),
  ];
  return `${name}-${version} (${state}) is ${done}${with_.length > 0 ? `, with ${with_.join('; ')}` : ''}.\n${listed(approximate)}`;
}
