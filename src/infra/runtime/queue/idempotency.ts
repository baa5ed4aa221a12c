// Idempotency keys: a request that is repeated with the same Idempotency-Key gets the answer of the first one and is not carried out again.
// The log remembers commands that were recorded; what is here remembers those that are still under way in this process.
import type { Command } from '../../../commands/command.ts';
import { quoted } from '../../../commands/request/quoted.ts';
import type { Origin } from '../../../commands/service.ts';
import { type KeyedCommand, keyOf } from '../../../projections/keys/keyed-commands.ts';
import type { State } from '../../../projections/state.ts';
import { failureCodeOf, type Rejected, rejected } from '../rejected.ts';
import { ImpatientError, type Patience, SharedPatience, waitedFor } from './patience.ts';

/** The command that the log holds under the same actor's same Idempotency-Key, if there is one. */
export const recordedUnderKey = (
  state: State,
  { actor, idempotencyKey }: Pick<Origin, 'actor' | 'idempotencyKey'>,
): KeyedCommand | undefined => (idempotencyKey === undefined ? undefined : state.commands.get(keyOf(actor, idempotencyKey)));

/** The answer to a request that has the key of another one but not its body. */
export const keyOfOtherRequest = (command: Command, { idempotencyKey = '' }: Pick<Origin, 'idempotencyKey'>): Rejected =>
  rejected(
    failureCodeOf(command),
    'impossible',
    `Idempotency-Key ${quoted(idempotencyKey)} was used with another request before: use a new key for a new request`,
  );

/** Called with the id of the operation that a command has begun, once that is in the log. Not called for what ends with its first record. */
export type OnBegun = (operation: string) => void;

/** Tells all who wait for one command that its operation has begun, also those who come later. */
class Begun {
  readonly #listeners = new Set<OnBegun>();
  #operation: string | null = null;

  tell(listener: OnBegun): void {
    if (this.#operation === null) this.#listeners.add(listener);
    else listener(this.#operation);
  }

  readonly onBegun: OnBegun = (operation) => {
    this.#operation = operation;
    for (const listener of this.#listeners) listener(operation);
  };
}

/**
 * The keyed commands that this process has begun and not yet answered.
 *
 *     return this.#underWay.share(command, origin, () => this.#carryOut(command, origin));
 *
 * Promises that of two requests of an actor with one key and one body only the first is begun, and that both get its outcome.
 */
export class CommandsUnderWay<O> {
  readonly #byKey = new Map<
    string,
    { readonly bodyHash: string; readonly outcome: Promise<O | Rejected>; readonly patience: SharedPatience; readonly begun: Begun }
  >();

  /**
   * The outcome of the command under way with the same key, else that of `begin`, which is called at once, with the patience of all who wait
   * for it. A client whose patience ends while others wait is answered alone.
   */
  share(
    command: Command,
    origin: Origin,
    patience: Patience,
    begin: (patience: Patience, onBegun: OnBegun) => Promise<O | Rejected>,
    onBegun: OnBegun = () => {},
  ): Promise<O | Rejected> {
    const { actor, idempotencyKey, bodyHash } = origin;
    if (idempotencyKey === undefined || bodyHash === undefined) return begin(patience, onBegun);
    const key = keyOf(actor, idempotencyKey);
    const first = this.#byKey.get(key);
    if (first !== undefined && first.bodyHash !== bodyHash) return Promise.resolve(keyOfOtherRequest(command, origin));
    const shared = first?.patience ?? new SharedPatience();
    shared.join(patience);
    const begun = first?.begun ?? new Begun();
    begun.tell(onBegun);
    const outcome = first?.outcome ?? begin(shared.signal, begun.onBegun).finally(() => this.#byKey.delete(key));
    if (first === undefined) this.#byKey.set(key, { bodyHash, outcome, patience: shared, begun });
    return waitedFor(outcome, patience).catch((error: unknown) => {
      if (!(error instanceof ImpatientError)) throw error;
      return shared.signal.aborted ? outcome : rejected(failureCodeOf(command), 'late', `${error.message}: another request waits on`);
    });
  }
}
