// Every option that `serve` has, in the order of the help text.
import type { Description, Flag } from './flags.ts';

/** An option of `serve`: on the command line, and as an environment variable. */
export interface Option extends Flag {
  readonly example: string;
}

export const OPTIONS = {
  addr: { value: 'host:port', fallback: '127.0.0.1:2378', example: '127.0.0.1:2378', help: 'where the API listens' },
  'allow-host': {
    value: 'NAME',
    list: 'repeat',
    example: 'gpu-box.lab',
    help: 'a host name that the service is known by, beside its addresses and localhost (may be repeated)',
  },
  insecure: { example: 'true', help: 'listen for other machines although no key is needed: whoever reaches the API can do everything' },
  'tls-cert': {
    value: 'FILE',
    example: '/etc/gpu-box/cert.pem',
    help: 'serve https with this certificate (PEM); read again when it changes',
  },
  'tls-key': { value: 'FILE', example: '/etc/gpu-box/key.pem', help: 'and its key' },
  'trust-proxy': {
    value: 'ADDR[,ADDR]',
    example: '10.0.0.7,10.1.0.0/16',
    help: 'addresses and networks of proxies whose X-Forwarded-For and X-Actor are believed',
  },
  'open-metrics': { example: 'true', help: '/metrics needs no key; its numbers that name replicaSets do' },
  etcd: {
    value: 'URL[,URL]',
    example: 'http://127.0.0.1:2379',
    help: 'an etcd to use (default: one of its own, below --data-dir)',
  },
  'docker-host': {
    value: 'URL',
    fallback: 'unix:///var/run/docker.sock',
    example: 'unix:///var/run/docker.sock',
    help: 'where Docker listens; DOCKER_HOST is also read',
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
    help: 'auto (what nvidia-smi lists), none, or simulated:N',
  },
  'gpu-monitors': {
    value: 'NAME[,NAME]',
    example: 'dcgm-exporter',
    help: 'containers that see GPUs and use none, as an exporter of metrics does: they hold back no GPU',
  },
  'host-name': { value: 'NAME', example: 'gpu-box-1', help: "this host's name in the log (default: the machine's)" },
  'data-dir': {
    value: 'PATH',
    example: '/var/lib/gpu-docker-api',
    help: 'directory of the log, keys, snapshots and segments (default: /var/lib/gpu-docker-api as root, else ~/.local/state/gpu-docker-api)',
  },
  'replace-grace': {
    value: 'TIME',
    fallback: '1s',
    example: '1s',
    help: 'from SIGTERM to SIGKILL when a version is replaced; stopTimeout in a request overrides it',
  },
  'stop-timeout': { value: 'TIME', fallback: '10s', example: '10s', help: 'from SIGTERM to SIGKILL on stop and pause' },
  'max-stop-timeout': {
    value: 'TIME',
    fallback: '10m',
    example: '10m',
    help: 'the longest stopTimeout that a request may ask for',
  },
  settle: {
    value: 'TIME',
    fallback: '0s',
    example: '500ms',
    help: 'how long a new container is watched before it counts as running',
  },
  restart: {
    value: 'WHEN',
    fallback: 'no',
    example: 'always',
    help: 'always, on-failure:N or no: start again what died, where its name has no policy',
  },
  pull: {
    value: 'WHEN',
    fallback: 'never',
    example: 'missing',
    help: 'never, or missing: pull an image that is not on the host',
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
    help: 'where Docker cannot enforce a size: auto records it, strict refuses',
  },
  'keep-versions': {
    value: 'N',
    fallback: '0',
    example: '20',
    help: 'versions of a name that are retained, the current one included, where its policy does not say; 0: all',
  },
  'max-body': { value: 'SIZE', fallback: '512kb', example: '512kb', help: "the largest request's body, 512kb at most" },
  'max-exec-output': { value: 'SIZE', fallback: '8mb', example: '8mb', help: 'how much output of an execute is returned' },
  'max-saves': {
    value: 'N',
    fallback: '4',
    example: '4',
    help: 'system disks that are saved, and images that are committed, at the same time',
  },
  'max-starts': { value: 'N', fallback: '8', example: '8', help: 'containers that are made or started at the same time' },
  'request-timeout': {
    value: 'TIME',
    fallback: '30m',
    example: '30m',
    help: 'how long a request waits for its command, which goes on when it has begun and is taken out when not',
  },
  'exec-timeout': { value: 'TIME', fallback: '10m', example: '10m', help: 'when an execute is killed' },
  'pids-limit': {
    value: 'N',
    fallback: '32768',
    example: '32768',
    help: 'processes and threads of a container, at most; 0: no limit. As the next six, for containers that are made from now on',
  },
  'cap-drop': {
    value: 'CAP[,CAP]',
    fallback: 'MKNOD,NET_RAW',
    example: 'MKNOD,NET_RAW',
    help: "capabilities of Docker's usual set that containers do not get; none: they get all",
  },
  'allow-new-privileges': { example: 'true', help: 'let setuid programs in containers work, such as sudo' },
  'log-max-size': {
    value: 'SIZE',
    fallback: '50mb',
    example: '50mb',
    help: "one file of a container's log, where Docker's log driver is json-file or local; off: as Docker is configured",
  },
  'log-max-files': { value: 'N', fallback: '3', example: '3', help: "files of a container's log" },
  'publish-addr': {
    value: 'ADDR',
    example: '127.0.0.1',
    help: 'the address of this host on which ports of containers are published (default: all)',
  },
  network: {
    value: 'NAME',
    fallback: 'isolated',
    example: 'bridge',
    help: "isolated (containers do not reach each other's ports), bridge (Docker's own, where they do), or a network's name",
  },
  'max-logs': { value: 'N', fallback: '64', example: '64', help: 'clients that read the output of containers at once' },
  'max-sse': { value: 'N', fallback: '256', example: '256', help: 'clients that follow the events at once' },
  'audit-rejections': { example: 'true', help: 'write mutations that were refused to the log as well' },
  'ignore-other-logs': { example: 'true', help: 'serve this Docker although it has containers or volumes of another log' },
  'allow-bind': {
    value: 'PATH',
    list: 'repeat',
    example: '/srv/lab',
    help: 'containers may mount this host path and what is below it; {owner} in it is their owner; by default none (may be repeated)',
  },
  'create-binds': { example: 'true', help: 'Docker may make a host path that a container mounts and that does not exist' },
  'allow-volumes': {
    value: 'WHICH',
    fallback: 'managed',
    example: 'any',
    help: 'the volumes that may be mounted: managed (and those with the label gpu-docker-api.allow=true), or any of this Docker',
  },
  'accept-loss': { example: 'true', help: 'what is missing from Docker at this start is lost: give it up, with its GPUs' },
  'accept-restore': {
    example: 'true',
    help: 'a restored log holds at this start, whatever Docker has: what is missing is doubted, what is not in the log is stopped',
  },
  'snapshot-every': {
    value: 'EVENTS',
    fallback: '10000',
    example: '10000',
    help: 'how often the views are kept on disk, for a quick start; 0: on a clean stop only',
  },
  'checkpoint-every': {
    value: 'TIME',
    fallback: '1m',
    example: '1m',
    help: "how often the log's end is signed, if it has moved; 0: on a clean stop only",
  },
  'checkpoint-file': {
    value: 'FILE',
    example: '/mnt/audit/box.jsonl',
    help: 'where to (default: checkpoints.jsonl below --data-dir)',
  },
  'checkpoint-key': {
    value: 'FILE',
    example: '/etc/gpu-box.pem',
    help: 'an Ed25519 key to sign with (default: one made below --data-dir)',
  },
  'archive-at': {
    value: 'PART',
    fallback: '25%',
    example: '25%',
    help: "how full etcd may be before the log's beginning is moved to files; off: never",
  },
  'archive-dir': { value: 'PATH', example: '/mnt/archive', help: 'where to (default: segments below --data-dir)' },
  'etcd-quota': {
    value: 'SIZE',
    example: '8gb',
    help: 'how much etcd may hold (default: 8gb, or 2gb of one named with --etcd)',
  },
  'log-level': { value: 'LEVEL', fallback: 'info', example: 'debug', help: 'debug, info, warn, error or silent' },
  'log-format': {
    value: 'HOW',
    fallback: 'auto',
    example: 'json',
    help: 'pretty for people, json for programs, or auto: pretty on a terminal',
  },
  'accept-clock': { example: 'true', help: "believe the machine's clock, though it does not fit the log or the time that has passed" },
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
