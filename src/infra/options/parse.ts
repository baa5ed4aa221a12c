// The command line and the environment → typed options. Flags come before the environment, the environment before the defaults.
import { readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { closest, type Flag, HELP, isFlag, OPTIONS, type Option } from './table.ts';
import {
  bytes,
  count,
  dockerHost,
  etcdUrls,
  gpuSource,
  hostPort,
  milliseconds,
  oneOf,
  part,
  portRange,
  seconds,
  storeSize,
  text,
} from './values.ts';

export type GpuSource = { readonly mode: 'auto' } | { readonly mode: 'none' } | { readonly mode: 'simulated'; readonly count: number };
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface ServeOptions {
  /** `host` '' : every address of the machine. */
  readonly addr: { readonly host: string; readonly port: number };
  /** Empty: an etcd of our own. */
  readonly etcd: readonly string[];
  /** `unix:///path`, `tcp://host:port` or `https://host:port`. */
  readonly dockerHost: string;
  /** False: nobody named it; only then may Docker be installed or started. */
  readonly dockerHostGiven: boolean;
  readonly portRange: { readonly start: number; readonly end: number };
  readonly gpus: GpuSource;
  readonly hostName: string;
  /** Absolute. */
  readonly dataDir: string;
  readonly replaceGraceSeconds: number;
  readonly stopTimeoutSeconds: number;
  readonly settleMs: number;
  readonly pull: 'never' | 'missing';
  readonly volumeSize: 'auto' | 'strict';
  /** Bytes. */
  readonly maxBody: number;
  /** Bytes. */
  readonly maxExecOutput: number;
  readonly execTimeoutMs: number;
  /** Clients that follow the events at once. */
  readonly maxSse: number;
  /** Refused mutations become events. */
  readonly auditRejections: boolean;
  /** Absolute paths; empty: all but the forbidden ones. */
  readonly allowBind: readonly string[];
  /** Events from one snapshot of the views to the next; 0: only on a clean stop. */
  readonly snapshotEvery: number;
  /** 0: only on a clean stop. */
  readonly checkpointEveryMs: number;
  /** Absolute; undefined: in the data directory. So are the other two. */
  readonly checkpointFile?: string;
  readonly checkpointKey?: string;
  readonly archiveDir?: string;
  /** The part of etcd's quota from which on the log's beginning is archived; 0: never. */
  readonly archiveAt: number;
  /** Bytes; undefined: the default of the etcd in use. */
  readonly etcdQuota?: number;
  readonly logLevel: LogLevel;
  readonly compatGo: boolean;
  /** False: nothing is installed or started on this machine. */
  readonly install: boolean;
}

export type Parsed =
  | {
      readonly command: 'serve';
      readonly options: ServeOptions /** What is allowed but probably not meant. */;
      readonly warnings: readonly string[];
    }
  | { readonly command: 'help'; readonly text: string }
  | { readonly command: 'version' };

/** The command line cannot be used: print `message` and exit with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly exitCode = 2;
}

/** What defaults and warnings depend on. */
export interface Machine {
  readonly isRoot: boolean;
  readonly homeDir: string;
  readonly hostName: string;
  readonly workingDir: string;
  /** The ports that the kernel gives to outgoing connections; null when it does not say. */
  readonly ephemeralPorts: { readonly start: number; readonly end: number } | null;
}

export function thisMachine(): Machine {
  let ephemeralPorts: Machine['ephemeralPorts'] = null;
  try {
    const [start, end] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/).map(Number);
    if (start !== undefined && end !== undefined) ephemeralPorts = { start, end };
  } catch {
    // Not Linux.
  }
  return { isRoot: process.getuid?.() === 0, homeDir: homedir(), hostName: hostname(), workingDir: process.cwd(), ephemeralPorts };
}

type Environment = Readonly<Record<string, string | undefined>>;

const ENV_PREFIX = 'GPU_DOCKER_API_';
export const envName = (flag: string): string => `${ENV_PREFIX}${flag.toUpperCase().replaceAll('-', '_')}`;

/** Where a value came from, for the error message. */
interface Given {
  readonly from: string;
  readonly values: readonly string[];
}

/** The others have parsers of their own; they stand here to be suggested. */
const COMMANDS = ['serve', 'log', 'replay', 'gpus', 'ports', 'ps', 'history', 'ledger'];

/** Parses `argv` (without the program itself). Throws UsageError. */
export function parseOptions(argv: readonly string[], env: Environment = process.env, machine: Machine = thisMachine()): Parsed {
  const named = argv[0] !== undefined && !argv[0].startsWith('-');
  const { flags, help, version } = readFlags(named ? argv.slice(1) : argv, named ? argv[0] : undefined);
  if (help) return { command: 'help', text: HELP };
  if (version) return { command: 'version' };
  const warnings = unknownVariables(env);
  const values = new Values(flags, env);
  const options = serveOptions(values, env, machine);
  return { command: 'serve', options, warnings: [...warnings, ...doubts(options, values.has('port-range'), machine)] };
}

