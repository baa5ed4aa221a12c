// The operator's word that a restored log is what holds, whatever Docker has. It begins no operation: it is done once its event is in the log.
import { Code } from '../../../commands/api-codes.ts';
import { accept } from '../../../commands/decision.ts';
import { decideSettled } from '../../../commands/host/restore/agreement.ts';
import { restoredOn } from '../../../commands/host/restore/mode.ts';
import type { Clock, Ids } from '../../../commands/outside/host.ts';
import { byAdmin, byOf } from '../../../commands/request/keys/rights.ts';
import { type Origin, type RestoreOutcome, withoutIdempotencyKey } from '../../../commands/service.ts';
import type { Committer } from '../committer.ts';
import type { Reconciler } from '../reconciler.ts';
import { rejected, rejectionOf } from '../rejected.ts';

interface AcceptRestoreDeps {
  readonly committer: Committer;
  readonly clock: Clock;
  readonly ids: Ids;
  /** This server's own host. */
  readonly host: string;
  readonly reconciler: Reconciler;
}

/** Looks once more, and settles what is left; with `dryRun` that is only listed. A host that is settled already is answered in the same way. */
export async function acceptRestore(deps: AcceptRestoreDeps, host: string, origin: Origin, dryRun: boolean): Promise<RestoreOutcome> {
  const { committer, reconciler, clock, ids } = deps;
  const code = Code.acceptRestoreFailed;
  if (!committer.state.hosts.has(host)) return rejected(code, 'not-found', `the log knows no host ${host}`);
  if (host !== deps.host)
    return rejected(code, 'misdirected', `host ${host} is not led by this server, which leads ${deps.host}: ask the server of ${host}`);
  try {
    await reconciler.once();
    const { differences } = reconciler.restore;
    const wasRestored = restoredOn(committer.state, host) !== undefined;
    if (wasRestored && !dryRun) {
      // A repetition finds it settled, which is the same answer.
      const meta = { id: ids.next(), name: 'acceptRestore', ...withoutIdempotencyKey(origin) };
      const settled = await committer.submit(meta, (now) =>
        byAdmin(now, byOf(origin, clock.now()), (state) => accept(...decideSettled(state, host, 'accepted', differences.length))),
      );
      if (settled.kind === 'rejected') return { ok: false, rejection: settled.rejection };
      reconciler.ring();
    }
    return { ok: true, settlement: { host, wasRestored, differences } };
  } catch (error) {
    return { ok: false, rejection: rejectionOf(code, error) };
  }
}
