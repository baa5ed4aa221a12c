// The last observation of this host's GPUs beside the log. An observation is not an event: it holds only as long as somebody looks.
import { type ForeignGpus, foreignGpus, foreignGpuWarnings, isInTheMachine } from '../../commands/host/foreign.ts';
import { elsewhereWarning, gpusElsewhere } from '../../commands/host/gpus-elsewhere.ts';
import { isKnown } from '../../commands/host/strays.ts';
import type { ContainerEngine, GpuUser } from '../../commands/outside/engine.ts';
import type { Gpu } from '../../commands/outside/host.ts';
import type { Logger } from '../../commands/outside/logger.ts';
import type { Host, State } from '../../projections/state.ts';

interface GpuObservationDeps {
  readonly engine: Pick<ContainerEngine, 'listGpuUse'>;
  readonly state: () => State;
  readonly host: string;
  readonly logger: Logger;
}

/**
 * Which GPUs are in use outside this log, or in another host of it:
 *
 *     const gpus = new GpuObservation({ engine, state, host, logger });
 *     await gpus.look();      // asks the engine: for the allocator, and at each comparison
 *     gpus.foreign();         // the last answer: for the views
 *
 * Promises that `look` is never answered from memory, and that `foreign` is judged by the GPUs that the log knows now.
 */
export class GpuObservation {
  readonly #deps: GpuObservationDeps;
  #users: readonly GpuUser[] = [];
  #judged: { readonly host: Host | undefined; readonly users: readonly GpuUser[]; readonly foreign: ForeignGpus } | null = null;
  /** The GPUs that the driver listed last. */
  #inventory: readonly Gpu[] = [];
  /** GPUs of another host that an error in the server's log has named. */
  #told: ReadonlySet<string> = new Set();

  constructor(deps: GpuObservationDeps) {
    this.#deps = deps;
  }

  /** The containers outside this log that use GPUs; null where no GPU is in the machine. Throws EngineError when the engine does not answer. */
  async look(): Promise<readonly GpuUser[] | null> {
    const { engine, state } = this.#deps;
    if (!this.#host()?.gpus.some(isInTheMachine)) return null;
    // One that is just being made, or removed, is known before the look or after it.
    const before = state();
    this.#users = await engine.listGpuUse(before.logId, (owner) => isKnown(before, owner) || isKnown(state(), owner));
    return this.#users;
  }

  /** The same object for as long as nothing changes. */
  foreign(): ForeignGpus {
    const host = this.#host();
    if (this.#judged?.host !== host || this.#judged?.users !== this.#users) {
      this.#judged = { host, users: this.#users, foreign: foreignGpus(host, this.#users) };
    }
    return this.#judged.foreign;
  }

  /** Remembers what the driver lists. A GPU that another host of the log has is an error in the server's log, once. */
  saw(inventory: readonly Gpu[]): void {
    const { logger, host } = this.#deps;
    this.#inventory = inventory;
    const elsewhere = this.#elsewhere();
    for (const one of elsewhere)
      if (!this.#told.has(one.gpu)) logger.error({ gpu: one.gpu, otherHost: one.host }, elsewhereWarning(one, host));
    this.#told = new Set(elsewhere.map(({ gpu }) => gpu));
  }

  warnings(): readonly string[] {
    const elsewhere = this.#elsewhere().map((one) => elsewhereWarning(one, this.#deps.host));
    return [...foreignGpuWarnings(this.#host(), this.foreign()), ...elsewhere];
  }

  #elsewhere(): ReturnType<typeof gpusElsewhere> {
    const { state, host } = this.#deps;
    return gpusElsewhere(state(), host, this.#inventory);
  }

  #host(): Host | undefined {
    return this.#deps.state().hosts.get(this.#deps.host);
  }
}