/** The flags as given. */
function readFlags(args: readonly string[], command: string | undefined): { flags: Map<Flag, Given>; help: boolean; version: boolean } {
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(OPTIONS).flatMap(([name, { kind }]) => {
        const type = { type: kind === 'switch' ? ('boolean' as const) : ('string' as const) };
        return name === 'port-range'
          ? [
              [name, type],
              ['portRange', type],
            ]
          : [[name, type]];
      }),
    ),
  });
  const flags = new Map<Flag, Given>();
  let help = command === 'help';
  let version = command === 'version';
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`"${token.value}" is not expected: options begin with -- ; see --help`);
    if (token.kind !== 'option') continue;
    const { rawName } = token;
    if (rawName === '--help' || rawName === '-h') help = true;
    else if (rawName === '--version' || rawName === '-v') version = true;
    else note(flags, rawName, token.value, token.inlineValue === true);
  }
  if (command !== undefined && !help && !version && !COMMANDS.includes(command)) {
    throw new UsageError(`there is no command "${command}"${suggestion(closest(command, COMMANDS), '')}; see --help`);
  }
  return { flags, help, version };
}

const suggestion = (near: string | undefined, prefix: string): string => (near === undefined ? '' : `: did you mean ${prefix}${near}?`);

function note(flags: Map<Flag, Given>, rawName: string, value: string | undefined, inline: boolean): void {
  const name = rawName === '--portRange' ? 'port-range' : rawName.replace(/^--/, '');
  if (!rawName.startsWith('--') || !isFlag(name)) {
    const near = closest(rawName.replace(/^-+/, ''), Object.keys(OPTIONS));
    throw new UsageError(`there is no option ${rawName}${near === undefined ? '; see --help' : `: did you mean --${near}?`}`);
  }
  const { kind, example } = OPTIONS[name];
  if (kind === 'switch') {
    if (inline) throw new UsageError(`${rawName} takes no value, "${value}" was given: write ${rawName} alone`);
    flags.set(name, { from: rawName, values: ['true'] });
    return;
  }
  if (value === undefined || (!inline && value.startsWith('--')))
    throw new UsageError(`${rawName} needs a value: for example ${rawName} ${example}`);
  const before = kind === 'list' ? (flags.get(name)?.values ?? []) : [];
  flags.set(name, { from: rawName, values: [...before, value] });
}

/** Looks a value up, first among the flags and then in the environment, and says what is wrong with it. */
class Values {
  readonly #flags: ReadonlyMap<Flag, Given>;
  readonly #env: Environment;
  constructor(flags: ReadonlyMap<Flag, Given>, env: Environment) {
    this.#flags = flags;
    this.#env = env;
  }

  #given(flag: Flag): Given | undefined {
    const variable = this.#env[envName(flag)];
    // An empty variable is how compose files and service managers write "not set".
    return this.#flags.get(flag) ?? (variable === undefined || variable === '' ? undefined : { from: envName(flag), values: [variable] });
  }

  has(flag: Flag): boolean {
    return this.#given(flag) !== undefined;
  }

  /** `parse` throws an Error that says what was expected. */
  one<T>(flag: Flag, fallback: string, parse: (value: string) => T): T {
    const given = this.#given(flag);
    return this.#parsed(flag, given?.from ?? `--${flag}`, given?.values.at(-1) ?? fallback, parse);
  }

  /** From the environment: separated by colons. */
  list<T>(flag: Flag, parse: (value: string) => T): T[] {
    const given = this.#given(flag);
    const values = given?.from.startsWith(ENV_PREFIX)
      ? given.values.flatMap((v) => v.split(':').filter((part) => part !== ''))
      : given?.values;
    return (values ?? []).map((value) => this.#parsed(flag, given?.from ?? `--${flag}`, value, parse));
  }

  isOn(flag: Flag): boolean {
    return this.one(flag, 'false', (value) => {
      if (/^(1|true|yes|on)$/i.test(value)) return true;
      if (/^(0|false|no|off)$/i.test(value)) return false;
      throw new Error('true or false');
    });
  }

  #parsed<T>(flag: Flag, from: string, value: string, parse: (value: string) => T): T {
    try {
      return parse(value);
    } catch (error) {
      const example = from.startsWith('--') ? `${from} ${OPTIONS[flag].example}` : `${from}=${OPTIONS[flag].example}`;
      throw new UsageError(`${from}: "${value}" was given, but it must be ${(error as Error).message}; for example ${example}`);
    }
  }
}

export function defaultDataDir(env: Environment, { isRoot, homeDir }: Pick<Machine, 'isRoot' | 'homeDir'>): string {
  if (isRoot) return '/var/lib/gpu-docker-api';
  const state = env['XDG_STATE_HOME'];
  return join(state?.startsWith('/') ? state : join(homeDir, '.local', 'state'), 'gpu-docker-api');
}

