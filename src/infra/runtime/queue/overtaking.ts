// While a forced stop or a delete waits for its turn, it cuts short every stop on its name that is in its grace period.
import { type Mutation, streamOf } from '../../../commands/command.ts';
import type { Settings } from '../../../commands/decision.ts';
import { decideOvertaking, isForced } from '../../../commands/operation/overtake.ts';
import type { Ids } from '../../../commands/outside/host.ts';
import { type Origin, type Precondition, withoutIdempotencyKey } from '../../../commands/service.ts';
import { replicaSetOfStream } from '../../../events/stream.ts';
import type { Committer } from '../committer.ts';
import { recordedUnderKey } from './idempotency.ts';

interface OvertakingDeps {
  readonly committer: Committer;
  readonly ids: Ids;
  readonly settings: Settings;
}

interface Waiting {
  readonly name: string;
  readonly command: Mutation;
  readonly origin: Origin;
}

/**
 *     const end = overtaking.begin(command, origin, precondition);
 *     try { await turn; } finally { end(); }
 *
 * Promises that nothing is cut short for a command which is a repetition, or which is decided on one state alone (If-Match).
 */
export class Overtaking {
  readonly #deps: OvertakingDeps;
  readonly #waiting = new Map<string, Set<Waiting>>();

  constructor(deps: OvertakingDeps) {
    this.#deps = deps;
    deps.committer.onEveryCommit((events) => {
      if (this.#waiting.size === 0) return;
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
    const ofStream = this.#waiting.get(stream) ?? new Set();
    this.#waiting.set(stream, ofStream.add(one));
    this.#cutShort(stream);
    return () => {
      ofStream.delete(one);
      if (ofStream.size === 0) this.#waiting.delete(stream);
    };
  }

  #cutShort(stream: string): void {
    const [first] = this.#waiting.get(stream) ?? [];
    if (first === undefined) return;
    const { committer, ids, settings } = this.#deps;
    const { name, command, origin } = first;
    try {
      if (decideOvertaking(committer.state, name, settings).length === 0) return;
    } catch {
      return; // an operation that nobody can judge: the operation runner says so
    }
    // The key is of the command itself, which is yet to come.
    const meta = { id: ids.next(), name: command.do, ...withoutIdempotencyKey(origin) };
    const cut = committer.submit(meta, (state) => ({ kind: 'events', events: decideOvertaking(state, name, settings) }));
    // Where the log does not take it, the command waits as any other.
    cut.catch(() => {});
  }
}
