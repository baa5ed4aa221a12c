// `keys create|list|set|revoke`: the API keys. Without a server to ask they go to the log itself: whoever may read the server's data directory, or
// write its etcd, may say who uses the API. So there is a way to the first key, and one when the last key of an admin is lost.
import { randomBytes } from 'node:crypto';
import { commands } from '../commands/command.ts';
import { isoTime } from '../commands/request/keys/fields.ts';
import { KEY_BYTES, newKey } from '../commands/request/keys/secret.ts';
import { formatBytes, parseSize } from '../commands/request/names.ts';
import type { Role, Scope } from '../events/key.ts';
import type { Flag } from '../infra/options/flags.ts';
import { UsageError } from '../infra/options/usage-error.ts';
import { type KeyListEntry, keyList } from '../projections/views/keys.ts';
import { apiOf, orderedBy, resultOf, SERVER_VARIABLE } from './ask.ts';
import type { ApiClient } from './client/client.ts';
import { actor, userOfShell } from './hosts.ts';
import { changeInLog, stateOfLog } from './log/change.ts';
import { dataDirOf, LOG_FLAGS } from './log/open-log.ts';
import { type Column, printRows, rowFlags } from './output/rows.ts';
import { shownTime } from './output/time.ts';
import { printJson } from './reads/views.ts';
import type { Arguments, ExitCode, Subcommand, Terminal } from './subcommand.ts';
import { choiceOf, count } from './values.ts';

const WHERE: Readonly<Record<string, Flag>> = {
  json: { help: 'print one JSON object' },
  ...LOG_FLAGS,
  server: { value: 'URL', help: `ask this server instead (default: ${SERVER_VARIABLE}), with the key in GPU_DOCKER_API_KEY` },
};
const BY: Flag = { value: 'NAME', help: 'name for the log (default: the user of this shell)' };
const ROLES = ['viewer', 'operator', 'admin'] as const;
const SCOPES = ['own', 'all'] as const;
const RIGHTS: Readonly<Record<string, Flag>> = {
  role: {
    value: 'ROLE',
    choices: ROLES,
    help: 'viewer: read; operator: also change containers and volumes (default); admin: everything',
  },
  scope: { value: 'WHICH', choices: SCOPES, help: 'own: only things that the key’s name created (default of an operator); all' },
  expires: { value: 'TIME', help: 'end of its use: 2027-01-31, or 12h or 90d from now' },
  gpus: { value: 'N', help: 'quota: GPUs held at the same time' },
  'gpu-hours-month': { value: 'N', help: 'quota: GPU-hours in a calendar month (UTC)' },
  containers: { value: 'N', help: 'quota: replicaSets' },
  'volume-bytes': { value: 'SIZE', help: 'quota: sum of the sizes of volumes, as 500GB' },
};
const LIMITS = [
  ['gpus', 'gpus'],
  ['gpu-hours-month', 'gpuHoursMonth'],
  ['containers', 'containers'],
  ['volume-bytes', 'volumeBytes'],
] as const;

const DETAILS =
  'Without --server the log is changed itself, by its --data-dir or --etcd, whether a server runs or not. Exit code: 0 done, 1 refused or\n' +
  'failed, 2 wrong usage.';

/** Whether a server is asked. One that the environment names gives way to a log that the command line names. */
function asksServer(args: Arguments): boolean {
  if (args.has('server')) return true;
  const named = process.env[SERVER_VARIABLE];
  return named !== undefined && named !== '' && !args.has('data-dir') && !args.has('etcd');
}

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

function expiry(text: string): string {
  const [, amount, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (amount !== undefined && (unit === 'm' || unit === 'h' || unit === 'd'))
    return new Date(Date.now() + Number(amount) * UNIT_MS[unit]).toISOString();
  const iso = isoTime(text);
  if (iso === null) throw new UsageError(`--expires: "${text}" is neither a time such as 2027-01-31T12:00:00Z nor a duration such as 90d`);
  return iso;
}

function limitOf(flag: (typeof LIMITS)[number][0], text: string): number {
  if (flag === 'gpu-hours-month') {
    const hours = /^\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isNaN(hours)) throw new UsageError(`--${flag}: "${text}" is not a number`);
    return hours;
  }
  if (flag !== 'volume-bytes') return count(text, `--${flag}`);
  const size = text === '0' ? { bytes: 0 } : parseSize(text);
  if (size === null) throw new UsageError(`--${flag}: "${text}" is not a size such as 500GB`);
  return size.bytes;
}

