// The caller of a request, and what a route asks of him.
import { hasRole, ownerSeenBy } from '../../commands/request/keys/rights.ts';
import type { Role } from '../../events/key.ts';
import type { ApiKey } from '../../projections/keys/api-keys.ts';
import { Failure } from '../response/failure.ts';

/**
 * What a route asks for. `open`: nothing. `read`: any key; the answer has only what the caller may see. `readAll`: a key of scope all, for the answer
 * is about everybody's things. `operate`: the role operator; whose things is judged with the command. `admin`: the role admin.
 */
export type Right = 'open' | 'read' | 'readAll' | 'operate' | 'admin';

export interface Caller {
  readonly actor: string;
  /** The name of his key; absent where none is needed, and where he has none. */
  readonly key?: string;
  /** The part of that key by which it is found. */
  readonly keyId?: string;
  /** `none`: he has shown no valid key, and gets only what is open. */
  readonly role: Role | 'none';
  /** The actor whose replicaSets and volumes alone he sees; null: all. */
  readonly own: string | null;
  /** The client's address; '' where the connection is gone. */
  readonly address: string;
}

export const STRANGER: Omit<Caller, 'address'> = { actor: 'anonymous', role: 'none', own: null };

export const withoutKey = (actor: string, address: string): Caller => ({ actor, role: 'admin', own: null, address });

export const withKey = (key: ApiKey, actor: string, address: string): Caller => ({
  actor,
  key: key.name,
  keyId: key.id,
  role: key.role,
  own: ownerSeenBy(key),
  address,
});

/** Whether he sees all that there is. */
export const seesAll = ({ role, own }: Caller): boolean => role !== 'none' && own === null;

const forbidden = (message: string): Failure =>
  new Failure('forbidden', 403, message, { 'WWW-Authenticate': 'Bearer realm="gpu-docker-api", error="insufficient_scope"' });

/** Throws Failure 'forbidden', which says what is missing. Who has no key at all was refused before. */
export function authorize(right: Right, caller: Caller): void {
  const { role, own, key = caller.actor } = caller;
  if (right === 'open') return;
  if (role === 'none') throw forbidden('this needs a key');
  if (right === 'readAll' && own !== null)
    throw forbidden(`key ${key} has scope own: this is about everybody’s things and needs scope all`);
  const needed = right === 'admin' ? 'admin' : right === 'operate' ? 'operator' : 'viewer';
  if (!hasRole(role, needed)) throw forbidden(`key ${key} has the role ${role}: this needs the role ${needed}`);
}
