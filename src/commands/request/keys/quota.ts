// Quotas, judged on the events that a command would append and on the state that they would be appended to: two commands at once cannot both take
// what is left.
import type { NewEvent } from '../../../events/catalogue.ts';
import type { Quota } from '../../../events/key.ts';
import { gpuUse, volumeBytesOf } from '../../../projections/keys/owned.ts';
import { aggregateOf, isReplicaSet, type ReplicaSet, type State, type Volume } from '../../../projections/state.ts';
import { Code } from '../../api-codes.ts';
import { type By, type Decision, reject } from '../../decision.ts';
import { formatBytes } from '../names.ts';
import { hasRole } from './rights.ts';

const HOUR_MS = 3_600_000;

/** What the events add to what the owner has. `usesGpus`: from then on GPU time passes, or more of it than before. */
interface Added {
  readonly gpus: number;
  readonly containers: number;
  readonly volumeBytes: number;
  readonly usesGpus: boolean;
}

function addedBy(events: readonly NewEvent[], aggregate: ReplicaSet | Volume | undefined): Added {
  const held = aggregate !== undefined && isReplicaSet(aggregate) ? aggregate.gpus.length : 0;
  let added: Added = { gpus: 0, containers: 0, volumeBytes: 0, usesGpus: false };
  for (const { type, data } of events) {
    if (type === 'OperationStarted' && data.kind === 'run') added = { ...added, containers: 1 };
    if (type === 'OperationStarted' && data.kind === 'continue') added = { ...added, usesGpus: held > 0 };
    if (type === 'ContainerVersionCreated') {
      const count = data.gpus.length;
      // Whoever gives some back may do so.
      added = { ...added, gpus: count - held, usesGpus: count > 0 && count >= held };
    }
    if (type === 'VolumeVersionCreated') {
      const before = aggregate === undefined || isReplicaSet(aggregate) ? 0 : volumeBytesOf(aggregate);
      added = { ...added, volumeBytes: data.bytes - before };
    }
  }
  return added;
}

const hours = (ms: number): number => Math.round((ms / HOUR_MS) * 100) / 100;

interface Line {
  readonly what: string;
  readonly limit: number | undefined;
  readonly has: number;
  readonly adds: number;
  readonly shown: (amount: number) => string;
}

const sentence = (owner: string, { what, limit = 0, has, adds, shown }: Line): string =>
  `the quota of ${owner} is ${shown(limit)} ${what}: ${shown(has)} in use, ${shown(Math.max(0, limit - has))} left, and this needs ${shown(adds)} more`;

/**
 * The decision, or its refusal where it would exceed a quota. The quota is that of the replicaSet's or the volume's owner, whoever orders it; an
 * admin is held to none but his own.
 */
export function withinQuota(state: State, stream: string, decision: Decision, by: By | undefined): Decision {
  if (decision.kind !== 'events' || by?.key === undefined) return decision;
  const aggregate = aggregateOf(state, stream);
  const owner = aggregate?.owner ?? by.actor;
  const quota: Quota = state.keys.get(owner)?.quota ?? {};
  const role = state.keys.get(by.key)?.role ?? 'viewer';
  if (Object.keys(quota).length === 0 || (owner !== by.actor && hasRole(role, 'admin'))) return decision;
  const added = addedBy(decision.events, aggregate);
  const { containers, volumeBytes } = state.owned.get(owner) ?? { containers: 0, volumeBytes: 0 };
  const { gpus, monthMs } = gpuUse(state, by.now).get(owner) ?? { gpus: 0, monthMs: 0 };
  const count = (amount: number): string => String(amount);
  const lines: Line[] = [
    { what: 'GPUs at once', limit: quota.gpus, has: gpus, adds: added.gpus, shown: count },
    { what: 'containers', limit: quota.containers, has: containers, adds: added.containers, shown: count },
    { what: 'of volumes', limit: quota.volumeBytes, has: volumeBytes, adds: added.volumeBytes, shown: formatBytes },
  ];
  const over = lines.find(({ limit, has, adds }) => limit !== undefined && adds > 0 && has + adds > limit);
  if (over !== undefined) return reject(Code.quotaExceeded, 'forbidden', sentence(owner, over));
  const { gpuHoursMonth } = quota;
  if (!added.usesGpus || gpuHoursMonth === undefined || monthMs < gpuHoursMonth * HOUR_MS) return decision;
  const used = `${hours(monthMs)} of ${gpuHoursMonth} GPU-hours of this month (UTC) are used`;
  return reject(
    Code.quotaExceeded,
    'forbidden',
    `the quota of ${owner} is used up: ${used}, and nothing new with GPUs is begun; what runs goes on`,
  );
}
