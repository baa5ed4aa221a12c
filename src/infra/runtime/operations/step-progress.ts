// The steps that are being carried out at this moment: since when, and how far they are. None of it is recorded.
import type { Clock } from '../../../commands/outside/host.ts';
import type { OnProgress, Progress } from '../../../commands/outside/progress.ts';

/** The attempt under way at a step. */
interface StepAt {
  /** ISO time. */
  readonly since: string;
  progress?: Progress;
}

/** By stream. */
export class StepProgress {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #byStream = new Map<string, StepAt>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** The attempt at the step of that stream; undefined where none is under way. */
  of(stream: string): Readonly<StepAt> | undefined {
    return this.#byStream.get(stream);
  }

  /** Carries an attempt out. */
  async during<T>(stream: string, attempt: (onProgress: OnProgress) => Promise<T>): Promise<T> {
    const at: StepAt = { since: new Date(this.#clock.now()).toISOString() };
    this.#byStream.set(stream, at);
    try {
      return await attempt((progress) => {
        at.progress = progress;
      });
    } finally {
      if (this.#byStream.get(stream) === at) this.#byStream.delete(stream);
    }
  }
}
