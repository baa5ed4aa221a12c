// next(state) → the one step that comes now, or null when nothing is left to do but to close the operation.
import { isReplicaSet, type ReplicaSet, type State, type Volume } from '../../projections/state.ts';
import type { Settings } from '../decision.ts';
import type { Step } from '../outside/engine.ts';
import { retiredStep } from '../volume/steps.ts';
import { nextStep, onOperation } from './open.ts';

/** Forward or back, as the story of the operation's kind has it. Throws for a kind that nobody knows. */
export function next(state: State, aggregate: ReplicaSet | Volume, settings: Settings): Step | null {
  const { operation } = aggregate;
  if (operation !== null) return onOperation(state, aggregate, operation, settings, nextStep);
  return isReplicaSet(aggregate) ? null : retiredStep(state, aggregate);
}
