// From a run that breaks a promise to the shortest one that breaks the same: fewer steps, fewer fault classes, fewer actions.
import { FAULTS, type Fault } from './plan.ts';
import { type Outcome, type Settings, simulate } from './simulation.ts';

export interface Shrunk {
  readonly settings: Settings;
  readonly outcome: Outcome;
  /** The numbers of the actions that are left. */
  readonly actions: readonly number[];
  readonly tries: number;
}

/** Delta debugging: classes first, then actions in ever smaller chunks, until the time is up. */
export async function shrink(failing: Settings, first: Outcome, budgetMs: number, run: typeof simulate = simulate): Promise<Shrunk> {
  const invariant = first.violation?.invariant;
  const deadline = performance.now() + budgetMs;
  let best = { settings: { ...failing, until: first.actions }, outcome: first };
  let tries = 0;
  const attempt = async (change: Partial<Settings>): Promise<boolean> => {
    if (performance.now() > deadline) return false;
    tries++;
    const settings = { ...best.settings, ...change };
    const outcome = await run(settings);
    if (outcome.violation?.invariant !== invariant) return false;
    best = { settings, outcome };
    return true;
  };
  // A run that broke at rest may do so with a shorter life before it.
  for (let steps = best.outcome.steps; steps > 50; steps = Math.floor(steps * 0.7)) {
    if (!(await attempt({ steps }))) break;
  }
  for (const fault of FAULTS) await attempt({ without: new Set<Fault>([...(best.settings.without ?? []), fault]) });
  const left = (): number[] =>
    Array.from({ length: Math.min(best.outcome.actions, first.actions) }, (_, i) => i).filter((i) => best.settings.skip?.has(i) !== true);
  for (let chunk = Math.ceil(left().length / 2); ; chunk = Math.ceil(chunk / 2)) {
    for (let at = 0; at < left().length && performance.now() < deadline; ) {
      const out = left().slice(at, at + chunk);
      if (!(await attempt({ skip: new Set([...(best.settings.skip ?? []), ...out]) }))) at += chunk;
    }
    if (chunk <= 1 || performance.now() > deadline) break;
  }
  return { ...best, actions: left(), tries };
}
