// While a forced stop or a delete waits for its turn, it cuts short every stop on its name that is in its grace period.
import { type Mutation, notPermitted, streamOf } from '../../../commands/command.ts';
import type { Settings } from '../../../commands/decision.ts';
import { decideOvertaking, isForced } from '../../../commands/operation/overtake.ts';
import type { Clock, Ids } from '../../../commands/outside/host.ts';
import { byOf } from '../../../commands/request/keys/rights.ts';
import { type Origin, type Precondition, withoutIdempotencyKey } from '../../../commands/service.ts';
import type { NewEvent } from '../../../events/catalogue.ts';
import { replicaSetOfStream } from '../../../events/stream.ts';
import type { State } from '../../../projections/state.ts';
import { pause } from '../../async/time.ts';
import type { Committer } from '../committer.ts';
import { recordedUnderKey } from './idempotency.ts';

interface OvertakingDeps {
  readonly committer: Committer;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: Settings;
}

/** Pause before the log is asked again to take the event, ms. */
const RETRY_MS = 1_000;

interface Waiting {
  readonly name: string;
  readonly command: Mutation;
  readonly origin: Origin;
}

interface OfStream {
  readonly waiting: Set<Waiting>;
  /** Aborts when none waits any more. */
  readonly over: AbortController;
  /** The log did not take the event, and is asked again after a pause, which runs. */
  isPausing: boolean;
}

/**
 *     const end = overtaking.begin(command, origin, precondition);
 *     try { await turn; } finally { end(); }
 *
 * Promises that nothing is cut short for a command which is a repetition, which is decided on one state alone (If-Match), or which has no right to the
 * name as it is then: that may have been run by somebody else, or the key have ended, since the command began to wait.
 */
export class Overtaking {
  readonly #deps: OvertakingDeps;
  readonly #streams = new Map<string, OfStream>();

  constructor(deps: OvertakingDeps) {
    this.#deps = deps;
    deps.committer.onEveryCommit((events) => {
      if (this.#streams.size === 0) return;
      for (const stream of new Set(events.map((event) => event.stream))) this.#cutShort(stream);
    });
  }

  /** Call what it gives when the command has ended. */
  begin(command: Mutation, origin: Origin, { ifMatch }: Precondition): () => void {
    const stream = streamOf(command);
    const name = replicaSetOfStream(stream);
    if (name === null || ifMatch !== undefined || !isForced(command)) return () => {};
    if (recordedUnderKey(this.#deps.committer.state, origin) !== undefined) return () => {};
    const one: Waiting = { name, command, origin };
    const ofStream = this.#streams.get(stream) ?? { waiting: new Set(), over: new AbortController(), isPausing: false };
    this.#streams.set(stream, ofStream);
    ofStream.waiting.add(one);
    this.#cutShort(stream);
    return () => {
      ofStream.waiting.delete(one);
      if (ofStream.waiting.size > 0) return;
      this.#streams.delete(stream);
      ofStream.over.abort();
    };
  }

  #cutShort(stream: string): void {
    const ofStream = this.#streams.get(stream);
    if (ofStream === undefined) return;
    const { committer, ids, settings } = this.#deps;
    const first = [...ofStream.waiting].find((one) => this.#mayCutShort(committer.state, one));
    if (first === undefined) return;
    const { name, command, origin } = first;
    const decide = (state: State): NewEvent[] => (this.#mayCutShort(state, first) ? decideOvertaking(state, name, settings) : []);
    try {
      if (decide(committer.state).length === 0) return;
    } catch {
      return; // an operation that nobody can judge: the operation runner says so
    }
    // The key is of the command itself, which is yet to come.
    const meta = { id: ids.next(), name: command.do, ...withoutIdempotencyKey(origin) };
    const cut = committer.submit(meta, (state) => ({ kind: 'events', events: decide(state) }));
    // Where the log has no room, or does not answer, the command waits as any other meanwhile.
    cut.catch(() => this.#again(stream, ofStream));
  }

  #mayCutShort(state: State, { command, origin }: Waiting): boolean {
    return notPermitted(state, command, byOf(origin, this.#deps.clock.now())) === null;
  }

  async #again(stream: string, ofStream: OfStream): Promise<void> {
    if (ofStream.isPausing) return;
    ofStream.isPausing = true;
    await pause(this.#deps.clock, RETRY_MS, ofStream.over.signal);
    ofStream.isPausing = false;
    this.#cutShort(stream);
  }
}
