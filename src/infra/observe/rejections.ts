// Which mutations were refused: the last ones in memory, counters of all, and, where it is wanted, events in the log. Whoever floods the
// service with requests that it refuses must not flood the log with them.

import type { Clock, Ids } from '../../commands/outside/host.ts';
import type { Logger } from '../../commands/outside/logger.ts';
import type { RefusedMutation, RejectionLog, ShownRejection } from '../../commands/reads.ts';
import { hostStream } from '../../events/stream.ts';
import type { Committer } from '../runtime/committer.ts';

export interface RejectionsDeps {
  readonly clock: Clock;
  /** Absent: they are not written to the log. */
  readonly audit?: {
    readonly committer: Committer;
    readonly ids: Ids;
    readonly host: string;
    readonly logger: Logger;
    readonly perSecond?: number;
  };
}

const MOST_SHOWN = 1_000;
const LONGEST_MESSAGE = 500;
const LONGEST_STREAM = 300;
const PER_SECOND = 10;

const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most)}…` : text);

export class Rejections implements RejectionLog {
  readonly #deps: RejectionsDeps;
  readonly #shown: ShownRejection[] = [];
  readonly #byCode = new Map<number, number>();
  #total = 0;
  /** Events that may still be written, refilled with time. */
  #allowance = { events: 0, at: Number.NEGATIVE_INFINITY };
  #suppressed = 0;

  constructor(deps: RejectionsDeps) {
    this.#deps = deps;
  }

  /** Since the server started. */
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

  note(refusal: RefusedMutation): void {
    const { command, stream, origin, rejection } = refusal;
    const { actor, requestId, address } = origin;
    this.#total++;
    this.#byCode.set(rejection.code, (this.#byCode.get(rejection.code) ?? 0) + 1);
    this.#shown.push({
      time: new Date(this.#deps.clock.now()).toISOString(),
      command,
      stream: cut(stream, LONGEST_STREAM),
      actor,
      ...(requestId !== undefined && { requestId }),
      ...(address !== undefined && { address }),
      code: rejection.code,
      kind: rejection.kind,
      message: cut(rejection.message, LONGEST_MESSAGE),
    });
    if (this.#shown.length > MOST_SHOWN) this.#shown.shift();
    this.#write(refusal);
  }

  #write({ command, stream, origin, rejection }: RefusedMutation): void {
    const { audit } = this.#deps;
    // A log that cannot be written to is why most of these are refused.
    if (audit === undefined || rejection.kind === 'unavailable') return;
    if (!this.#isAllowed(audit.perSecond ?? PER_SECOND)) {
      this.#suppressed++;
      return;
    }
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    const { code, kind } = rejection;
    const data = { code, kind, message: cut(rejection.message, LONGEST_MESSAGE), ...(suppressed > 0 && { suppressed }) };
    // Not its key: a repetition is to be decided again, not to be answered from this.
    const { idempotencyKey: _, bodyHash: __, ...who } = origin;
    const meta = { id: audit.ids.next(), name: command, ...who };
    const about = isStream(stream) ? stream : hostStream(audit.host);
    audit.committer
      .submit(meta, () => ({ kind: 'events', events: [{ type: 'CommandRejected', stream: about, data }] }))
      .catch((error: unknown) => {
        this.#suppressed += suppressed + 1;
        audit.logger.debug({ err: error }, 'a rejection could not be written to the log');
      });
  }

  /** A bucket of `perSecond` events that fills up within a second. */
  #isAllowed(perSecond: number): boolean {
    const now = this.#deps.clock.now();
    const { events, at } = this.#allowance;
    const filled = Math.min(perSecond, events + ((now - at) / 1_000) * perSecond);
    this.#allowance = { events: filled >= 1 ? filled - 1 : filled, at: now };
    return filled >= 1;
  }
}

/** Clients call things whatever they like. */
const isStream = (stream: string): boolean => stream.length <= LONGEST_STREAM && /^(replicaSet|volume)\/[^\p{C}]+$/u.test(stream);
