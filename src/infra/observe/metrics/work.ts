// Commands, the operations that they began, and the steps of these: how often, how long, and what failed.
import { type CommandKind, commands } from '../../../commands/command.ts';
import type { Rejection } from '../../../commands/decision.ts';
import type { Step } from '../../../commands/outside/engine.ts';
import type { Envelope } from '../../../events/envelope.ts';
import { upcastAll } from '../../../events/evolution/upcasters.ts';
import { OperationKind } from '../../../events/operation.ts';
import { aggregateOf, type State } from '../../../projections/state.ts';
import { STEP_FAULTS, type StepFault } from '../../runtime/operations/timed-step.ts';
import type { Metrics } from './metrics.ts';
import type { Count, Series, Times } from './recorders.ts';

/** Upper bounds of the buckets, s. */
const BOUNDS = [0.01, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];

const STEPS: { readonly [S in Step['do']]: true } = {
  createContainer: true,
  startContainer: true,
  stopContainer: true,
  freezeContainer: true,
  thawContainer: true,
  saveDisk: true,
  removeContainer: true,
  discardDisk: true,
  removeDisks: true,
  commitImage: true,
  createVolume: true,
  copyVolume: true,
  removeVolume: true,
};

const OUTCOMES = ['done', 'rejected', 'failed', 'late'] as const;
type Outcome = (typeof OUTCOMES)[number];

const outcomeOf = (kind: Rejection['kind']): Outcome => (kind === 'failed' || kind === 'late' ? kind : 'rejected');

/** The series of what may happen are there from the start: an increase from nothing at all is not seen by an alert. */
export class WorkMetrics {
  readonly #commands: Series<Count>;
  readonly #operations: Series<Times>;
  readonly #operationFailures: Series<Count>;
  readonly #steps: Series<Times>;
  readonly #stepFailures: Series<Count>;

  constructor(metrics: Metrics) {
    this.#commands = metrics.counter('commands_total', 'Commands by what came of them.');
    this.#operations = metrics.times(
      'operation_duration_seconds',
      'Time from the first event of an operation to its last, by command.',
      BOUNDS,
    );
    this.#operationFailures = metrics.counter('operation_failures_total', 'Operations that failed and were undone, by command.');
    this.#steps = metrics.times('operation_step_duration_seconds', 'Time that a step of an operation took in Docker, by step.', BOUNDS);
    this.#stepFailures = metrics.counter(
      'operation_step_failures_total',
      'Steps that failed, by step and kind; one that is unavailable is tried again.',
    );
    for (const command of Object.keys(commands)) for (const outcome of OUTCOMES) this.#commands.of({ command, outcome });
    for (const { const: command } of OperationKind.anyOf) {
      this.#operations.of({ command });
      this.#operationFailures.of({ command });
    }
    for (const step of Object.keys(STEPS)) {
      this.#steps.of({ step });
      for (const kind of STEP_FAULTS) this.#stepFailures.of({ step, kind });
    }
  }

  /** Gives what came of it. */
  command(command: CommandKind, rejection: Rejection | null): Outcome {
    const outcome = rejection === null ? 'done' : outcomeOf(rejection.kind);
    this.#commands.of({ command, outcome }).add();
    return outcome;
  }

  readonly step = (step: Step['do'], seconds: number, fault: StepFault | null): void => {
    this.#steps.of({ step }).observe(seconds);
    if (fault !== null) this.#stepFailures.of({ step, kind: fault }).add();
  };

  /** Operations of this host that ended with these events. `before`: the state that they were applied to. */
  committed(stored: readonly Envelope[], before: State, host: string): void {
    if (!stored.some(({ type }) => type === 'OperationCompleted' || type === 'OperationFailed')) return;
    const began = new Map<string, string>();
    for (const event of upcastAll(stored)) {
      if (event.host !== host) continue;
      if (event.type === 'OperationStarted') began.set(event.stream, event.time);
      if (event.type !== 'OperationCompleted' && event.type !== 'OperationFailed') continue;
      const since = began.get(event.stream) ?? aggregateOf(before, event.stream)?.operation?.since;
      const command = event.data.kind;
      if (since !== undefined) this.#operations.of({ command }).observe(Math.max(0, Date.parse(event.time) - Date.parse(since)) / 1_000);
      if (event.type === 'OperationFailed') this.#operationFailures.of({ command }).add();
    }
  }
}
