// Doubt about a step to which Docker answered that its container is gone: an operation gives nothing up at the first such answer.
import { absenceOn, isBeingDeleted, isTooMuch } from '../../../commands/host/absence.ts';
import { asKnown } from '../../../commands/host/as-known.ts';
import { containersOf, isUnseen } from '../../../commands/host/reconcile.ts';
import type { ContainerEngine, ContainerFacts, ContainerSeen, Step, StepResult } from '../../../commands/outside/engine.ts';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import { aggregateOf, isReplicaSet, type State } from '../../../projections/state.ts';
import type { DoubtDeps } from './absences.ts';

interface MissingStepsDeps extends DoubtDeps {
  readonly engine: ContainerEngine;
  readonly host: string;
  readonly state: () => State;
}

/**
 * Believes Docker that the current container is gone only when it has said so for a while, and has most others:
 *
 *     const result = await missingSteps.believed(stream, step, await perform(step, engine));   // throws 'unavailable': ask again
 *
 * An operator's word ends the doubt.
 */
export class MissingSteps {
  readonly #deps: MissingStepsDeps;
  /** Streams whose step met no container, and since when. */
  readonly #since = new Map<string, number>();
  readonly #accepted = new Set<string>();
  #acceptsAll = false;

  constructor(deps: MissingStepsDeps) {
    this.#deps = deps;
  }

  /** The streams that are doubted now. */
  get streams(): readonly string[] {
    return [...this.#since.keys()];
  }

  /** The operation on the stream has ended, or no operation is known to wait (a term begins). */
  forget(...streams: readonly string[]): void {
    for (const stream of streams) {
      this.#since.delete(stream);
      this.#accepted.delete(stream);
    }
  }

  /** The operations that wait, for readiness. */
  get warnings(): readonly string[] {
    const { host } = this.#deps;
    return this.streams.map(
      (stream) =>
        `an operation on ${stream} waits for its container, which is missing from Docker: it goes on when that is back; if it is lost, say so with: gpu-docker-api hosts accept-loss ${host}`,
    );
  }

  /** The operator says that the containers of these streams are lost. */
  accept(streams: readonly string[]): void {
    for (const stream of streams) if (this.#since.has(stream)) this.#accepted.add(stream);
  }

  /** The operator says so of all that is met from now on. */
  acceptAll(accepts: boolean): void {
    this.#acceptsAll = accepts;
  }

  /** The result, where it can be believed. Throws EngineError('unavailable') where Docker is to be asked again. */
  async believed(stream: string, step: Step, result: StepResult): Promise<StepResult> {
    if (!isAbsence(result) || !this.#givesUp(stream, step)) {
      this.#since.delete(stream);
      this.#accepted.delete(stream);
      return result;
    }
    const since = this.#since.get(stream) ?? this.#deps.monotonic();
    this.#since.set(stream, since);
    if (!(await this.#isGone(stream, since)))
      throw new EngineError('unavailable', `${sentenceOf(step, result)}: it may come back, so Docker is asked again`);
    this.#since.delete(stream);
    this.#accepted.delete(stream);
    return result;
  }

  /**
   * Whether what follows would give the current container up, and with it what the name holds; or would forget the name, after which a
   * container that comes back belongs to nothing. Where only the version is replaced it is taken back (commands/host/leftovers.ts).
   */
  #givesUp(stream: string, step: Step): boolean {
    const aggregate = aggregateOf(this.#deps.state(), stream);
    if (aggregate === undefined || !isReplicaSet(aggregate)) return false;
    if (step.do === 'removeContainer') return aggregate.operation?.kind === 'delete' && step.container.id !== undefined;
    return (step.do === 'stopContainer' || step.do === 'startContainer' || step.do === 'saveDisk') && step.version === aggregate.current;
  }

  async #isGone(stream: string, since: number): Promise<boolean> {
    const { engine, host, state, monotonic, doubtMs } = this.#deps;
    if (this.#acceptsAll || this.#accepted.has(stream)) return true;
    if (monotonic() - since < doubtMs) return false;
    const { logId, head } = state();
    // Only what is there counts, not how it is: what is as the log has it need not be asked for.
    const known = (seen: ContainerSeen): ContainerFacts | undefined => asKnown(state(), host, new Set(), seen);
    const [containers, volumes] = await Promise.all([engine.listContainers(logId, known), engine.listVolumes(logId)]);
    const observed = { seq: head.seq, containers: containersOf(containers), volumes: new Set(volumes.map(({ name }) => name)) };
    // After a term that ended in the middle of many deletes, Docker lacks what those have removed: among deletes they do not count.
    const isDelete = this.#isBeingDeleted(stream);
    const counts = (name: string): boolean => !isDelete || !this.#isBeingDeleted(name);
    const absence = absenceOn(state(), host, (name, aggregate) => counts(name) && isUnseen(aggregate, observed));
    return !isTooMuch({ ...absence, underWay: Math.max(absence.underWay ?? 0, this.streams.filter(counts).length) });
  }

  #isBeingDeleted(stream: string): boolean {
    const aggregate = aggregateOf(this.#deps.state(), stream);
    return aggregate !== undefined && isBeingDeleted(aggregate);
  }
}

/** Docker's answer that the step's container is not there. */
const isAbsence = (result: StepResult): boolean =>
  result.ok ? result.do === 'removeContainer' && !result.found : result.error.kind === 'not-found';

const sentenceOf = (step: Step, result: StepResult): string => {
  if (!result.ok) return result.error.message;
  return `container ${'container' in step ? step.container.containerName : ''} is not in Docker`;
};
