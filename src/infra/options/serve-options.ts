// The options of `serve` as typed values.
import { resolve } from 'node:path';
import type { ContainerLimits } from '../../commands/outside/limits.ts';
import type { GivenValues } from './given-values.ts';
import { defaultDataDir, type Environment, type Machine } from './machine.ts';
import type { OptionName } from './table.ts';
import { UsageError } from './usage-error.ts';
import {
  address,
  allowedPath,
  bodySize,
  bytes,
  bytesOrOff,
  capabilities,
  containerNames,
  count,
  dnsName,
  dockerHost,
  etcdUrls,
  gpuSource,
  hostName,
  hostPort,
  milliseconds,
  networkName,
  oneOf,
  peers,
  portRange,
  registry,
  restartPolicy,
  seconds,
  share,
  someCount,
  someMilliseconds,
  storeSize,
  text,
} from './values.ts';

export type GpuSource = { readonly mode: 'auto' } | { readonly mode: 'none' } | { readonly mode: 'simulated'; readonly count: number };
type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface ServeOptions {
  /** An empty `host` stands for every address of the machine. */
  readonly addr: { readonly host: string; readonly port: number };
  /** Host names, in lower case. */
  readonly allowHost: readonly string[];
  /** Other machines may use the API although no key is needed. */
  readonly insecure: boolean;
  /** Absolute paths. Absent: plain HTTP. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Addresses and networks. */
  readonly trustProxy: readonly string[];
  readonly openMetrics: boolean;
  /** Empty: the server runs an etcd of its own. */
  readonly etcd: readonly string[];
  /** `unix:///path`, `tcp://host:port` or `https://host:port`. */
  readonly dockerHost: string;
  /** False: it is the usual socket of this machine. A Docker that somebody named is theirs to start. */
  readonly dockerHostGiven: boolean;
  readonly portRange: { readonly start: number; readonly end: number };
  readonly gpus: GpuSource;
  /** Names of containers that see GPUs and use none. */
  readonly gpuMonitors: readonly string[];
  readonly hostName: string;
  /** Absolute. */
  readonly dataDir: string;
  readonly replaceGraceSeconds: number;
  readonly stopTimeoutSeconds: number;
  /** The longest stopTimeout that a request may ask for. */
  readonly maxStopTimeoutSeconds: number;
  readonly settleMs: number;
  /** Whether a container that died is started again: `always`, `no`, or `on-failure:N`. */
  readonly restart: string;
  readonly pull: 'never' | 'missing';
  /** Registries that images are pulled from, as `isFrom` takes them. */
  readonly allowRegistry: readonly string[];
  /** Time without progress after which a pull is given up, ms. */
  readonly pullTimeoutMs: number;
  readonly volumeSize: 'auto' | 'strict';
  /** Versions of a name that are retained where its policy does not say; 0: all. */
  readonly keepVersions: number;
  /** Bytes. */
  readonly maxBody: number;
  /** System disks that are saved, and images that are committed, at the same time; at least 1. */
  readonly maxSaves: number;
  /** Containers that are made or started at the same time; at least 1. */
  readonly maxStarts: number;
  /** Bytes. */
  readonly maxExecOutput: number;
  /** Time that a client waits for its command at most, ms. */
  readonly requestTimeoutMs: number;
  readonly execTimeoutMs: number;
  /** Of the containers that are made from now on. */
  readonly limits: ContainerLimits;
  /** Limit of clients that read the output of containers at the same time. */
  readonly maxLogs: number;
  /** Limit of clients that follow the events at the same time. */
  readonly maxSse: number;
  /** Refused commands are recorded as events too. */
  readonly auditRejections: boolean;
  /** The host is led beside containers and volumes of another log on the same Docker. */
  readonly ignoreOtherLogs: boolean;
  /** Containers and volumes that are missing from Docker at this start are given up. */
  readonly acceptLoss: boolean;
  readonly acceptRestore: boolean;
  /** Absolute paths. Empty: no path may be mounted. */
  readonly allowBind: readonly string[];
  /** Docker may make a host path that does not exist. */
  readonly createBinds: boolean;
  readonly allowVolumes: 'managed' | 'any';
  /** Events from one snapshot of the state to the next; 0: only on a clean stop. */
  readonly snapshotEvery: number;
  /** 0: only on a clean stop. */
  readonly checkpointEveryMs: number;
  /** Absolute, as the next two paths. Undefined: a file in the data directory. */
  readonly checkpointFile?: string;
  readonly checkpointKey?: string;
  readonly archiveDir?: string;
  /** Share of etcd's quota, 0 to 1: when the log fills it, its beginning is archived. 0: never. */
  readonly archiveAt: number;
  /** Bytes; undefined: the default of the etcd in use. */
  readonly etcdQuota?: number;
  readonly logLevel: LogLevel;
  readonly logFormat: 'auto' | 'pretty' | 'json';
  /** The wall clock is right, whatever the log and the boot clock say against it. */
  readonly acceptClock: boolean;
  readonly compatGo: boolean;
}

