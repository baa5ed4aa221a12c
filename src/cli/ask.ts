// Asks a running server by the typed client, as any other program does: where the server is, the key, and its answers.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { isLoopback } from '../infra/options/exposure.ts';
import type { Flag } from '../infra/options/flags.ts';
import { UsageError } from '../infra/options/usage-error.ts';
import { type ApiClient, ApiError, createClient, dataOf, type Result } from './client/client.ts';
import { inCommands } from './output/in-commands.ts';
import type { Arguments, Terminal } from './subcommand.ts';

export const SERVER_VARIABLE = 'GPU_DOCKER_API_SERVER';
const KEY_VARIABLE = 'GPU_DOCKER_API_KEY';
/** Set to 1, a key may go over plain http without a warning. */
const INSECURE_VARIABLE = 'GPU_DOCKER_API_ALLOW_HTTP';
const USUAL = 'http://127.0.0.1:2378';
/** Deadline of a question, ms. An order has none of its own: the server answers when it is done, or says that it goes on. */
const PATIENCE_MS = 60_000;

export const SERVER_FLAGS: Readonly<Record<string, Flag>> = {
  server: { value: 'URL', help: `server to ask (default: ${SERVER_VARIABLE}, or ${USUAL})` },
};
export const AT_FLAG: Flag = { value: 'SEQ|TIME', help: 'as it was after this event, or at this time' };

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws UsageError. */
function serverOf(args: Arguments, env: Environment = process.env): URL {
  const fromEnvironment = env[SERVER_VARIABLE];
  const [from, given] = args.has('server')
    ? ['--server', args.one('server') ?? '']
    : [SERVER_VARIABLE, fromEnvironment === undefined || fromEnvironment === '' ? USUAL : fromEnvironment];
  const text = /^[a-z]+:\/\//i.test(given) ? given : `http://${given}`;
  if (!/^https?:/i.test(text) || !URL.canParse(text))
    throw new UsageError(`${from}: "${given}" was given, but it must be a URL such as ${USUAL}`);
  return new URL(text);
}

/** The terminals that have been warned. */
const warned = new WeakSet<Terminal>();

/** Once: whoever is on the way to the server can read the key, and order with it. */
function warnOfPlainKey(io: Terminal, { protocol, hostname }: URL, env: Environment = process.env): void {
  if (protocol !== 'http:' || isLoopback(hostname.replace(/^\[|\]$/g, '')) || env[INSECURE_VARIABLE] === '1' || warned.has(io)) return;
  warned.add(io);
  io.err(
    `gpu-docker-api: warning: the key goes to ${hostname} over plain http, and the network in between can read it: use https ` +
      `(${INSECURE_VARIABLE}=1 hides this warning)\n`,
  );
}

interface Init {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** TCP asks this often, ms, whether the other side is still there: an order may be under way for long without a word. */
const KEEP_ALIVE_MS = 30_000;

/** Not `fetch`, which gives up after five minutes without an answer. Rejects when the server cannot be reached, or `signal` aborts. */
function send(url: URL, { method, headers, body }: Init, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // As bytes: Node would write the headers in the encoding of a text.
    const bytes = body === '' ? undefined : Buffer.from(body);
    const length = bytes === undefined ? {} : { 'Content-Length': bytes.length };
    const call = (url.protocol === 'https:' ? httpsRequest : httpRequest)(
      url,
      { method, headers: { ...headers, ...length }, signal },
      resolve,
    );
    call.on('error', reject);
    call.on('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
    call.end(bytes);
  });
}

