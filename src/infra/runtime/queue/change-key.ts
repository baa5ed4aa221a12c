// Carries out the commands on API keys. They begin no operation, wait for no turn and need no Docker: each is done once its event is in the log.
import { commands, type KeyCommand, streamOf } from '../../../commands/command.ts';
import { type Context, type Decision, noFacts, type Settings } from '../../../commands/decision.ts';
import type { Clock, Ids } from '../../../commands/outside/host.ts';
import { byAdmin, byOf } from '../../../commands/request/keys/rights.ts';
import { type Origin, type PlanOutcome, withoutIdempotencyKey } from '../../../commands/service.ts';
import type { State } from '../../../projections/state.ts';
import type { Committer } from '../committer.ts';
import { rejectedBy } from '../rejected.ts';

interface ChangeKeyDeps {
  readonly committer: Committer;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: Settings;
}

function decideOn(state: State, command: KeyCommand, context: Context): Decision {
  if (command.do === 'createKey') return commands.createKey.decide(state, command, context);
  return command.do === 'setKey' ? commands.setKey.decide(state, command, context) : commands.revokeKey.decide(state, command);
}

/** The plan says what was appended or, with `dryRun`, would be. */
export async function changeKey(
  { committer, clock, ids, settings }: ChangeKeyDeps,
  command: KeyCommand,
  origin: Origin,
  dryRun: boolean,
): Promise<PlanOutcome> {
  // A repetition must not be given a key once more.
  const who = withoutIdempotencyKey(origin);
  const id = ids.next();
  const decide = (now: State): Decision => {
    const by = byOf(origin, clock.now());
    const context = { settings, facts: noFacts, id, ...(by !== undefined && { by }) };
    return byAdmin(now, by, (state) => decideOn(state, command, context));
  };
  const stream = streamOf(command);
  try {
    if (dryRun) {
      const planned = decide(committer.state);
      if (planned.kind === 'rejected') return { ok: false, rejection: planned.rejection };
      return { ok: true, plan: { stream, etag: null, events: planned.kind === 'events' ? planned.events : [], steps: [] } };
    }
    const committed = await committer.submit({ id, name: command.do, ...who }, decide);
    if (committed.kind === 'rejected') return { ok: false, rejection: committed.rejection };
    return { ok: true, plan: { stream, etag: null, events: committed.kind === 'committed' ? committed.events : [], steps: [] } };
  } catch (error) {
    return rejectedBy(command, error);
  }
}