interface Asked {
  readonly role?: Role;
  readonly scope?: Scope;
  readonly quota?: { readonly [K in (typeof LIMITS)[number][1]]?: number };
}

function rightsOf(args: Arguments): Asked {
  const role = choiceOf(args, 'role', ROLES);
  const scope = choiceOf(args, 'scope', SCOPES);
  const quota: { [K in (typeof LIMITS)[number][1]]?: number } = {};
  for (const [flag, field] of LIMITS) {
    const text = args.one(flag);
    if (text !== undefined && text !== 'none') quota[field] = limitOf(flag, text);
  }
  return { ...(role !== undefined && { role }), ...(scope !== undefined && { scope }), ...(Object.keys(quota).length > 0 && { quota }) };
}

const NO_ADMIN =
  'gpu-docker-api: warning: each request needs a key from now on, and no key has the role admin: create one as well, on the server’s machine, with ' +
  'gpu-docker-api keys create NAME --role admin --data-dir PATH (or --etcd URL)\n';

const actorOf = (args: Arguments): string => actor(args.one('by') ?? userOfShell());

const orderingApi = (args: Arguments, io: Terminal): ApiClient => apiOf(args, io, { headers: orderedBy(actorOf(args)) });

export const keysCreate: Subcommand = {
  name: 'keys create',
  operands: ['NAME'],
  summary: 'Create a key. It is shown once.',
  flags: { ...RIGHTS, by: BY, ...WHERE },
  details: `NAME is the actor of what is done with the key. From the first key on each request needs one.\n${DETAILS}`,
  run: async (args, io) => {
    const [name = ''] = args.operands;
    const expires = args.one('expires');
    const body = { name, ...rightsOf(args), ...(expires !== undefined && { expires: expiry(expires) }) };
    let text: string;
    let [isNewLog, isFirst] = [false, false];
    if (asksServer(args)) {
      const api = orderingApi(args, io);
      // Whoever may create one may list them.
      isFirst = body.role !== 'admin' && (await resultOf(api.GET('/api/v1/keys'))).keys.length === 0;
      text = (await resultOf(api.POST('/api/v1/keys', { body }))).key;
    } else {
      const made = newKey(randomBytes(KEY_BYTES));
      ({ text } = made);
      const command = { ...body, ...made.hashed };
      isNewLog = await changeInLog(args, { command: 'createKey', actor: actorOf(args), create: true }, (state, by) => {
        isFirst = state.keys.size === 0;
        return commands.createKey.decide(state, command, { by });
      });
    }
    // Whoever meant the log of a server that runs has named another place.
    if (isNewLog)
      io.err(
        `There was no log yet, so one was begun, in ${args.one('etcd') ?? dataDirOf(args)}: only a server of that log knows the key.\n`,
      );
    if (isFirst && body.role !== 'admin') io.err(NO_ADMIN);
    if (args.has('json')) return printJson(io, { name, key: text });
    io.err(`The key of ${name}, which is not shown again:\n`);
    io.out(`${text}\n`);
    io.err('Send it as Authorization: Bearer KEY; gpu-docker-api takes it from GPU_DOCKER_API_KEY.\n');
    return 0;
  },
};

