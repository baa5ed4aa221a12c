// The operator's word that what is missing from Docker is lost. It begins no operation: it is done once its events are in the log.
import { Code } from '../../../commands/api-codes.ts';
import { accept, type Rejection } from '../../../commands/decision.ts';
import { decideLoss } from '../../../commands/host/absence.ts';
import { restoredOn } from '../../../commands/host/restore/mode.ts';
import type { Clock, Ids } from '../../../commands/outside/host.ts';
import { byAdmin, byOf, roleProblem } from '../../../commands/request/keys/rights.ts';
import { type LossOutcome, type Origin, withoutIdempotencyKey } from '../../../commands/service.ts';
import { replicaSetOfStream, volumeOfStream } from '../../../events/stream.ts';
import type { Committer } from '../committer.ts';
import type { Reconciler } from '../reconciler.ts';
import { rejected, rejectionOf } from '../rejected.ts';
import type { MissingSteps } from './missing-steps.ts';

interface AcceptLossDeps {
  readonly committer: Committer;
  readonly clock: Clock;
  readonly ids: Ids;
  /** This server's own host. */
  readonly host: string;
  readonly reconciler: Reconciler;
  readonly missingSteps: MissingSteps;
}

/** Gives up exactly what is missing at one look taken now; with `dryRun` it is only listed. */
export async function acceptLoss(deps: AcceptLossDeps, host: string, origin: Origin, dryRun: boolean): Promise<LossOutcome> {
  const { committer, reconciler, missingSteps } = deps;
  if (!committer.state.hosts.has(host)) return rejected(Code.acceptLossFailed, 'not-found', `the log knows no host ${host}`);
  if (host !== deps.host) {
    return rejected(
      Code.acceptLossFailed,
      'misdirected',
      `host ${host} is not led by this server, which leads ${deps.host}: ask the server of ${host}`,
    );
  }
  if (restoredOn(committer.state, host) !== undefined) {
    const first = `settle that first, with gpu-docker-api hosts accept-restore ${host}`;
    return rejected(
      Code.acceptLossFailed,
      'unavailable',
      `the log was restored, and nothing of host ${host} is given up before it is settled: ${first}`,
    );
  }
  try {
    await reconciler.once();
    const { missing } = reconciler;
    const streams = [...new Set([...missing, ...missingSteps.streams])].sort();
    const names = (nameOf: (stream: string) => string | null): string[] => streams.map(nameOf).filter((name) => name !== null);
    const loss = { host, replicaSets: names(replicaSetOfStream), volumes: names(volumeOfStream) };
    const rejection = dryRun ? null : await giveUp(deps, missing, origin);
    if (rejection !== null) return { ok: false, rejection };
    return { ok: true, loss };
  } catch (error) {
    const rejection = rejectionOf(Code.acceptLossFailed, error);
    return { ok: false, rejection };
  }
}

/**
 * One decision a name: none is about all of them, and none is about what this look has found there. Operations that met no container go on
 * with that.
 */
async function giveUp(
  { committer, clock, ids, missingSteps }: AcceptLossDeps,
  missing: readonly string[],
  origin: Origin,
): Promise<Rejection | null> {
  const by = byOf(origin, clock.now());
  const refused = roleProblem(committer.state, by, 'admin');
  if (refused !== null) return refused;
  // A repetition finds nothing missing, which is the same answer.
  const meta = { id: ids.next(), name: 'acceptLoss', ...withoutIdempotencyKey(origin) };
  missingSteps.accept(missingSteps.streams);
  const recorded = missing.map((stream) =>
    committer.submit(meta, (now) => byAdmin(now, by, (state) => accept(...decideLoss(state, stream)))),
  );
  const outcomes = await Promise.allSettled(recorded);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  const rejections = outcomes.flatMap((one) => (one.status === 'fulfilled' && one.value.kind === 'rejected' ? [one.value.rejection] : []));
  return rejections[0] ?? null;
}
