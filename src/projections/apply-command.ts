// Records the outcome of every command that was sent with an Idempotency-Key, so that a retry gets the first answer, from another server
// too.
import type { Event } from '../events/catalogue.ts';
import type { State } from './state.ts';

/** Lifetime of a key in ms, from the command's first event. */
const KEY_LIFETIME_MS = 48 * 3_600_000;

export function noteCommand(state: State, event: Event): void {
  const { id, idempotencyKey: key, bodyHash } = event.command;
  if (key === undefined || bodyHash === undefined) return;
  const known = state.commands.get(key);
  if (known === undefined || known.id !== id) {
    forgetOld(state, event.time);
    state.commands.delete(key); // in use again after its lifetime: it moves to the end, as the newest
    state.commands.set(key, { id, bodyHash, stream: event.stream, time: event.time, outcome: null });
  }
  const command = state.commands.get(key);
  if (command === undefined) return;
  if (event.type === 'OperationStarted' && event.data.to !== undefined) command.version = event.data.to;
  if (event.type === 'OperationCompleted') command.outcome = { ok: true };
  if (event.type === 'OperationFailed') command.outcome = { ok: false, code: event.data.code, message: event.data.message };
  if (event.type === 'CommandExecuted') {
    const { exitCode, failure } = event.data;
    command.outcome = { ok: true, exitCode, ...(failure !== undefined && { failure }) };
  }
}

function forgetOld(state: State, now: string): void {
  const oldest = new Date(Date.parse(now) - KEY_LIFETIME_MS).toISOString();
  for (const [key, { time, outcome }] of state.commands) {
    if (time > oldest) return;
    if (outcome !== null) state.commands.delete(key);
  }
}
