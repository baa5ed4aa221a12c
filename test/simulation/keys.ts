// Idempotency keys: a command that is sent again and again under one key takes effect at most once, and whoever asks gets the answer that
// was given before, until the key is forgotten. Written down from the events and from what clients were told, beside the service's own memory.
import type { CommandOutcome, ExecuteOutcome } from '../../src/commands/service.ts';
import type { Event } from '../../src/events/catalogue.ts';
import { keyLifetime } from '../../src/projections/keys/apply-command.ts';
import { keyOf } from '../../src/projections/keys/keyed-commands.ts';
import type { State } from '../../src/projections/state.ts';
import { hold } from './violation.ts';

/** The usual client. */
export const USUAL = 'simulation';
/** Another client that happens to choose the same keys. */
export const NEIGHBOUR = 'neighbour';

/** A key as these books call it: an actor's keys are its own. */
export const nameOfKey = (header: string, actor: string): string => (actor === USUAL ? header : `${header} of ${actor}`);

/** Who sends it, and its `Idempotency-Key`. */
export function originOf(name: string): { readonly actor: string; readonly idempotencyKey: string } {
  const [idempotencyKey = '', actor = USUAL] = name.split(' of ');
  return { actor, idempotencyKey };
}

/** A request under a key. `body` tells one request from another. */
export interface Keyed {
  readonly key: string;
  readonly body: string;
}

interface Known {
  readonly command: string;
  readonly body: string;
  readonly first: number;
  readonly time: number;
  last: number;
  ended: boolean;
  /** From then on the key is as if it had never been used. */
  forgotten: boolean;
  /** It was used before, and forgotten. */
  readonly isAnew: boolean;
}

const ENDS: readonly string[] = ['OperationCompleted', 'OperationFailed', 'CommandExecuted'];

export type Answer = CommandOutcome | ExecuteOutcome;

/** What has to be the same each time. Of an execute the exit code is kept, of a failure that it failed. */
function gist(answer: Answer): string {
  if (!answer.ok) return 'failed';
  return 'result' in answer ? `exit code ${answer.result.exitCode}` : `version ${answer.version ?? 'none'}`;
}

const isMismatch = (answer: Answer): boolean => !answer.ok && answer.rejection.message.includes('was used with another request before');

export class Keys {
  /** What the log says of a key. */
  readonly #known = new Map<string, Known>();
  /** What a client was told of a key once its command was accepted. */
  readonly #told = new Map<string, string>();

  /** True where a key that was forgotten begins anew. */
  read(event: Event): boolean {
    const { seq, command } = event;
    if (event.type === 'CommandOutcomeUnknown')
      for (const known of this.#known.values()) known.ended ||= known.command === event.data.execution;
    const { id, idempotencyKey: header, bodyHash: body = '', actor } = command;
    if (header === undefined) return false;
    const key = nameOfKey(header, actor);
    const before = this.#known.get(key);
    const known = before?.forgotten === true ? undefined : before;
    const isAnew = before !== undefined && known === undefined;
    if (known === undefined) {
      const told = isAnew ? undefined : this.#told.get(key);
      hold(told === undefined, 'once per key', () => `event ${seq} begins ${key}, of which a client was told before: ${told}`);
      this.#told.delete(key);
      this.#forget(event);
      const ended = ENDS.includes(event.type);
      this.#known.set(key, { command: id, body, first: seq, time: Date.parse(event.time), last: seq, ended, forgotten: false, isAnew });
      return isAnew;
    }
    hold(
      known.command === id && known.body === body,
      'once per key',
      () => `event ${seq} is of ${id}, but ${key} was taken at event ${known.first} by ${known.command}`,
    );
    known.last = seq;
    known.ended ||= ENDS.includes(event.type);
    return false;
  }

  /** A new command under a key is the moment at which what has ended and is old enough is forgotten. */
  #forget({ seq, time }: Event): void {
    for (const known of this.#known.values()) {
      const isOld = Date.parse(time) - known.time >= keyLifetime.ms && seq - known.first >= keyLifetime.events;
      if (isOld && known.ended) known.forgotten = true;
    }
  }

  /** The service remembers exactly the keys that it must. */
  check({ commands }: State): void {
    for (const [key, { forgotten, first }] of this.#known) {
      const { actor, idempotencyKey } = originOf(key);
      const isThere = commands.get(keyOf(actor, idempotencyKey)) !== undefined;
      hold(
        isThere !== forgotten,
        'keys are forgotten in time',
        () => `${key}, of event ${first}, is ${isThere ? 'still' : 'not'} remembered`,
      );
    }
  }

  #current(key: string): Known | undefined {
    const known = this.#known.get(key);
    return known?.forgotten === true ? undefined : known;
  }

  has(key: string): boolean {
    return this.#current(key) !== undefined;
  }

  /** What the log has under the key: the body of its request. */
  bodyOf(key: string): string | undefined {
    return this.#current(key)?.body;
  }

  /** Whether a server that has read the log up to `seen` may answer as it was before the key was forgotten. */
  mayBeOfBefore(key: string, seen: number): boolean {
    const known = this.#known.get(key);
    return known?.forgotten === true || (known?.isAnew === true && seen < known.first);
  }

  /**
   * Whether a server that has read the log up to `seen` could know of the key: one that is behind may refuse what it has not read of. Of an
   * execute that it knows to have begun it waits for no end, as of an operation: it says that it does not know one (`ends`).
   */
  isRead(key: string, seen: number, ends: boolean): boolean {
    const known = this.#current(key);
    return known === undefined || seen >= (ends ? known.last : known.first);
  }

  /** Whether the key belongs to another request. */
  isOther({ key, body }: Keyed): boolean {
    const known = this.#current(key);
    return known !== undefined && known.body !== body;
  }

  /** The answer to a request whose key belongs to another one. */
  refused({ key }: Keyed, answer: Answer): void {
    hold(
      isMismatch(answer),
      'key of another request',
      () => `${key} was taken by another request, the answer was ${JSON.stringify(answer)}`,
    );
  }

  /** A definite answer to the request that the key belongs to; `accepted`: it is in the log, or was answered as done. */
  answered({ key, body }: Keyed, answer: Answer, accepted: boolean): void {
    if (isMismatch(answer)) {
      const known = this.#current(key);
      hold(
        known !== undefined && known.body !== body,
        'key of another request',
        () => `${key} is this request's own, and was refused as another's`,
      );
      return;
    }
    if (!accepted) return;
    const before = this.#told.get(key);
    hold(
      before === undefined || before === gist(answer),
      'same answer',
      () => `${key} was answered: ${before}; now: ${JSON.stringify(answer)}`,
    );
    this.#told.set(key, gist(answer));
  }
}
