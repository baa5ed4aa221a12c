// Carries out the order to take in a container or a volume without labels, which was there before the log. It begins no operation: it is done once its events
// are in the log. Docker is looked at once; the decision is made on the state that the log then has.
import { Code } from '../../../commands/api-codes.ts';
import type { Decision } from '../../../commands/decision.ts';
import { adoptUnlabelledVolume, decideAdoptUnlabelled, secretsOf } from '../../../commands/host/restore/adopt-unlabelled.ts';
import type { ContainerEngine, VolumeFacts } from '../../../commands/outside/engine.ts';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import { Secret, type SecretVariable } from '../../../commands/outside/secrets.ts';
import type { AskedUnlabelled } from '../../../commands/request/adopt-body.ts';
import { byAdmin, byOf } from '../../../commands/request/keys/rights.ts';
import { parseSize } from '../../../commands/request/names.ts';
import { nameOf } from '../../../commands/request/secret-names.ts';
import { type Adoption, type AdoptOutcome, type Origin, withoutIdempotencyKey } from '../../../commands/service.ts';
import { replicaSetStream, volumeStream } from '../../../events/stream.ts';
import { aggregateOf, type State } from '../../../projections/state.ts';
import { type FactSources, sealedForShow } from '../gather-facts.ts';
import { Sealing } from '../queue/sealing.ts';
import { rejected, rejectionOf } from '../rejected.ts';
import { type AdoptDeps, adoptionOf } from './adopt.ts';

interface Deps extends AdoptDeps {
  readonly factSources: Pick<FactSources, 'secretKeys'>;
}

type Decide = (state: State) => Decision;

export async function adoptUnlabelled(
  deps: Deps,
  what: Adoption['what'],
  name: string,
  origin: Origin,
  dryRun: boolean,
  asked: AskedUnlabelled,
): Promise<AdoptOutcome> {
  const { committer, clock, ids, host, ring } = deps;
  const code = Code.adoptFailed;
  const stream = what === 'volume' ? volumeStream(name) : replicaSetStream(name);
  // Of the command, and of the life that it begins.
  const id = ids.next();
  const sealing = new Sealing(deps, id, stream);
  try {
    if (!committer.state.hosts.has(host))
      return rejected(code, 'unavailable', `host ${host} is not in the log yet: no server has led it so far`);
    const found =
      what === 'volume' ? await lookAtVolume(deps, name, asked, id) : await lookAtContainer(deps, name, asked, id, dryRun ? null : sealing);
    const decide = (now: State): Decision => byAdmin(now, byOf(origin, clock.now()), found);
    let decision = decide(committer.state);
    const etag = aggregateOf(committer.state, stream)?.seq ?? null;
    if (!dryRun && decision.kind === 'events') {
      // A repetition finds it taken in, which is the same answer.
      sealing.committing = committer.submit({ id, name: 'adopt', ...withoutIdempotencyKey(origin) }, (state) => {
        decision = decide(state);
        return decision;
      });
      await sealing.committing;
      ring();
    }
    if (decision.kind === 'rejected') return { ok: false, rejection: decision.rejection };
    const events = decision.kind === 'events' ? decision.events : [];
    return { ok: true, plan: { stream, etag, events, steps: [] }, adoption: adoptionOf(what, name, stream, events, []) };
  } catch (error) {
    return { ok: false, rejection: rejectionOf(code, error) };
  } finally {
    void sealing.end();
  }
}

/** `sealing`: null where nothing is to be recorded. */
async function lookAtContainer(
  { committer, engine, host }: Deps,
  name: string,
  asked: AskedUnlabelled,
  id: string,
  sealing: Sealing | null,
): Promise<Decide> {
  const { logId } = committer.state;
  const owner = { log: logId, name, uid: id, version: asked.version };
  const [container, volumes] = await Promise.all([engine.inspectUnlabelled(`${name}-${asked.version}`, owner), engine.listVolumes(logId)]);
  const secret = container === null || committer.state.replicaSets.has(name) ? [] : secretsOf(committer.state, container);
  const variables = secret.map(
    (entry): SecretVariable => ({ name: nameOf(entry), value: new Secret(entry.slice(nameOf(entry).length + 1)) }),
  );
  const needs = variables.length > 0 ? { seals: { variables } } : {};
  const sealed = sealing === null ? sealedForShow(needs, id) : await sealing.seal(needs);
  return (state) => decideAdoptUnlabelled(state, host, name, asked, { container, sealed: sealed?.variables ?? [], volumes });
}

async function lookAtVolume({ engine, host }: Deps, name: string, asked: AskedUnlabelled, id: string): Promise<Decide> {
  const volumeName = `${name}-${asked.version}`;
  const volume = await engine.inspectVolume(volumeName);
  const usedBytes = volume === null || isSized(volume, asked) ? null : await used(engine, volumeName);
  return (state) => adoptUnlabelledVolume(state, host, name, id, asked, { volume, usedBytes });
}

const isSized = ({ sizeOption }: VolumeFacts, { size }: AskedUnlabelled): boolean => parseSize(sizeOption ?? size ?? '') !== null;

/** Null where its files cannot be looked at from here. */
async function used(engine: ContainerEngine, volumeName: string): Promise<number | null> {
  try {
    return await engine.volumeUsage(volumeName);
  } catch (error) {
    if (error instanceof EngineError && error.kind !== 'unavailable') return null;
    throw error;
  }
}
