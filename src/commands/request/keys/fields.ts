// The fields that the commands on keys share, and their checks.
import Type, { type Static } from 'typebox';
import { type Quota, ROLES, type Role, SCOPES, type Scope } from '../../../events/key.ts';
import { type State, writable } from '../../../projections/state.ts';
import { Code } from '../../api-codes.ts';
import { type Decision, type Rejection, reject } from '../../decision.ts';
import { isoMs } from '../iso-time.ts';
import { quoted } from '../quoted.ts';
import { Integer, LONGEST, Text } from '../schema.ts';

const Limit = (description: string): ReturnType<typeof Integer> => Integer(description, { minimum: 0 });

export const RoleField = Type.Enum([...ROLES], {
  description: 'viewer reads, operator orders as well, admin does everything: keys, hosts, the log.',
});
export const ScopeField = Type.Enum([...SCOPES], {
  description: 'own: only replicaSets and volumes that the key’s name made. Default: own for an operator, else all.',
});
export const ExpiresField = Text('ISO 8601 time from which on the key cannot be used.', { maxLength: LONGEST.word });
export const QuotaField = Type.Object(
  {
    gpus: Type.Optional(Limit('GPUs held at the same time.')),
    gpuHoursMonth: Type.Optional(Type.Number({ minimum: 0, description: 'GPU-hours in a calendar month, UTC.' })),
    containers: Type.Optional(Limit('ReplicaSets.')),
    volumeBytes: Type.Optional(Limit('Sum of the sizes of volumes.')),
  },
  { description: 'Limits on what the key’s name owns; an absent one does not limit.' },
);

export const no = (kind: Rejection['kind'], message: string): Decision => reject(Code.keyFailed, kind, message);

/** The decision where the log may not hold keys yet; null where it may. */
export const refuseLevel = (state: State): Decision | null =>
  writable(state, 'KeyCreated')
    ? null
    : no('unavailable', 'keys need a log of level 2: raise it with `gpu-docker-api log raise` once no older release is to read it again');

const NAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,62}$/;
/** The log must tell people from the service, and from those without a key. */
const TAKEN = /^(system|anonymous$)/i;

export const isKeyName = (name: string): boolean => NAME.test(name) && !TAKEN.test(name);

export function nameProblem(name: string): Decision | null {
  if (isKeyName(name)) return null;
  const rule = 'letters, digits and . _ @ + - (at most 63, the first a letter or a digit), and not anonymous or system…';
  return no('invalid', `name ${quoted(name)} cannot be a key’s: it must have ${rule}`);
}

/** All that a key may do, as it is recorded. */
export interface Rights {
  readonly role: Role;
  readonly scope: Scope;
  readonly expires?: string;
  readonly quota: Static<typeof Quota>;
}

/** `now` in ms since the epoch. */
export function rightsProblem({ role, scope, expires }: Rights, now: number): Decision | null {
  if (role === 'admin' && scope === 'own') return no('invalid', 'an admin has scope all: scope own is for operators and viewers');
  if (expires === undefined) return null;
  const end = isoMs(expires);
  if (end === null) return no('invalid', `expires ${quoted(expires)} is not an ISO 8601 time, such as 2027-01-31T12:00:00Z`);
  return end > now ? null : no('invalid', `expires ${expires} is in the past`);
}

/** The time as the log writes it; null for a text that is none. Without a zone it is UTC. */
export function isoTime(text: string): string | null {
  const ms = isoMs(text);
  return ms === null ? null : new Date(ms).toISOString();
}

export const defaultScope = (role: Role): Scope => (role === 'operator' ? 'own' : 'all');