/** Throws UsageError for the first value that has another form. */
export function serveOptions(values: GivenValues<OptionName>, env: Environment, machine: Machine): ServeOptions {
  const absolute = (path: string): string => resolve(machine.workingDir, text(path));
  const named = env['DOCKER_HOST'];
  const inherited = named === undefined || named === '' ? undefined : named;
  if (values.has('tls-cert') !== values.has('tls-key')) throw new UsageError('--tls-cert and --tls-key are given together or not at all');
  const tlsFiles = values.has('tls-cert') ? { certFile: values.one('tls-cert', absolute), keyFile: values.one('tls-key', absolute) } : null;
  return {
    addr: values.one('addr', hostPort),
    allowHost: values.list('allow-host', dnsName),
    insecure: values.isOn('insecure'),
    ...(tlsFiles !== null && { tls: tlsFiles }),
    trustProxy: values.has('trust-proxy') ? values.one('trust-proxy', peers) : [],
    openMetrics: values.isOn('open-metrics'),
    etcd: values.has('etcd') ? values.one('etcd', etcdUrls) : [],
    dockerHost: values.one('docker-host', dockerHost, inherited),
    dockerHostGiven: values.has('docker-host') || inherited !== undefined,
    portRange: values.one('port-range', portRange),
    gpus: values.one('gpus', gpuSource),
    gpuMonitors: values.has('gpu-monitors') ? values.one('gpu-monitors', containerNames) : [],
    hostName: values.one('host-name', hostName, machine.hostName),
    dataDir: values.one('data-dir', absolute, defaultDataDir(env, machine)),
    replaceGraceSeconds: values.one('replace-grace', seconds),
    stopTimeoutSeconds: values.one('stop-timeout', seconds),
    maxStopTimeoutSeconds: values.one('max-stop-timeout', seconds),
    settleMs: values.one('settle', milliseconds),
    restart: values.one('restart', restartPolicy),
    pull: values.one('pull', oneOf('never', 'missing')),
    allowRegistry: values.commaList('allow-registry', registry),
    pullTimeoutMs: values.one('pull-timeout', someMilliseconds),
    volumeSize: values.one('volume-size', oneOf('auto', 'strict')),
    keepVersions: values.one('keep-versions', count),
    maxBody: values.one('max-body', bodySize),
    maxSaves: values.one('max-saves', someCount),
    maxStarts: values.one('max-starts', someCount),
    maxExecOutput: values.one('max-exec-output', bytes),
    requestTimeoutMs: values.one('request-timeout', someMilliseconds),
    execTimeoutMs: values.one('exec-timeout', someMilliseconds),
    limits: {
      noNewPrivileges: !values.isOn('allow-new-privileges'),
      pids: values.one('pids-limit', count),
      capDrop: values.one('cap-drop', capabilities),
      logBytes: values.one('log-max-size', bytesOrOff),
      logFiles: values.one('log-max-files', someCount),
      publishAddr: values.has('publish-addr') ? values.one('publish-addr', address) : '',
      network: values.one('network', networkName),
    },
    maxLogs: values.one('max-logs', count),
    maxSse: values.one('max-sse', count),
    auditRejections: values.isOn('audit-rejections'),
    ignoreOtherLogs: values.isOn('ignore-other-logs'),
    acceptLoss: values.isOn('accept-loss'),
    acceptRestore: values.isOn('accept-restore'),
    allowBind: values.list('allow-bind', allowedPath),
    createBinds: values.isOn('create-binds'),
    allowVolumes: values.one('allow-volumes', oneOf('managed', 'any')),
    snapshotEvery: values.one('snapshot-every', count),
    checkpointEveryMs: values.one('checkpoint-every', milliseconds),
    ...(values.has('checkpoint-file') && { checkpointFile: values.one('checkpoint-file', absolute) }),
    ...(values.has('checkpoint-key') && { checkpointKey: values.one('checkpoint-key', absolute) }),
    ...(values.has('archive-dir') && { archiveDir: values.one('archive-dir', absolute) }),
    archiveAt: values.one('archive-at', share),
    ...(values.has('etcd-quota') && { etcdQuota: values.one('etcd-quota', storeSize) }),
    logLevel: values.one('log-level', oneOf('debug', 'info', 'warn', 'error', 'silent')),
    logFormat: values.one('log-format', oneOf('auto', 'pretty', 'json')),
    acceptClock: values.isOn('accept-clock'),
    compatGo: values.isOn('compat-go'),
  };
}
