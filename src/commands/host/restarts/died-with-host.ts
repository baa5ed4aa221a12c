// Whether a container's death is the machine's or Docker's, and none of its own.
import type { ReplicaSet, State } from '../../../projections/state.ts';
import type { ContainerFacts } from '../../outside/engine.ts';

/** Age of the engine, ms, up to which it may still be ending containers of the time before: one that was killed finds them running. */
const ENGINE_CLEARS_MS = 30_000;

/**
 * Nothing outlives the boot in which it began; and what began before this engine did, and was over when it came up, ended with the one
 * before or while there was none. `engineStartedAt`: ms by the engine's clock, as the container's times; undefined where the engine does not say.
 * A death of its own that nobody saw before the machine or Docker was restarted counts as theirs.
 */
export function diedWithHost(state: State, rs: ReplicaSet, { ran }: ContainerFacts, engineStartedAt: number | undefined): boolean {
  const boot = state.hosts.get(rs.host)?.boot;
  if (boot !== undefined && rs.began !== undefined && rs.began.seq < boot.seq) return true;
  if (engineStartedAt === undefined || ran === undefined) return false;
  return ran.from < engineStartedAt && ran.to <= engineStartedAt + ENGINE_CLEARS_MS;
}
