// Every option that `serve` has, in the order of the help text.
import type { Description, Flag } from './flags.ts';

/** An option of `serve`: on the command line, and as an environment variable. */
export interface Option extends Flag {
  readonly example: string;
}

export const OPTIONS = {
  addr: { value: 'host:port', fallback: '127.0.0.1:2378', example: '127.0.0.1:2378', help: 'address and port of the API' },
  'allow-host': {
    value: 'NAME',
    list: 'repeat',
    example: 'gpu-box.lab',
    help: 'host name under which the service is reached, besides its addresses and localhost (may be repeated)',
  },
  insecure: { example: 'true', help: 'let other machines in without a key: anyone who reaches the API can do everything' },
  'tls-cert': {
    value: 'FILE',
    example: '/etc/gpu-box/cert.pem',
    help: 'serve https with this certificate (PEM); reloaded when it changes',
  },
  'tls-key': { value: 'FILE', example: '/etc/gpu-box/key.pem', help: 'private key of --tls-cert (PEM)' },
  'trust-proxy': {
    value: 'ADDR[,ADDR]',
    example: '10.0.0.7,10.1.0.0/16',
    help: 'proxies whose X-Forwarded-For and X-Actor are trusted: addresses and networks',
  },
  'open-metrics': { example: 'true', help: 'serve /metrics without a key, except for numbers that name replicaSets' },
  etcd: {
    value: 'URL[,URL]',
    example: 'http://127.0.0.1:2379',
    help: 'etcd to use (default: one of its own, in --data-dir)',
  },
  'docker-host': {
    value: 'URL',
    fallback: 'unix:///var/run/docker.sock',
    example: 'unix:///var/run/docker.sock',
    help: 'address of Docker; DOCKER_HOST is also read',
  },
  'port-range': {
    value: 'a-b',
    fallback: '40000-65535',
    example: '40000-65535',
    alias: 'portRange',
    help: 'host ports to lease (--portRange is the same)',
  },
  gpus: {
    value: 'WHICH',
    fallback: 'auto',
    example: 'simulated:8',
    help: 'auto (from nvidia-smi), none, or simulated:N',
  },
  'gpu-monitors': {
    value: 'NAME[,NAME]',
    example: 'dcgm-exporter',
    help: 'containers that see GPUs without using them, such as a metrics exporter: they hold back no GPU',
  },
  'host-name': { value: 'NAME', example: 'gpu-box-1', help: "name of this host in the log (default: the machine's)" },
  'data-dir': {
    value: 'PATH',
    example: '/var/lib/gpu-docker-api',
    help: 'directory of the log, keys, snapshots and segments (default: /var/lib/gpu-docker-api as root, else ~/.local/state/gpu-docker-api)',
  },
  'replace-grace': {
    value: 'TIME',
    fallback: '1s',
    example: '1s',
    help: 'time from SIGTERM to SIGKILL when a version is replaced; overridden by stopTimeout in a request',
  },
  'stop-timeout': { value: 'TIME', fallback: '10s', example: '10s', help: 'time from SIGTERM to SIGKILL on stop and pause' },
  'max-stop-timeout': {
    value: 'TIME',
    fallback: '10m',
    example: '10m',
    help: 'longest stopTimeout of a request',
  },
  settle: {
    value: 'TIME',
    fallback: '0s',
    example: '500ms',
    help: 'time for which a new container is watched before it counts as running',
  },
  restart: {
    value: 'WHEN',
    fallback: 'no',
    example: 'always',
    help: 'always, on-failure:N or no: restart containers that died, if their name has no policy',
  },
  pull: {
    value: 'WHEN',
    fallback: 'never',
    example: 'missing',
    help: 'never, or missing: pull images that are not on the host',
  },
  'allow-registry': {
    value: 'HOST[,HOST]',
    list: 'repeat',
    fallback: 'docker.io,ghcr.io,nvcr.io,quay.io',
    example: 'registry.lab:5000/team',
    help: 'with --pull missing, the registries to pull from, HOST[:PORT][/PREFIX] as in names of images, or any (may be repeated)',
  },
  'pull-timeout': {
    value: 'TIME',
    fallback: '2m',
    example: '2m',
    help: 'a pull that downloads less than 1 MB in so long is given up',
  },
  'volume-size': {
    value: 'HOW',
    fallback: 'auto',
    example: 'strict',
    help: 'if Docker cannot enforce a size: auto records it, strict refuses',
  },
  'keep-versions': {
    value: 'N',
    fallback: '0',
    example: '20',
    help: 'versions of a name to retain, including the current one, if its policy does not say; 0: all',
  },
  'max-body': { value: 'SIZE', fallback: '512kb', example: '512kb', help: 'largest request body, 512kb at most' },
  'max-exec-output': { value: 'SIZE', fallback: '8mb', example: '8mb', help: 'largest output of an execute that is returned' },
  'max-saves': {
    value: 'N',
    fallback: '4',
    example: '4',
    help: 'system disks saved, and images committed, at the same time',
  },
  'max-starts': { value: 'N', fallback: '8', example: '8', help: 'containers created or started at the same time' },
  'request-timeout': {
    value: 'TIME',
    fallback: '30m',
    example: '30m',
    help: 'longest time that a request waits for its command; a command that has begun goes on, others are dropped',
  },
  'exec-timeout': { value: 'TIME', fallback: '10m', example: '10m', help: 'time after which an execute is killed' },
  'pids-limit': {
    value: 'N',
    fallback: '32768',
    example: '32768',
    help: 'processes and threads of a container, at most; 0: no limit. Like the next six, for containers created from now on',
  },
  'cap-drop': {
    value: 'CAP[,CAP]',
    fallback: 'MKNOD,NET_RAW',
    example: 'MKNOD,NET_RAW',
    help: "capabilities of Docker's default set that containers do not get; none: they get all",
  },
  'allow-new-privileges': { example: 'true', help: 'let setuid programs such as sudo work in containers' },
  'log-max-size': {
    value: 'SIZE',
    fallback: '50mb',
    example: '50mb',
    help: "size of one log file of a container, if Docker's log driver is json-file or local; off: as Docker is configured",
  },
  'log-max-files': { value: 'N', fallback: '3', example: '3', help: 'log files of a container' },
  'publish-addr': {
    value: 'ADDR',
    example: '127.0.0.1',
    help: 'address of this host on which container ports are published (default: all)',
  },
  network: {
    value: 'NAME',
    fallback: 'isolated',
    example: 'bridge',
    help: "isolated (containers do not reach each other's ports), bridge (Docker's own, where they do), or the name of a network",
  },
  'max-logs': { value: 'N', fallback: '64', example: '64', help: 'clients that read container output at the same time' },
  'max-sse': { value: 'N', fallback: '256', example: '256', help: 'clients that follow the events at the same time' },
  'audit-rejections': { example: 'true', help: 'record refused changes in the log as well' },
  'ignore-other-logs': { example: 'true', help: 'serve this Docker although it has containers or volumes of another log' },
  'allow-bind': {
    value: 'PATH',
    list: 'repeat',
    example: '/srv/lab',
    help: 'host path that containers may mount, with everything below it; {owner} stands for their owner (default: none; may be repeated)',
  },
  'create-binds': { example: 'true', help: 'let Docker create host paths that a container mounts and that do not exist' },
  'allow-volumes': {
    value: 'WHICH',
    fallback: 'managed',
    example: 'any',
    help: 'volumes that may be mounted: managed (and those with the label gpu-docker-api.allow=true), or any of this Docker',
  },
  'accept-loss': { example: 'true', help: 'give up everything that is missing from Docker at this start, with its GPUs' },
  'accept-restore': {
    example: 'true',
    help: 'accept a restored log at this start, whatever Docker has: missing containers are doubted, unknown ones are stopped',
  },
  'snapshot-every': {
    value: 'EVENTS',
    fallback: '10000',
    example: '10000',
    help: 'events between snapshots of the state, for a quick start; 0: on a clean stop only',
  },
  'checkpoint-every': {
    value: 'TIME',
    fallback: '1m',
    example: '1m',
    help: "time between signatures of the log's end, if it has moved; 0: on a clean stop only",
  },
  'checkpoint-file': {
    value: 'FILE',
    example: '/mnt/audit/box.jsonl',
    help: 'file of these signatures (default: checkpoints.jsonl in --data-dir)',
  },
  'checkpoint-key': {
    value: 'FILE',
    example: '/etc/gpu-box.pem',
    help: 'Ed25519 key for these signatures (default: one created in --data-dir)',
  },
  'archive-at': {
    value: 'PART',
    fallback: '25%',
    example: '25%',
    help: "fill level of etcd at which the log's beginning is moved to files; off: never",
  },
  'archive-dir': { value: 'PATH', example: '/mnt/archive', help: 'directory of these files (default: segments in --data-dir)' },
  'etcd-quota': {
    value: 'SIZE',
    example: '8gb',
    help: 'size limit of etcd (default: 8gb, or 2gb with --etcd)',
  },
  'log-level': { value: 'LEVEL', fallback: 'info', example: 'debug', help: 'debug, info, warn, error or silent' },
  'log-format': {
    value: 'HOW',
    fallback: 'auto',
    example: 'json',
    help: 'pretty for people, json for programs, or auto: pretty on a terminal',
  },
  'accept-clock': { example: 'true', help: "trust the machine's clock, although it does not fit the log or the elapsed time" },
  'compat-go': { example: 'true', help: 'answer as the Go program does: HTTP 200 for every outcome' },
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof OPTIONS;

export const SERVE: Description = {
  name: 'serve',
  summary: 'Lease the GPUs of this host through the REST API.',
  flags: OPTIONS,
  details:
    'Each option is also an environment variable: GPU_DOCKER_API_ and its name in capitals, for example GPU_DOCKER_API_PORT_RANGE=40000-40999.\n' +
    'A switch is set by =true, paths of a list are separated by colons, registries by commas. A flag comes before the environment. Times are written 500ms, 10s, 5m;\n' +
    'sizes 512kb, 8mb.',
  examples: ['gpu-docker-api serve --gpus simulated:8 --port-range 40000-40999'],
};