export const keysSet: Subcommand = {
  name: 'keys set',
  operands: ['NAME'],
  completes: 'key',
  summary: 'Change the rights and the quota of a key.',
  flags: { ...RIGHTS, by: BY, ...WHERE },
  details: `What is not named stays as it is. The word none lifts a limit (--gpus none), and the word never lifts the end (--expires never).\n${DETAILS}`,
  run: async (args, io) => {
    const [name = ''] = args.operands;
    const expires = args.one('expires');
    const unlimited = LIMITS.filter(([flag]) => args.one(flag) === 'none').map(([, field]) => field);
    const until = expires === undefined ? {} : expires === 'never' ? { neverExpires: true } : { expires: expiry(expires) };
    const body = { ...rightsOf(args), ...until, ...(unlimited.length > 0 && { unlimited }) };
    if (Object.keys(body).length === 0) throw new UsageError('nothing is to be changed: see gpu-docker-api keys set --help');
    if (asksServer(args)) await resultOf(orderingApi(args, io).PATCH('/api/v1/keys/{name}', { params: { path: { name } }, body }));
    else
      await changeInLog(args, { command: 'setKey', actor: actorOf(args) }, (state, by) =>
        commands.setKey.decide(state, { name, ...body }, { by }),
      );
    return done(args, io, { name, changed: true }, `Key ${name} was changed.`);
  },
};

export const keysRevoke: Subcommand = {
  name: 'keys revoke',
  operands: ['NAME'],
  completes: 'key',
  summary: 'End a key at once, and the event streams that it has open.',
  flags: { open: { help: 'even the last key: the API is then open to everyone who reaches it on loopback' }, by: BY, ...WHERE },
  details: DETAILS,
  run: async (args, io) => {
    const [name = ''] = args.operands;
    const open = args.has('open');
    const query = open ? { open } : {};
    if (asksServer(args)) await resultOf(orderingApi(args, io).DELETE('/api/v1/keys/{name}', { params: { path: { name }, query } }));
    else
      await changeInLog(args, { command: 'revokeKey', actor: actorOf(args) }, (state) => commands.revokeKey.decide(state, { name, open }));
    return done(args, io, { name, revoked: true }, `Key ${name} is revoked.`);
  },
};

function done(args: Arguments, io: Terminal, data: object, sentence: string): ExitCode {
  if (args.has('json')) return printJson(io, data);
  io.out(`${sentence}\n`);
  return 0;
}

const amount = (used: string, limit: string | undefined): string => (limit === undefined ? used : `${used} of ${limit}`);

const limit = (most: number | undefined, text: (value: number) => string = String): string | undefined =>
  most === undefined ? undefined : text(most);
const bytes = (value: number): string => (value === 0 ? '0' : formatBytes(value));

const COLUMNS: readonly Column<KeyListEntry>[] = [
  { field: 'name', of: ({ name }) => name, least: 12 },
  { field: 'key', of: ({ id }) => `gda_${id}`, least: 9 },
  { field: 'role', of: ({ role }) => role },
  { field: 'scope', of: ({ scope }) => scope },
  { field: 'state', of: ({ state }) => state },
  { field: 'expires', of: ({ expires }) => (expires === null ? null : shownTime(expires)), least: 11 },
  { field: 'gpus', of: ({ quota, used }) => amount(String(used.gpus), limit(quota.gpus)) },
  { field: 'gpuHours', head: 'GPU-HOURS', of: ({ quota, used }) => amount(used.gpuHoursMonth.toFixed(1), limit(quota.gpuHoursMonth)) },
  { field: 'containers', of: ({ quota, used }) => amount(String(used.containers), limit(quota.containers)) },
  { field: 'volumes', of: ({ quota, used }) => amount(bytes(used.volumeBytes), limit(quota.volumeBytes, formatBytes)) },
];

export const keysList: Subcommand = {
  name: 'keys list',
  summary: 'List the keys with their rights, quotas and use.',
  flags: { ...WHERE, ...rowFlags() },
  details: DETAILS,
  run: async (args, io) => {
    const keys: readonly KeyListEntry[] = asksServer(args)
      ? (await resultOf(apiOf(args, io).GET('/api/v1/keys'))).keys
      : keyList(await stateOfLog(args), Date.now(), null);
    return printRows(io, args, {
      columns: COLUMNS,
      rows: keys,
      json: { keys },
      none: 'No keys: whoever reaches the API can do everything.',
    });
  },
};
