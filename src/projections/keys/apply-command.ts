// Records the outcome of every command that was sent with an Idempotency-Key, so that a retry gets the first answer, from another server
// too.
import type { Event } from '../../events/catalogue.ts';
import type { CommandMeta } from '../../events/envelope.ts';
import type { State } from '../state.ts';
import { type KeyedCommand, keyOf } from './keyed-commands.ts';

/**
 * Lifetime of a key from the command's first event: ms, and events. It ends when both have passed, so that no step of a clock ends it. Only the
 * simulation sets another number of events, before a run: its logs are shorter.
 */
export const keyLifetime = { ms: 48 * 3_600_000, events: 10_000 };
/** Keys that one actor may have: one a second for the lifetime of a key. Beyond that its oldest is forgotten for each new one. */
const KEYS_PER_ACTOR = 200_000;
/** Keys that are forgotten for their age with each new one, at most. */
const FORGOTTEN_AT_ONCE = 256;

/** The key of the command in `state.commands`; undefined when it was sent without an Idempotency-Key. */
export const keyOfCommand = ({ actor, idempotencyKey, bodyHash }: CommandMeta): string | undefined =>
  idempotencyKey === undefined || bodyHash === undefined ? undefined : keyOf(actor, idempotencyKey);

export function noteCommand(state: State, event: Event): void {
  const { id, bodyHash, actor } = event.command;
  const key = keyOfCommand(event.command);
  if (key === undefined || bodyHash === undefined) return;
  const found = state.commands.get(key);
  const known = found?.id === id ? found : undefined;
  if (known === undefined) {
    forgetOld(state, event);
    forgetMany(state, actor);
  }
  // In use again after its lifetime, a key is the newest.
  const command = known ?? { id, bodyHash, stream: event.stream, time: event.time, seq: event.seq, outcome: null };
  const news = newsOf(event);
  if (news !== undefined || known === undefined) state.commands = state.commands.with(key, { ...command, ...news });
}

/** The event's news of the command that it belongs to; undefined where it has none. */
function newsOf(event: Event): Pick<KeyedCommand, 'outcome'> | Pick<KeyedCommand, 'version'> | undefined {
  switch (event.type) {
    case 'OperationStarted':
      return event.data.to === undefined ? undefined : { version: event.data.to };
    case 'OperationCompleted': {
      const { warning } = event.data;
      return { outcome: { ok: true, ...(warning !== undefined && { warning }) } };
    }
    case 'OperationFailed':
      return { outcome: { ok: false, code: event.data.code, message: event.data.message } };
    case 'CommandExecuted': {
      const { exitCode, failure } = event.data;
      return { outcome: { ok: true, exitCode, ...(failure !== undefined && { failure }) } };
    }
    default:
      return undefined;
  }
}

/**
 * A few at a time: what is old goes with the next keys. Those of commands that are under way stay, and are no more than the names: the ones of a
 * host that never comes back must not stand before all others.
 */
function forgetOld(state: State, now: Event): void {
  const oldest = new Date(Date.parse(now.time) - keyLifetime.ms).toISOString();
  let left = FORGOTTEN_AT_ONCE;
  for (const [key, { time, seq, outcome }] of state.commands) {
    if (time > oldest || seq > now.seq - keyLifetime.events || left === 0) return;
    if (outcome === null) continue;
    state.commands = state.commands.without(key);
    left--;
  }
}

function forgetMany(state: State, actor: string): void {
  if (state.commands.countOf(actor) < KEYS_PER_ACTOR) return;
  for (const [key, { outcome }] of state.commands.of(actor)) {
    if (outcome === null) continue;
    state.commands = state.commands.without(key);
    return;
  }
}
