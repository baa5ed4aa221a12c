// The secret values of one command: sealed before it is decided, and the keys taken back where nothing came of it.
import type { Facts, Needs } from '../../../commands/decision.ts';
import { EngineError } from '../../../commands/outside/engine-error.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import { LogClosedError, LogCorruptError } from '../../../events/log.ts';
import { aggregateOf, isReplicaSet } from '../../../projections/state.ts';
import type { Committer } from '../committer.ts';
import type { FactSources } from '../gather-facts.ts';

interface SealingDeps {
  readonly committer: Committer;
  readonly factSources: Pick<FactSources, 'secretKeys'>;
}

/** A full or read-only disk, mostly: nothing was begun, and a later try may succeed. */
const unavailable = (error: unknown): never => {
  throw new EngineError('unavailable', `the key of the secret variables cannot be written to the data directory: ${messageOf(error)}`);
};

/** Whether the events of an append that was rejected with this may be in the log all the same: the log was closed while etcd had not answered. */
const isDoubtful = (error: unknown): boolean => error instanceof LogClosedError || error instanceof LogCorruptError;

/**
 *     const sealing = new Sealing(deps, id, stream);
 *     const sealed = await sealing.seal(needs);
 *     sealing.committing = committer.submit(…);
 *     void sealing.end();
 *
 * Promises that a key is on disk before the event that needs it is appended, and goes only once it is known that there is no such event: a
 * command whose client has left may be in the log yet.
 */
export class Sealing {
  readonly #deps: SealingDeps;
  /** Of the command. */
  readonly #id: string;
  readonly #stream: string;
  /** Sealed so far, by life: a command that is decided again takes the same. */
  readonly #sealed = new Map<string, NonNullable<Facts['sealed']>>();
  /** The append under way, or the last one. */
  committing: Promise<unknown> = Promise.resolve();

  constructor(deps: SealingDeps, id: string, stream: string) {
    this.#deps = deps;
    this.#id = id;
    this.#stream = stream;
  }

  async seal({ seals }: Needs): Promise<Facts['sealed']> {
    if (seals === undefined) return undefined;
    const { uid = this.#id, variables } = seals;
    const before = this.#sealed.get(uid);
    if (before !== undefined) return before;
    const sealed = { uid, variables: await this.#deps.factSources.secretKeys.seal(uid, variables).catch(unavailable) };
    this.#sealed.set(uid, sealed);
    return sealed;
  }

  /** Never rejects: a key that cannot be removed now is left to the sweep, which says so. */
  async end(): Promise<void> {
    if (this.#sealed.size === 0) return;
    const { committer, factSources } = this.#deps;
    const isUnknown = await this.committing.then(() => false, isDoubtful);
    for (const uid of this.#sealed.keys()) {
      const aggregate = aggregateOf(committer.state, this.#stream);
      // The life of a patch was there before; its end removes its keys. What is left where nobody knows, the sweep removes after the next start.
      const isAlive = isUnknown || uid !== this.#id || (aggregate !== undefined && isReplicaSet(aggregate) && aggregate.uid === uid);
      await factSources.secretKeys.release(uid, isAlive).catch(() => undefined);
    }
  }
}
