import Type, { type Static } from 'typebox';
import { keyStream } from '../../../events/stream.ts';
import { isRevoked } from '../../../projections/keys/api-keys.ts';
import type { State } from '../../../projections/state.ts';
import { Code } from '../../api-codes.ts';
import { accept, type Context, type Decision } from '../../decision.ts';
import { type CommandDefinition, needsNothing } from '../../definition.ts';
import { LONGEST, Text } from '../schema.ts';
import {
  defaultScope,
  ExpiresField,
  isoTime,
  nameProblem,
  no,
  QuotaField,
  RoleField,
  refuseLevel,
  rightsProblem,
  ScopeField,
} from './fields.ts';
import type { HashedKey } from './secret.ts';

const schema = Type.Object(
  {
    name: Text('Who has the key: the actor of all that is done with it.', { maxLength: LONGEST.name }),
    role: Type.Optional(RoleField),
    scope: Type.Optional(ScopeField),
    expires: Type.Optional(ExpiresField),
    quota: Type.Optional(QuotaField),
  },
  { $id: 'CreateKeyBody' },
);
type CreateKey = Static<typeof schema> & HashedKey;

/** A name whose key was revoked can have a new one: it owns what the name has owned, and has used what the name has used. */
function decide(
  state: State,
  { name, role = 'operator', scope, expires, quota, id, salt, hash }: CreateKey,
  { by }: Pick<Context, 'by'>,
): Decision {
  const early = refuseLevel(state) ?? nameProblem(name);
  if (early !== null) return early;
  const rights = { role, scope: scope ?? defaultScope(role), quota: { ...quota }, ...(expires !== undefined && { expires }) };
  const problem = rightsProblem(rights, by?.now ?? 0);
  if (problem !== null) return problem;
  const known = state.keys.get(name);
  if (known !== undefined && !isRevoked(known)) return no('conflict', `there is a key ${name} already: revoke it first, or change it`);
  const until = expires === undefined ? null : isoTime(expires);
  return accept({
    type: 'KeyCreated',
    stream: keyStream(name),
    data: { id, salt, hash, ...rights, ...(until !== null && { expires: until }) },
  });
}

export const createKey = {
  schema,
  failureCode: Code.keyFailed,
  stream: keyStream,
  needs: needsNothing,
  decide,
} satisfies CommandDefinition;
