// Carries out the command that raises the log's level. It begins no operation: it is done once its event is in the log.
import { commands, type RaiseLogLevel } from '../../commands/command.ts';
import type { Decision } from '../../commands/decision.ts';
import { standbyBehind } from '../../commands/host/raise-log-level.ts';
import type { Clock, Ids } from '../../commands/outside/host.ts';
import { byAdmin, byOf } from '../../commands/request/keys/rights.ts';
import { type Origin, type PlanOutcome, withoutIdempotencyKey } from '../../commands/service.ts';
import { LOG_STREAM } from '../../events/stream.ts';
import type { State } from '../../projections/state.ts';
import type { Announcement } from '../etcd/announcement.ts';
import type { Committer } from './committer.ts';
import { rejectedBy } from './rejected.ts';

interface RaiseDeps {
  readonly committer: Committer;
  readonly clock: Clock;
  readonly ids: Ids;
  /** The servers that follow the log, standbys among them. */
  readonly announced?: () => Promise<readonly Announcement[]>;
}

/** The plan says what was appended or, with `dryRun`, would be. */
export async function raiseLogLevel(
  { committer, clock, ids, announced = async () => [] }: RaiseDeps,
  command: RaiseLogLevel,
  origin: Origin,
  dryRun: boolean,
): Promise<PlanOutcome> {
  const decide = (now: State): Decision =>
    byAdmin(now, byOf(origin, clock.now()), (state) => commands.raiseLogLevel.decide(state, command));
  const planned = decide(committer.state);
  if (planned.kind === 'rejected') return { ok: false, rejection: planned.rejection };
  const events = planned.kind === 'events' ? planned.events : [];
  const plan: PlanOutcome = { ok: true, plan: { stream: LOG_STREAM, etag: null, events, steps: [] } };
  // A repetition finds the level raised, which is the same answer.
  const who = withoutIdempotencyKey(origin);
  try {
    const behind = events.length > 0 ? standbyBehind(command, await announced()) : null;
    if (behind !== null) return { ok: false, rejection: behind };
    if (dryRun) return plan;
    const committed = await committer.submit({ id: ids.next(), name: command.do, ...who }, decide);
    return committed.kind === 'rejected' ? { ok: false, rejection: committed.rejection } : plan;
  } catch (error) {
    return rejectedBy(command, error);
  }
}
