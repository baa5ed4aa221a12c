// Calls of Docker's API: a path, a query and a body, with a deadline. Everything else in this folder speaks to Docker through this.

import type { IncomingMessage } from 'node:http';
import type DockerModem from 'docker-modem';
import type { EngineIds } from '../../../commands/outside/engine.ts';
import { EngineError, type EngineErrorKind, OtherEngineError } from '../../../commands/outside/engine-error.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import { NONE_UNLABELLED, type Unlabelled } from '../../../commands/outside/unlabelled.ts';
import { realTimer, type Timer } from '../../async/time.ts';
import { callKind, type OnCall } from './call-kind.ts';
import { DockerRefusal, isStatus, toEngineError } from './errors.ts';
import { ANY_ENGINE, type ExpectedEngine } from './expected.ts';
import type { Line } from './line.ts';
import type { RawInfo } from './raw.ts';

export interface Deadlines {
  /** For a call that only reads, or changes a record, ms. */
  readonly quickMs: number;
  /** For a call that makes, starts or removes something, ms. */
  readonly slowMs: number;
  /** Silence after which the daemon counts as gone during a call without a deadline of its own, ms: no ping is answered for so long. */
  readonly silenceMs: number;
}

/** Left out: everything may be changed, whichever engine answers, by the clock of this machine. */
interface ApiOptions {
  /** Called right before each call that could change something, and throws when this process must not. */
  readonly mayChange?: (() => void) | undefined;
  /** Settles with the daemon anew which version of the API is spoken. */
  readonly agree?: () => Promise<void>;
  readonly expected?: ExpectedEngine | undefined;
  readonly timer?: Timer;
  readonly onCall?: OnCall | undefined;
  readonly unlabelled?: Unlabelled | undefined;
}

interface Request<T = unknown> {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** Objects are sent as JSON; undefined values are not sent. */
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: object;
  /** Sent as the body, as a tar. */
  readonly file?: NodeJS.ReadableStream | Buffer;
  /** Deadline, ms; `quickMs` when left out. */
  readonly ms?: number;
  readonly signal?: AbortSignal;
  /** It makes something of which another Docker cannot know that it is not wanted there: sent only to the host's own. */
  readonly makes?: true;
  /** Whether the answer may be that of another Docker than the host's, as an empty list may. It is then asked who it is. */
  readonly isDoubtful?: (answer: T) => boolean;
  /** Nothing is lost where it is wrongly taken for absent: a 404 is not doubted, and Docker not asked who it is. */
  readonly isAbsenceHarmless?: true;
}

/** Statuses that docker-modem takes for success. */
const ACCEPTED = { 200: true, 201: true, 202: true, 204: true, 101: true };
const PING_EVERY_MS = 5_000;
/** Deadline of a call within `patiently`, ms: longer than any takes, as the pings find out when Docker is gone. */
export const PATIENT_MS = 24 * 3_600_000;

/**
 * Calls Docker:
 *
 *     const volume = await api.call<RawVolume>('inspect of volume bar-1', { path: '/volumes/bar-1' });
 *
 * The first argument names the call in error messages. Promises that each call ends by its deadline, and that every failure is an
 * EngineError: a DockerRefusal for an answer that says no, `unavailable` for none. Another Docker than the host's counts as none where it
 * answers that something is not there (404, a list that is doubtful), and is not asked to make anything. It is asked who it is over the
 * connection of the call, so that the answer is about the daemon that the call reached.
 */
export class DockerApi {
  readonly deadlines: Deadlines;
  readonly timer: Timer;
  /** What is of the log though it carries no label of ours. */
  readonly unlabelled: Unlabelled;
  readonly #connect: (mayBeKnown: boolean) => Promise<Line>;
  readonly #mayChange: () => void;
  readonly #agree: () => Promise<void>;
  readonly #expected: ExpectedEngine;
  readonly #onCall: OnCall | undefined;

  /** `connect` gives each call a line of its own; one that makes something, or whose answer may be doubtful, may get one that has carried others of its kind. */
  constructor(connect: (mayBeKnown: boolean) => Promise<Line>, deadlines: Deadlines, options: ApiOptions = {}) {
    const {
      mayChange = () => {},
      agree = async () => {},
      expected = ANY_ENGINE,
      timer = realTimer,
      onCall,
      unlabelled = NONE_UNLABELLED,
    } = options;
    this.#connect = connect;
    this.deadlines = deadlines;
    this.#mayChange = mayChange;
    this.#agree = agree;
    this.#expected = expected;
    this.timer = timer;
    this.unlabelled = unlabelled;
    this.#onCall = onCall;
  }

