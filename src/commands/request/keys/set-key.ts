import Type from 'typebox';
import type { Role, Scope } from '../../../events/key.ts';
import { keyStream } from '../../../events/stream.ts';
import { type ApiKey, isRevoked } from '../../../projections/keys/api-keys.ts';
import type { State } from '../../../projections/state.ts';
import { Code } from '../../api-codes.ts';
import { accept, type Context, type Decision } from '../../decision.ts';
import { type CommandDefinition, needsNothing, type OnName } from '../../definition.ts';
import { defaultScope, ExpiresField, isoTime, no, QuotaField, RoleField, refuseLevel, rightsProblem, ScopeField } from './fields.ts';

const LIMITS = ['gpus', 'gpuHoursMonth', 'containers', 'volumeBytes'] as const;

const schema = Type.Object(
  {
    role: Type.Optional(RoleField),
    scope: Type.Optional(ScopeField),
    expires: Type.Optional(ExpiresField),
    neverExpires: Type.Optional(Type.Boolean({ description: 'The key has no end any more.' })),
    quota: Type.Optional(QuotaField),
    unlimited: Type.Optional(Type.Array(Type.Enum([...LIMITS]), { maxItems: LIMITS.length, description: 'Limits that are lifted.' })),
  },
  { $id: 'SetKeyBody', description: 'What is absent stays as it is; the scope of an admin who becomes another is that role’s default.' },
);
type SetKey = OnName<typeof schema>;

/** An admin has scope all because he is one, not because anybody gave it to him: he does not keep it as an operator. */
function scopeAfter({ role, scope }: Pick<ApiKey, 'role' | 'scope'>, next: Role): Scope {
  if (next === 'admin') return 'all';
  return role === 'admin' ? defaultScope(next) : scope;
}

/** The key itself stays the same. Its holder notices with his next request. */
function decide(
  state: State,
  { name, role, scope, expires, neverExpires, quota, unlimited = [] }: SetKey,
  { by }: Pick<Context, 'by'>,
): Decision {
  const early = refuseLevel(state);
  if (early !== null) return early;
  const key = state.keys.get(name);
  if (key === undefined || isRevoked(key)) return no('not-found', `there is no key ${name}`);
  const until = neverExpires === true ? undefined : (expires ?? key.expires);
  const limits = { ...key.quota, ...quota };
  for (const limit of unlimited) delete limits[limit];
  const rights = {
    role: role ?? key.role,
    scope: scope ?? scopeAfter(key, role ?? key.role),
    quota: limits,
    ...(until !== undefined && { expires: until }),
  };
  // An end that has passed is no reason to refuse another change.
  const problem = rightsProblem(rights, expires === undefined ? Number.NEGATIVE_INFINITY : (by?.now ?? 0));
  if (problem !== null) return problem;
  const iso = until === undefined ? null : isoTime(until);
  return accept({ type: 'KeyChanged', stream: keyStream(name), data: { ...rights, ...(iso !== null && { expires: iso }) } });
}

export const setKey = {
  schema,
  failureCode: Code.keyFailed,
  stream: keyStream,
  needs: needsNothing,
  decide,
} satisfies CommandDefinition;
