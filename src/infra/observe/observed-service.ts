// The service as the doors see it: what goes through is counted, and what is refused is noted.
import { type Command, streamOf } from '../../commands/command.ts';
import type { CommandOutcome, ExecuteOutcome, Origin, PlanOutcome, Precondition, Readiness, Service } from '../../commands/service.ts';
import type { State } from '../../projections/state.ts';
import type { Rejections } from './rejections.ts';

export type CommandResult = 'done' | 'failed' | 'rejected';

export class ObservedService implements Service {
  readonly #service: Service;
  readonly #rejections: Rejections;
  readonly #count: (command: string, result: CommandResult) => void;
  #executing = 0;

  constructor(service: Service, rejections: Rejections, count: (command: string, result: CommandResult) => void) {
    this.#service = service;
    this.#rejections = rejections;
    this.#count = count;
  }

  /** Executes under way. */
  get executing(): number {
    return this.#executing;
  }

  state(): State {
    return this.#service.state();
  }

  readiness(): Readiness {
    return this.#service.readiness();
  }

  async submit(command: Exclude<Command, { do: 'execute' }>, origin: Origin, precondition?: Precondition): Promise<CommandOutcome> {
    return this.#noted(command, origin, await this.#service.submit(command, origin, precondition));
  }

  plan(command: Exclude<Command, { do: 'execute' }>, origin: Origin, precondition?: Precondition): Promise<PlanOutcome> {
    return this.#service.plan(command, origin, precondition);
  }

  async execute(command: Extract<Command, { do: 'execute' }>, origin: Origin, signal: AbortSignal): Promise<ExecuteOutcome> {
    this.#executing++;
    try {
      return this.#noted(command, origin, await this.#service.execute(command, origin, signal));
    } finally {
      this.#executing--;
    }
  }

  #noted<O extends CommandOutcome | ExecuteOutcome>(command: Command, origin: Origin, outcome: O): O {
    // What began and failed is in the log.
    const result = outcome.ok ? 'done' : outcome.rejection.kind === 'failed' ? 'failed' : 'rejected';
    this.#count(command.do, result);
    if (!outcome.ok && result === 'rejected')
      this.#rejections.note({ command: command.do, stream: streamOf(command), origin, rejection: outcome.rejection });
    return outcome;
  }
}
