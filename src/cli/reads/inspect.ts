// `inspect NAME…` and `volume inspect NAME…`: all that the server says of a replicaSet or a volume, as JSON.
import type { ReplicaSetListEntry } from '../../projections/views/replica-set.ts';
import type { VolumeListEntry } from '../../projections/views/volume.ts';
import { AT_FLAG, ask, RefusedError, SERVER_FLAGS } from '../ask.ts';
import type { Arguments, ExitCode, Subcommand, Terminal } from '../subcommand.ts';
import { EXIT_CODES, moment } from './views.ts';

const KINDS = ['replicaSet', 'volume'] as const;
type What = (typeof KINDS)[number];

interface Lists {
  readonly replicaSet: ReadonlyMap<string, ReplicaSetListEntry>;
  readonly volume: ReadonlyMap<string, VolumeListEntry>;
}

const byName = <E extends { readonly name: string }>(entries: readonly E[]): ReadonlyMap<string, E> =>
  new Map(entries.map((entry) => [entry.name, entry]));

async function listsOf(args: Arguments, io: Terminal): Promise<Lists> {
  const [sets, volumes] = await Promise.all([
    ask<{ readonly replicaSets: readonly ReplicaSetListEntry[] }>(args, io, '/api/v1/replicaSet', moment(args)),
    ask<{ readonly volumes: readonly VolumeListEntry[] }>(args, io, '/api/v1/volumes', moment(args)),
  ]);
  return { replicaSet: byName(sets.data.replicaSets), volume: byName(volumes.data.volumes) };
}

/** The entry of the list, the info, and the etag that --if-match takes. One that is still being made has no info. */
async function inspected(args: Arguments, io: Terminal, what: What, name: string, lists: Lists): Promise<object | null> {
  const entry = lists[what].get(name);
  if (entry === undefined) return null;
  const path = `/api/v1/${what === 'volume' ? 'volumes' : 'replicaSet'}/${encodeURIComponent(name)}`;
  const answer = await ask<{ readonly info?: object; readonly Info?: object }>(args, io, path, moment(args)).catch((error: unknown) => {
    if (error instanceof RefusedError && error.status === 404) return null;
    throw error;
  });
  const etag = answer?.etag == null ? {} : { etag: Number(answer.etag.replaceAll('"', '')) };
  return { kind: what, ...entry, ...etag, ...(answer !== null && { info: answer.data.info ?? answer.data.Info }) };
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

const FLAGS = { at: AT_FLAG, json: { help: 'as always' }, ...SERVER_FLAGS };
const DETAILS = `The fields of the lists, then info as the API has it, and the etag that --if-match takes.\n\n${EXIT_CODES}`;

export const inspectCommand: Subcommand = {
  name: 'inspect',
  operands: ['NAME…'],
  completes: 'replicaSet',
  summary: 'Print all about replicaSets or volumes, as a JSON array.',
  flags: { type: { value: 'WHAT', choices: KINDS, help: 'of this kind alone (default: both)' }, ...FLAGS },
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
