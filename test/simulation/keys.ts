// Idempotency keys: a command that is sent again and again under one key takes effect at most once, and whoever asks gets the answer that
// was given before. Kept from the events and from what clients were told, beside the service's own memory of keys.
import type { CommandOutcome, ExecuteOutcome } from '../../src/commands/service.ts';
import type { Event } from '../../src/events/catalogue.ts';
import { hold } from './violation.ts';

/** A request under a key. `body` tells one request from another. */
export interface Keyed {
  readonly key: string;
  readonly body: string;
}

interface Known {
  readonly command: string;
  readonly body: string;
  readonly first: number;
  last: number;
}

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

  read({ seq, command }: Event): void {
    const { id, idempotencyKey: key, bodyHash: body = '' } = command;
    if (key === undefined) return;
    const known = this.#known.get(key);
    if (known === undefined) {
      const told = this.#told.get(key);
      hold(told === undefined, 'once per key', () => `event ${seq} begins ${key}, of which a client was told before: ${told}`);
      this.#known.set(key, { command: id, body, first: seq, last: seq });
      return;
    }
    hold(
      known.command === id && known.body === body,
      'once per key',
      () => `event ${seq} is of ${id}, but ${key} was taken at event ${known.first} by ${known.command}`,
    );
    known.last = seq;
  }

  has(key: string): boolean {
    return this.#known.has(key);
  }

  /**
   * Whether a server that has read the log up to `seen` could know of the key: one that is behind may refuse what it has not read of. Of an
   * execute that it knows to have begun it waits for no end, as of an operation: it says that it does not know one (`ends`).
   */
  isRead(key: string, seen: number, ends: boolean): boolean {
    const known = this.#known.get(key);
    return known === undefined || seen >= (ends ? known.last : known.first);
  }

  /** Whether the key belongs to another request. */
  isOther({ key, body }: Keyed): boolean {
    const known = this.#known.get(key);
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
      const known = this.#known.get(key);
      hold(known?.body !== body, 'key of another request', () => `${key} is this request's own, and was refused as another's`);
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
