import type { Event } from '../../events/catalogue.ts';
import type { keyEvents } from '../../events/key.ts';
import { LogCorruptError } from '../../events/log.ts';
import { keyOfStream } from '../../events/stream.ts';
import type { Appliers } from '../applier.ts';
import type { State } from '../state.ts';
import type { ApiKey } from './api-keys.ts';

function keyOf(state: State, event: Event): ApiKey {
  const key = state.keys.get(keyOfStream(event.stream) ?? '');
  if (key === undefined) throw new LogCorruptError(event.seq, `${event.type} on ${event.stream}, which does not exist`);
  return key;
}

export const keyAppliers: Pick<Appliers, keyof typeof keyEvents> = {
  KeyCreated: (state, event) => {
    const name = keyOfStream(event.stream) ?? '';
    const { quota, ...rest } = event.data;
    state.keys.set(name, { name, ...rest, quota: { ...quota }, created: event.time, by: event.command.actor });
  },
  KeyChanged: (state, event) => {
    const { role, scope, expires, quota } = event.data;
    const key = keyOf(state, event);
    Object.assign(key, { role, scope, quota: { ...quota } });
    if (expires === undefined) delete key.expires;
    else key.expires = expires;
  },
  KeyRevoked: (state, event) => {
    keyOf(state, event).revoked = event.time;
  },
};
