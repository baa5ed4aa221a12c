// Every option that `serve` has, in the order of the help text.

export interface Option {
  /** A list may be repeated; a switch has no value. */
  readonly kind: 'value' | 'list' | 'switch';
  readonly value?: string;
  readonly fallback?: string;
  readonly example: string;
  readonly help: string;
}

export const OPTIONS = {
  addr: { kind: 'value', value: 'host:port', fallback: '127.0.0.1:2378', example: '127.0.0.1:2378', help: 'where the API listens' },
  etcd: {
    kind: 'value',
    value: 'URL[,URL]',
    example: 'http://127.0.0.1:2379',
    help: 'an etcd to use (default: one of its own, below --data-dir)',
  },
  'docker-host': {
    kind: 'value',
    value: 'URL',
    fallback: 'unix:///var/run/docker.sock',
    example: 'unix:///var/run/docker.sock',
    help: 'where Docker listens; DOCKER_HOST is heeded too',
  },
  'port-range': {
    kind: 'value',
    value: 'a-b',
    fallback: '40000-65535',
    example: '40000-65535',
    help: 'host ports to lease (--portRange is the same)',
  },
  gpus: {
    kind: 'value',
    value: 'WHICH',
    fallback: 'auto',
    example: 'simulated:8',
    help: 'auto (what nvidia-smi lists), none, or simulated:N',
  },
  'host-name': { kind: 'value', value: 'NAME', example: 'gpu-box-1', help: "this host's name in the log (default: the machine's)" },
  'data-dir': {
    kind: 'value',
    value: 'PATH',
    example: '/var/lib/gpu-docker-api',
    help: 'what is kept (default: /var/lib/gpu-docker-api as root, else ~/.local/state/gpu-docker-api)',
  },
  'replace-grace': {
    kind: 'value',
    value: 'TIME',
    fallback: '1s',
    example: '1s',
    help: 'from SIGTERM to SIGKILL when a version is replaced; stopTimeout in a request overrides it',
  },
  'stop-timeout': { kind: 'value', value: 'TIME', fallback: '10s', example: '10s', help: 'from SIGTERM to SIGKILL on stop and pause' },
  settle: {
    kind: 'value',
    value: 'TIME',
    fallback: '0s',
    example: '500ms',
    help: 'how long a new container is watched before it counts as running',
  },
  pull: {
    kind: 'value',
    value: 'WHEN',
    fallback: 'never',
    example: 'missing',
    help: 'never, or missing: pull an image that is not on the host',
  },
  'volume-size': {
    kind: 'value',
    value: 'HOW',
    fallback: 'auto',
    example: 'strict',
    help: 'where Docker cannot enforce a size: auto records it, strict refuses',
  },
  'max-body': { kind: 'value', value: 'SIZE', fallback: '1mb', example: '1mb', help: "the largest request's body" },
  'max-exec-output': { kind: 'value', value: 'SIZE', fallback: '8mb', example: '8mb', help: 'how much output of an execute is kept' },
  'exec-timeout': { kind: 'value', value: 'TIME', fallback: '10m', example: '10m', help: 'when an execute is killed' },
  'max-sse': { kind: 'value', value: 'N', fallback: '256', example: '256', help: 'clients that follow the events at once' },
  'audit-rejections': { kind: 'switch', example: 'true', help: 'write mutations that were refused to the log as well' },
  'allow-bind': { kind: 'list', value: 'PATH', example: '/mynfs', help: 'mount only host paths below this one (may be repeated)' },
  'snapshot-every': {
    kind: 'value',
    value: 'EVENTS',
    fallback: '10000',
    example: '10000',
    help: 'how often the views are kept on disk, for a quick start; 0: on a clean stop only',
  },
  'checkpoint-every': {
    kind: 'value',
    value: 'TIME',
    fallback: '1m',
    example: '1m',
    help: "how often the log's end is signed, if it has moved; 0: on a clean stop only",
  },
  'checkpoint-file': {
    kind: 'value',
    value: 'FILE',
    example: '/mnt/audit/box.jsonl',
    help: 'where to (default: checkpoints.jsonl below --data-dir)',
  },
  'checkpoint-key': {
    kind: 'value',
    value: 'FILE',
    example: '/etc/gpu-box.pem',
    help: 'an Ed25519 key to sign with (default: one made below --data-dir)',
  },
  'archive-at': {
    kind: 'value',
    value: 'PART',
    fallback: '25%',
    example: '25%',
    help: "how full etcd may be before the log's beginning is moved to files; off: never",
  },
  'archive-dir': { kind: 'value', value: 'PATH', example: '/mnt/archive', help: 'where to (default: segments below --data-dir)' },
  'etcd-quota': {
    kind: 'value',
    value: 'SIZE',
    example: '8gb',
    help: 'how much etcd may hold (default: 8gb, or 2gb of one named with --etcd)',
  },
  'log-level': { kind: 'value', value: 'LEVEL', fallback: 'info', example: 'debug', help: 'debug, info, warn, error or silent' },
  'compat-go': { kind: 'switch', example: 'true', help: 'answer as the Go program does: HTTP 200 for every outcome' },
  'no-install': { kind: 'switch', example: 'true', help: 'install and start nothing on this machine' },
} as const satisfies Record<string, Option>;

export type Flag = keyof typeof OPTIONS;
export const isFlag = (name: string): name is Flag => Object.hasOwn(OPTIONS, name);

const WIDTH = 100;
const INDENT = 31;

function wrapped(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function line(left: string, help: string): string {
  const [first = '', ...rest] = wrapped(help.split(' '), WIDTH - INDENT).map((text) => text.replaceAll('\u00a0', ' '));
  return [`  ${left.padEnd(INDENT - 2)}${first}`, ...rest.map((text) => `${' '.repeat(INDENT)}${text}`)].join('\n');
}

const optionLines = Object.entries<Option>(OPTIONS).map(([name, { value, fallback, help }]) =>
  line(`--${name}${value === undefined ? '' : ` ${value}`}`, fallback === undefined ? help : `${help} (default:\u00a0${fallback})`),
);

export const HELP = `gpu-docker-api leases the GPUs of a Docker host. It keeps every change as an event in etcd.

Usage: gpu-docker-api [serve] [options]
       gpu-docker-api log COMMAND     tail, show, export, import, verify, archive: the log of events
       gpu-docker-api replay          rebuild all views from the log, and compare them with Docker
       gpu-docker-api gpus|ports|ps   what a server leases and to whom, now or --at any moment
       gpu-docker-api history NAME    the versions of a replicaSet, and who made each
       gpu-docker-api ledger          how long GPUs were held, and by whom

Options
${optionLines.join('\n')}
${line('--help', 'this text')}
${line('--version', 'the version')}

Each option is also an environment variable: GPU_DOCKER_API_ and its name in capitals, for example
GPU_DOCKER_API_PORT_RANGE=40000-40999. A switch is set by =true, paths of a list are separated by
colons. A flag comes before the environment. Times are written 500ms, 10s, 5m; sizes 512kb, 8mb.

Example: gpu-docker-api serve --gpus simulated:8 --port-range 40000-40999
`;

/** The candidate that was probably meant; undefined when none is near. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates.map((candidate) => ({ candidate, away: distance(word.toLowerCase(), candidate.toLowerCase()) }));
  const best = ranked.sort((a, b) => a.away - b.away)[0];
  return best !== undefined && best.away <= Math.max(2, Math.floor(best.candidate.length / 3)) ? best.candidate : undefined;
}

/** Letters to insert, remove or change to make `b` of `a` (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      next.push(Math.min((row[j] ?? 0) + (letter === other ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
