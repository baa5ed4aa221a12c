// The story of an operation: its next step on the way forward and on the way back, and the events that record each outcome.
import type { NewEvent } from '../../events/catalogue.ts';
import type { ContainerVersion, Operation, ReplicaSet, State, Volume, VolumeVersion } from '../../projections/state.ts';
import type { Settings } from '../decision.ts';
import type { Step, StepFailure, StepName, StepOf, StepResultOf } from '../outside/engine.ts';

type VersionOf<A> = A extends ReplicaSet ? ContainerVersion : VolumeVersion;

/** An open operation with all that its steps are decided from. */
export interface OpenOperation<A extends ReplicaSet | Volume> {
  readonly state: State;
  readonly settings: Settings;
  readonly stream: string;
  /** The API's code, should the operation fail. */
  readonly failureCode: number;
  readonly aggregate: A;
  readonly operation: Operation;
  /** The version that is acted on or replaced. */
  readonly from: VersionOf<A> | undefined;
  /** The version that is being made. */
  readonly to: VersionOf<A> | undefined;
}

/** A step that went well. */
export interface DoneStep<K extends StepName = StepName> {
  readonly step: StepOf<K>;
  readonly result: StepResultOf<K>;
  /** Host ports that somebody listens on; asked for only while another port has to be chosen. */
  readonly busyPorts: ReadonlySet<number>;
}

type Outcomes<A extends ReplicaSet | Volume, K extends StepName> = {
  readonly [P in K]: (open: OpenOperation<A>, done: DoneStep<P>) => readonly NewEvent[];
};

interface Story<A extends ReplicaSet | Volume, K extends StepName> {
  readonly on: A extends ReplicaSet ? 'replicaSet' : 'volume';
  /** The next step towards the command's goal; null: nothing is left but to close the operation. */
  readonly forwardStep: (open: OpenOperation<A>) => StepOf<K> | null;
  /** The next step back, once a step has failed; null: everything is undone. */
  readonly undoStep: (open: OpenOperation<A>) => StepOf<K> | null;
  /** The events that record a step that the engine refused. */
  readonly failed: (open: OpenOperation<A>, step: Step, error: StepFailure['error']) => readonly NewEvent[];
  /** The events right before the operation ends, done or undone. */
  readonly atEnd?: (open: OpenOperation<A>) => readonly NewEvent[];
  /** For the client, after the reason of the failure: what the undo has put back, and what it could not. Empty when there is nothing. */
  readonly undone?: (open: OpenOperation<A>) => string;
}

/** The steps `K` of an operation on an `A`. A step without its outcome does not compile. */
export interface StepsOf<A extends ReplicaSet | Volume, K extends StepName> extends Story<A, K> {
  /** For each step, the events that record that it went well. */
  readonly done: Outcomes<A, K>;
}

/** The steps of some operation on an `A`. */
export interface Steps<A extends ReplicaSet | Volume> extends Story<A, StepName> {
  readonly done: Partial<Outcomes<A, StepName>>;
}

/** Of an operation that either happens or does not: no step of it leaves anything behind. */
export const nothingToUndo = (): null => null;

/** Whether the log has the outcome of that type for this operation. */
export const has = (operation: Operation, type: Operation['done'][number]): boolean => operation.done.includes(type);

export const operationFailed = (
  { stream, operation, failureCode }: Pick<OpenOperation<ReplicaSet>, 'stream' | 'operation' | 'failureCode'>,
  message: string,
): NewEvent => ({ type: 'OperationFailed', stream, data: { kind: operation.kind, code: failureCode, message } });
