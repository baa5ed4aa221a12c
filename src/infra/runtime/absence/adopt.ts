// Carries out the order to take back a container or a volume. It begins no operation: it is done once its events are in the log.
import { Code } from '../../../commands/api-codes.ts';
import type { Decision, Facts, Needs } from '../../../commands/decision.ts';
import { decideAdopt, newest, refuseLevel } from '../../../commands/host/restore/adopt.ts';
import { sealsOf } from '../../../commands/host/restore/adopt-secrets.ts';
import { adoptVolume, besideOthers, besideSentences, type VolumeLook } from '../../../commands/host/restore/adopt-volume.ts';
import type { ContainerEngine, VolumeFacts } from '../../../commands/outside/engine.ts';
import type { Clock, Ids } from '../../../commands/outside/host.ts';
import { byAdmin, byOf } from '../../../commands/request/keys/rights.ts';
import { looksSecret } from '../../../commands/request/secret-names.ts';
import { type Adoption, type AdoptOutcome, type Origin, withoutIdempotencyKey } from '../../../commands/service.ts';
import type { NewEvent } from '../../../events/catalogue.ts';
import { replicaSetStream, volumeOfStream, volumeStream } from '../../../events/stream.ts';
import { aggregateOf, type State } from '../../../projections/state.ts';
import type { Committer } from '../committer.ts';
import { type FactSources, sealedForShow } from '../gather-facts.ts';
import { Sealing } from '../queue/sealing.ts';
import { rejected, rejectionOf } from '../rejected.ts';

export interface AdoptDeps {
  readonly committer: Committer;
  readonly engine: ContainerEngine;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly factSources: Pick<FactSources, 'secretKeys'>;
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
    const [owned, listed] = await Promise.all([
      what === 'volume' ? { containers: [], disks: [] } : engine.inspectOwned(logId, name, looksSecret),
      engine.listVolumes(logId),
    ]);
    const bound = new Set(owned.containers.flatMap(({ spec }) => spec.binds.map(({ src }) => src)));
    const names = what === 'volume' ? [name] : listed.flatMap((one) => (bound.has(one.name) ? [one.owner?.name ?? ''] : []));
    const volumes = await withContent(engine, listed, besideOthers(new Set(names), listed));
    const needs = (state: State): Needs => {
      const chosen = what === 'volume' ? undefined : newest(name, owned, state.replicaSets.get(name));
      const seals = chosen === undefined || 'kind' in chosen ? undefined : sealsOf(owned, chosen);
      return seals === undefined ? {} : { seals };
    };
    const decide = (now: State, sealed: Facts['sealed']): Decision =>
      byAdmin(now, byOf(origin, clock.now()), (state) =>
        what === 'volume'
          ? (refuseLevel(state) ?? adoptVolume(state, host, name, volumes))
          : decideAdopt(state, host, name, { owned, volumes, sealed }),
      );
    const id = ids.next();
    let decision = decide(committer.state, sealedForShow(needs(committer.state), id));
    const etag = aggregateOf(committer.state, stream)?.seq ?? null;
    if (!dryRun && decision.kind === 'events') {
      const sealing = new Sealing(deps, id, stream);
      try {
        const sealed = await sealing.seal(needs(committer.state));
        // A repetition finds it taken back, which is the same answer.
        sealing.committing = committer.submit({ id, name: 'adopt', ...withoutIdempotencyKey(origin) }, (state) => {
          decision = decide(state, sealed);
          return decision;
        });
        await sealing.committing;
      } finally {
        void sealing.end();
      }
      ring();
    }
    if (decision.kind === 'stale') return rejected(code, 'busy', `${name} has changed meanwhile: adopt it again`);
    if (decision.kind === 'rejected') return { ok: false, rejection: decision.rejection };
    const events = decision.kind === 'events' ? decision.events : [];
    return { ok: true, plan: { stream, etag, events, steps: [] }, adoption: adoptionOf(what, name, stream, events, volumes) };
  } catch (error) {
    return { ok: false, rejection: rejectionOf(code, error) };
  }
}

async function withContent(
  engine: ContainerEngine,
  volumes: readonly VolumeFacts[],
  looked: readonly string[],
): Promise<readonly VolumeLook[]> {
  const contents = new Map(await Promise.all(looked.map(async (name) => [name, await engine.volumeContent(name)] as const)));
  return volumes.map((volume) => {
    const content = contents.get(volume.name) ?? null;
    return content === null ? volume : { ...volume, content };
  });
}

export function adoptionOf(
  what: Adoption['what'],
  name: string,
  stream: string,
  events: readonly NewEvent[],
  found: readonly VolumeFacts[],
): Adoption {
  // Of several versions the last is the current one.
  const taken = new Map(events.flatMap((event) => (event.type === 'VolumeAdopted' ? [[event.stream, event.data] as const] : [])));
  const volumes = [...taken.keys()].flatMap((one) => (one === stream ? [] : [volumeOfStream(one) ?? '']));
  const besides = [...taken].flatMap(([one, data]) => besideSentences(volumeOfStream(one) ?? '', data, found));
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
        approximate: [...approximate, ...besides],
      };
    }
  }
  const version = taken.get(stream)?.version;
  if (version !== undefined) return { what, name, version, state: 'ready', gpus: [], ports: [], volumes, approximate: besides };
  return { what, name, version: 0, state: what === 'volume' ? 'ready' : 'running', gpus: [], ports: [], volumes, approximate: [] };
}
