// Tenants: clients have keys, which are made, revoked and made anew while their commands wait. Written down from the events alone, beside the service's
// own memory: who has no right at the moment of a decision begins nothing.
import { KEY_BYTES, newKey } from '../../src/commands/request/keys/secret.ts';
import type { Origin } from '../../src/commands/service.ts';
import type { Event } from '../../src/events/catalogue.ts';
import { isRevoked } from '../../src/projections/keys/api-keys.ts';
import { NEIGHBOUR, USUAL } from './keys.ts';
import type { SimulatedServer } from './server.ts';
import { hold } from './violation.ts';
import type { World } from './world.ts';

/** Has scope own; the others see all. */
export const TENANT = 'tenant';
/** Has the role admin, and loses it never. */
const OPERATOR = 'operator';
const NAMES = [OPERATOR, USUAL, NEIGHBOUR, TENANT] as const;
const SERVICE = { actor: 'system:keys' };

interface Key {
  readonly id: string;
  readonly isOwn: boolean;
}

/** The rights that the log gives, and what is begun by them. */
export class Tenants {
  /** The keys that can be used. */
  readonly #keys = new Map<string, Key>();
  /** Stream → who began its life. */
  readonly #owners = new Map<string, string>();

  read({ seq, type, stream, command, data }: Event): void {
    if (type === 'KeyCreated') this.#keys.set(stream.slice('key/'.length), { id: data.id, isOwn: data.scope === 'own' });
    if (type === 'KeyRevoked') this.#keys.delete(stream.slice('key/'.length));
    if (type === 'OperationStarted' || type === 'CommandRequested') this.#mayBegin(seq, stream, command);
    if (type === 'OperationStarted' && (data.kind === 'run' || data.kind === 'createVolume')) {
      // A run of a name that is there already changes nothing, and is refused or repeated.
      if (!this.#owners.has(stream)) this.#owners.set(stream, command.actor);
    }
    const isUndone = type === 'OperationFailed' && (data.kind === 'run' || data.kind === 'createVolume');
    if (type === 'ReplicaSetDeleted' || type === 'VolumeDeleted' || isUndone) this.#owners.delete(stream);
  }

  #mayBegin(seq: number, stream: string, { actor, key: name, keyId }: Event['command']): void {
    if (actor.startsWith('system:')) return;
    const what = `event ${seq} on ${stream} by ${actor}`;
    if (name === undefined) {
      hold(this.#keys.size === 0, 'keys', () => `${what}, who has no key, while there are keys`);
      return;
    }
    const key = this.#keys.get(name);
    hold(key !== undefined && key.id === keyId, 'keys', () => `${what} with the key ${keyId} of ${name}, which is ${key?.id ?? 'revoked'}`);
    const owner = this.#owners.get(stream);
    hold(key?.isOwn !== true || owner === undefined || owner === name, 'keys', () => `${what} of scope own, and it is ${owner}'s`);
  }
}

/** The part of an origin that says the key: the one that the server's door finds, at this moment. */
export function keyOf({ core }: SimulatedServer, name: string): { readonly key?: string; readonly keyId?: string } {
  const key = core.state().keys.get(name);
  return key === undefined || isRevoked(key) ? {} : { key: name, keyId: key.id };
}

/** Who mends what needs an admin. */
export const operatorOf = (server: SimulatedServer): Origin => ({ actor: OPERATOR, ...keyOf(server, OPERATOR) });

/** A key that is missing is made, else one is revoked; the usual client's seldom, and not for long. */
export function strikeKeys(world: World, servers: readonly SimulatedServer[]): void {
  const { chance, scheduler } = world;
  const server = chance.pick(
    'changes keys',
    servers.filter((one) => one.alive && one.core.isReady()),
  );
  if (server === undefined) return;
  const { keys } = server.core.state();
  const isMissing = (name: string): boolean => {
    const key = keys.get(name);
    return key === undefined || isRevoked(key);
  };
  const name = NAMES.find((one) => isMissing(one) && (one === OPERATOR || one === USUAL || chance.happens(`key of ${one}`, 0.5)));
  const revoked =
    name === undefined ? (chance.happens('the usual key', 0.1) ? USUAL : chance.pick('revoked', [NEIGHBOUR, TENANT])) : undefined;
  if (name !== undefined) {
    const random = Buffer.alloc(KEY_BYTES);
    for (let i = 0; i < KEY_BYTES; i++) random[i] = chance.int('bytes of a key', 256);
    const rights = { role: name === OPERATOR ? 'admin' : 'operator', scope: name === TENANT ? 'own' : 'all' } as const;
    void server.core.changeKey({ do: 'createKey', name, ...rights, ...newKey(random).hashed }, SERVICE, false);
  } else if (revoked !== undefined) {
    void server.core.changeKey({ do: 'revokeKey', name: revoked, open: true }, SERVICE, false);
    if (revoked === USUAL) scheduler.after(2_000, 'the usual client gets a key again', () => strikeKeys(world, servers));
  }
}
