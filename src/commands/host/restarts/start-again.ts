// The decision to start a dead container again: an ordinary operation `continue`, begun by the service itself.
import type { NewEvent } from '../../../events/catalogue.ts';
import { replicaSetStream } from '../../../events/stream.ts';
import { RESTART_ACTOR } from '../../../projections/note-restarts.ts';
import { currentVersion, type ReplicaSet, type State } from '../../../projections/state.ts';
import { Code } from '../../api-codes.ts';
import { checkBinds, needsOfBinds } from '../../container/binds.ts';
import type { Facts, Needs, Settings } from '../../decision.ts';
import { areUsersUnknown, foreignGpus } from '../foreign.ts';
import { LONGEST_MS, nextTry } from './next-try.ts';

/** Whether an operation of the service's own is open on it that starts it again. */
export const isStartedAgain = ({ operation }: ReplicaSet): boolean => operation?.command.actor === RESTART_ACTOR;

/** The questions about the outside: everything that the container was made with must still be there. */
export function needsOfStart(state: State, rs: ReplicaSet): Needs {
  const binds = currentVersion(rs)?.spec.binds ?? [];
  return { ...needsOfBinds(state, binds), ports: rs.ports.length > 0, gpus: rs.gpus.length > 0 };
}

export interface StartAgain {
  readonly settings: Settings;
  readonly facts: Facts;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * The events that begin a try, or that record why it cannot begin. Empty where none is due, and where a refusal is in the log already: it
 * is recorded once, and again when its reason changes.
 */
export function decideStartAgain(state: State, name: string, { settings, facts, now }: StartAgain): NewEvent[] {
  const rs = state.replicaSets.get(name);
  if (rs === undefined || rs.host !== settings.host) return [];
  const next = nextTry(rs, settings.restart);
  if (next === null || next.at > now) return [];
  const obstacle = obstacleOf(state, rs, settings, facts);
  if (obstacle === undefined) return [];
  const stream = replicaSetStream(name);
  const begun: NewEvent = { type: 'OperationStarted', stream, data: { kind: 'continue', from: rs.current, reason: next.because } };
  if (obstacle === null) return [begun];
  const known = rs.restarts?.refused;
  if (known !== undefined && (known.message === obstacle || now - Date.parse(known.since) < LONGEST_MS)) return [];
  const code = Code.continueFailed;
  return [begun, { type: 'OperationFailed', stream, data: { kind: 'continue', code, message: obstacle, refused: true } }];
}

/** Why it cannot be started as things are; null where it can, undefined where that cannot be told now. */
function obstacleOf(state: State, rs: ReplicaSet, settings: Settings, facts: Facts): string | null | undefined {
  const host = state.hosts.get(rs.host);
  const gpus = host?.gpus ?? [];
  if (rs.gpus.length > 0 && areUsersUnknown(host, facts.gpuUsers)) return undefined;
  const foreign = foreignGpus(host, facts.gpuUsers ?? []);
  for (const gpu of rs.gpus) {
    if (gpus.find((known) => known.gpu === gpu)?.present !== true) return `GPU ${gpu}, which it holds, is not in the machine`;
    const user = foreign.get(gpu);
    if (user !== undefined) return `GPU ${gpu}, which it holds, is used by ${user}`;
  }
  const taken = rs.ports.find(({ hostPort }) => facts.busyPorts?.has(hostPort));
  if (taken !== undefined) return `host port ${taken.hostPort}, which it holds, is used by another process`;
  const asked = currentVersion(rs)?.spec.binds ?? [];
  const binds = checkBinds(state, asked, { name: rs.name, owner: rs.owner, code: Code.continueFailed, isMade: true }, facts, settings);
  if (!binds.ok) return binds.decision.kind === 'rejected' ? binds.decision.rejection.message : undefined;
  // Docker would make the directory anew, and empty: a disk may not be mounted yet.
  const absent = asked.find(({ src }) => facts.absentPaths.has(src));
  return absent === undefined ? null : `host path ${absent.src}, which it mounts, does not exist`;
}

/**
 * For readiness: the replicaSets that wait to be started again, and for what; null while none does. `unanswered`: names of which neither the
 * host nor Docker has said yet whether the things that they need are there.
 */
export function restartWarning(
  waiting: readonly ReplicaSet[],
  fallback: string,
  unanswered: ReadonlySet<string> = new Set(),
): string | null {
  const troubled = waiting.filter(
    ({ name, restarts }) => unanswered.has(name) || restarts?.refused !== undefined || (restarts?.tries ?? 0) > 0,
  );
  if (troubled.length === 0) return null;
  const waitOf = (rs: ReplicaSet): string =>
    unanswered.has(rs.name) ? 'whether what it needs is there cannot be told: no answer yet' : knownWait(rs, fallback);
  const silentFirst = [...troubled].sort((a, b) => Number(unanswered.has(b.name)) - Number(unanswered.has(a.name)));
  const first = silentFirst.slice(0, MAX_NAMES).map((rs) => `${rs.name} (${waitOf(rs)})`);
  const rest = troubled.length > MAX_NAMES ? ` and ${troubled.length - MAX_NAMES} more` : '';
  return `${troubled.length === 1 ? '1 replicaSet waits' : `${troubled.length} replicaSets wait`} to be started again: ${first.join(', ')}${rest}`;
}

/** Names that a sentence lists. */
const MAX_NAMES = 3;

function knownWait(rs: ReplicaSet, fallback: string): string {
  if (rs.restarts?.refused !== undefined) return rs.restarts.refused.message;
  const next = nextTry(rs, fallback);
  return `tries so far: ${rs.restarts?.tries ?? 0}${next === null ? '' : `, the next one at ${new Date(next.at).toISOString()}`}`;
}
