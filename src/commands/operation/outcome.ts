// The events that record the outcome of a step and, when no step is left, the events that close the operation.
import type { NewEvent } from '../../events/catalogue.ts';
import { pretend } from '../../projections/apply.ts';
import { aggregateOf, isReplicaSet, type State } from '../../projections/state.ts';
import type { Settings } from '../decision.ts';
import { retiredOutcome } from '../volume/steps.ts';
import { next } from './next.ts';
import { end, nextStep, type Outcome, onOperation, record } from './open.ts';

/**
 * The events to append after a step of the aggregate on `stream`: its outcome and, if nothing is left to do, the end of the operation.
 * Empty when the step is no longer the one that comes next (somebody else has recorded it), and when another operation is open by now than
 * it was carried out for: that one takes the step itself, so that its events and its end are of its own command.
 */
export function decideOutcome(state: State, stream: string, outcome: Outcome, settings: Settings): readonly NewEvent[] {
  const aggregate = aggregateOf(state, stream);
  if (aggregate === undefined) return [];
  const due = next(state, aggregate, settings);
  if (due === null || due.do !== outcome.step.do) return [];
  const { operation } = aggregate;
  if ((operation?.id ?? null) !== outcome.operation) return [];
  if (operation === null) return isReplicaSet(aggregate) ? [] : retiredOutcome(aggregate, outcome.step, outcome.result);
  const events = onOperation(state, aggregate, operation, settings, (steps, open) => record(steps, open, outcome));
  return [...events, ...closing(pretend(state, events, operation.command, aggregate.host), stream, settings)];
}

/** The events that end an operation without any step left. A recovered operation is closed with them, too. */
export function closing(state: State, stream: string, settings: Settings): readonly NewEvent[] {
  const aggregate = aggregateOf(state, stream);
  if (aggregate === undefined || aggregate.operation === null) return [];
  return onOperation(state, aggregate, aggregate.operation, settings, (steps, open) =>
    nextStep(steps, open) === null ? end(steps, open) : [],
  );
}
