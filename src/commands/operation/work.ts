// An open operation together with the story of its kind: the next step, the events that record a step, and the events that end it.
import type { NewEvent } from '../../events/catalogue.ts';
import { replicaSetStream, volumeStream } from '../../events/stream.ts';
import { findVersion, isReplicaSet, type Operation, type ReplicaSet, type State, type Volume } from '../../projections/state.ts';
import { commands } from '../command.ts';
import type { Settings } from '../decision.ts';
import type { OperationDefinition } from '../definition.ts';
import type { Step, StepName, StepOf, StepResult, StepResultOf } from '../outside/engine.ts';
import { type OpenOperation, operationFailed, type Steps } from './steps.ts';

/** A step that was carried out, and what the engine answered. */
export interface Outcome {
  readonly step: Step;
  readonly result: StepResult;
  readonly busyPorts: ReadonlySet<number>;
}

export interface Work {
  /** Null: nothing is left but to close the operation. */
  readonly nextStep: () => Step | null;
  readonly record: (outcome: Outcome) => readonly NewEvent[];
  /** The events that end the operation, once no step is left. */
  readonly close: () => readonly NewEvent[];
}

type Known = OperationDefinition<ReplicaSet> | OperationDefinition<Volume>;
const { execute: _, ...operations } = commands;
const known: ReadonlyMap<string, Known> = new Map(Object.entries(operations));

/** Throws when nobody knows the steps of the operation's kind: such an operation must neither go on nor count as done. */
export function workOn(state: State, aggregate: ReplicaSet | Volume, operation: Operation, settings: Settings): Work {
  const { kind, from, to } = operation;
  const definition = known.get(kind);
  const versions = <V extends { version: number }>(of: { readonly versions: readonly V[] }) => ({
    from: from === undefined ? undefined : findVersion(of, from),
    to: to === undefined ? undefined : findVersion(of, to),
  });
  const stream = isReplicaSet(aggregate) ? replicaSetStream(aggregate.name) : volumeStream(aggregate.name);
  const common = { state, settings, stream, operation, failureCode: definition?.failureCode ?? 0 };
  if (isReplicaSet(aggregate) && definition?.steps.on === 'replicaSet')
    return work(definition.steps, { ...common, aggregate, ...versions(aggregate) });
  if (!isReplicaSet(aggregate) && definition?.steps.on === 'volume')
    return work(definition.steps, { ...common, aggregate, ...versions(aggregate) });
  throw new Error(
    `an operation of kind ${JSON.stringify(kind)} is open on ${stream} (event ${aggregate.seq}): this program does not know its steps`,
  );
}

function work<A extends ReplicaSet | Volume>(steps: Steps<A>, open: OpenOperation<A>): Work {
  const { operation, stream } = open;
  const isUndo = operation.phase === 'undo';
  return {
    nextStep: () => (isUndo ? steps.undoStep(open) : steps.forwardStep(open)),
    record: ({ step, result, busyPorts }) => {
      if (!result.ok) return steps.failed(open, step, result.error);
      return recordDone(steps, open, step, resultOf(step, result), busyPorts);
    },
    close: () => {
      const end: NewEvent = isUndo
        ? operationFailed(open, undoneMessage(operation))
        : { type: 'OperationCompleted', stream, data: { kind: operation.kind } };
      return [...(steps.atEnd?.(open) ?? []), end];
    },
  };
}

/** The result as the step's own. */
function resultOf<K extends StepName>(step: StepOf<K>, result: StepResultOf<StepName>): StepResultOf<K> {
  if (result.do !== step.do) throw new Error(`the step ${step.do} was answered as ${result.do}`);
  return result as StepResultOf<K>;
}

function recordDone<A extends ReplicaSet | Volume, K extends StepName>(
  steps: Steps<A>,
  open: OpenOperation<A>,
  step: StepOf<K>,
  result: StepResultOf<K>,
  busyPorts: ReadonlySet<number>,
): readonly NewEvent[] {
  const done = steps.done[step.do];
  if (done === undefined) throw new Error(`nobody knows how to record the step ${step.do} on ${open.stream}`);
  return done(open, { step, result, busyPorts });
}

function undoneMessage({ failure, restoreFailed }: Operation): string {
  const restored = restoreFailed === undefined ? '' : `; the old container could not be started again: ${restoreFailed}`;
  return `${failure?.message ?? 'failed'}${restored}`;
}
