// An open operation together with the story of its kind: the next step, the events that record a step, and the events that end it.
import type { NewEvent } from '../../events/catalogue.ts';
import { replicaSetStream, volumeStream } from '../../events/stream.ts';
import { findVersion, isReplicaSet, type Operation, type ReplicaSet, type State, type Volume } from '../../projections/state.ts';
import { commands } from '../command.ts';
import type { Settings } from '../decision.ts';
import type { OperationDefinition } from '../definition.ts';
import type { Step, StepName, StepOf, StepResult, StepResultOf } from '../outside/engine.ts';
import { type OpenOperation, operationFailed, type Steps } from './steps.ts';

/** A step that was carried out, with the engine's answer. */
export interface Outcome {
  /** Id of the operation that the step was carried out for; null: for none, as housekeeping. */
  readonly operation: string | null;
  readonly step: Step;
  readonly result: StepResult;
  readonly busyPorts: ReadonlySet<number>;
}

type Known = OperationDefinition<ReplicaSet> | OperationDefinition<Volume>;
const { execute: _, raiseLogLevel: __, createKey: ___, setKey: ____, revokeKey: _____, ...operations } = commands;
const known: ReadonlyMap<string, Known> = new Map(Object.entries(operations));

/** Does `task` on the open operation. Throws when nobody knows its kind: such an operation must neither go on nor count as done. */
export function onOperation<T>(
  state: State,
  aggregate: ReplicaSet | Volume,
  operation: Operation,
  settings: Settings,
  task: <A extends ReplicaSet | Volume>(steps: Steps<A>, open: OpenOperation<A>) => T,
): T {
  const definition = known.get(operation.kind);
  const stream = isReplicaSet(aggregate) ? replicaSetStream(aggregate.name) : volumeStream(aggregate.name);
  if (definition === undefined) throw unknownKind(operation, stream, aggregate.seq);
  const { steps, failureCode } = definition;
  const open = { state, settings, stream, failureCode, operation };
  if (isReplicaSet(aggregate) && steps.on === 'replicaSet') return task(steps, { ...open, aggregate, ...versionsOf(aggregate, operation) });
  if (!isReplicaSet(aggregate) && steps.on === 'volume') return task(steps, { ...open, aggregate, ...versionsOf(aggregate, operation) });
  throw unknownKind(operation, stream, aggregate.seq);
}

/** The version that the operation acts on, and the one that it makes. */
function versionsOf<V extends { version: number }>(
  of: { readonly versions: readonly V[] },
  { from, to }: Operation,
): { readonly from: V | undefined; readonly to: V | undefined } {
  const versionOf = (number: number | undefined): V | undefined => (number === undefined ? undefined : findVersion(of, number));
  return { from: versionOf(from), to: versionOf(to) };
}

const unknownKind = ({ kind }: Operation, stream: string, seq: number): Error =>
  new Error(`an operation of kind ${JSON.stringify(kind)} is open on ${stream} (event ${seq}), and this program does not know its steps`);

/** Null: nothing is left but to close the operation. */
export const nextStep = <A extends ReplicaSet | Volume>(steps: Steps<A>, open: OpenOperation<A>): Step | null =>
  open.operation.phase === 'undo' ? steps.undoStep(open) : steps.forwardStep(open);

/** The events that end the operation, once no step is left. */
export function end<A extends ReplicaSet | Volume>(steps: Steps<A>, open: OpenOperation<A>): readonly NewEvent[] {
  const { operation, stream } = open;
  const last: NewEvent =
    operation.phase === 'undo'
      ? operationFailed(open, `${undoneMessage(operation)}${steps.undone?.(open) ?? ''}`)
      : { type: 'OperationCompleted', stream, data: { kind: operation.kind } };
  return [...(steps.atEnd?.(open) ?? []), last];
}

/** The events that record the outcome of a step. */
export function record<A extends ReplicaSet | Volume>(
  steps: Steps<A>,
  open: OpenOperation<A>,
  { step, result, busyPorts }: Outcome,
): readonly NewEvent[] {
  return result.ok ? recordDone(steps, open, step, resultOf(step, result), busyPorts) : steps.failed(open, step, result.error);
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
