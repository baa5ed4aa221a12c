// Whether and when a container that died is started again, by its policy and the tries so far. Pure: a function of the log alone.
import { currentVersion, type ReplicaSet, type Restarts } from '../../../projections/state.ts';

/** `always`, `no`, or `on-failure:N`. */
export type RestartPolicy = string;

/** Pause after the first death of its own, ms. It doubles with each try. */
const FIRST_MS = 1_000;
/** Longest pause between two tries, ms. */
export const LONGEST_MS = 300_000;

export interface NextTry {
  /** Milliseconds since the epoch; it may have passed. */
  readonly at: number;
  /** For a person: why it is started again. */
  readonly because: string;
}

/**
 * Nobody stopped or paused it, and its container is there and does not run. What was stopped, paused or given up is in another state; a
 * container that is missing may come back as it was.
 */
const shouldRun = (rs: ReplicaSet): boolean =>
  (rs.state === 'exited' || rs.state === 'failed') && rs.missing === undefined && currentVersion(rs)?.container === 'exited';

/** Null: it is not to be started again as things are. `fallback`: the policy of a name that has none of its own. */
export function nextTry(rs: ReplicaSet, fallback: RestartPolicy): NextTry | null {
  if (!shouldRun(rs) || rs.operation !== null) return null;
  const policy = rs.policy?.restart ?? fallback;
  if (!allows(policy, rs)) return null;
  const { restarts } = rs;
  const because = `${causeOf(rs)}; restart: ${policy}${restarts === undefined || restarts.tries === 0 ? '' : `, try ${restarts.tries + 1}`}`;
  return { at: restarts === undefined ? 0 : Date.parse(restarts.since) + pauseMs(restarts), because };
}

/** A death that came with the machine or with Docker is no failure of its own, and no success either. */
function allows(policy: RestartPolicy, rs: ReplicaSet): boolean {
  if (policy === 'always') return true;
  const most = Number(/^on-failure:(\d+)$/.exec(policy)?.[1] ?? 0);
  if (most === 0) return false;
  if (rs.restarts?.withHost === true) return true;
  const succeeded = rs.state === 'exited' && rs.exitCode === 0;
  return !succeeded && (rs.restarts?.exits ?? 0) <= most;
}

const pauseMs = ({ tries, withHost }: Restarts): number =>
  tries === 0 && withHost === true ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries, 20));

function causeOf({ restarts, stateReason, exitCode }: ReplicaSet): string {
  if (restarts?.withHost === true) return 'it ended with the machine or with Docker';
  return stateReason ?? (exitCode === undefined ? 'it ended' : `it ended with exit code ${exitCode}`);
}
