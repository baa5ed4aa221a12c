// Records the outcome of every command that was sent with an Idempotency-Key, so that a retry gets the first answer, from another server
// too.
import type { Event } from '../events/catalogue.ts';
import type { CommandMeta } from '../events/envelope.ts';
import { keyOf, type State } from './state.ts';

/** Lifetime of a key from the command's first event: ms, and events. It ends when both have passed, so that no step of a clock ends it. */
const KEY_LIFETIME_MS = 48 * 3_600_000;
const KEY_LIFETIME_EVENTS = 10_000;

/** The key of the command in `state.commands`; undefined when it was sent without an Idempotency-Key. */
export const keyOfCommand = ({ actor, idempotencyKey, bodyHash }: CommandMeta): string | undefined =>
  idempotencyKey === undefined || bodyHash === undefined ? undefined : keyOf(actor, idempotencyKey);

export function noteCommand(state: State, event: Event): void {
  const { id, bodyHash } = event.command;
  const key = keyOfCommand(event.command);
  if (key === undefined || bodyHash === undefined) return;
  const known = state.commands.get(key);
  if (known === undefined || known.id !== id) {
    forgetOld(state, event);
    state.commands.delete(key); // in use again after its lifetime: it moves to the end, as the newest
    state.commands.set(key, { id, bodyHash, stream: event.stream, time: event.time, seq: event.seq, outcome: null });
  }
  const command = state.commands.get(key);
  if (command === undefined) return;
  if (event.type === 'OperationStarted' && event.data.to !== undefined) command.version = event.data.to;
  if (event.type === 'OperationCompleted') {
    const { warning } = event.data;
    command.outcome = { ok: true, ...(warning !== undefined && { warning }) };
  }
  if (event.type === 'OperationFailed') command.outcome = { ok: false, code: event.data.code, message: event.data.message };
  if (event.type === 'CommandExecuted') {
    const { exitCode, failure } = event.data;
    command.outcome = { ok: true, exitCode, ...(failure !== undefined && { failure }) };
  }
}

function forgetOld(state: State, now: Event): void {
  const oldest = new Date(Date.parse(now.time) - KEY_LIFETIME_MS).toISOString();
  for (const [key, { time, seq, outcome }] of state.commands) {
    if (time > oldest || seq > now.seq - KEY_LIFETIME_EVENTS) return;
    if (outcome !== null) state.commands.delete(key);
  }
}
