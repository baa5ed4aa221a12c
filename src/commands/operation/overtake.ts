// Commands that do not wait for the grace period of a stop which is under way on their name.
import type { NewEvent } from '../../events/catalogue.ts';
import { replicaSetStream } from '../../events/stream.ts';
import { type State, writable } from '../../projections/state.ts';
import type { Mutation } from '../command.ts';
import type { Settings } from '../decision.ts';
import { isHeld } from '../host/restore/mode.ts';
import { next } from './next.ts';

/** Whether the command asks for an end at once: a delete, or a stop with no grace period. */
export const isForced = (command: Mutation): boolean =>
  command.do === 'delete' || (command.do === 'stop' && 'stopTimeout' in command && command.stopTimeout === 0);

/**
 * The event that cuts the stop short, whichever operation it is a step of: a stop, a pause, or a replacement. Empty where none is under way, it has
 * no grace period left, it is held as the log was put back (the command is refused then), or the log may not hold the event yet (level 1: it waits).
 */
export function decideOvertaking(state: State, name: string, settings: Settings): NewEvent[] {
  const rs = state.replicaSets.get(name);
  if (rs?.operation == null || rs.host !== settings.host || isHeld(state, rs) || !writable(state, 'StopCutShort')) return [];
  const step = next(state, rs, settings);
  if (step?.do !== 'stopContainer' || step.graceSeconds === 0) return [];
  return [{ type: 'StopCutShort', stream: replicaSetStream(name), data: { version: step.version } }];
}
