// Whether the host can be served, and everything in the way: what `/readyz` answers.
import { type Absence, absenceWarning } from '../../../commands/host/absence.ts';
import { restoredWarning } from '../../../commands/host/restore/mode.ts';
import { roomProblem, roomWarning } from '../../../commands/host/room.ts';
import type { Room } from '../../../commands/outside/disk-usage.ts';
import type { Clock } from '../../../commands/outside/host.ts';
import type { Readiness } from '../../../commands/service.ts';
import { LEVEL } from '../../../events/catalogue.ts';
import type { EventLog } from '../../../events/log.ts';
import type { MissingSteps } from '../absence/missing-steps.ts';
import type { SecretSweep } from '../absence/secret-sweep.ts';
import type { Committer } from '../committer.ts';
import type { GpuObservation } from '../gpu-observation.ts';
import type { Slots } from '../operations/slots.ts';
import type { Restarter } from '../restarts/restarter.ts';
import type { LedTerm } from './take-over.ts';
import { dockerReason, type Waiting } from './waiting.ts';

/** Grace period of etcd, ms: silence beyond it makes the server unready. A restart of etcd takes about 200. */
const SILENCE_MS = 1_000;

/** The parts of the host's service that have something to say. */
export interface ReadinessParts {
  readonly committer: Committer;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly pulse?: { trouble(): { readonly reason: string } | null };
  readonly space?: { readonly warning: string | null; readonly problem: string | null };
  readonly waiting: Waiting;
  /** The term under way, or the last one. */
  readonly term: LedTerm | null;
}

/** Whether `reasonsOf` gives none. Asked at each request: while all is well it makes nothing. */
export function isReady(parts: ReadinessParts): boolean {
  const { committer, pulse, space, waiting, term } = parts;
  return (
    waiting.reason === null &&
    silenceOf(parts) === null &&
    committer.readTrouble === null &&
    (term?.reconciler.trouble ?? pulse?.trouble() ?? null) === null &&
    (space?.problem ?? null) === null &&
    committer.clockProblem === null
  );
}

/** Why the log has not answered for longer than a restart of etcd takes. */
function silenceOf({ log, clock }: ReadinessParts): string | null {
  const silence = log.trouble();
  return silence !== null && clock.now() - silence.since > SILENCE_MS ? silence.reason : null;
}

/** Everything that keeps the host from being served, a sentence each. */
function reasonsOf(parts: ReadinessParts): string[] {
  const { committer, pulse, space, waiting, term } = parts;
  const reasons: string[] = [];
  if (waiting.reason !== null) reasons.push(waiting.reason);
  const silence = silenceOf(parts);
  if (silence !== null) reasons.push(`the event log does not answer: ${silence}`);
  const { readTrouble, clockProblem } = committer;
  if (readTrouble !== null) reasons.push(`the event log cannot be read on: ${readTrouble}`);
  const docker = term?.reconciler.trouble ?? pulse?.trouble() ?? null;
  if (docker !== null && !reasons.includes(dockerReason(docker.reason))) reasons.push(dockerReason(docker.reason));
  const { problem = null } = space ?? {};
  if (problem !== null) reasons.push(problem);
  if (clockProblem !== null) reasons.push(clockProblem);
  return reasons;
}

interface Watchers {
  readonly host: string;
  readonly absence: Absence;
  readonly room: Room | null;
  readonly gpus: GpuObservation;
  readonly missingSteps: MissingSteps;
  readonly secretSweep: SecretSweep;
  readonly slots: Slots;
  readonly restarter: Restarter | null;
}

export function readinessOf(parts: ReadinessParts, watchers: Watchers): Readiness {
  const { host, absence, room, gpus, missingSteps, secretSweep, slots, restarter } = watchers;
  const reasons = reasonsOf(parts);
  const missing = absenceWarning(absence, host);
  if (reasons.length > 0) return { ready: false, reasons: missing === null ? reasons : [...reasons, missing] };
  const { committer, term, space } = parts;
  const { reconciler, runner } = term ?? {};
  const hints = [
    restoredWarning(committer.state, host, reconciler?.restore.differences ?? []),
    space?.warning ?? null,
    committer.clockWarning,
    levelWarning(committer.state.logLevel),
    ...(reconciler?.unreadable ?? []).map((line) => `a GPU cannot be read; its driver says: ${line}`),
    ...gpus.warnings(),
    missing,
    roomWarning(room),
    ...missingSteps.warnings,
    ...secretSweep.warnings,
    ...(runner?.stalls.warnings() ?? []),
    ...slots.warnings(),
    restarter?.warning ?? null,
    ...(reconciler?.warnings ?? []),
  ];
  const warnings = hints.filter((text) => text !== null);
  const full = roomProblem(room);
  return { ready: true, ...(full !== null && { reasons: [full] }), ...(warnings.length > 0 && { warnings }) };
}

function levelWarning(level: number): string | null {
  if (level >= LEVEL) return null;
  return `the log is at level ${level}, and what this release records at level ${LEVEL} is left undone: raise it with \`gpu-docker-api log raise\` once no older release is to read this log again`;
}
