import type { Static } from 'typebox';
import { keyStream } from '../../../events/stream.ts';
import { isRevoked } from '../../../projections/keys/api-keys.ts';
import type { State } from '../../../projections/state.ts';
import { Code } from '../../api-codes.ts';
import { accept, already, type Decision } from '../../decision.ts';
import { type CommandDefinition, needsNothing } from '../../definition.ts';
import { NoBody } from '../schema.ts';
import { no, refuseLevel } from './fields.ts';

/** `open`: the last key may go, and the API is open then to all who reach it. */
type RevokeKey = Static<typeof NoBody> & { readonly name: string; readonly open: boolean };

function decide(state: State, { name, open }: RevokeKey): Decision {
  const early = refuseLevel(state);
  if (early !== null) return early;
  const key = state.keys.get(name);
  if (key === undefined) return no('not-found', `there is no key ${name}`);
  if (isRevoked(key)) return already;
  const others = [...state.keys.values()].some((other) => other !== key && !isRevoked(other));
  if (!others && !open) {
    const way = 'create another key first, or say that it is to be open (keys revoke --open, ?open=true)';
    return no('conflict', `${name} is the last key, and without one whoever reaches the API on loopback can do everything: ${way}`);
  }
  return accept({ type: 'KeyRevoked', stream: keyStream(name), data: {} });
}

export const revokeKey = {
  schema: NoBody,
  failureCode: Code.keyFailed,
  stream: keyStream,
  needs: needsNothing,
  decide,
} satisfies CommandDefinition;
