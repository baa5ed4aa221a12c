// Events of the streams `key/<name>`: API keys. The name of a key is the actor of what is done with it. No event has the key itself.
import Type, { type Static } from 'typebox';
import { closed } from './shapes.ts';

export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];
export const SCOPES = ['own', 'all'] as const;
export type Scope = (typeof SCOPES)[number];

const Count = Type.Integer({ minimum: 0 });
/** Limits on what the key's name owns; an absent one does not limit. `gpuHoursMonth`: GPU-hours in a calendar month, UTC. */
export const Quota = Type.Object(
  {
    gpus: Type.Optional(Count),
    gpuHoursMonth: Type.Optional(Type.Number({ minimum: 0 })),
    containers: Type.Optional(Count),
    volumeBytes: Type.Optional(Count),
  },
  closed,
);
export type Quota = Static<typeof Quota>;

/** `expires`: ISO time, UTC; absent: never. */
const rights = {
  role: Type.Enum([...ROLES]),
  scope: Type.Enum([...SCOPES]),
  expires: Type.Optional(Type.String()),
  quota: Quota,
};

export const keyEvents = {
  /**
   * A key was made, or one of a revoked key's name. `id` is the part of the key by which it is found, `hash` the SHA-256 (hex) of `salt` (hex) and
   * its secret part.
   */
  KeyCreated: Type.Object({ id: Type.String(), salt: Type.String(), hash: Type.String(), ...rights }, closed),
  /** All that the key may do from now on. */
  KeyChanged: Type.Object(rights, closed),
  /** Nobody can use the key any more. */
  KeyRevoked: Type.Object({}, closed),
} as const;
