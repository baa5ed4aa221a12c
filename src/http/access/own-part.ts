// The part of the state that a caller may see.
import { notOwn } from '../../commands/request/keys/rights.ts';
import type { State } from '../../projections/state.ts';
import { Failure } from '../response/failure.ts';
import type { Caller } from './caller.ts';

/** In place of the name of a replicaSet that is somebody else's. */
const ANOTHER = '(another)';

/** Of a route about one name, that one: a look at all would cost as much as there are. Of any other a bare look at each, some ms for 100,000. */
function only<V extends { readonly owner: string }>(of: ReadonlyMap<string, V>, own: string, name: string): Map<string, V> {
  const found = new Map<string, V>();
  if (name === '') {
    for (const [key, value] of of) if (value.owner === own) found.set(key, value);
    return found;
  }
  const one = of.get(name);
  if (one?.owner === own) found.set(name, one);
  return found;
}

/**
 * The state without what is not the caller's, where his key has scope own. `path` is the route's, `name` the name in it ('' for none). Throws Failure
 * 'forbidden' for a name of somebody else.
 */
export function ownPart(state: State, { own, key = '' }: Caller, path: string, name: string): State {
  if (own === null) return state;
  const kind = path.startsWith('/api/v1/volumes') ? 'volume' : 'replicaSet';
  const found = name === '' ? undefined : (kind === 'volume' ? state.volumes : state.replicaSets).get(name);
  if (found !== undefined && found.owner !== own) {
    const refusal = notOwn(key, kind, name);
    throw new Failure(refusal.kind, refusal.code, refusal.message);
  }
  const shown = (holder: string): string => (state.replicaSets.get(holder)?.owner === own ? holder : ANOTHER);
  const hosts = [...state.hosts].map(([hostName, host]) => {
    const gpus = host.gpus.map((gpu) => (gpu.holder === null ? gpu : { ...gpu, holder: shown(gpu.holder) }));
    return [hostName, { ...host, gpus }] as const;
  });
  return {
    ...state,
    hosts: new Map(hosts),
    replicaSets: only(state.replicaSets, own, name),
    volumes: only(state.volumes, own, name),
  };
}
