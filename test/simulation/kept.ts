// Snapshots: the text of a server's state at some moment, from which a later server begins. On disk they are the same lines with a sum.
import { isDeepStrictEqual } from 'node:util';
import { stateFromLines, stateLines } from '../../src/infra/log/snapshots/state-lines.ts';
import type { State } from '../../src/projections/state.ts';
import { hold } from './violation.ts';
import type { World } from './world.ts';

const MOST = 4;

export class Kept {
  readonly #texts: (readonly string[])[] = [];

  keep(state: State): void {
    const lines = [...stateLines(state)];
    hold(isDeepStrictEqual(stateFromLines(lines), state), 'snapshot', () => `a snapshot at ${state.head.seq} does not read back as it was`);
    this.#texts.push(lines);
    if (this.#texts.length > MOST) this.#texts.shift();
  }

  /** The state that a starting server begins with; null: it reads the log from its first event. */
  choose(world: World): State | null {
    if (this.#texts.length === 0 || !world.strikes('snapshot', 'begins with', 0.7)) return null;
    const text = world.chance.pick('snapshot', this.#texts);
    return text === undefined ? null : stateFromLines(text);
  }
}

/** However a server got its state, it is what somebody else's reading of the log gives. */
export function checkView(world: World, live: State): void {
  const state = world.fold();
  hold(live.head.seq <= state.head.seq, 'view at the head', () => 'a server knows more than the log');
  if (live.head.seq < state.head.seq) return;
  hold(
    isDeepStrictEqual(live, state),
    'live state is the replay',
    () => `at ${live.head.seq} a server's state is not what the log folds to`,
  );
}
