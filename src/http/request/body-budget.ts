// The bytes that the bodies of all requests take together, from their first byte until the request is answered. Each body is bounded, but
// many clients could send one each, and not finish.
import type { ServerResponse } from 'node:http';
import { Failure } from '../response/failure.ts';

/** Bytes of all bodies at once, at most. */
const MOST = 32 * 1024 * 1024;
/** Bytes beyond that for first blocks alone, of 4 KB for each connection: those who fill the rest do not shut out usual commands. */
const FOR_FIRST = 4 * 1024 * 1024;

export class BodyBudget {
  readonly #most: number;
  #held = 0;

  constructor(most = MOST) {
    this.#most = most;
  }

  get held(): number {
    return this.#held;
  }

  /** Takes bytes for a request until its response is closed, however that comes about. `take` throws Failure 'unavailable' when there are too many. */
  openFor(response: ServerResponse): { take(bytes: number): void } {
    let taken = 0;
    response.once('close', () => {
      this.#held -= taken;
      taken = 0;
    });
    return {
      take: (bytes) => {
        if (response.closed) return;
        if (this.#held + bytes > this.#most + (taken === 0 ? FOR_FIRST : 0))
          throw new Failure('unavailable', 503, 'the bodies of other requests fill the memory for them: send this one again in a moment');
        this.#held += bytes;
        taken += bytes;
      },
    };
  }
}