  /** The same connection, whose changes ask `mayChange`. */
  fenced(mayChange: () => void): DockerApi {
    const same = { agree: this.#agree, expected: this.#expected, timer: this.timer, onCall: this.#onCall, unlabelled: this.unlabelled };
    return new DockerApi(this.#connect, this.deadlines, { mayChange, ...same });
  }

  /** Throws when this process must not change anything: for changes that are not calls. */
  mayChange(): void {
    this.#mayChange();
  }

  /** Settles the version of the API anew: the daemon may have been upgraded. Throws EngineError('unavailable') when nobody answers. */
  agree(): Promise<void> {
    return this.#agree();
  }

  /** Resolves with the parsed answer. */
  async call<T = unknown>(what: string, request: Request<T>): Promise<T> {
    return (await this.#speak(what, request, false)) as T;
  }

  /** Resolves when the headers are there, which is what the deadline is for. The signal ends the body, too. */
  async stream(what: string, request: Request): Promise<IncomingMessage> {
    return (await this.#speak(what, request, true)) as IncomingMessage;
  }

  /**
   * For work that may take hours: instead of a deadline the daemon is pinged meanwhile. When it answers no ping for `silenceMs`, the work
   * ends as unavailable. docker-modem's promises alone would never settle when an answer is cut off after its headers.
   */
  async patiently<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const over = new AbortController();
    const { silenceMs } = this.deadlines;
    const watch = async (): Promise<never> => {
      for (let answeredAt = this.timer.now(); ; ) {
        await this.timer.sleep(Math.min(PING_EVERY_MS, silenceMs / 3), over.signal);
        const askedAt = this.timer.now();
        try {
          await this.call('ping', { path: '/_ping', ms: silenceMs, signal: over.signal });
          answeredAt = this.timer.now();
        } catch (error) {
          if (this.timer.now() - answeredAt < silenceMs && this.timer.now() - askedAt < silenceMs) continue;
          throw new EngineError('unavailable', `${what}: Docker has not answered for ${silenceMs} ms`, { cause: error });
        }
      }
    };
    const watching = watch();
    watching.catch(() => {});
    const working = work(over.signal);
    working.catch(() => {});
    try {
      return await Promise.race([working, watching]);
    } catch (error) {
      // Also what reading a stream throws when the daemon cuts it off.
      throw toEngineError(what, error);
    } finally {
      over.abort();
    }
  }

  /** Asks a second time when the daemon no longer speaks this version of the API: it has then done nothing yet. */
  async #speak<T>(what: string, request: Request<T>, isStream: boolean): Promise<unknown> {
    try {
      return await this.#ask(what, request, isStream);
    } catch (error) {
      if (!(error instanceof DockerRefusal && error.isOtherVersion)) throw error;
      await this.#agree();
      if (request.file !== undefined) throw error; // the file may have been read in part
      return await this.#ask(what, request, isStream);
    }
  }

  /** The request, and the question who answers where the answer is worth nothing without that. */
  async #ask<T>(what: string, request: Request<T>, isStream: boolean): Promise<unknown> {
    // What must be the host's own engine's, or is worth nothing otherwise, goes over a line whose engine has said who it is, if there is one.
    const line = await this.#connect(request.makes === true || request.isDoubtful !== undefined);
    let isOpen = false;
    let isDone = false;
    try {
      if (request.makes === true) {
        this.#requireMayChange(what);
        await this.#requireExpected(what, line);
      }
      const answer = await this.#dial(what, line, request, isStream);
      isOpen = isStream;
      if (isStream) (answer as IncomingMessage).once('close', () => line.close());
      else if (request.isDoubtful?.(answer as T) === true) await this.#requireExpected(what, line);
      isDone = !isStream;
      return answer;
    } catch (error) {
      if (isStatus(error, 404) && request.isAbsenceHarmless !== true) await this.#requireExpected(what, line);
      isDone = error instanceof DockerRefusal && !isStream;
      throw error;
    } finally {
      if (isDone && line.release !== undefined) line.release();
      else if (!isOpen) line.close();
    }
  }

  /** Throws EngineError('unavailable') when this process must not change anything. */
  #requireMayChange(what: string): void {
    try {
      this.#mayChange();
    } catch (error) {
      throw new EngineError('unavailable', `${what}: ${messageOf(error)}`, { cause: error });
    }
  }

