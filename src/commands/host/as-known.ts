// The facts of listed containers that need not be asked for one by one, because the list shows them as the log has them.
import { replicaSetStream } from '../../events/stream.ts';
import { currentVersion, type State } from '../../projections/state.ts';
import type { ContainerFacts, ContainerSeen } from '../outside/engine.ts';
import { isPaused, isRunning } from './reconcile.ts';

/**
 * The container's facts as the log has them, where the list shows it as the log has it; undefined where its own facts have to be asked for.
 * `stopped`: streams whose last death may turn out to have come with the end of the engine, which its times tell. Of one that does not run the
 * exit code is not the engine's.
 */
export function asKnown(state: State, host: string, stopped: ReadonlySet<string>, seen: ContainerSeen): ContainerFacts | undefined {
  const rs = state.replicaSets.get(seen.name);
  if (rs === undefined || rs.uid !== seen.uid || rs.host !== host || rs.current !== seen.version || rs.missing !== undefined)
    return undefined;
  const version = currentVersion(rs);
  if (version === undefined || version.containerId !== seen.id || version.container === 'removed') return undefined;
  const runs = isRunning(seen);
  if (runs !== (version.container === 'running') || isPaused(seen) !== (version.frozen === true)) return undefined;
  if (!runs && (rs.state === 'running' || stopped.has(replicaSetStream(rs.name)))) return undefined;
  return {
    ...seen,
    exitCode: rs.exitCode ?? 0,
    oomKilled: false,
    gpus: version.gpus,
    hostPorts: version.ports.map(({ hostPort }) => hostPort),
  };
}
