// What deciders have to know of the options.
import type { Settings } from '../../commands/decision.ts';
import type { ServeOptions } from './serve-options.ts';

type HostPathRules = Pick<Settings, 'allowBind' | 'forbiddenPaths' | 'protectedPaths'>;

/** The registries that an image which is not on the host is pulled from. */
export const pullFrom = ({ pull, allowRegistry }: Pick<ServeOptions, 'pull' | 'allowRegistry'>): readonly string[] =>
  pull === 'missing' ? allowRegistry : [];

/** `host`: its name in the log. */
export const settingsOf = (options: ServeOptions, host: string, rules: HostPathRules): Settings => ({
  host,
  replaceGrace: options.replaceGraceSeconds,
  stopTimeout: options.stopTimeoutSeconds,
  maxStopTimeout: options.maxStopTimeoutSeconds,
  settleMs: options.settleMs,
  strictVolumes: options.volumeSize === 'strict',
  keepVersions: options.keepVersions,
  restart: options.restart,
  requestDevices: options.gpus.mode !== 'simulated',
  ...rules,
  createBinds: options.createBinds,
  allowVolumes: options.allowVolumes,
  pullFrom: pullFrom(options),
});

const QUEUES = { maxQueuedPerStream: 64, maxQueued: 2_048, maxExecs: 64 };

/** How many may wait, and for how long. */
export const queueLimits = (options: ServeOptions) => ({
  ...QUEUES,
  maxExecOutputBytes: options.maxExecOutput,
  execTimeoutMs: options.execTimeoutMs,
  maxOutputReaders: options.maxLogs,
  pullStallMs: options.pullTimeoutMs,
});