  /** Throws OtherEngineError where another engine than the host's is at the end of the line. */
  async #requireExpected(what: string, line: Line): Promise<void> {
    line.engine ??= idsOf((await this.#dial(what, line, { path: '/info' }, false)) as RawInfo);
    // Judged anew each time: an operator may have the host get another engine.
    const differs = this.#expected.differs(line.engine);
    if (differs === null) return;
    this.#expected.onOther();
    throw new OtherEngineError(`${what}: another Docker than the host's answers: ${differs}`);
  }

  /** One request, timed. One that its caller gave up says nothing about Docker. */
  async #dial(what: string, line: Line, request: Request<never>, isStream: boolean): Promise<unknown> {
    const onCall = this.#onCall;
    if (onCall === undefined) return this.#send(what, line, request, isStream);
    const began = this.timer.now();
    const tell = (failure: EngineErrorKind | null): void => {
      if (request.signal?.aborted !== true)
        onCall(callKind(request.method ?? 'GET', request.path), (this.timer.now() - began) / 1_000, failure);
    };
    try {
      const answer = await this.#send(what, line, request, isStream);
      tell(null);
      return answer;
    } catch (error) {
      // "Already so" is an answer, too.
      tell(isStatus(error, 304) ? null : error instanceof EngineError ? error.kind : 'refused');
      throw error;
    }
  }

  async #send(what: string, { modem }: Line, request: Request<never>, isStream: boolean): Promise<unknown> {
    const ms = request.ms ?? this.deadlines.quickMs;
    const cut = new AbortController();
    const query = Object.fromEntries(Object.entries(request.query ?? {}).filter(([, value]) => value !== undefined));
    return new Promise((resolve, reject) => {
      const deaf = (): void => request.signal?.removeEventListener('abort', onAbort);
      const fail = (error: unknown): void => {
        cancel();
        deaf();
        reject(toEngineError(what, error));
      };
      // AbortSignal.any leaves something behind in the request's signal, which may be there for as long as the process.
      const onAbort = (): void => {
        fail(new EngineError('unavailable', `${what}: given up`));
        cut.abort();
      };
      const cancel = this.timer.after(ms, () => {
        fail(new EngineError('unavailable', `${what}: no answer from Docker in ${ms} ms`));
        cut.abort();
      });
      if (request.signal?.aborted === true) return onAbort();
      // Docker answers such a path with a redirect, which docker-modem would follow, even to another host.
      if (/\/(\.{0,2})(\/|$)/.test(request.path))
        return fail(new EngineError('refused', `${what}: ${request.path} is not a path of the API`));
      request.signal?.addEventListener('abort', onAbort, { once: true });
      const done = (error: unknown, answer: unknown): void => {
        if (error !== null && error !== undefined) {
          fail(error);
          return;
        }
        cancel();
        if (isStream) (answer as IncomingMessage).once('close', deaf);
        else deaf();
        resolve(answer);
      };
      if ((request.method ?? 'GET') !== 'GET') {
        try {
          this.#requireMayChange(what);
        } catch (error) {
          return fail(error);
        }
      }
      // `_query` and `_body` apart: otherwise docker-modem puts the whole body into the URL as well.
      modem.dial(
        {
          method: request.method ?? 'GET',
          path: Object.keys(query).length === 0 ? request.path : `${request.path}?`,
          options: { _query: query, _body: request.body ?? {} },
          ...(request.file === undefined ? {} : { file: request.file }),
          abortSignal: cut.signal,
          isStream,
          statusCodes: ACCEPTED,
        } as DockerModem.DialOptions,
        done,
      );
    });
  }
}

const idsOf = ({ ID = '', DockerRootDir, Driver }: RawInfo): EngineIds => ({ id: ID, root: DockerRootDir, storageDriver: Driver });

/** Whether a list has nothing in it. */
export const isEmpty = (list: readonly unknown[] | null | undefined): boolean => list == null || list.length === 0;

/** The parsed lines of an NDJSON stream, whose chunks may be cut anywhere. */
export async function* jsonLines<T>(stream: IncomingMessage): AsyncGenerator<T> {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as T;
  }
  if (rest.trim() !== '') yield JSON.parse(rest) as T;
}
