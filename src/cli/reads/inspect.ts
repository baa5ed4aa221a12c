// `inspect NAME…` and `volume inspect NAME…`: all that the server says of a replicaSet or a volume, as JSON.
import { AT_FLAG, answerOf, apiOf, RefusedError, resultOf, SERVER_FLAGS } from '../ask.ts';
import type { Schemas } from '../client/client.ts';
import type { Arguments, ExitCode, Subcommand, Terminal } from '../subcommand.ts';
import { EXIT_CODES, moment } from './views.ts';

const KINDS = ['replicaSet', 'volume'] as const;
type What = (typeof KINDS)[number];

interface Lists {
  readonly replicaSet: ReadonlyMap<string, Schemas['ReplicaSet']>;
  readonly volume: ReadonlyMap<string, Schemas['Volume']>;
}

const byName = <E extends { readonly name: string }>(entries: readonly E[]): ReadonlyMap<string, E> =>
  new Map(entries.map((entry) => [entry.name, entry]));

async function listsOf(args: Arguments, io: Terminal): Promise<Lists> {
  const api = apiOf(args, io);
  const then = { params: { query: moment(args) } };
  const [{ replicaSets }, { volumes }] = await Promise.all([
    resultOf(api.GET('/api/v1/replicaSet', then)),
    resultOf(api.GET('/api/v1/volumes', then)),
  ]);
  return { replicaSet: byName(replicaSets), volume: byName(volumes) };
}

/** The entry of the list, the info, and the etag that --if-match takes. One that is still being made has no info. */
async function inspected(args: Arguments, io: Terminal, what: What, name: string, lists: Lists): Promise<object | null> {
  const entry = lists[what].get(name);
  if (entry === undefined) return null;
  const api = apiOf(args, io);
  const asked = { params: { path: { name }, query: moment(args) } };
  const sent = what === 'volume' ? api.GET('/api/v1/volumes/{name}', asked) : api.GET('/api/v1/replicaSet/{name}', asked);
  const answer = await answerOf<object>(sent).catch((error: unknown) => {
    if (error instanceof RefusedError && error.status === 404) return null;
    throw error;
  });
  if (answer === null) return { kind: what, ...entry };
  const etag = answer.etag === null ? {} : { etag: Number(answer.etag.replaceAll('"', '')) };
  // With --compat-go the field of a replicaSet has the Go program's name.
  const info: unknown = Object.values(answer.data)[0];
  return { kind: what, ...entry, ...etag, info };
}

async function inspect(args: Arguments, io: Terminal, kinds: readonly What[]): Promise<ExitCode> {
  const lists = await listsOf(args, io);
  const found: object[] = [];
  const missing: string[] = [];
  for (const name of args.operands) {
    const all = await Promise.all(kinds.map((what) => inspected(args, io, what, name, lists)));
    const there = all.filter((one) => one !== null);
    found.push(...there);
    if (there.length === 0) missing.push(name);
  }
  io.out(`${JSON.stringify(found, null, 2)}\n`);
  for (const name of missing) io.err(`gpu-docker-api: there is no ${kinds.join(' and no ')} ${name}\n`);
  return missing.length > 0 ? 1 : 0;
}

const FLAGS = { at: AT_FLAG, json: { help: 'for scripts; has no effect: the output is always JSON' }, ...SERVER_FLAGS };
const DETAILS = `The fields of the lists, then info as the API has it, and the etag that --if-match takes.\n\n${EXIT_CODES}`;

export const inspectCommand: Subcommand = {
  name: 'inspect',
  operands: ['NAME…'],
  completes: 'replicaSet',
  summary: 'Print all about replicaSets or volumes, as a JSON array.',
  flags: { type: { value: 'WHAT', choices: KINDS, help: 'only of this kind (default: both)' }, ...FLAGS },
  details: DETAILS,
  run: async (args, io) => {
    const type = args.one('type');
    return inspect(
      args,
      io,
      KINDS.filter((kind) => type === undefined || kind === type),
    );
  },
};

export const volumeInspect: Subcommand = {
  name: 'volume inspect',
  operands: ['NAME…'],
  completes: 'volume',
  summary: 'Print all about volumes, as a JSON array.',
  flags: FLAGS,
  details: DETAILS,
  run: (args, io) => inspect(args, io, ['volume']),
};
