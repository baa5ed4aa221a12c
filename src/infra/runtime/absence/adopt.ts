// Carries out the order to take back a container or a volume. It begins no operation: it is done once its events are in the log.
import { Code } from '../../../commands/api-codes.ts';
import type { Decision } from '../../../commands/decision.ts';
import { decideAdopt, refuseLevel } from '../../../commands/host/restore/adopt.ts';
import { adoptVolume } from '../../../commands/host/restore/adopt-volume.ts';
import type { ContainerEngine } from '../../../commands/outside/engine.ts';
import type { Clock, Ids } from '../../../commands/outside/host.ts';
import { byAdmin, byOf } from '../../../commands/request/keys/rights.ts';
import { type Adoption, type AdoptOutcome, type Origin, withoutIdempotencyKey } from '../../../commands/service.ts';
import type { NewEvent } from '../../../events/catalogue.ts';
import { replicaSetStream, volumeOfStream, volumeStream } from '../../../events/stream.ts';
import { aggregateOf, type State } from '../../../projections/state.ts';
import type { Committer } from '../committer.ts';
import { rejected, rejectionOf } from '../rejected.ts';

export interface AdoptDeps {
  readonly committer: Committer;
  readonly engine: ContainerEngine;
  readonly clock: Clock;
  readonly ids: Ids;
  /** This server's own host. */
  readonly host: string;
  /** Compares Docker with the log soon. */
  readonly ring: () => void;
}

/** Docker is looked at once; the decision is made on the state that the log then has. */
export async function adopt(deps: AdoptDeps, what: Adoption['what'], name: string, origin: Origin, dryRun: boolean): Promise<AdoptOutcome> {
  const { committer, engine, clock, ids, host, ring } = deps;
  const code = Code.adoptFailed;
  const stream = what === 'volume' ? volumeStream(name) : replicaSetStream(name);
  try {
    const { logId, hosts } = committer.state;
    if (!hosts.has(host)) return rejected(code, 'unavailable', `host ${host} is not in the log yet: no server has led it so far`);
    const [owned, volumes] = await Promise.all([
      what === 'volume' ? { containers: [], disks: [] } : engine.inspectOwned(logId, name),
      engine.listVolumes(logId),
    ]);
    const decide = (now: State): Decision =>
      byAdmin(now, byOf(origin, clock.now()), (state) =>
        what === 'volume'
          ? (refuseLevel(state) ?? adoptVolume(state, host, name, volumes))
          : decideAdopt(state, host, name, { owned, volumes }),
      );
    let decision = decide(committer.state);
    const etag = aggregateOf(committer.state, stream)?.seq ?? null;
    if (!dryRun && decision.kind === 'events') {
      // A repetition finds it taken back, which is the same answer.
      await committer.submit({ id: ids.next(), name: 'adopt', ...withoutIdempotencyKey(origin) }, (state) => {
        decision = decide(state);
        return decision;
      });
      ring();
    }
    if (decision.kind === 'rejected') return { ok: false, rejection: decision.rejection };
    const events = decision.kind === 'events' ? decision.events : [];
    return { ok: true, plan: { stream, etag, events, steps: [] }, adoption: adoptionOf(what, name, stream, events) };
  } catch (error) {
    return { ok: false, rejection: rejectionOf(code, error) };
  }
}

export function adoptionOf(what: Adoption['what'], name: string, stream: string, events: readonly NewEvent[]): Adoption {
  const volumes = events.flatMap((event) =>
    event.type === 'VolumeAdopted' && event.stream !== stream ? [volumeOfStream(event.stream) ?? ''] : [],
  );
  for (const event of events) {
    if (event.stream !== stream) continue;
    if (event.type === 'ContainerAdopted') {
      const { version, state, gpus, ports, approximate } = event.data;
      return {
        what,
        name,
        version,
        state,
        gpus: state === 'running' ? gpus : [],
        ports: state === 'running' ? ports : [],
        volumes,
        approximate,
      };
    }
    if (event.type === 'VolumeAdopted')
      return { what, name, version: event.data.version, state: 'ready', gpus: [], ports: [], volumes, approximate: [] };
  }
  return { what, name, version: 0, state: what === 'volume' ? 'ready' : 'running', gpus: [], ports: [], volumes, approximate: [] };
}
