// Mutations that were rejected: the last ones in memory, counters of all, and, where the operator wants it, events in the log. A client
// that floods the service with requests that are rejected must not flood the log with them.

import type { Clock, Ids } from '../../commands/outside/host.ts';
import type { Logger } from '../../commands/outside/logger.ts';
import type { RefusedMutation, RejectionLog, ShownRejection } from '../../commands/reads.ts';
import { cut } from '../../commands/request/quoted.ts';
import { withoutIdempotencyKey } from '../../commands/service.ts';
import { hostStream } from '../../events/stream.ts';
import type { Committer } from '../runtime/committer.ts';

interface RejectionsDeps {
  readonly clock: Clock;
  /** Absent: rejections are not written to the log. */
  readonly audit?: {
    readonly committer: Committer;
    readonly ids: Ids;
    readonly host: string;
    readonly logger: Logger;
    readonly perSecond?: number;
  };
}

/** Rejections in memory. */
const MAX_SHOWN = 1_000;
/** Longest message that is stored, characters. */
const MAX_MESSAGE = 500;
/** Longest name of a stream that is stored, characters. */
const MAX_STREAM = 300;
/** Events that may be written to the log, per second. */
const PER_SECOND = 10;

export class Rejections implements RejectionLog {
  readonly #deps: RejectionsDeps;
  readonly #shown: ShownRejection[] = [];
  readonly #byCode = new Map<number, number>();
  #total = 0;
  /** Events that may be written now; it is refilled as time passes. */
  #allowance = { events: 0, at: Number.NEGATIVE_INFINITY };
  #suppressed = 0;

  constructor(deps: RejectionsDeps) {
    this.#deps = deps;
  }

  /** Rejections since the server started. */
  get total(): number {
    return this.#total;
  }

  get byCode(): ReadonlyMap<number, number> {
    return this.#byCode;
  }

  /** Newest first. */
  list(): readonly ShownRejection[] {
    return this.#shown.toReversed();
  }

  note(refused: RefusedMutation): void {
    const { command, stream, origin, rejection } = refused;
    const { actor, requestId, address } = origin;
    this.#total++;
    this.#byCode.set(rejection.code, (this.#byCode.get(rejection.code) ?? 0) + 1);
    this.#shown.push({
      time: new Date(this.#deps.clock.now()).toISOString(),
      command,
      stream: cut(stream, MAX_STREAM),
      actor,
      ...(requestId !== undefined && { requestId }),
      ...(address !== undefined && { address }),
      code: rejection.code,
      kind: rejection.kind,
      message: cut(rejection.message, MAX_MESSAGE),
    });
    if (this.#shown.length > MAX_SHOWN) this.#shown.shift();
    this.#write(refused);
  }

  #write({ command, stream, origin, rejection }: RefusedMutation): void {
    const { audit } = this.#deps;
    // Most commands are rejected as unavailable because the log cannot be written to.
    if (audit === undefined || rejection.kind === 'unavailable') return;
    if (!this.#isAllowed(audit.perSecond ?? PER_SECOND)) {
      this.#suppressed++;
      return;
    }
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    const { code, kind } = rejection;
    const data = { code, kind, message: cut(rejection.message, MAX_MESSAGE), ...(suppressed > 0 && { suppressed }) };
    // A repetition is to be decided again, not to be answered from this event.
    const meta = { id: audit.ids.next(), name: command, ...withoutIdempotencyKey(origin) };
    const about = isStream(stream) ? stream : hostStream(audit.host);
    audit.committer
      .submit(meta, () => ({ kind: 'events', events: [{ type: 'CommandRejected', stream: about, data }] }))
      .catch((error: unknown) => {
        this.#suppressed += suppressed + 1;
        audit.logger.debug({ err: error }, 'a rejection could not be written to the log');
      });
  }

  /** Whether one more event may be written: a bucket of `perSecond` events that fills up within a second. */
  #isAllowed(perSecond: number): boolean {
    const now = this.#deps.clock.now();
    const { events, at } = this.#allowance;
    const filled = Math.min(perSecond, events + ((now - at) / 1_000) * perSecond);
    this.#allowance = { events: filled >= 1 ? filled - 1 : filled, at: now };
    return filled >= 1;
  }
}

/** Whether it is the name of a stream. Clients may send any text as a name. */
const isStream = (stream: string): boolean => stream.length <= MAX_STREAM && /^(replicaSet|volume)\/[^\p{C}]+$/u.test(stream);
