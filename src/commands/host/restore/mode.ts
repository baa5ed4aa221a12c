// A host whose log was put back to an earlier moment gives and starts nothing until Docker and the log agree, or an operator says so.
import { aggregateOf, isReplicaSet, type ReplicaSet, type Restored, type State, type Volume } from '../../../projections/state.ts';

/** Names that a sentence lists. */
const MAX_NAMES = 3;

export const restoredOn = (state: State, host: string): Restored | undefined => state.hosts.get(host)?.restored;

/** Whether nothing is done about the name: its open operation, or what is left to be tidied up, is of the log that was put back. */
export function isHeld(state: State, { host, operation }: ReplicaSet | Volume): boolean {
  const restored = restoredOn(state, host);
  return restored !== undefined && (operation === null || operation.since < restored.time);
}

/** Commands that neither give nor start anything: what is gone may be deleted. */
const HARMLESS: ReadonlySet<string> = new Set(['delete', 'deleteVolume', 'execute']);

/** Why a command is refused while the host is in this state; null where it is not. `stream`: the command's. */
export function whileRestored(state: State, host: string, kind: string, stream: string): string | null {
  const restored = restoredOn(state, host);
  if (restored === undefined) return null;
  const aggregate = aggregateOf(state, stream);
  if (!HARMLESS.has(kind)) return `${restoredSentence(restored, host)} ${waysOut(host)}`;
  if (kind === 'execute' || aggregate?.operation == null || !isHeld(state, aggregate)) return null;
  const way = isReplicaSet(aggregate) ? `adopt it with gpu-docker-api adopt ${aggregate.name}, or ` : '';
  return `an operation (${aggregate.operation.kind}) was open on ${stream} in the log that was restored at event ${restored.seq}: ${way}say gpu-docker-api hosts accept-restore ${host}`;
}

const restoredSentence = ({ seq, by }: Restored, host: string): string =>
  `the log was restored at event ${seq} by ${by}, and host ${host} gives and starts nothing until Docker and the log agree.`;

const waysOut = (host: string): string =>
  `gpu-docker-api replay --check shows what differs. Take back what the log does not know with gpu-docker-api adopt NAME, delete what is gone, or settle for what the log says with gpu-docker-api hosts accept-restore ${host}`;

/** For readiness: null where the host is as usual. */
export function restoredWarning(state: State, host: string, differences: readonly string[]): string | null {
  const restored = restoredOn(state, host);
  if (restored === undefined) return null;
  const first = differences.slice(0, MAX_NAMES).join('; ');
  const more = differences.length > MAX_NAMES ? ` and ${differences.length - MAX_NAMES} more` : '';
  const found = differences.length === 0 ? '' : ` ${differences.length} differ: ${first}${more}.`;
  return `${restoredSentence(restored, host)}${found} ${waysOut(host)}`;
}