function serveOptions(values: Values, env: Environment, machine: Machine): ServeOptions {
  const fallback = (flag: Flag): string => (OPTIONS[flag] as Option).fallback ?? '';
  const absolute = (path: string): string => resolve(machine.workingDir, text(path));
  const named = env['DOCKER_HOST'];
  const inherited = named === undefined || named === '' ? undefined : named;
  return {
    addr: values.one('addr', fallback('addr'), hostPort),
    etcd: values.has('etcd') ? values.one('etcd', '', etcdUrls) : [],
    dockerHost: values.one('docker-host', inherited ?? fallback('docker-host'), dockerHost),
    dockerHostGiven: values.has('docker-host') || inherited !== undefined,
    portRange: values.one('port-range', fallback('port-range'), portRange),
    gpus: values.one('gpus', fallback('gpus'), gpuSource),
    hostName: values.one('host-name', machine.hostName, (name) => {
      if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/.test(name)) throw new Error('a host name: letters, digits, dots and dashes');
      return name;
    }),
    dataDir: values.one('data-dir', defaultDataDir(env, machine), absolute),
    replaceGraceSeconds: values.one('replace-grace', fallback('replace-grace'), seconds),
    stopTimeoutSeconds: values.one('stop-timeout', fallback('stop-timeout'), seconds),
    settleMs: values.one('settle', fallback('settle'), milliseconds),
    pull: values.one('pull', fallback('pull'), oneOf('never', 'missing')),
    volumeSize: values.one('volume-size', fallback('volume-size'), oneOf('auto', 'strict')),
    maxBody: values.one('max-body', fallback('max-body'), bytes),
    maxExecOutput: values.one('max-exec-output', fallback('max-exec-output'), bytes),
    execTimeoutMs: values.one('exec-timeout', fallback('exec-timeout'), (value) => {
      const ms = milliseconds(value);
      if (ms === 0) throw new Error('longer than nothing');
      return ms;
    }),
    maxSse: values.one('max-sse', fallback('max-sse'), count),
    auditRejections: values.isOn('audit-rejections'),
    allowBind: values.list('allow-bind', (path) => {
      if (!path.startsWith('/')) throw new Error('an absolute path of the host');
      return resolve(path);
    }),
    snapshotEvery: values.one('snapshot-every', fallback('snapshot-every'), count),
    checkpointEveryMs: values.one('checkpoint-every', fallback('checkpoint-every'), milliseconds),
    ...(values.has('checkpoint-file') && { checkpointFile: values.one('checkpoint-file', '', absolute) }),
    ...(values.has('checkpoint-key') && { checkpointKey: values.one('checkpoint-key', '', absolute) }),
    ...(values.has('archive-dir') && { archiveDir: values.one('archive-dir', '', absolute) }),
    archiveAt: values.one('archive-at', fallback('archive-at'), part),
    ...(values.has('etcd-quota') && { etcdQuota: values.one('etcd-quota', '', storeSize) }),
    logLevel: values.one('log-level', fallback('log-level'), oneOf('debug', 'info', 'warn', 'error', 'silent')),
    compatGo: values.isOn('compat-go'),
    install: !values.isOn('no-install'),
  };
}

function unknownVariables(env: Environment): string[] {
  const known = [...Object.keys(OPTIONS).map(envName), envName('server')]; // the last is the other commands'
  return Object.keys(env)
    .filter((name) => name.startsWith(ENV_PREFIX) && !known.includes(name))
    .map((name) => `the environment variable ${name} is not one of ours${suggestion(closest(name, known), '')}`);
}

/** What may well be a mistake, though it can be done. */
function doubts({ portRange: range, addr }: ServeOptions, rangeGiven: boolean, { ephemeralPorts }: Machine): string[] {
  const found: string[] = [];
  // The documented default overlaps on every Linux: only a range that somebody chose is worth a word.
  if (rangeGiven && ephemeralPorts !== null && range.start <= ephemeralPorts.end && ephemeralPorts.start <= range.end) {
    const { start, end } = ephemeralPorts;
    found.push(
      `--port-range ${range.start}-${range.end} overlaps ${start}-${end}, from which the kernel picks ports for outgoing connections: ` +
        'one may be taken when a container wants it, and another is leased then',
    );
  }
  if (addr.port >= range.start && addr.port <= range.end) {
    found.push(`--port-range ${range.start}-${range.end} contains ${addr.port}, the port of the API itself: it is never leased`);
  }
  if (!['127.0.0.1', 'localhost', '::1'].includes(addr.host)) {
    found.push(`--addr ${addr.host}:${addr.port} is open to other machines, and whoever reaches the API controls Docker on this one`);
  }
  return found;
}