/** The server was not reached, or broke off. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

function unreachable(server: URL, error: unknown): UnreachableError {
  const why = reason(error);
  const way = CERTIFICATE.test(why)
    ? 'its certificate is not trusted here: name the file of who signed it in NODE_EXTRA_CA_CERTS'
    : `start it with gpu-docker-api serve, or name another with --server URL or ${SERVER_VARIABLE}`;
  return new UnreachableError(`the server at ${server.origin} cannot be reached (${why}): ${way}`);
}

/** Codes of a certificate that nobody has vouched for. */
const CERTIFICATE = /SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY)/;

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${PATIENCE_MS / 1_000} s`;
  const { code, cause } = error as NodeJS.ErrnoException;
  // A timeout of the signal is the cause of an AbortError.
  if (cause instanceof Error && cause !== error) return reason(cause);
  return code ?? error.message;
}

/** The text of an answer. Throws when it breaks off. */
async function wholeText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Statuses of answers without a body. */
const EMPTY: readonly number[] = [204, 205, 304];

export interface AskSettings {
  /** Of every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Its answers are read while they come, and may have no end. `silenceMs`: after so long without a word one is broken. */
  readonly endless?: { readonly silenceMs?: number };
}

/** The typed client of the server. It rejects with an UnreachableError. Throws UsageError. */
export function apiOf(args: Arguments, io: Terminal, { headers = {}, endless }: AskSettings = {}): ApiClient {
  const server = serverOf(args);
  const key = process.env[KEY_VARIABLE] ?? '';
  if (key !== '') warnOfPlainKey(io, server);
  const fetched = async (request: Request): Promise<Response> => {
    const init = { method: request.method, headers: Object.fromEntries(request.headers), body: await request.text() };
    const limits = endless === undefined && request.method === 'GET' ? [AbortSignal.timeout(PATIENCE_MS)] : [];
    const url = new URL(request.url);
    // For a proxy that asks for a name and a password.
    [url.username, url.password] = [server.username, server.password];
    const answer = await send(url, init, AbortSignal.any([io.signal, ...limits]));
    const status = answer.statusCode ?? 0;
    if (endless?.silenceMs !== undefined) answer.setTimeout(endless.silenceMs, () => answer.destroy());
    const body = endless === undefined || status !== 200 ? await wholeText(answer) : Readable.toWeb(answer);
    const its = Object.entries(answer.headers).flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' ? [[name, value]] : [],
    );
    const response = new Response(EMPTY.includes(status) ? null : body, { status, headers: its });
    return Object.defineProperty(response, 'url', { value: request.url });
  };
  return createClient({
    server: server.href,
    headers,
    ...(key !== '' && { key }),
    fetch: (request) =>
      fetched(request).catch((error: unknown) => {
        throw unreachable(server, error);
      }),
  });
}

export interface Answer<T> {
  readonly data: T;
  /** Sequence and time of the last event of the state that answered ?at=; null for an answer about now. */
  readonly at: string | null;
  /** The version of the stream that the answer is about, for --if-match; null where it is about no single one. */
  readonly etag: string | null;
}

/** Resolves to the answer. Throws a UsageError for a request that the server calls malformed, else an Error with the server's words. */
export async function answerOf<T>(sent: Promise<Result<T>>): Promise<Answer<T>> {
  try {
    const result = await sent;
    const { headers } = result.response;
    const [seq, time] = [headers.get('X-At-Sequence'), headers.get('X-At-Time')];
    return {
      data: await dataOf(Promise.resolve(result)),
      at: seq === null ? null : `event ${seq}${time === null ? '' : `, ${time}`}`,
      etag: headers.get('ETag'),
    };
  } catch (error) {
    throw inWords(error);
  }
}

/** Resolves to `data` of the answer. Throws like `answerOf`. */
export const resultOf = async <T>(sent: Promise<Result<T>>): Promise<T> => (await answerOf(sent)).data;

/** An answer that is not JSON. */
interface Plain<T> {
  readonly data?: T;
  readonly error?: Result<never>['error'];
  readonly response: Response;
}

/** Resolves to an answer of this content type: a text, or a stream of one. Undefined where it has no body. Throws like `answerOf`. */
export async function plainOf<T>(type: string, sent: Promise<Plain<T>>): Promise<T | undefined> {
  const { data, error, response } = await sent.catch((failed: unknown) => {
    throw inWords(failed);
  });
  const its = response.headers.get('Content-Type') ?? '';
  if (error === undefined && (data == null || its.startsWith(type))) return data;
  // With --compat-go a failure has the status of a success.
  const failed = error ?? parsed(data instanceof ReadableStream ? await new Response(data).text() : String(data));
  return resultOf<T>(Promise.resolve({ ...(failed !== undefined && { error: failed }), response }));
}

function parsed(text: string): Result<never>['error'] {
  try {
    return JSON.parse(text) as Result<never>['error'];
  } catch {
    return undefined;
  }
}

const inWords = (error: unknown): unknown =>
  error instanceof ApiError && error.code !== 0 ? refusal(error.status, error.code, error.message) : error;

/** The server's words. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The error that a failure of the API is on the command line. */
export function refusal(status: number, code: number, message: string): Error {
  const says = inCommands(message);
  if (status === 401) return new RefusedError(status, `${says} (gpu-docker-api takes it from ${KEY_VARIABLE})`);
  return code === 1000 ? new UsageError(says) : new RefusedError(status, says);
}

/** The headers of an order by `actor`, whom the log names where no key is needed. A header holds bytes, written as characters up to U+00FF. */
export const orderedBy = (actor: string): Readonly<Record<string, string>> => ({
  'X-Actor': Buffer.from(actor, 'utf8').toString('latin1'),
});
