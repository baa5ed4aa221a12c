// The rights of keys, judged when a command is decided: a key that was revoked or changed while the command waited counts as it is then.
import type { NewEvent } from '../../../events/catalogue.ts';
import type { CommandMeta } from '../../../events/envelope.ts';
import type { Role } from '../../../events/key.ts';
import { type ApiKey, isLive, isRevoked } from '../../../projections/keys/api-keys.ts';
import { aggregateOf, currentVersion, isReplicaSet, type State } from '../../../projections/state.ts';
import { managedVolume } from '../../container/binds.ts';
import type { By, Decision, Rejection } from '../../decision.ts';

/** Status, and so far the code, of a refusal for the lack of a right. */
const FORBIDDEN = 403;

const refused = (message: string): Rejection => ({ code: FORBIDDEN, kind: 'forbidden', message });

/** Actors of the service itself, whom no client can claim to be. */
const isService = (actor: string): boolean => actor.startsWith('system:');

/** `now` in ms since the epoch. Undefined where the service itself orders. */
export const byOf = ({ actor, key, keyId }: Pick<CommandMeta, 'actor' | 'key' | 'keyId'>, now: number): By | undefined =>
  isService(actor) ? undefined : { actor, now, ...(key !== undefined && { key }), ...(keyId !== undefined && { keyId }) };

/** The actor whose replicaSets and volumes alone a key is about; null: it is about all. */
export const ownerSeenBy = ({ scope, name }: Pick<ApiKey, 'scope' | 'name'>): string | null => (scope === 'own' ? name : null);

/** The same of who orders a command. */
export function ownOf(state: State, by: By | undefined): string | null {
  const key = by?.key === undefined ? undefined : state.keys.get(by.key);
  return key === undefined ? null : ownerSeenBy(key);
}

const RANK: { readonly [K in Role]: number } = { viewer: 0, operator: 1, admin: 2 };
export const hasRole = (role: Role, needed: Role): boolean => RANK[role] >= RANK[needed];

/** As far as the commands differ in what they name. */
interface Named {
  readonly do: string;
  readonly binds?: readonly { readonly src: string }[];
  readonly volumePatch?: { readonly newBind: { readonly src: string } } | undefined;
}

const sourcesOf = ({ binds = [], volumePatch }: Named): string[] => [
  ...binds.map(({ src }) => src),
  ...(volumePatch === undefined ? [] : [volumePatch.newBind.src]),
];

/**
 * The refusal of a role that is too low for these; null where the key can be used at this time and has it. Who came without one has every right for
 * as long as there are no keys.
 */
export function roleProblem(state: State, by: By | undefined, needed: Role): Rejection | null {
  if (by === undefined) return null;
  if (by.key === undefined) {
    const isOpen = [...state.keys.values()].every(isRevoked);
    return isOpen ? null : refused('keys were made since the request came, and it came without one: send it again with a key');
  }
  const key = state.keys.get(by.key);
  const isAnother = by.keyId !== undefined && key?.id !== by.keyId;
  if (key === undefined || isAnother || !isLive(key, by.now)) return refused('the key was revoked or has expired since the request came');
  return hasRole(key.role, needed) ? null : refused(`key ${key.name} has the role ${key.role}: this needs the role ${needed}`);
}

/** The decision on an order of an admin: its key is judged again where it is made, as it may have ended since the door let the request in. */
export function byAdmin(state: State, by: By | undefined, decide: (state: State) => Decision): Decision {
  const rejection = roleProblem(state, by, 'admin');
  return rejection === null ? decide(state) : { kind: 'rejected', rejection };
}

/**
 * The refusal of a command on a replicaSet or a volume that the key has no right to; null where it has. `stream` is the command's. A key of scope
 * own mounts only volumes of its own, too.
 */
export function rightProblem(state: State, stream: string, command: Named, by: By | undefined): Rejection | null {
  const problem = roleProblem(state, by, 'operator');
  const key = by?.key === undefined ? undefined : state.keys.get(by.key);
  if (problem !== null || key === undefined) return problem;
  const own = ownerSeenBy(key);
  if (own === null) return null;
  const aggregate = aggregateOf(state, stream);
  if (aggregate !== undefined && aggregate.owner !== own)
    return notOwn(key.name, isReplicaSet(aggregate) ? 'replicaSet' : 'volume', aggregate.name);
  const foreign = sourcesOf(command)
    .map((src) => managedVolume(state, src))
    .find((volume) => volume !== undefined && volume.owner !== own);
  return foreign === undefined ? null : notOwn(key.name, 'volume', foreign.name);
}

/**
 * The refusal of a version that would mount a managed volume of somebody else which the replicaSet does not mount now, as one from before may have;
 * null for any other. What somebody with the right to it has mounted stays mounted.
 */
export function gainsForeign(state: State, stream: string, events: readonly NewEvent[], by: By | undefined): Rejection | null {
  const key = by?.key === undefined ? undefined : state.keys.get(by.key);
  const own = key === undefined ? null : ownerSeenBy(key);
  if (key === undefined || own === null) return null;
  const aggregate = aggregateOf(state, stream);
  const current = aggregate !== undefined && isReplicaSet(aggregate) ? currentVersion(aggregate) : undefined;
  const mounted = new Set(current?.spec.binds.map(({ volume }) => volume?.uid));
  for (const { type, data } of events) {
    if (type !== 'ContainerVersionCreated') continue;
    for (const { volume } of data.spec.binds) {
      const owner: string | undefined = volume === undefined || mounted.has(volume.uid) ? own : state.volumes.get(volume.name)?.owner;
      if (volume !== undefined && owner !== own) return notOwn(key.name, 'volume', volume.name);
    }
  }
  return null;
}

export const notOwn = (key: string, kind: 'replicaSet' | 'volume', name: string): Rejection =>
  refused(`${kind} ${name} was made by somebody else, and key ${key} has scope own: an admin can give it scope all`);
