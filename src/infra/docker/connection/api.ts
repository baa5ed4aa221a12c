// One call to the engine: a path, a query and a body, with a deadline. Everything else here speaks to Docker through this.
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type DockerModem from 'docker-modem';
import { EngineError } from '../../../commands/outside/engine.ts';
import { toEngineError } from './errors.ts';

export interface Deadlines {
  /** ms for one call that only looks or changes a record. */
  readonly quickMs: number;
  /** ms for one call that makes, starts or removes something. */
  readonly slowMs: number;
  /** ms without an answer to a ping after which the daemon counts as gone during a call without a deadline of its own. */
  readonly silenceMs: number;
}

export interface Request {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** Objects are sent as JSON, undefined values are left out. */
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: object;
  /** Sent as the body, as a tar. */
  readonly file?: NodeJS.ReadableStream | Buffer;
  /** Deadline in ms; the quick one when left out. */
  readonly ms?: number;
  readonly signal?: AbortSignal;
}

const ACCEPTED = { 200: true, 201: true, 202: true, 204: true, 101: true };
const PING_EVERY_MS = 5_000;

export class DockerApi {
  readonly deadlines: Deadlines;
  readonly #modem: DockerModem;
  readonly #mayChange: () => void;

  /** `mayChange` is asked right before each call that could change something, and throws when this process must not. */
  constructor(modem: DockerModem, deadlines: Deadlines, mayChange: () => void = () => {}) {
    this.#modem = modem;
    this.deadlines = deadlines;
    this.#mayChange = mayChange;
  }

  /** The parsed answer. Throws DockerRefusal for an answer that says no, EngineError('unavailable') for none. */
  async call<T = unknown>(what: string, request: Request): Promise<T> {
    return (await this.#dial(what, request, false, request.ms ?? this.deadlines.quickMs)) as T;
  }

  /** Resolves with the headers; the deadline ends there, the signal ends the body too. */
  async stream(what: string, request: Request): Promise<IncomingMessage> {
    return (await this.#dial(what, request, true, request.ms ?? this.deadlines.quickMs)) as IncomingMessage;
  }

  /**
   * For work that may take hours: no deadline, but a ping on the side. A daemon that answers none of them for `silenceMs` ends it as
   * unavailable: docker-modem's promises never settle when an answer is cut off after its headers.
   */
  async patiently<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const over = new AbortController();
    const { silenceMs } = this.deadlines;
    const watch = async (): Promise<never> => {
      for (let heard = performance.now(); ; ) {
        await sleep(Math.min(PING_EVERY_MS, silenceMs / 3), undefined, { signal: over.signal });
        const asked = performance.now();
        try {
          await this.call('ping', { path: '/_ping', ms: silenceMs, signal: over.signal });
          heard = performance.now();
        } catch (error) {
          if (performance.now() - heard < silenceMs && performance.now() - asked < silenceMs) continue;
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

  #dial(what: string, request: Request, isStream: boolean, ms: number): Promise<unknown> {
    const cut = new AbortController();
    const signal = request.signal === undefined ? cut.signal : AbortSignal.any([cut.signal, request.signal]);
    const query = Object.fromEntries(Object.entries(request.query ?? {}).filter(([, value]) => value !== undefined));
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        clearTimeout(timer);
        request.signal?.removeEventListener('abort', aborted);
        reject(toEngineError(what, error));
      };
      const aborted = (): void => fail(new EngineError('unavailable', `${what}: given up`));
      const timer = setTimeout(() => {
        fail(new EngineError('unavailable', `${what}: no answer from Docker in ${ms} ms`));
        cut.abort();
      }, ms);
      if (request.signal?.aborted === true) return aborted();
      // Docker answers such a path with a redirect, which the client would follow, if need be to another host.
      if (/\/(\.{0,2})(\/|$)/.test(request.path)) return fail(new EngineError('refused', `${what}: ${request.path} is no path of the API`));
      request.signal?.addEventListener('abort', aborted, { once: true });
      const done = (error: unknown, answer: unknown): void => {
        if (error !== null && error !== undefined) {
          fail(error);
          return;
        }
        clearTimeout(timer);
        request.signal?.removeEventListener('abort', aborted);
        resolve(answer);
      };
      if ((request.method ?? 'GET') !== 'GET') {
        try {
          this.#mayChange();
        } catch (error) {
          return fail(
            new EngineError('unavailable', `${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error }),
          );
        }
      }
      // `_query` and `_body` apart: else the whole body goes into the URL as well.
      this.#modem.dial(
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

/** The lines of an NDJSON stream, parsed; chunks may be cut anywhere. */
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
