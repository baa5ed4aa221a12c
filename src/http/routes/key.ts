// /api/v1/keys: the API keys. Their changes need no Docker and no lead of the host: a stolen key can be revoked whatever else is wrong.
import { randomBytes } from 'node:crypto';
import Type from 'typebox';
import { commands } from '../../commands/command.ts';
import { KEY_BYTES, newKey } from '../../commands/request/keys/secret.ts';
import { ROLES, SCOPES } from '../../events/key.ts';
import { keyList } from '../../projections/views/keys.ts';
import { Integer, Iso, Nothing, one, Text } from '../openapi/schema-parts.ts';
import { oneOf } from '../request/moment.ts';
import { validated } from '../request/validate.ts';
import { invalid, refused } from '../response/failure.ts';
import type { ApiRoute, Call } from '../route.ts';

const BASE = '/api/v1/keys';
const ONE = `${BASE}/:name`;

const Limit = Type.Optional(Integer);
const Entry = Type.Object(
  {
    name: Text,
    id: Type.String({ description: 'The part of the key after gda_: it tells whose key a text is.' }),
    role: Type.Enum([...ROLES]),
    scope: Type.Enum([...SCOPES]),
    state: Type.Enum(['live', 'expired', 'revoked']),
    created: Iso,
    by: Text,
    expires: Type.Union([Type.Null(), Iso]),
    revoked: Type.Union([Type.Null(), Iso]),
    quota: Type.Object({ gpus: Limit, gpuHoursMonth: Type.Optional(Type.Number()), containers: Limit, volumeBytes: Limit }),
    used: Type.Object(
      { gpus: Integer, gpuHoursMonth: Type.Number(), containers: Integer, volumeBytes: Integer },
      { description: 'What the name has; GPU-hours of this calendar month, UTC.' },
    ),
  },
  { $id: 'Key' },
);

const bodyOf = ({ body }: Call): unknown => (body === undefined ? {} : body);

async function create(call: Call): Promise<unknown> {
  const { service, origin, dryRun } = call;
  const { text, hashed } = newKey(randomBytes(KEY_BYTES));
  const fields = validated(commands.createKey.schema, bodyOf(call));
  const outcome = await service.changeKey({ do: 'createKey', ...fields, ...hashed }, origin, dryRun);
  if (!outcome.ok) throw refused(outcome.rejection);
  return dryRun ? outcome.plan : { name: fields.name, key: text };
}

async function set(call: Call): Promise<unknown> {
  const { service, origin, dryRun, name } = call;
  const outcome = await service.changeKey({ do: 'setKey', name, ...validated(commands.setKey.schema, bodyOf(call)) }, origin, dryRun);
  if (!outcome.ok) throw refused(outcome.rejection);
  return dryRun ? outcome.plan : null;
}

async function revoke({ service, origin, dryRun, name, query }: Call): Promise<unknown> {
  const open = oneOf(query, 'open') ?? 'false';
  if (open !== 'true' && open !== 'false') throw invalid('open can be true or false');
  const outcome = await service.changeKey({ do: 'revokeKey', name, open: open === 'true' }, origin, dryRun);
  if (!outcome.ok) throw refused(outcome.rejection);
  return dryRun ? outcome.plan : null;
}

export const keyRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: BASE,
    id: 'listKeys',
    summary: 'List the keys; without the role admin, only one’s own',
    right: 'read',
    answer: one('keys', Type.Array(Entry)),
    handle: async ({ service, past, caller }) => {
      const only = caller.role === 'admin' ? null : (caller.key ?? '');
      return { keys: keyList(service.state(), past.now(), only) };
    },
  },
  {
    method: 'POST',
    path: BASE,
    id: 'createKey',
    summary: 'Create a key',
    right: 'admin',
    body: commands.createKey.schema,
    answer: Type.Object({ name: Text, key: Type.String({ description: 'Shown once: the log has only its hash.' }) }),
    plans: true,
    handle: create,
  },
  {
    method: 'PATCH',
    path: ONE,
    id: 'changeKey',
    summary: 'Change what a key may do',
    right: 'admin',
    body: commands.setKey.schema,
    answer: Nothing,
    plans: true,
    handle: set,
  },
  {
    method: 'DELETE',
    path: ONE,
    id: 'revokeKey',
    summary: 'Revoke a key',
    right: 'admin',
    query: { open: Type.Boolean({ default: false, description: 'true: it may be the last key, and the API is open then.' }) },
    answer: Nothing,
    plans: true,
    handle: revoke,
  },
];
