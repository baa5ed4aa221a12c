// The host at the head of the log: its GPUs and ports, what it has to do, and whether it is led.
import { lostDisks } from '../../../commands/host/saved-disks.ts';
import { openOperations, type ReplicaSet, type State } from '../../../projections/state.ts';
import { portUsage } from '../../../projections/views/resources.ts';
import type { HostParts } from '../host-parts.ts';
import type { Metrics } from './metrics.ts';
import type { Sample } from './recorders.ts';

/** Whether it holds its GPUs for nothing: no process of it runs, and none is about to. */
const isIdle = ({ state, operation, missing }: ReplicaSet): boolean =>
  operation === null && (missing !== undefined || (state !== 'running' && state !== 'starting'));

/** One series for each GPU that is leased, so there are never more than GPUs. */
function leases(state: State, host: string, value: (replicaSet: ReplicaSet | undefined) => number): readonly Sample[] {
  return (state.hosts.get(host)?.gpus ?? []).flatMap(({ gpu, index, holder }): Sample[] =>
    holder === null ? [] : [[{ gpu, index: String(index), replica_set: holder }, value(state.replicaSets.get(holder))]],
  );
}

/** Every GPU that the host ever had is in one of these. */
function gpusByState(state: State, host: string, foreign: { has(gpu: string): boolean }): readonly Sample[] {
  const count = { free: 0, leased: 0, foreign: 0, lost: 0, gone: 0 };
  for (const { gpu, present, holder } of state.hosts.get(host)?.gpus ?? []) {
    if (!present) count[holder === null ? 'gone' : 'lost']++;
    else if (holder !== null) count.leased++;
    else count[foreign.has(gpu) ? 'foreign' : 'free']++;
  }
  return Object.entries(count).map(([of, number]) => [{ state: of }, number]);
}

/** `host`: its name in the log. */
export function measureState(metrics: Metrics, state: () => State, host: string): void {
  const here = () => state().hosts.get(host);
  metrics.gauge('operations_open', 'Operations under way.', () => openOperations(state()).length);
  metrics.gauge('gpu_leased', '1 for each GPU that is leased, with the replicaSet that holds it.', () => leases(state(), host, () => 1), {
    isNamed: true,
  });
  metrics.gauge(
    'gpu_leased_idle',
    '1 for each GPU that is leased while no container of its holder runs: exited, paused, failed or missing. 0 for the others that are leased.',
    () => leases(state(), host, (holder) => (holder === undefined || isIdle(holder) ? 1 : 0)),
    { isNamed: true },
  );
  metrics.gauge('gpus_leased_idle', 'GPUs that are leased while no container of their holder runs.', () =>
    leases(state(), host, (holder) => (holder === undefined || isIdle(holder) ? 1 : 0)).reduce((sum, [, value]) => sum + value, 0),
  );
  metrics.gauge('ports', 'Host ports of the range that is leased from.', () => {
    const range = here()?.portRange ?? null;
    return range === null ? null : range.end - range.start + 1;
  });
  metrics.gauge('ports_held', 'Host ports that are leased.', () => here()?.ports.size ?? 0);
  metrics.gauge('ports_available', 'Host ports of the range that are not leased; somebody else may listen on some.', () =>
    here() === undefined ? null : portUsage(here()).AvailableCount,
  );
  metrics.gauge('replica_sets', 'ReplicaSets that exist.', () => state().replicaSets.size);
  metrics.gauge('volumes', 'Volumes that exist.', () => state().volumes.size);
  metrics.gauge('saved_disks_missing', 'Saved system disks that somebody removed from Docker.', () => lostDisks(state(), host));
}

/** `name`: of the host in the log. */
export function measureHost(metrics: Metrics, host: HostParts, name: string): void {
  const flag = (name: string, help: string, read: () => boolean): void => metrics.gauge(name, help, () => (read() ? 1 : 0));
  flag('ready', '1 while the service is ready, as /readyz says.', () => host.readiness().ready);
  flag('leader', '1 while this server is in charge of its host.', () => host.isLeading());
  metrics.gauge('warnings', 'Warnings in /readyz.', () => {
    const readiness = host.readiness();
    return readiness.ready ? (readiness.warnings?.length ?? 0) : 0;
  });
  flag('restore_unsettled', '1 while the log is a restored one with which Docker does not agree.', () => host.isRestored());
  metrics.gauge(
    'gpus',
    'GPUs that the host ever had, by state; lost: leased and not reported any more, gone: not reported and not leased.',
    () => gpusByState(host.state(), name, host.foreignGpus()),
  );
  metrics.gauge('gpus_foreign', 'GPUs of this host that containers outside this log use.', () => host.foreignGpus().size);
  const stalled = () => host.operations().filter((one) => one.stalled !== undefined).length;
  metrics.gauge('operations_stalled', 'Operations under way that make no progress.', stalled);
  metrics.gauge('names_missing', 'Containers and volumes that are missing from Docker.', () => host.absence().missing.length);
  metrics.gauge('commands_waiting', 'Commands that wait for their turn.', () => host.queue.waiting.count);
  metrics.gauge('commands_oldest_wait_seconds', 'For how long the first of the commands that wait has waited.', () =>
    host.queue.waiting.count === 0 ? 0 : host.queue.waiting.oldestMs / 1_000,
  );
  metrics.gauge(
    'docker_root_used_ratio',
    'Share of the file system of Docker’s data root that is in use.',
    () => host.room()?.usedRatio ?? null,
  );
  metrics.gauge('docker_root_free_bytes', 'Bytes free in Docker’s data root.', () => host.room()?.free ?? null);
  metrics.gauge('docker_root_size_bytes', 'Size of the file system of Docker’s data root.', () => host.room()?.total ?? null);
  metrics.readCounter('restarts_total', 'Tries to start a dead container again, by outcome.', () =>
    Object.entries(host.restarts).map(([outcome, count]) => [{ outcome }, count]),
  );
}
