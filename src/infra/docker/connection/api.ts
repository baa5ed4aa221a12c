// Calls of Docker's API: a path, a query and a body, with a deadline. Everything else in this folder speaks to Docker through this.

import type { IncomingMessage } from 'node:http';
import type DockerModem from 'docker-modem';
import { EngineError } from '../../../commands/outside/engine.ts';
import { messageOf } from '../../../commands/outside/message-of.ts';
import { sleep } from '../../async/time.ts';
import { DockerRefusal, toEngineError } from './errors.ts';

export interface Deadlines {
  /** For a call that only reads, or changes a record, ms. */
  readonly quickMs: number;
  /** For a call that makes, starts or removes something, ms. */
  readonly slowMs: number;
  /** Silence after which the daemon counts as gone during a call without a deadline of its own, ms: no ping is answered for so long. */
  readonly silenceMs: number;
}

interface Request {
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
}

/** Statuses that docker-modem takes for success. */
const ACCEPTED = { 200: true, 201: true, 202: true, 204: true, 101: true };
const PING_EVERY_MS = 5_000;

/**
 * Calls Docker:
 *
 *     const volume = await api.call<RawVolume>('inspect of volume bar-1', { path: '/volumes/bar-1' });
 *
 * The first argument names the call in error messages. Promises that each call ends by its deadline, and that every failure is an
 * EngineError: a DockerRefusal for an answer that says no, `unavailable` for none.
 */
export class DockerApi {
  readonly deadlines: Deadlines;
  readonly #connection: () => Promise<DockerModem>;
  readonly #mayChange: () => void;
  readonly #agree: () => Promise<void>;

  /**
   * `mayChange` is called right before each call that could change something, and throws when this process must not. `agree` settles with
   * the daemon anew which version of the API is spoken.
   */
  constructor(
    connection: () => Promise<DockerModem>,
    deadlines: Deadlines,
    mayChange: () => void = () => {},
    agree: () => Promise<void> = async () => {},
  ) {
    this.#connection = connection;
    this.deadlines = deadlines;
    this.#mayChange = mayChange;
    this.#agree = agree;
  }

  /** The same connection, whose changes ask `mayChange`. */
  fenced(mayChange: () => void): DockerApi {
    return new DockerApi(this.#connection, this.deadlines, mayChange, this.#agree);
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
  async call<T = unknown>(what: string, request: Request): Promise<T> {
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
      for (let answeredAt = performance.now(); ; ) {
        await sleep(Math.min(PING_EVERY_MS, silenceMs / 3), over.signal);
        const askedAt = performance.now();
        try {
          await this.call('ping', { path: '/_ping', ms: silenceMs, signal: over.signal });
          answeredAt = performance.now();
        } catch (error) {
          if (performance.now() - answeredAt < silenceMs && performance.now() - askedAt < silenceMs) continue;
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
  async #speak(what: string, request: Request, isStream: boolean): Promise<unknown> {
    const ms = request.ms ?? this.deadlines.quickMs;
    try {
      return await this.#dial(what, request, isStream, ms);
    } catch (error) {
      if (!(error instanceof DockerRefusal && error.isOtherVersion)) throw error;
      await this.#agree();
      if (request.file !== undefined) throw error; // the file may have been read in part
      return await this.#dial(what, request, isStream, ms);
    }
  }

  async #dial(what: string, request: Request, isStream: boolean, ms: number): Promise<unknown> {
    const modem = await this.#connection();
    const cut = new AbortController();
    const signal = request.signal === undefined ? cut.signal : AbortSignal.any([cut.signal, request.signal]);
    const query = Object.fromEntries(Object.entries(request.query ?? {}).filter(([, value]) => value !== undefined));
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        clearTimeout(timer);
        request.signal?.removeEventListener('abort', onAbort);
        reject(toEngineError(what, error));
      };
      const onAbort = (): void => fail(new EngineError('unavailable', `${what}: given up`));
      const timer = setTimeout(() => {
        fail(new EngineError('unavailable', `${what}: no answer from Docker in ${ms} ms`));
        cut.abort();
      }, ms);
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
        clearTimeout(timer);
        request.signal?.removeEventListener('abort', onAbort);
        resolve(answer);
      };
      if ((request.method ?? 'GET') !== 'GET') {
        try {
          this.#mayChange();
        } catch (error) {
          return fail(new EngineError('unavailable', `${what}: ${messageOf(error)}`, { cause: error }));
        }
      }
      // `_query` and `_body` apart: otherwise docker-modem puts the whole body into the URL as well.
      modem.dial(
        {
          method: request.method ?? 'GET',
          path: Object.keys(query).length === 0 ? request.path : `${request.path}?`,
          options: { _query: query, _body: request.body ?? {} },
          ...(request.file === undefined ? {} : { file: request.file }),
          abortSignal: signal,
          isStream,
          statusCodes: ACCEPTED,
        } as DockerModem.DialOptions,
        done,
      );
    });
  }
}

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
