// `import-go`: a box of the Go program goes on under this service. Its keys say what there is, the server takes in name by name what Docker really has, and
// no container is stopped.
import { readEtcd } from '../../infra/etcd/reader.ts';
import { UsageError } from '../../infra/options/usage-error.ts';
import { etcdUrls, hostPort } from '../../infra/options/values.ts';
import { SERVER_FLAGS } from '../ask.ts';
import { actor, userOfShell } from '../hosts.ts';
import { plain } from '../output/table.ts';
import type { Arguments, ExitCode, Subcommand, Terminal } from '../subcommand.ts';
import { differencesOf } from './differences.ts';
import { type GoKeys, readGoKeys } from './go-keys.ts';
import { whereGoRuns } from './still-runs.ts';
import { type Taken, takeInContainer, takeInVolume } from './take-in.ts';

const GO_ADDRESS = '127.0.0.1:2378';

export const importGo: Subcommand = {
  name: 'import-go',
  summary: 'Take in the containers and volumes of the Go program, without stopping any.',
  flags: {
    etcd: { value: 'URL[,URL…]', help: 'the etcd of the Go program, which is only read' },
    'go-addr': { value: 'HOST:PORT', fallback: GO_ADDRESS, help: 'where the Go program answered, to see that it is stopped' },
    'go-is-stopped': { help: 'it is, whatever was seen of it' },
    by: { value: 'NAME', help: 'who says so, for the log, and who owns the names from then on (default: the user of this shell)' },
    'dry-run': { help: 'only say what would be taken in, what not, and why' },
    json: { help: 'print one JSON object' },
    ...SERVER_FLAGS,
  },
  details:
    'Stop the Go program first, and start this server on its machine. Each name of its keys under /gpu-docker-api/apis/v1 is taken in with the GPUs and host\n' +
    'ports that its container uses in Docker; what its maps say is only compared. The containers have no label of the service, and get none: each is known\n' +
    'by its id until its next version (patch, rollback, restart). A second call takes in what is left. docs/moving-from-go.md has the whole way.\n' +
    'Exit code: 0 all that is there is taken in, 1 refused or no server, 2 wrong usage, 3 something was not taken in.',
  examples: ['gpu-docker-api import-go --etcd http://127.0.0.1:2379 --dry-run', 'gpu-docker-api import-go --etcd http://127.0.0.1:2379'],
  run,
};

/** Throws UsageError. */
function endpointsOf(args: Arguments): readonly string[] {
  const urls = args.value('etcd', etcdUrls);
  if (urls === undefined) throw new UsageError('--etcd: say where the Go program has its keys, for example --etcd http://127.0.0.1:2379');
  const other = urls.find((url) => !url.startsWith('http://'));
  if (other !== undefined)
    throw new UsageError(
      `--etcd: ${other} was given, but the Go program speaks to its etcd over plain TCP: give that address, as http://HOST:PORT`,
    );
  return urls;
}

/** The program's own `:2378` is every address of this machine. */
function addressOf(text: string): string {
  const { host, port } = hostPort(text);
  return `${host === '' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function run(args: Arguments, io: Terminal): Promise<ExitCode> {
  const urls = endpointsOf(args);
  const by = actor(args.one('by') ?? userOfShell());
  const dryRun = args.has('dry-run');
  const address = args.value('go-addr', addressOf) ?? GO_ADDRESS;
  const runs = args.has('go-is-stopped') ? null : await whereGoRuns(address);
  if (runs !== null && !dryRun)
    throw new Error(`${runs}: stop it first, or it would give GPUs and ports beside this service (if it is stopped: --go-is-stopped)`);
  const etcd = readEtcd(urls);
  try {
    const keys = await readGoKeys(etcd, urls.join(', '));
    const taken: Taken[] = [];
    const note = (one: Taken): void => {
      taken.push(one);
      if (!args.has('json')) io.out(lineOf(one, dryRun));
    };
    const order = { args, io, by, dryRun, taken };
    for (const volume of keys.volumes) note(await takeInVolume(order, volume));
    for (const container of keys.containers) note(await takeInContainer(order, container, etcd, keys));
    const differences = [...keys.problems, ...differencesOf(keys, taken)];
    if (args.has('json')) io.out(`${JSON.stringify({ dryRun, goRuns: runs, taken, differences })}\n`);
    else io.out(summaryOf(taken, differences, runs, dryRun, keys));
    return taken.some(({ outcome }) => outcome === 'refused') ? 3 : 0;
  } finally {
    etcd.close();
  }
}

const WORDS = { taken: 'taken in', already: 'already in the log', gone: 'not in Docker', refused: 'not taken in' } as const;

function lineOf({ what, name, outcome, text, notes }: Taken, dryRun: boolean): string {
  const word = outcome === 'taken' && dryRun ? 'would be taken in' : WORDS[outcome];
  const kind = what === 'volume' ? 'volume ' : '';
  return `${kind}${plain(name)}: ${word}${text === '' ? '' : `: ${plain(text)}`}\n${notes.map((note) => `  ${plain(note)}\n`).join('')}`;
}

function summaryOf(taken: readonly Taken[], differences: readonly string[], runs: string | null, dryRun: boolean, keys: GoKeys): string {
  const count = (outcome: Taken['outcome']): number => taken.filter((one) => one.outcome === outcome).length;
  const parts = (['taken', 'already', 'gone', 'refused'] as const).flatMap((outcome) => {
    const many = count(outcome);
    return many === 0 ? [] : [`${many} ${outcome === 'taken' && dryRun ? 'would be taken in' : WORDS[outcome]}`];
  });
  const names = keys.containers.length + keys.volumes.length;
  const total = `${names} name${names === 1 ? '' : 's'}${parts.length > 0 ? `: ${parts.join(', ')}` : ''}.\n`;
  const said =
    differences.length === 0 ? '' : `What the Go program had written otherwise:\n${differences.map((one) => `  ${plain(one)}\n`).join('')}`;
  return `${total}${said}${runs === null ? '' : `Not before it is stopped: ${runs}.\n`}`;
}
