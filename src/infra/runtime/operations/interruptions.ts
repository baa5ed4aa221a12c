// Interruptions of a step: where it still waits for its slot it is thought over, and a stop in its grace period is cut short.
import type { ContainerEngine, Step, StepOf } from '../../../commands/outside/engine.ts';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import type { Clock } from '../../../commands/outside/host.ts';
import type { Logger } from '../../../commands/outside/logger.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import { pause } from '../../async/time.ts';

interface InterruptionsDeps {
  readonly engine: ContainerEngine;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Those of the last term before in this process that has a step under way still. */
  readonly before: () => Interruptions | undefined;
}

/** The step has not begun: it waited for its slot, and by now another may be due. */
export class StepInterruptedError extends Error {
  override readonly name = 'StepInterruptedError';
}

/** Pause before Docker is asked again to kill a container, ms. */
const RETRY_MS = 500;

interface UnderWay {
  readonly step: Step;
  readonly waiting: AbortController;
  begun: boolean;
  ended: boolean;
  /** The latest order to kill the container while its stop is under way. A later term gives one, too: that of the term before may have had no answer. */
  kill: Promise<void>;
  /** Docker has answered an order to kill. */
  killed: boolean;
}

/** The steps under way of one runner, one a stream. */
export class Interruptions {
  readonly #deps: InterruptionsDeps;
  readonly #signal: AbortSignal;
  readonly #underWay = new Map<string, UnderWay>();

  constructor(deps: InterruptionsDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  /**
   * Carries a step out by `work`, which waits until `interrupted` aborts, and calls `begin` once it waits no longer. Resolves when a kill that
   * was ordered meanwhile has ended, too: a late one would meet the container after it was started again.
   */
  async watch<T>(
    stream: string,
    step: Step,
    work: (interrupted: AbortSignal, begin: (task: () => Promise<T>) => Promise<T>) => Promise<T>,
  ): Promise<T> {
    const waiting = new AbortController();
    const one: UnderWay = { step, waiting, begun: false, ended: false, kill: Promise.resolve(), killed: false };
    this.#underWay.set(stream, one);
    const onAbort = (): void => waiting.abort(this.#signal.reason);
    this.#signal.addEventListener('abort', onAbort, { once: true });
    const begin = (task: () => Promise<T>): Promise<T> => {
      one.begun = true;
      return task();
    };
    try {
      return await work(waiting.signal, begin);
    } finally {
      one.ended = true;
      this.#signal.removeEventListener('abort', onAbort);
      await one.kill;
      this.#underWay.delete(stream);
    }
  }

  /** Ends the wait for a slot. A step that has begun goes on. */
  interrupt(stream: string): void {
    const one = this.#underWay.get(stream);
    if (one !== undefined && !one.begun) one.waiting.abort(new StepInterruptedError(stream));
  }

  /**
   * The stop of this version that is under way on the stream, if one is, becomes a kill: by the log it has no grace period any more. So does one that a
   * term before began, which this one waits for. Another server may have gone on with the operation meanwhile: a stop that the log is past is left
   * alone, as its container may run again.
   */
  cutShort(stream: string, version: number): void {
    const one = this.#at(stream);
    if (one === undefined) return;
    if (!one.begun) this.interrupt(stream);
    else if (one.step.do === 'stopContainer' && one.step.version === version) one.kill = this.#kill(one, one.step, one.kill);
  }

  /** The step under way on the stream, in this term or one before. */
  #at(stream: string): UnderWay | undefined {
    const before = this.#deps.before();
    return this.#underWay.get(stream) ?? (before === undefined ? undefined : before.#at(stream));
  }

  /** A second stop beside the first, with no grace: Docker answers both when the container has ended. Never rejects. */
  async #kill(one: UnderWay, { container }: StepOf<'stopContainer'>, previous: Promise<void>): Promise<void> {
    const { engine, clock, logger } = this.#deps;
    await previous;
    while (!one.ended && !one.killed && !this.#signal.aborted) {
      try {
        await engine.stopContainer(container, 0);
        one.killed = true;
        return;
      } catch (error) {
        one.killed = !(error instanceof EngineError && error.kind === 'unavailable');
        if (one.killed) return; // the stop itself is told the same
        logger.warn({ container: container.containerName, err: messageOf(error) }, 'a stop could not be cut short yet; tried again');
      }
      await pause(clock, RETRY_MS, this.#signal);
    }
  }
}
