// What was last seen of this host's GPUs beside the log. It is no event: it holds only as long as somebody looks.
import { type ForeignGpus, foreignGpus, foreignGpuWarnings, isInTheMachine, NO_FOREIGN_GPUS } from '../../commands/host/foreign.ts';
import type { ContainerEngine, GpuUser } from '../../commands/outside/engine.ts';
import type { Host, State } from '../../projections/state.ts';

interface GpuObservationDeps {
  readonly engine: Pick<ContainerEngine, 'listGpuUse'>;
  readonly state: () => State;
  readonly host: string;
}

/**
 * Whose GPUs are in use outside this log:
 *
 *     const gpus = new GpuObservation({ engine, state, host });
 *     await gpus.look();      // asks the engine: for the allocator, and at each comparison
 *     gpus.foreign();         // the last answer: for the views
 *
 * Promises that `look` is never answered from memory, and that `foreign` is judged by the GPUs that the log knows now.
 */
export class GpuObservation {
  readonly #deps: GpuObservationDeps;
  #users: readonly GpuUser[] = [];

  constructor(deps: GpuObservationDeps) {
    this.#deps = deps;
  }

  /** Throws EngineError when the engine does not answer. */
  async look(): Promise<ForeignGpus> {
    const { engine, state } = this.#deps;
    if (!this.#host()?.gpus.some(isInTheMachine)) return NO_FOREIGN_GPUS;
    this.#users = await engine.listGpuUse(state().logId);
    return this.foreign();
  }

  foreign(): ForeignGpus {
    return foreignGpus(this.#host(), this.#users);
  }

  warnings(): readonly string[] {
    return foreignGpuWarnings(this.#host(), this.foreign());
  }

  #host(): Host | undefined {
    return this.#deps.state().hosts.get(this.#deps.host);
  }
}
